import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { contract } from './contract.ts';

export interface SeenRequest {
  method: string;
  /** Below the API root, escaped, without the query. */
  path: string;
  query: URLSearchParams;
  body: unknown;
  headers: IncomingHttpHeaders;
}

export type FakeReply =
  | {
      status: number;
      json?: unknown;
      html?: string;
      bytes?: Buffer;
      headers?: Record<string, string>;
      /** The answer goes out, and the work goes on until then. */
      until?: Promise<unknown>;
    }
  /** Cut the connection instead of an answer. */
  | 'cut'
  /** Never answer. */
  | 'hang';

export interface FakeServer {
  apiRoot: string;
  requests: SeenRequest[];
  /** Requests being worked on; one whose client hung up counts until its handler is done. */
  inFlight(): number;
  mostInFlight(): number;
  /** Fails when a request broke the official description. */
  stop(): Promise<void>;
}

/** A local server that answers as the handler says and checks each request against the official description. */
export async function startFake(
  handler: (request: SeenRequest, index: number) => FakeReply | Promise<FakeReply>,
): Promise<FakeServer> {
  const requests: SeenRequest[] = [];
  const violations: string[] = [];
  let inFlight = 0;
  let most = 0;

  const serve = async (incoming: IncomingMessage, response: ServerResponse) => {
    most = Math.max(most, ++inFlight);
    const url = new URL(incoming.url ?? '/', 'http://fake');
    const body = await text(incoming);
    const request: SeenRequest = {
      method: incoming.method ?? '',
      path: url.pathname.replace(/^\/3\.0/, '') || '/',
      query: url.searchParams,
      body: body === '' ? undefined : JSON.parse(body),
      headers: incoming.headers,
    };
    const index = requests.push(request) - 1;
    violations.push(...contract().violations(request));
    const reply = await handler(request, index);
    if (reply === 'hang') return;
    if (reply === 'cut') {
      inFlight--;
      return void incoming.socket.destroy();
    }
    if (reply.until === undefined) inFlight--;
    const headers = {
      'content-type': reply.html === undefined ? 'application/json' : 'text/html',
      ...reply.headers,
    };
    response.writeHead(reply.status, headers);
    response.end(reply.bytes ?? reply.html ?? (reply.json === undefined ? '' : JSON.stringify(reply.json)));
    if (reply.until !== undefined) {
      await reply.until;
      inFlight--;
    }
  };

  const server = createServer((incoming, response) => {
    serve(incoming, response).catch((error: unknown) => {
      // The client hung up in the middle of its own request.
      if (!incoming.destroyed) violations.push(String(error));
      response.destroy();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    apiRoot: `http://127.0.0.1:${(server.address() as AddressInfo).port}/3.0`,
    requests,
    inFlight: () => inFlight,
    mostInFlight: () => most,
    async stop() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      if (violations.length > 0) throw new Error(`against the description:\n${violations.join('\n')}`);
    },
  };
}

/** A problem as Mailchimp writes it; `type` is left out as often as there. */
export function problem(status: number, title: string, detail: string, more: object = {}): FakeReply {
  return {
    status,
    json: { title, status, detail, instance: '3f2b1c9d-0a6e-4c55-8f0e-9d1b8a7c6e5f', ...more },
    headers: { 'content-type': 'application/problem+json; charset=utf-8' },
  };
}

export const tooMany = problem(
  429,
  'Too Many Requests',
  'You have exceeded the limit of 10 simultaneous connections.',
);
