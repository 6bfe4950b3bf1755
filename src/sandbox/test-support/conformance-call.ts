import type { Sandbox } from '../sandbox.ts';

/** What a test sees of an answer. */
export interface Seen {
  status: number;
  headers: Headers;
  text: string;
  // oxlint-disable-next-line typescript/no-explicit-any -- answers are looked into by tests only
  json: any;
}

/** Calls the API of a sandbox as a client over the wire would. */
export async function call(
  sandbox: Sandbox,
  method: string,
  path: string,
  body?: unknown,
  headers: Record<string, string> = {},
): Promise<Seen> {
  const answer = await fetch(sandbox.apiRoot + path, {
    method,
    headers: { Authorization: `Bearer ${sandbox.apiKey}`, ...headers },
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
  const text = await answer.text();
  const isJson = (answer.headers.get('content-type') ?? '').includes('json') && text !== '';
  return {
    status: answer.status,
    headers: answer.headers,
    text,
    json: isJson ? JSON.parse(text) : undefined,
  };
}
