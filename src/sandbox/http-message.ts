import type { IncomingMessage, ServerResponse } from 'node:http';
import { escapeHtml } from './html.ts';

/** The body as text, or undefined when the client went away before its end. */
export async function readBody(request: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  try {
    for await (const chunk of request) chunks.push(chunk as Buffer);
  } catch {
    return undefined;
  }
  return request.complete ? Buffer.concat(chunks).toString('utf8') : undefined;
}

/** Answers a JSON document; undefined is an empty body, which still says it is JSON (FACTS §2). */
export function sendJson(
  response: ServerResponse,
  status: number,
  document: unknown,
  headers: Record<string, string> = {},
): void {
  const body = document === undefined ? '' : JSON.stringify(document);
  const length = status === 204 ? {} : { 'Content-Length': String(Buffer.byteLength(body)) };
  response.writeHead(status, { 'Content-Type': 'application/json; charset=utf-8', ...headers, ...length });
  response.end(body);
}

export function sendBytes(
  response: ServerResponse,
  status: number,
  type: string,
  body: string | Buffer,
  headers: Record<string, string> = {},
): void {
  response.writeHead(status, {
    'Content-Type': type,
    'Content-Length': String(Buffer.byteLength(body)),
    ...headers,
  });
  response.end(body);
}

/** What the CDN in front of the API shows instead of JSON (FACTS §2). */
export function cdnPage(status: number, title: string): string {
  const text = escapeHtml(`${status} ${title}`);
  return `<html>\n<head><title>${text}</title></head>\n<body>\n<center><h1>${text}</h1></center>\n</body>\n</html>\n`;
}
