import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Account } from './account.ts';
import { serveApi } from './api-server.ts';
import { audiencePage } from './audience-page.ts';
import { answerControl } from './control.ts';
import { readBody, sendBytes, sendJson } from './http-message.ts';
import { serveOAuth } from './oauth.ts';
import { batchResults } from './operation-batch.ts';

/** Sends one request to the part of the sandbox that its path belongs to. */
export async function serveSandbox(
  account: Account,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  try {
    const origin = `http://${request.headers.host ?? '127.0.0.1'}`;
    const url = new URL(request.url ?? '/', origin);
    const path = url.pathname;
    if (path === '/3.0' || path.startsWith('/3.0/')) {
      await serveApi(account, request, response, { path: path.slice(4), query: url.searchParams, origin });
    } else if (path.startsWith('/sandbox/')) {
      await serveControl(account, request, response, url);
    } else if (path.startsWith('/oauth2/')) {
      await serveOAuth(account, request, response, url);
    } else if (path.startsWith('/results/')) {
      serveResults(account, response, path.slice('/results/'.length));
    } else if (path === '/') {
      sendBytes(response, 200, 'text/html; charset=utf-8', audiencePage(account, url.searchParams), {
        'Content-Security-Policy': "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'",
        'Cache-Control': 'no-store',
      });
    } else {
      sendBytes(response, 404, 'text/plain', 'There is nothing here.');
    }
  } catch (error) {
    console.error(error);
    if (!response.headersSent)
      sendJson(response, 500, { message: 'The sandbox has a bug; its log says more.' });
  }
}

async function serveControl(
  account: Account,
  request: IncomingMessage,
  response: ServerResponse,
  url: URL,
): Promise<void> {
  const body = await readBody(request);
  if (body === undefined) return;
  const answer = await answerControl(account, {
    method: request.method ?? 'GET',
    path: url.pathname.slice('/sandbox/'.length),
    query: url.searchParams,
    isJson: /^application\/json\b/i.test(request.headers['content-type'] ?? ''),
    body,
  });
  sendJson(response, answer.status, answer.document, answer.status === 405 ? { Allow: 'POST' } : {});
}

/** An expired link answers like the storage behind it: XML and 403. */
function serveResults(account: Account, response: ServerResponse, link: string): void {
  const archive = batchResults(account, link);
  if (archive === undefined) {
    const xml =
      '<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>AccessDenied</Code><Message>Request has expired</Message></Error>';
    return sendBytes(response, 403, 'application/xml', xml);
  }
  sendBytes(response, 200, 'application/gzip', archive);
}
