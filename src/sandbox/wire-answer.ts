import type { ServerResponse } from 'node:http';
import type { Account } from './account.ts';
import type { Fault } from './faults.ts';
import { cdnPage, sendBytes, sendJson } from './http-message.ts';
import { problemAnswer } from './perform.ts';
import type { ApiAnswer } from './perform.ts';
import { forbidden, internalError, keyInvalid, notFound, Problem, tooManyConnections } from './problem.ts';

type Headers = Readonly<Record<string, string>>;

/** What goes back over the wire: the API's own answer, or what the servers before it say. */
export type WireAnswer =
  | { kind: 'api'; answer: ApiAnswer }
  | { kind: 'html'; status: number; headers?: Headers }
  | { kind: 'empty'; status: number; headers?: Headers }
  /** Half of the API's own answer. */
  | { kind: 'cut'; answer: ApiAnswer }
  | { kind: 'reset' };

/**
 * Sends it, unless the client is gone or has an answer already.
 * @param now by the clock that also stamps the contacts, or a client could not tell what it has read
 */
export function sendWire(response: ServerResponse, wire: WireAnswer, now: Date): void {
  if (response.destroyed || response.headersSent) return;
  response.setHeader('Date', now.toUTCString());
  switch (wire.kind) {
    case 'api': {
      const { status, document, headers } = wire.answer;
      const type = status >= 400 ? 'application/problem+json' : 'application/json';
      sendJson(response, status, document, {
        Server: 'openresty',
        ...headers,
        'Content-Type': `${type}; charset=utf-8`,
      });
      return;
    }
    case 'cut': {
      const { status, document } = wire.answer;
      const whole = Buffer.from(JSON.stringify(document ?? {}));
      sendBytes(response, status, 'application/json', whole.subarray(0, whole.length / 2));
      return;
    }
    case 'html': {
      const title = titles[wire.status] ?? 'Error';
      sendBytes(response, wire.status, 'text/html', cdnPage(wire.status, title), wire.headers);
      return;
    }
    case 'empty':
      response.writeHead(wire.status, { ...wire.headers, 'Content-Length': 0 }).end();
      return;
    case 'reset':
      response.socket?.resetAndDestroy();
  }
}

/** The status the client sees; undefined when it sees none. */
export function wireStatus(wire: WireAnswer): number | undefined {
  switch (wire.kind) {
    case 'api':
    case 'cut':
      return wire.answer.status;
    case 'html':
    case 'empty':
      return wire.status;
    case 'reset':
      return undefined;
  }
}

/** The answer to the request that is one too many at the same time (FACTS §9.1). */
export function floodAnswer(account: Account): WireAnswer {
  switch (account.modes.flood) {
    case 'problem':
      return { kind: 'api', answer: problemAnswer(account, tooManyConnections(account.modes.ceiling)) };
    case 'html 429':
      return { kind: 'html', status: 429 };
    case 'html 403':
      return { kind: 'html', status: 403 };
    case 'empty 429':
      return { kind: 'empty', status: 429 };
  }
}

/** What a fault answers in the place of the API; undefined for one that lets it answer. */
export function faultAnswer(account: Account, { answer }: Fault): WireAnswer | undefined {
  switch (answer.kind) {
    case 'cut':
    case 'delay':
      return undefined;
    case 'reset':
      return { kind: 'reset' };
    case 'status': {
      const headers: Headers = answer.retryAfter === undefined ? {} : { 'Retry-After': answer.retryAfter };
      if (answer.body !== 'problem') return { kind: answer.body, status: answer.status, headers };
      const api = problemAnswer(account, problemOf(answer.status));
      return { kind: 'api', answer: { ...api, headers: { ...api.headers, ...headers } } };
    }
  }
}

const titles: Record<number, string> = {
  403: 'Access Denied',
  429: 'Too Many Requests',
  500: 'Internal Server Error',
  502: 'Bad Gateway',
  503: 'Service Unavailable',
  504: 'Gateway Timeout',
};

function problemOf(status: number): Problem {
  switch (status) {
    case 401:
      return keyInvalid();
    case 403:
      return forbidden();
    case 404:
      return notFound();
    case 429:
      return tooManyConnections(10);
    case 500:
      return internalError();
    default:
      return new Problem(status, titles[status] ?? 'Error', 'An unexpected internal error has occurred.');
  }
}
