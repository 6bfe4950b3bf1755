import { fromPglite, PgBoss } from 'pg-boss';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../base/clock.ts';
import { PostriderError } from '../base/errors.ts';
import { openStore, type Store } from '../store/open-store.ts';
import {
  startTestPostgres,
  testPostgresAvailable,
  type LocalPostgres,
} from '../store/test-support/local-postgres.ts';
import { isOver, type Task } from './task.ts';
import { TaskQueue, type CarryOut, type TaskQueueOptions } from './task-queue.ts';
import { addTask, beginTask, listTasks, readTask } from './tasks.ts';

let store: Store;
let server: LocalPostgres | undefined;
const queues: TaskQueue[] = [];
afterEach(async () => {
  for (const queue of queues.splice(0)) await queue.stop();
  await store.close();
});
afterAll(() => server?.stop());

const databases = {
  embedded: () => openStore({ memory: true }),
  PostgreSQL: async () => {
    server ??= await startTestPostgres();
    return openStore({ databaseUrl: await server.createDatabase() });
  },
};
const available = testPostgresAvailable ? (['embedded', 'PostgreSQL'] as const) : (['embedded'] as const);

const ended: Task[] = [];

async function started(
  carryOut: CarryOut,
  more: Partial<Pick<TaskQueueOptions, 'connectionOf' | 'ended'>> = {},
): Promise<TaskQueue> {
  ended.length = 0;
  const queue = new TaskQueue({
    db: store.db,
    queue: store.queue,
    clock: systemClock,
    carryOut,
    ended: async (task) => void ended.push(task),
    retryAfter: 0,
    patienceMs: 5_000,
    ...more,
  });
  queues.push(queue);
  await queue.start();
  return queue;
}

const wish = (kind: Task['kind'], subject: string, idempotencyKey?: string) => ({
  kind,
  subject,
  requestedBy: 'ana@acme.test',
  user: 'u1',
  idempotencyKey,
});

async function end(queue: TaskQueue, id: string): Promise<Task> {
  let last: Task | undefined;
  for await (const task of queue.watch(id, AbortSignal.timeout(20_000))) last = task;
  if (last === undefined || !isOver(last)) throw new Error('it did not end');
  return last;
}

/** Ends when told to, or when the signal says so. */
function gate() {
  const begun: string[] = [];
  let open: () => void = () => undefined;
  const opened = new Promise<void>((resolve) => (open = resolve));
  const carryOut: CarryOut = async (task, { signal }) => {
    begun.push(task.subject);
    await Promise.race([
      opened,
      new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error))),
    ]);
    return { status: 'succeeded' };
  };
  return { begun, open, carryOut };
}

