import { freePort } from './free-port.ts';
import type { Postrider, RunningCommand } from './postrider-process.ts';

/** Makes the first owner, without whom there are no tokens. */
export const ownerVariables = {
  POSTRIDER_OWNER_EMAIL: 'owner@acme.test',
  POSTRIDER_OWNER_PASSWORD: 'gray otter under bridge',
};

/** A server in a process of its own. */
export interface RunningServer {
  running: RunningCommand;
  /** Resolves when it works, which one that stands by may do late; rejects where it ends before. */
  works(): Promise<void>;
  /** What it answers to those who ask whether it can work. */
  ready(): Promise<number>;
  /** A request below /api/v1: GET, or POST where there is a body. */
  call(token: string, path: string, body?: object): Promise<Response>;
}

export async function startServer(postrider: Postrider, ...flags: readonly string[]): Promise<RunningServer> {
  const port = await freePort();
  const running = postrider.start(['serve', ...flags, '--port', String(port)]);
  const origin = `http://127.0.0.1:${port}`;
  return {
    running,
    works: () => running.untilSays('Postrider listens at'),
    ready: async () => (await fetch(`${origin}/readyz`)).status,
    call(token, path, body) {
      const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
      const init = body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) };
      return fetch(`${origin}/api/v1${path}`, { headers, ...init });
    },
  };
}

/** A token of the owner, made by the command line. */
export async function makeToken(postrider: Postrider, scopes: string): Promise<string> {
  const made = await postrider.json<{ token: string }>('tokens', 'make', 'test', '--scopes', scopes);
  return made.token;
}
