import type { IncomingMessage, ServerResponse } from 'node:http';
import type { App } from '../app.ts';
import { PostriderError } from '../base/errors.ts';

/** Mailchimp's calls are a few kilobytes: all merge fields of one contact. */
const largestBody = 64 * 1024;

/**
 * Answers Mailchimp's calls; mounted at any path, of which the last part is a webhook's secret. A call is answered once
 * it is noted durably, and nobody waits for what follows from it. GET is how Mailchimp finds out whether somebody is
 * here at all, so the answer to it tells nothing of which webhooks there are.
 *
 *   200 noted, known or of no use · 400 no event · 401 not signed · 404 no such webhook · 405 · 413 · 500
 */
export function webhookListener(
  app: Pick<App, 'takeInWebhook'>,
): (request: IncomingMessage, response: ServerResponse) => Promise<void> {
  return async (request, response) => {
    if (request.method === 'GET' || request.method === 'HEAD') return answer(response, 200);
    if (request.method !== 'POST') return answer(response, 405, { Allow: 'GET, HEAD, POST' });
    const body = await readBody(request);
    if (body === 'cut off') return;
    if (body === 'too large') return answer(response, 413, { Connection: 'close' });
    const token = /([^/?]*)\/?(?:\?|$)/.exec(request.url ?? '')?.[1] ?? '';
    const header = request.headers['x-mailchimp-signature'];
    const signature = Array.isArray(header) ? header[0] : header;
    try {
      await app.takeInWebhook({ token, signature, body });
      answer(response, 200);
    } catch (error) {
      answer(response, statusOf(error));
    }
  };
}

async function readBody(request: IncomingMessage): Promise<Buffer | 'too large' | 'cut off'> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const chunk of request as AsyncIterable<Buffer>) {
      bytes += chunk.length;
      if (bytes > largestBody) return 'too large';
      chunks.push(chunk);
    }
  } catch {
    return 'cut off';
  }
  return request.complete ? Buffer.concat(chunks) : 'cut off';
}

/** Of all but 2xx Mailchimp calls again, which helps only where the trouble is ours. */
function statusOf(error: unknown): number {
  if (!(error instanceof PostriderError)) return 500;
  switch (error.code) {
    case 'webhook_body':
      return 400;
    case 'webhook_signature':
      return 401;
    case 'webhook_unknown':
      return 404;
    default:
      return 500;
  }
}

function answer(response: ServerResponse, status: number, headers: Record<string, string> = {}): void {
  response.writeHead(status, { 'Content-Length': '0', 'Cache-Control': 'no-store', ...headers });
  response.end();
}
