import { fileURLToPath } from 'node:url';
import openapiTS, { astToString } from 'openapi-typescript';
import { format, resolveConfig } from 'prettier';
import { apiDocument } from './api-document.ts';

export const apiTypesFile = fileURLToPath(new URL('../web/src/api/schema.ts', import.meta.url));

/** The types of every route, as TypeScript. */
export async function apiTypes(): Promise<string> {
  const document = JSON.stringify(await apiDocument());
  const types = astToString(await openapiTS(document, { alphabetize: true }));
  const text = `// Written by "npm run api-types" from the document at /docs; do not edit.\n${types}`;
  return format(text, { ...(await resolveConfig(apiTypesFile)), filepath: apiTypesFile });
}
