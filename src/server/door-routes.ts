import { timingSafeEqual } from 'node:crypto';
import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { deserialize } from 'node:v8';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { cancelled, PostriderError } from '../base/errors.ts';
import type { Actions, App } from '../app.ts';
import { actionRules } from '../app/action-rules.ts';
import { identityAtMachine } from '../app/sign-in.ts';
import { encodeFrame, isSignalMark, type DoorCall, type DoorFrame } from './door-frames.ts';

const aliveMs = 10_000;
const largestCall = 16 * 1024 * 1024;

const doorCall = z.object({
  id: z.string(),
  action: z.string(),
  args: z.array(z.unknown()),
  by: z.string().min(1).max(200),
  env: z.record(z.string(), z.string()),
});

/**
 * The door for the command line of this machine, while the server has the data folder: any action by name, as whoever
 * may read the folder.
 */
export function doorRoutes(server: FastifyInstance, app: App, secret: () => string): void {
  const going = new Map<string, AbortController>();
  // What was asked for ends as if whoever asked had pressed Ctrl-C; the next run goes on where it stopped.
  server.addHook('preClose', async () => {
    for (const each of going.values()) each.abort(cancelled());
  });
  void server.register(async (door) => {
    door.removeAllContentTypeParsers();
    door.addContentTypeParser(
      'application/octet-stream',
      { parseAs: 'buffer', bodyLimit: largestCall },
      (_, body, done) => done(null, body),
    );
    // Before the body is read: strangers are not to fill our memory.
    door.addHook('preParsing', async (request) => refuseStrangers(request, secret()));
    door.post('/local/call', { schema: { hide: true } }, async (request, reply) => {
      const call = doorCall.parse(deserialize(request.body as Buffer));
      const gone = new AbortController();
      going.set(call.id, gone);
      reply.raw.once('close', () => {
        going.delete(call.id);
        gone.abort(cancelled());
      });
      void reply.type('application/octet-stream').header('content-encoding', 'identity');
      return reply.send(Readable.from(framesOf(app, call, gone.signal), { objectMode: false }));
    });
    // Asks a call to end, and leaves its connection open for what it says of how far it got.
    door.post('/local/cancel/:id', { schema: { hide: true } }, async (request, reply) => {
      going.get((request.params as { id: string }).id)?.abort(cancelled());
      return reply.status(204).send();
    });
  });
}

function refuseStrangers({ headers }: FastifyRequest, secret: string): void {
  const given = Buffer.from(/^Local (.+)$/.exec(headers.authorization ?? '')?.[1] ?? '');
  const wanted = Buffer.from(secret);
  // A page in a browser says where it comes from, and has no business here even if it knew the secret.
  const browser = headers.origin !== undefined || headers['sec-fetch-site'] !== undefined;
  if (!browser && wanted.length > 0 && given.length === wanted.length && timingSafeEqual(given, wanted))
    return;
  throw new PostriderError({
    kind: 'forbidden',
    code: 'sign_in_needed',
    message: 'This is for the command line of this machine.',
  });
}

/** One that loses a race must not keep alive a server that is told to end. */
const pause = (ms: number) => sleep(ms, 'over' as const, { ref: false });

/** As many parts wait for a slow reader, and the work waits then. */
const mostWaiting = 4;

async function* framesOf(app: App, call: DoorCall, signal: AbortSignal): AsyncIterable<Buffer> {
  const waiting: DoorFrame[] = [];
  let changed = Promise.withResolvers<void>();
  const notify = () => {
    changed.resolve();
    changed = Promise.withResolvers();
  };
  const put = (frame: DoorFrame) => {
    waiting.push(frame);
    notify();
  };
  const hasRoom = async () => {
    while (waiting.length >= mostWaiting && !signal.aborted)
      await Promise.race([changed.promise, pause(1_000)]);
  };
  void carryOut(app, call, { signal, put, hasRoom }).then(
    (value) => put({ kind: 'result', value }),
    (error: unknown) => put({ kind: 'error', error: errorOf(error) }),
  );
  for (;;) {
    const frame = waiting.shift();
    if (frame === undefined) {
      const alive = await Promise.race([changed.promise, pause(aliveMs)]);
      if (alive === 'over') yield encodeFrame({ kind: 'alive' });
      continue;
    }
    notify();
    yield encodeFrame(frame);
    if (frame.kind === 'result' || frame.kind === 'error') return;
  }
}

async function carryOut(
  app: App,
  { action, args, by, env }: DoorCall,
  {
    signal,
    put,
    hasRoom,
  }: { signal: AbortSignal; put: (frame: DoorFrame) => void; hasRoom: () => Promise<void> },
): Promise<unknown> {
  if (!Object.hasOwn(actionRules, action)) {
    throw new PostriderError({
      kind: 'conflict',
      code: 'server_other_version',
      message: 'The server that has the data folder is of another version.',
      hint: 'Start it again with this one.',
    });
  }
  const actions = app.as(identityAtMachine(by), {
    env,
    progress: {
      say: (message) => put({ kind: 'say', message }),
      count: (stage, done, total) => put({ kind: 'count', stage, done, total }),
    },
  });
  const name = action as keyof Actions;
  const work = (actions[name] as (...given: unknown[]) => unknown)(
    ...args.map((each) => withSignal(each, signal)),
  );
  if (actionRules[name].streams !== true) return work;
  for await (const value of work as AsyncIterable<unknown>) {
    await hasRoom();
    signal.throwIfAborted();
    put({ kind: 'part', value });
  }
  return undefined;
}

/** Puts our signal where the caller's stood. */
function withSignal(value: unknown, signal: AbortSignal): unknown {
  if (isSignalMark(value)) return signal;
  if (typeof value !== 'object' || value === null || Object.getPrototypeOf(value) !== Object.prototype)
    return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, each]) => [key, isSignalMark(each) ? signal : each]),
  );
}

function errorOf(error: unknown): Extract<DoorFrame, { kind: 'error' }>['error'] {
  if (error instanceof PostriderError) return error.toJSON();
  return { kind: 'bug', message: error instanceof Error ? error.message : String(error) };
}
