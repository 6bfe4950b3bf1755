import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { freePort } from '../test/support/free-port.ts';
import { ownerVariables } from '../test/support/running-server.ts';
import { checkout, command, postrider, type CommandPlace } from './postrider-process.ts';

/** A server of the product in a process of its own, with a token that opens all of it. */
export interface ServeProcess {
  origin: string;
  token: string;
  stop(): Promise<void>;
}

/** Rejects with what the server said where it does not come up; nothing is left running then. */
export async function startServer({ data, env }: CommandPlace): Promise<ServeProcess> {
  const place = { data, env: { ...env, ...ownerVariables } };
  const port = await freePort();
  const child = spawn(
    process.execPath,
    [...command, '--data', data, 'serve', '--quiet', '--port', String(port)],
    { cwd: checkout, env: { ...process.env, ...place.env }, stdio: ['ignore', 'pipe', 'inherit'] },
  );
  // From the start on: whoever waits for the end of one that has ended already waits for ever.
  const ended = once(child, 'close');
  const stop = async (signal: NodeJS.Signals) => {
    child.kill(signal);
    await ended;
  };
  try {
    await untilListens(child);
    const scopes = 'look,look.people,segments.edit,exports.edit,exports.run';
    const args = ['tokens', 'make', 'bench', '--scopes', scopes];
    const { document } = await postrider<{ token: string }>(args, place);
    return { origin: `http://localhost:${port}`, token: document.token, stop: () => stop('SIGTERM') };
  } catch (error) {
    await stop('SIGKILL');
    throw error;
  }
}

async function untilListens(child: ChildProcess): Promise<void> {
  let text = '';
  for await (const part of child.stdout as NodeJS.ReadableStream) {
    text += String(part);
    if (text.includes('Postrider listens at')) return;
  }
  throw new Error(`the server ended: ${text}`);
}
