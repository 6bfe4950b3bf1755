import type { App } from '../src/app.ts';
import { openServer } from '../src/server/open-server.ts';

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
