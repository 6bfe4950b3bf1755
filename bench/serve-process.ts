import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import manifest from '../package.json' with { type: 'json' };
import type { CommandPlace } from './postrider-process.ts';

const [, ...command] = manifest.scripts.postrider.split(' ');
const checkout = fileURLToPath(new URL('..', import.meta.url));
const password = 'gray otter under bridge';

/** A server of the product in a process of its own, with a token that opens all of it. */
export interface ServeProcess {
  origin: string;
  token: string;
  stop(): Promise<void>;
}

export async function startServer({ data, env }: CommandPlace): Promise<ServeProcess> {
  const port = await freePort();
  const child = spawn(
    process.execPath,
    [...command, '--data', data, 'serve', '--quiet', '--port', String(port)],
    { cwd: checkout, env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'inherit'] },
  );
  const origin = `http://localhost:${port}`;
  const secret = await ownerSecret(child);
  const post = async (path: string, body: object, headers: Record<string, string> = {}) => {
    const answer = await fetch(origin + path, {
      method: 'POST',
      headers: { 'content-type': 'application/json', origin, ...headers },
      body: JSON.stringify(body),
    });
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
    return answer;
  };
  const signedIn = await post('/api/v1/links/use', { secret, email: 'owner@acme.test', password });
  const cookie = (signedIn.headers.get('set-cookie') ?? '').split(';')[0] ?? '';
  const scopes = ['look', 'look.people', 'segments.edit', 'exports.edit', 'exports.run'];
  const made = await post('/api/v1/me/tokens', { name: 'bench', scopes, expiresInDays: 1 }, { cookie });
  const { secret: token } = (await made.json()) as { secret: string };
  return {
    origin,
    token,
    async stop() {
      child.kill('SIGTERM');
      await once(child, 'close');
    },
  };
}

/** The first start prints it. */
async function ownerSecret(child: ChildProcess): Promise<string> {
  let text = '';
  for await (const part of child.stdout as NodeJS.ReadableStream) {
    text += String(part);
    const secret = /\/owner#([\w-]+)/.exec(text)?.[1];
    if (secret !== undefined) return secret;
  }
  throw new Error(`the server ended: ${text}`);
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  return port;
}
