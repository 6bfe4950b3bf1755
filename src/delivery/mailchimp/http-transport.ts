import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { Pool } from 'undici';
import type { Clock } from '../../base/clock.ts';
import type { Method } from './api-request.ts';

export interface TransportOptions {
  /** With `/3.0`, without a slash at the end. */
  apiRoot: string;
  token: string;
  connections: number;
  /** How long after its first byte a request is given up, in ms. */
  timeoutMs: number;
  clock: Clock;
}

export interface HttpAnswer {
  status: number;
  /** Names in lower case; of repeated headers the first. */
  headers: Record<string, string>;
  body: string;
}

export type HttpOutcome =
  | { kind: 'answered'; answer: HttpAnswer; sentAt: Date; receivedAt: Date }
  /** Not one byte left this machine. */
  | { kind: 'unsent'; cause: unknown }
  /** It left, and no whole answer came: nobody knows what the server did. */
  | { kind: 'lost'; cause: unknown; sentAt: Date };

// A page of 1,000 full members is about 4 MB; this is a guard against a host that is not Mailchimp.
const largestBody = 64 * 1024 * 1024;
const unzip = promisify(gunzip);

/**
 * Requests over kept-alive connections to one host, exactly as told: no retry, no redirect, no cookie.
 * undici's `request` cannot say whether a failed request had left; its dispatch handler can: `onRequestStart`
 * comes right before the first byte, and not at all when the connection could not be made.
 */
export class HttpTransport {
  readonly #options: TransportOptions;
  readonly #pool: Pool;
  readonly #basePath: string;

  constructor(options: TransportOptions) {
    this.#options = options;
    const root = new URL(options.apiRoot);
    this.#basePath = root.pathname === '/' ? '' : root.pathname;
    this.#pool = new Pool(root.origin, {
      connections: options.connections,
      pipelining: 1,
      allowH2: false,
      maxResponseSize: largestBody,
      connectTimeout: 10_000,
      // Our own timer below covers headers and body together.
      headersTimeout: 0,
      bodyTimeout: 0,
    });
  }

  /**
   * Sends and waits; never rejects. An abort stops a request that has not left yet; one that has is let finish,
   * since cutting it would leave the work running over there and lose its answer.
   * @param path below the API root, escaped
   */
  async send(
    method: Method,
    path: string,
    body: string | undefined,
    signal?: AbortSignal,
  ): Promise<HttpOutcome> {
    let sentAt: Date | undefined;
    try {
      const raw = await this.#dispatch(method, path, body, signal, (at) => (sentAt = at));
      const zipped = raw.headers['content-encoding'] === 'gzip';
      const bytes = zipped ? await unzip(raw.body, { maxOutputLength: largestBody }) : raw.body;
      const answer = { status: raw.status, headers: raw.headers, body: bytes.toString('utf8') };
      const receivedAt = this.#options.clock.now();
      return { kind: 'answered', answer, sentAt: sentAt ?? receivedAt, receivedAt };
    } catch (cause) {
      return sentAt === undefined ? { kind: 'unsent', cause } : { kind: 'lost', cause, sentAt };
    }
  }

  /** Waits for what is in flight, then lets the connections go. */
  async close(): Promise<void> {
    if (!this.#pool.closed) await this.#pool.close();
  }

  #dispatch(
    method: Method,
    path: string,
    body: string | undefined,
    signal: AbortSignal | undefined,
    onSent: (at: Date) => void,
  ): Promise<{ status: number; headers: Record<string, string>; body: Buffer }> {
    const { clock, token, timeoutMs } = this.#options;
    const over = new AbortController();
    const whole = new Promise<{ status: number; headers: Record<string, string>; body: Buffer }>(
      (resolve, reject) => {
        const chunks: Buffer[] = [];
        let status = 0;
        let headers: Record<string, string> = {};
        this.#pool.dispatch(
          {
            method,
            path: this.#basePath + path,
            headers: {
              authorization: `Bearer ${token}`,
              accept: 'application/json, application/problem+json',
              'accept-encoding': 'gzip',
              'user-agent': 'postrider',
              ...(body === undefined ? {} : { 'content-type': 'application/json' }),
            },
            body: body ?? null,
          },
          {
            onRequestStart(controller) {
              if (signal?.aborted) return controller.abort(signal.reason as Error);
              onSent(clock.now());
              clock.sleep(timeoutMs, over.signal).then(
                () => controller.abort(new Error(`no whole answer within ${timeoutMs} ms`)),
                () => undefined,
              );
            },
            onResponseStart(_controller, statusCode, rawHeaders) {
              status = statusCode;
              headers = firstOfEach(rawHeaders);
            },
            onResponseData(_controller, chunk) {
              chunks.push(chunk);
            },
            onResponseEnd() {
              resolve({ status, headers, body: Buffer.concat(chunks) });
            },
            onResponseError(_controller, error) {
              reject(error);
            },
          },
        );
      },
    );
    return whole.finally(() => over.abort());
  }
}

function firstOfEach(headers: Record<string, string | string[] | undefined>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, (Array.isArray(value) ? value[0] : value) ?? '']),
  );
}
