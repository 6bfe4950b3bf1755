import { fileURLToPath } from 'node:url';
import openapiTS, { astToString } from 'openapi-typescript';
import { format } from 'prettier';
import type { App } from '../src/app.ts';
import { openServer } from '../src/server/open-server.ts';

export const apiTypesFile = fileURLToPath(new URL('../web/src/api/schema.ts', import.meta.url));

export interface ApiDocument {
  paths: Record<string, Record<string, { tags?: string[]; summary?: string; description?: string }>>;
}

/** What the server shows at /docs; the routes are there without anything behind them. */
export async function apiDocument(): Promise<ApiDocument> {
  const server = await openServer({
    app: {} as App,
    config: { publicUrl: undefined, host: '127.0.0.1', proxies: 0 },
    version: '0.0.0',
  });
  try {
    return JSON.parse((await server.inject('/docs/json')).body) as ApiDocument;
  } finally {
    await server.close();
  }
}

/** The types of every route, as TypeScript. */
export async function apiTypes(): Promise<string> {
  const document = JSON.stringify(await apiDocument());
  const types = astToString(await openapiTS(document, { alphabetize: true }));
  const text = `// Written by "npm run api-types" from the document at /docs; do not edit.\n${types}`;
  return format(text, { parser: 'typescript', singleQuote: true, printWidth: 110, trailingComma: 'all' });
}