describe.each(available)('TaskQueue on %s', (kind) => {
  beforeEach(async () => {
    store = await databases[kind]();
  });

  it('does what waits, tells of its progress, and keeps what came of it', async () => {
    const queue = await started(async (task, { tell }) => {
      tell({ sentence: 'Half of it is done.', done: 1, total: 2 });
      return { status: 'warnings', result: { run: `run of ${task.subject}` } };
    });
    const { id } = await queue.add(wish('run', 'newsletter'));
    expect(await end(queue, id)).toMatchObject({
      status: 'warnings',
      requestedBy: 'ana@acme.test',
      attempt: 1,
      progress: { sentence: 'Half of it is done.', done: 1, total: 2 },
      result: { run: 'run of newsletter' },
    });
    await expect.poll(() => ended.map((task) => task.id)).toEqual([id]);
  });

  it('shows what was told last, though nothing is told after it', async () => {
    const { open, carryOut } = gate();
    const queue = await started((task, hands) => {
      hands.tell({ stage: 'sources' });
      hands.tell({ stage: 'unify' });
      return carryOut(task, hands);
    });
    const { id } = await queue.add(wish('refresh', 'workspace'));
    await expect
      .poll(async () => (await readTask(store.db, id)).progress, { timeout: 10_000 })
      .toEqual({ stage: 'unify' });
    open();
    await end(queue, id);
  });

  it('lets go of whoever watches and stops while nothing happens', async () => {
    const queue = await started(async () => ({ status: 'succeeded' }));
    const { task } = await addTask(store.db, wish('run', 'newsletter'), new Date());
    const controller = new AbortController();
    for await (const shown of queue.watch(task.id, controller.signal)) {
      expect(shown.status).toBe('queued');
      controller.abort();
    }
  });

  it('does one after the other for one export, and others beside it', async () => {
    const { begun, open, carryOut } = gate();
    const queue = await started(carryOut);
    const tasks = [
      await queue.add(wish('run', 'a')),
      await queue.add(wish('undo', 'a')),
      await queue.add(wish('run', 'b')),
    ];
    await expect.poll(() => begun.toSorted(), { timeout: 10_000 }).toEqual(['a', 'b']);
    expect((await readTask(store.db, tasks[1]?.id ?? '')).status).toBe('queued');
    open();
    for (const { id } of tasks) expect((await end(queue, id)).status).toBe('succeeded');
    expect(begun.filter((each) => each === 'a')).toHaveLength(2);
  });

  it('keeps no place for runs that wait for one account', async () => {
    const { begun, open, carryOut } = gate();
    const connectionOf = (id: string) => Promise.resolve(id === 'other' ? 'second' : 'first');
    const queue = await started(carryOut, { connectionOf });
    const tasks: Task[] = [];
    for (const subject of ['a', 'b', 'c', 'd', 'e', 'other'])
      tasks.push(await queue.add(wish('run', subject)));
    await expect.poll(() => begun.includes('other'), { timeout: 10_000 }).toBe(true);
    // Which of those that wait comes first is the queue's affair.
    await expect.poll(() => begun.length, { timeout: 10_000 }).toBe(2);
    open();
    for (const { id } of tasks) expect((await end(queue, id)).status).toBe('succeeded');
  });

  it('makes one task of one idempotency key, and refuses the key for other work', async () => {
    const queue = await started(async () => ({ status: 'succeeded' }));
    const first = await queue.add(wish('run', 'newsletter', 'k1'));
    expect((await queue.add(wish('run', 'newsletter', 'k1'))).id).toBe(first.id);
    await end(queue, first.id);
    expect(await queue.add(wish('run', 'newsletter', 'k1'))).toMatchObject({
      id: first.id,
      status: 'succeeded',
    });
    await expect(queue.add(wish('undo', 'newsletter', 'k1'))).rejects.toMatchObject({
      code: 'idempotency_reused',
    });
    expect((await queue.add({ ...wish('undo', 'newsletter', 'k1'), user: 'u2' })).id).not.toBe(first.id);
  });

  it('does what was written down without the queue being told, once it is asked for again', async () => {
    const queue = await started(async () => ({ status: 'succeeded' }));
    const { task } = await addTask(store.db, wish('run', 'newsletter', 'k1'), new Date());
    await queue.add(wish('run', 'newsletter', 'k1'));
    expect(await end(queue, task.id)).toMatchObject({ status: 'succeeded', attempt: 1 });
  });

  it('cancels what waits at once, and what goes on within two seconds', async () => {
    const { begun, carryOut } = gate();
    const queue = await started(carryOut);
    const going = await queue.add(wish('run', 'a'));
    const waiting = await queue.add(wish('run', 'a'));
    await expect.poll(() => begun, { timeout: 10_000 }).toHaveLength(1);
    expect((await queue.cancel(waiting.id)).status).toBe('cancelled');
    await queue.cancel(going.id);
    expect((await end(queue, going.id)).status).toBe('cancelled');
    expect(begun).toEqual(['a']);
  });

  it.each([
    ['later', 3, 'failed'],
    ['never', 1, 'failed'],
  ] as const)('tries what may help again "%s" %i times', async (retry, attempts, status) => {
    let tried = 0;
    const queue = await started(async () => {
      tried += 1;
      throw new PostriderError({ kind: 'remote', code: 'away', message: 'It is away.', retry });
    });
    const task = await end(queue, (await queue.add(wish('run', 'newsletter'))).id);
    expect(task).toMatchObject({ status, attempt: attempts, problem: { code: 'away', retry } });
    expect(tried).toBe(attempts);
    await expect.poll(() => ended).toHaveLength(1);
  });

  it('lets a task end that nobody could be told of', async () => {
    let told = 0;
    const queue = await started(async () => ({ status: 'succeeded' }), {
      ended: async () => {
        told += 1;
        throw new PostriderError({ kind: 'remote', code: 'away', message: 'It is away.', retry: 'later' });
      },
    });
    const { id } = await queue.add(wish('run', 'newsletter'));
    expect(await end(queue, id)).toMatchObject({ status: 'succeeded', attempt: 1, problem: undefined });
    // The next of its lane comes after everything that is done for this one.
    await end(queue, (await queue.add(wish('run', 'newsletter'))).id);
    expect(await readTask(store.db, id)).toMatchObject({ status: 'succeeded', attempt: 1 });
    await expect.poll(() => told).toBe(2);
  });

  it('does not do twice at once what is given out again while it goes on', async () => {
    const { begun, open, carryOut } = gate();
    const queue = await started(carryOut);
    const { id } = await queue.add(wish('run', 'a'));
    await expect.poll(() => begun, { timeout: 10_000 }).toHaveLength(1);
    // In another lane, as only a job that the queue gave up is given out beside its like.
    const boss = new PgBoss(
      store.queue.kind === 'embedded'
        ? { db: fromPglite(store.queue.pglite), backend: 'pglite', supervise: false, schedule: false }
        : { connectionString: store.queue.databaseUrl, supervise: false, schedule: false },
    );
    await boss.start();
    const again = (await boss.send('work', { task: id }, { singletonKey: 'another' })) ?? '';
    const state = async () => (await boss.findJobs('work', { id: again }))[0]?.state;
    await expect.poll(state, { timeout: 10_000 }).toBe('active');
    open();
    expect(await end(queue, id)).toMatchObject({ status: 'succeeded', attempt: 1 });
    await expect.poll(state, { timeout: 10_000 }).toBe('completed');
    expect(begun).toEqual(['a']);
    await boss.stop({ graceful: false });
  });

  it('calls a bug a bug, without its stack, and works on', async () => {
    const queue = await started(async ({ subject }) => {
      if (subject === 'a') throw new TypeError('x is not a function');
      return { status: 'succeeded' };
    });
    const bug = await end(queue, (await queue.add(wish('run', 'a'))).id);
    expect(bug.problem).toMatchObject({ kind: 'internal', code: 'bug' });
    expect((await end(queue, (await queue.add(wish('run', 'b'))).id)).status).toBe('succeeded');
  });

  it('parks what goes on when it is stopped, and the next start goes on with it', async () => {
    const { begun, carryOut } = gate();
    const first = await started(carryOut);
    const { id } = await first.add(wish('refresh', 'workspace'));
    await expect.poll(() => begun, { timeout: 10_000 }).toHaveLength(1);
    await first.stop();
    queues.splice(0);
    expect(await readTask(store.db, id)).toMatchObject({ status: 'queued', finishedAt: undefined });
    const second = await started(async () => ({ status: 'succeeded' }));
    expect(await end(second, id)).toMatchObject({ status: 'succeeded', attempt: 1 });
  });

  it('finds what a killed process was at', async () => {
    const { task } = await addTask(store.db, wish('run', 'newsletter'), new Date());
    await beginTask(store.db, task.id, new Date());
    const queue = await started(async () => ({ status: 'succeeded' }));
    expect(await end(queue, task.id)).toMatchObject({ status: 'succeeded', attempt: 2 });
  });
});

describe('listTasks', () => {
  beforeEach(async () => {
    store = await databases.embedded();
  });

  it('pages from the newest to the oldest, each once', async () => {
    for (let n = 0; n < 7; n += 1)
      await addTask(store.db, wish('run', `e${n}`), new Date(1_700_000_000_000 + Math.floor(n / 2)));
    const seen: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await listTasks(store.db, { limit: 3, cursor });
      seen.push(...page.items.map(({ subject }) => subject));
      cursor = page.next;
    } while (cursor !== undefined);
    expect(seen.toSorted()).toEqual(['e0', 'e1', 'e2', 'e3', 'e4', 'e5', 'e6']);
    expect(seen[0]).toBe('e6');
    expect((await listTasks(store.db, { limit: 9, subject: 'e3' })).items).toHaveLength(1);
  });
});
