import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { serialize } from 'node:v8';
import type { Actions } from '../app.ts';
import { actionRules } from '../app/action-rules.ts';
import { variablesOf } from '../base/environment-marks.ts';
import { messageOf, PostriderError } from '../base/errors.ts';
import type { Progress } from '../pipeline/progress.ts';
import type { Door } from './door-file.ts';
import { decodeFrames, signalMark, type DoorCall, type DoorFrame } from './door-frames.ts';

/** Whether the server that left the door still answers. */
export async function serverAnswers({ url }: Door): Promise<boolean> {
  try {
    const answer = await fetch(`${url}/healthz`, { signal: AbortSignal.timeout(5_000) });
    return answer.ok;
  } catch {
    return false;
  }
}

/**
 * The application as the server that has the data folder does it: each action is asked for by name, what it tells on the
 * way comes along, and it ends when the caller's signal does.
 * @throws (each action) as the action; `remote` / `server_gone`
 */
export function actionsOfServer(
  door: Door,
  {
    by,
    progress,
    env,
  }: { by: string; progress: Progress; env: Readonly<Record<string, string | undefined>> },
): Actions {
  const entries = (Object.keys(actionRules) as (keyof Actions)[]).map((name) => {
    const ask = (args: unknown[]) => {
      const given = withPlaces(name, args);
      const call: DoorCall = {
        id: randomUUID(),
        action: name,
        args: given.map(withMark),
        by,
        env: envOf(name, given, env),
      };
      return frames(
        door,
        call,
        args.map(signalOf).find((each) => each !== undefined),
      );
    };
    const action =
      actionRules[name].streams === true
        ? async function* (...args: unknown[]) {
            for await (const frame of told(ask(args), progress)) if (frame.kind === 'part') yield frame.value;
          }
        : async (...args: unknown[]) => {
            for await (const frame of told(ask(args), progress))
              if (frame.kind === 'result') return frame.value;
            throw serverGone(undefined);
          };
    return [name, action];
  });
  return Object.fromEntries(entries) as Actions;
}

async function* told(
  from: AsyncIterable<DoorFrame>,
  progress: Progress,
): AsyncIterable<Extract<DoorFrame, { kind: 'part' | 'result' }>> {
  for await (const frame of from) {
    switch (frame.kind) {
      case 'say':
        progress.say(frame.message);
        break;
      case 'count':
        progress.count(frame.stage, frame.done, frame.total);
        break;
      case 'part':
      case 'result':
        yield frame;
        break;
      case 'error':
        throw errorOf(frame.error);
      case 'alive':
        break;
      default:
        throw new Error(`no such frame: ${String(frame satisfies never)}`);
    }
  }
}

async function* frames(
  door: Door,
  call: DoorCall,
  signal: AbortSignal | undefined,
): AsyncIterable<DoorFrame> {
  const hangUp = new AbortController();
  // It ends by itself then, and what it says of how far it got still comes.
  const ask = () => void askToEnd(door, call.id).catch(() => hangUp.abort());
  signal?.addEventListener('abort', ask, { once: true });
  try {
    const answer = await fetch(`${door.url}/local/call`, {
      method: 'POST',
      headers: { authorization: `Local ${door.secret}`, 'content-type': 'application/octet-stream' },
      body: serialize(call),
      signal: hangUp.signal,
    });
    if (!answer.ok || answer.body === null) throw serverGone(undefined);
    if (signal?.aborted === true) ask();
    yield* decodeFrames(answer.body);
  } catch (error) {
    if (error instanceof PostriderError) throw error;
    throw serverGone(error);
  } finally {
    signal?.removeEventListener('abort', ask);
    hangUp.abort();
  }
}

async function askToEnd({ url, secret }: Door, id: string): Promise<void> {
  const headers = { authorization: `Local ${secret}` };
  await fetch(`${url}/local/cancel/${id}`, { method: 'POST', headers });
}

/** Paths that a person typed begin in their folder, not in the server's. */
function withPlaces(name: keyof Actions, args: unknown[]): unknown[] {
  const [first, ...rest] = args;
  return actionRules[name].takesFile === true && typeof first === 'string' ? [resolve(first), ...rest] : args;
}

/** Of the caller's environment what the file speaks of, and nothing else. */
function envOf(
  name: keyof Actions,
  [file]: unknown[],
  env: Readonly<Record<string, string | undefined>>,
): Record<string, string> {
  if (actionRules[name].takesFile !== true || typeof file !== 'string') return {};
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch {
    // The action says that it is not there.
    return {};
  }
  const pairs = variablesOf(text).map((variable) => [variable, env[variable]] as const);
  return Object.fromEntries(pairs.filter((pair): pair is [string, string] => pair[1] !== undefined));
}

function withMark(value: unknown): unknown {
  if (value instanceof AbortSignal) return signalMark;
  if (typeof value !== 'object' || value === null || Object.getPrototypeOf(value) !== Object.prototype)
    return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, each]) => [key, each instanceof AbortSignal ? signalMark : each]),
  );
}

function signalOf(value: unknown): AbortSignal | undefined {
  if (value instanceof AbortSignal) return value;
  if (typeof value !== 'object' || value === null) return undefined;
  return Object.values(value).find((each): each is AbortSignal => each instanceof AbortSignal);
}

function errorOf(error: Extract<DoorFrame, { kind: 'error' }>['error']): Error {
  return error.kind === 'bug' ? new Error(error.message) : new PostriderError(error);
}

function serverGone(cause: unknown): PostriderError {
  return new PostriderError({
    kind: 'remote',
    code: 'server_gone',
    message: `The server that has the data folder did not answer${cause === undefined ? '' : ` (${messageOf(cause)})`}.`,
    hint: 'See its log; what it was asked to do may have begun: postrider runs.',
    retry: 'later',
    cause,
  });
}
