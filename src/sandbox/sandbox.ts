import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Account } from './account.ts';
import { localControl } from './control.ts';
import type { SandboxControl } from './control.ts';
import type { LatencyModel } from './latency.ts';
import type { SandboxModes } from './modes.ts';
import { perform } from './perform.ts';
import { serveSandbox } from './serve-sandbox.ts';

export interface SandboxOptions {
  /** 0 (the default) takes a free one. */
  port?: number;
  /** Default: this machine only. */
  host?: string;
  /** Default `sandbox-us1`; belongs to the user `owner`. */
  apiKey?: string;
  /** Latencies, chances and made-up ids repeat for a seed. Default 1. */
  seed?: number;
  /** Default: answers at once. */
  latency?: LatencyModel;
  /** What differs from the likeliest behaviour. */
  modes?: Partial<SandboxModes>;
}

/** A Mailchimp account in memory, with the behaviour that is documented, and worse on request. */
export interface Sandbox {
  /** The origin; a person who opens it sees the audiences. */
  readonly url: string;
  /** For `MAILCHIMP_BASE_URL`: the origin with `/3.0`. */
  readonly apiRoot: string;
  /** For `MAILCHIMP_OAUTH_URL`, in the place of https://login.mailchimp.com. */
  readonly oauthUrl: string;
  readonly apiKey: string;
  readonly control: SandboxControl;
  close(): Promise<void>;
}

/** Starts a sandbox. Rejects with the system's error when the port is taken. */
export async function startSandbox(options: SandboxOptions = {}): Promise<Sandbox> {
  const closing = new AbortController();
  const apiKey = options.apiKey ?? 'sandbox-us1';
  const settings = {
    apiKey,
    seed: options.seed ?? 1,
    latency: options.latency ?? { kind: 'none' as const },
    modes: options.modes ?? {},
  };
  const account = new Account(settings, perform, closing.signal);
  const server = createServer((request, response) => void serveSandbox(account, request, response));
  // Longer than clients keep a quiet connection, so that none is closed under a request.
  server.keepAliveTimeout = 75_000;
  server.requestTimeout = 0;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port ?? 0, options.host ?? '127.0.0.1', resolve);
  });
  const url = originOf(server.address() as AddressInfo);
  return {
    url,
    apiRoot: `${url}/3.0`,
    oauthUrl: url,
    apiKey,
    control: localControl(account),
    async close() {
      closing.abort();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Where a client on this machine finds the server that listens there. */
export function originOf({ address, family, port }: AddressInfo): string {
  if (address === '0.0.0.0' || address === '::') return `http://127.0.0.1:${port}`;
  return family === 'IPv6' ? `http://[${address}]:${port}` : `http://${address}:${port}`;
}
