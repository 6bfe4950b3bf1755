import { EventEmitter } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { fromPglite, PgBoss } from 'pg-boss';
import type { Clock } from '../base/clock.ts';
import type { Database } from '../store/tables.ts';
import { patiently } from '../store/patiently.ts';
import type { QueueDatabase } from '../store/open-store.ts';
import { isOver, type Task, type TaskOutcome, type TaskProblem, type TaskProgress } from './task.ts';
import { problemOf } from './task-problem.ts';
import {
  addTask,
  askTaskToEnd,
  beginTask,
  finishTask,
  noteProgress,
  noteRetry,
  readTask,
  unfinishedTasks,
  type WantedTask,
} from './tasks.ts';

/** Does the work of a task; what it throws becomes the task's problem. */
export type CarryOut = (
  task: Task,
  hands: { signal: AbortSignal; tell: (progress: TaskProgress) => void },
) => Promise<TaskOutcome>;

export interface TaskQueueOptions {
  db: Database;
  queue: QueueDatabase;
  clock: Clock;
  carryOut: CarryOut;
  /** Called with each task that came to its end. */
  ended: (task: Task) => Promise<void>;
  /**
   * Through which connection an export goes. Those of one wait for each other here, and not in the place of others:
   * an account has one run at a time.
   */
  connectionOf?: (exportId: string) => Promise<string | undefined>;
  /** The pause before a second and third attempt, in seconds. */
  retryAfter?: number;
  /** How long work that is stopped with the process may take to park, in ms. */
  patienceMs?: number;
}

const queueName = 'work';
/** pg-boss gives a job back that is not heard of for so long. */
const heartbeatSeconds = 30;
/** Its own upper bound; a run of a million people may take three hours. */
const longestSeconds = 23 * 60 * 60;
const attempts = 3;
/** No new request starts two seconds after somebody asked for the end (promise 9). */
const lookForCancelMs = 500;
const noteProgressMs = 1_000;

/**
 * Work waits here for its turn. What is done by one connection is done one after the other, as are refreshes; that exports
 * wait for a refresh is `untilRefreshed` in app/carry-out-task.ts. The tasks themselves stand in our own table, so that the
 * queue can be emptied without anything being lost.
 */
export class TaskQueue {
  readonly #options: TaskQueueOptions;
  readonly #boss: PgBoss;
  readonly #events = new EventEmitter();
  readonly #running = new Map<string, { controller: AbortController; done: Promise<void> }>();
  readonly #ending = new AbortController();
  #stopping = false;

  constructor(options: TaskQueueOptions) {
    this.#options = options;
    const { queue } = options;
    this.#boss = new PgBoss({
      ...(queue.kind === 'embedded'
        ? { db: fromPglite(queue.pglite), backend: 'pglite' as const }
        : { connectionString: queue.databaseUrl, application_name: 'postrider-queue' }),
      schedule: false,
      superviseIntervalSeconds: 15,
    });
    // Its own troubles with the database come up again at the next look; unheard they would end the process.
    this.#boss.on('error', () => undefined);
    this.#events.setMaxListeners(0);
  }

  /** Begins to work, first on what a process before this one left. */
  async start(): Promise<void> {
    const { db } = this.#options;
    await this.#boss.start();
    await this.#boss.createQueue(queueName, {
      policy: 'singleton',
      expireInSeconds: longestSeconds,
      heartbeatSeconds,
      retryLimit: attempts - 1,
      retryDelay: this.#options.retryAfter ?? 60,
      retryBackoff: true,
      deleteAfterSeconds: 60 * 60,
    });
    // A database has one owner (database-owner.ts, data-folder.ts): whatever looks active is of a process that is gone.
    await this.#boss.deleteAllJobs(queueName);
    for (const task of await unfinishedTasks(db)) await this.#send(task);
    await this.#boss.work(
      queueName,
      { localConcurrency: 4, pollingIntervalSeconds: 0.5, includeMetadata: true },
      async ([job]) => {
        const { task } = (job?.data ?? {}) as { task?: string };
        if (task !== undefined) await this.#work(task);
      },
    );
  }

  /** @returns the task, also one that the same idempotency key made before */
  async add(wanted: WantedTask): Promise<Task> {
    const { task, known } = await addTask(this.#options.db, wanted, this.#options.clock.now());
    // Whoever asks again may have been told that it failed: the task was written down, and the queue did not hear of it.
    if (!known || task.status === 'queued') await this.#send(task);
    return task;
  }

  /**
   * Ends a task: at once when it waits; when it goes on, a run within two seconds, a refresh between files, pages of a
   * database and stages.
   */
  async cancel(id: string): Promise<Task> {
    const task = await askTaskToEnd(this.#options.db, id, this.#options.clock.now());
    this.#running.get(id)?.controller.abort(new Error('cancelled'));
    this.#events.emit(id);
    return task;
  }

  /** The task now and after each change, up to its end. */
  async *watch(id: string, signal: AbortSignal): AsyncIterable<Task> {
    let shown = '';
    while (!signal.aborted) {
      const task = await readTask(this.#options.db, id);
      const text = JSON.stringify(task);
      if (text !== shown) yield task;
      shown = text;
      if (isOver(task)) return;
      await this.#change(id, signal);
    }
  }

  /** What goes on is asked to park itself, and is found again at the next start. */
  async stop(): Promise<void> {
    this.#stopping = true;
    this.#ending.abort(new Error('the server stops'));
    for (const { controller } of this.#running.values()) controller.abort(new Error('the server stops'));
    const until = Date.now() + (this.#options.patienceMs ?? 150_000);
    while (this.#running.size > 0 && Date.now() < until) await sleep(50);
    await this.#boss.stop({ graceful: false });
  }

  async #send(task: Task): Promise<void> {
    // One at a time in each lane; `singletonSeconds` would drop what comes too soon.
    await this.#boss.send(queueName, { task: task.id }, { singletonKey: await this.#laneOf(task) });
  }

  /** What waits for what. */
  async #laneOf({ kind, subject }: Task): Promise<string> {
    if (kind === 'refresh') return 'refresh';
    if (kind === 'segment') return `segment ${subject}`;
    const connection = await this.#options.connectionOf?.(subject);
    return connection === undefined ? `export ${subject}` : `connection ${connection}`;
  }

  async #work(id: string): Promise<void> {
    if (this.#stopping) return;
    // A job that was not heard of while the database was away is given out again, and its work may still go on here.
    const going = this.#running.get(id);
    if (going !== undefined) return going.done;
    const controller = new AbortController();
    const done = this.#take(id, controller).finally(() => {
      this.#running.delete(id);
      this.#events.emit(id);
    });
    this.#running.set(id, { controller, done });
    await done;
  }

  async #take(id: string, controller: AbortController): Promise<void> {
    const { db, clock, carryOut, ended } = this.#options;
    const task = await beginTask(db, id, clock.now());
    if (task === undefined) return;
    this.#events.emit(id);
    const watch = setInterval(() => void this.#lookForCancel(id, controller), lookForCancelMs);
    const tell = this.#progressOf(id);
    let outcome: TaskOutcome;
    let passing: TaskProblem | undefined;
    try {
      outcome = await carryOut(task, { signal: controller.signal, tell: tell.note });
    } catch (error) {
      const problem = problemOf(error);
      const cancelled = controller.signal.aborted;
      outcome = { status: cancelled ? 'cancelled' : 'failed', problem };
      if (!cancelled && problem.retry !== 'never' && task.attempt < attempts) passing = problem;
    } finally {
      clearInterval(watch);
      await tell.flush();
    }
    if (passing !== undefined) {
      const problem = passing;
      await this.#noted(() => noteRetry(db, id, problem));
      // The queue tries again what throws.
      throw new Error(problem.code);
    }
    if (this.#stopping && outcome.status === 'cancelled') return await this.#park(id);
    const over = await this.#noted(() => finishTask(db, id, outcome, clock.now()));
    // The work is over, whatever becomes of the word about it.
    await ended(over).catch(() => undefined);
  }

  /** A task whose end nobody could note would look as if it went on for ever. */
  #noted<Result>(write: () => Promise<Result>): Promise<Result> {
    return patiently(write, this.#ending.signal);
  }

  /** It is not over: the next start goes on with it, and this was no attempt that failed. */
  async #park(id: string): Promise<void> {
    await this.#options.db
      .updateTable('task')
      .set(({ eb }) => ({ status: 'queued', attempt: eb('attempt', '-', 1) }))
      .where('id', '=', id)
      .execute();
  }

  async #lookForCancel(id: string, controller: AbortController): Promise<void> {
    const task = await readTask(this.#options.db, id).catch(() => undefined);
    if (task?.cancelAt !== undefined) controller.abort(new Error('cancelled'));
  }

  #progressOf(id: string): { note: (progress: TaskProgress) => void; flush: () => Promise<void> } {
    const { db } = this.#options;
    let latest: TaskProgress = {};
    let noted = 0;
    let soon: NodeJS.Timeout | undefined;
    let writing: Promise<void> = Promise.resolve();
    const write = () => {
      clearTimeout(soon);
      soon = undefined;
      noted = Date.now();
      const progress = latest;
      writing = writing.then(() => noteProgress(db, id, progress)).catch(() => undefined);
      void writing.then(() => this.#events.emit(id));
    };
    return {
      note: (progress) => {
        latest = { ...latest, ...progress };
        const wait = noted + noteProgressMs - Date.now();
        if (wait <= 0) write();
        // What is told last must be seen, though nothing may follow it for minutes.
        else soon ??= setTimeout(write, wait);
      },
      flush: async () => {
        write();
        await writing;
      },
    };
  }

  async #change(id: string, signal: AbortSignal): Promise<void> {
    // Another process may have changed it, which nobody here is told.
    const either = AbortSignal.any([signal, AbortSignal.timeout(1_000)]);
    // It tells nobody a second time.
    if (either.aborted) return;
    await new Promise<void>((resolve) => {
      const done = () => {
        this.#events.off(id, done);
        either.removeEventListener('abort', done);
        resolve();
      };
      this.#events.once(id, done);
      either.addEventListener('abort', done, { once: true });
    });
  }
}
