import type { Actions } from '../app.ts';
import { scheduleIdentity, localIdentity, type Identity, type UserId } from '../access/identity.ts';
import { findUser } from '../access/users.ts';
import { PostriderError } from '../base/errors.ts';
import type { ExportRun } from '../exports/plan.ts';
import type { Progress } from '../pipeline/progress.ts';
import type { RefreshWatch, Stage } from '../pipeline/refresh.ts';
import type { Store } from '../store/open-store.ts';
import type { Task, TaskOutcome, TaskProgress } from '../work/task.ts';
import { problemOf } from '../work/task-problem.ts';
import type { CarryOut } from '../work/task-queue.ts';
import { unfinishedTasks } from '../work/tasks.ts';

/** What the queue's work stands on. */
export interface TaskHands {
  store: Store;
  /** The application for somebody, who is told how it goes. */
  actionsFor(who: Identity, progress: Progress): Actions;
  /** The task now and after each change, up to its end. */
  watch(id: string, signal: AbortSignal): AsyncIterable<Task>;
  /** An export within a refresh came to its end. */
  exported(of: Task, end: EndedExport): Promise<void>;
  now(): Date;
}

export interface EndedExport {
  export: string;
  startedAt: Date;
  outcome: TaskOutcome;
}

/**
 * Does the work of a task as whoever asked for it, with what they may do now: who lost a role meanwhile gets nothing
 * done.
 */
export function carryOutTask(hands: TaskHands): CarryOut {
  return async (task, { signal, tell }) => {
    const who = await identityOf(hands.store, task);
    const actions = hands.actionsFor(who, progressTo(tell));
    if (task.kind !== 'refresh' && task.kind !== 'segment') await untilRefreshed(hands, signal, tell);
    switch (task.kind) {
      case 'refresh':
        return refresh(hands, actions, task, { signal, tell });
      case 'segment': {
        const { segments } = await actions.refreshSegment(task.subject);
        return { status: 'succeeded', result: { segments: segments.map(({ segment }) => segment) } };
      }
      case 'plan': {
        const { limit } = task.request;
        return outcomeOf(await actions.plan(task.subject, { limit, signal }));
      }
      case 'run': {
        const { plan, limit } = task.request;
        return outcomeOf(await actions.run(task.subject, { plan, limit, signal }));
      }
      case 'release':
        return outcomeOf(await actions.release(task.request.run ?? '', task.request.why ?? '', signal));
      case 'undo': {
        const { run = '', plan } = task.request;
        return outcomeOf(await actions.undo(run, { plan, signal }));
      }
      default:
        throw new Error(`no such kind: ${String(task.kind satisfies never)}`);
    }
  };
}

async function refresh(
  hands: TaskHands,
  actions: Actions,
  task: Task,
  { signal, tell }: Parameters<CarryOut>[1],
): Promise<TaskOutcome> {
  const stages: { stage: Stage; startedAt: Date }[] = [];
  const exports: EndedExport[] = [];
  const told = new Set<unknown>();
  let since = hands.now();
  const watch: RefreshWatch = {
    stage(stage) {
      since = hands.now();
      stages.push({ stage, startedAt: since });
      tell({ stage, sentence: undefined, done: undefined, total: undefined });
    },
    exported({ export: id, run, error }) {
      const outcome: TaskOutcome =
        run === undefined ? { status: 'failed', problem: problemOf(error) } : outcomeOf(run);
      exports.push({ export: id, startedAt: since, outcome });
      if (run === undefined) told.add(error);
      since = hands.now();
    },
  };
  const result = (): Record<string, unknown> => ({
    stages: stages.map((each, n) => ({
      ...each,
      seconds: ((stages[n + 1]?.startedAt ?? hands.now()).getTime() - each.startedAt.getTime()) / 1000,
    })),
    exports: exports.map(({ export: id, outcome }) => ({
      export: id,
      status: outcome.status,
      run: outcome.result?.run ?? null,
    })),
  });
  try {
    const { until } = task.request;
    await actions.refresh({ until, signal, watch });
  } catch (error) {
    // What an export failed with is told as its own end.
    if (!told.has(error)) throw error;
  } finally {
    for (const each of exports) await hands.exported(task, each);
  }
  if (signal.aborted) return { status: 'cancelled', result: result() };
  const well = exports.every(({ outcome }) => outcome.status === 'succeeded');
  return { status: well ? 'succeeded' : 'warnings', result: result() };
}

/** How a plan or run ended, as its task tells it. */
function outcomeOf(run: ExportRun): TaskOutcome {
  const { desired, add, update, leave, failed } = run.people;
  const problems = Object.values(failed).reduce((total, n) => total + n, 0);
  const result = { run: run.run, desired, add, update, leave, failed: problems };
  switch (run.status) {
    case 'planned':
      return { status: 'succeeded', result };
    case 'succeeded':
      return {
        status: problems > 0 || (run.alerts ?? []).length > 0 ? 'warnings' : 'succeeded',
        result,
      };
    case 'stopped': {
      const { code, message } = run.brake ?? { code: 'brake', message: 'A brake stopped the run.' };
      const hint = 'Look at the plan; an administrator can release it, and says why.';
      return { status: 'stopped', result, problem: { kind: 'brake', code, message, hint, retry: 'never' } };
    }
    case 'cancelled':
      return { status: 'cancelled', result };
    case 'running':
    case 'failed': {
      const { code, message, hint } = run.failure ?? { code: 'run_failed', message: 'The run failed.' };
      const problem = { kind: 'remote', code, message, retry: 'later' } as const;
      return { status: 'failed', result, problem: { ...problem, ...(hint === undefined ? {} : { hint }) } };
    }
    default:
      throw new Error(`no such status: ${String(run.status satisfies never)}`);
  }
}

/** What is sent goes by segments that are fresh: whoever comes while a refresh goes on waits for its end. */
async function untilRefreshed(
  { store, watch }: TaskHands,
  signal: AbortSignal,
  tell: (progress: TaskProgress) => void,
): Promise<void> {
  const waiting = await unfinishedTasks(store.db, 'refresh');
  const running = waiting.find(({ status }) => status === 'running');
  if (running === undefined) return;
  tell({ sentence: 'Waits for the refresh that goes on.' });
  for await (const task of watch(running.id, signal)) if (task.status === 'retrying') return;
}

async function identityOf({ db }: Store, { user, requestedBy }: Task): Promise<Identity> {
  if (user === scheduleIdentity.user) return scheduleIdentity;
  if (user === localIdentity('').user) return localIdentity(requestedBy);
  const found = await findUser(db, user as UserId);
  if (found === undefined) {
    throw new PostriderError({
      kind: 'forbidden',
      code: 'asker_gone',
      message: 'Whoever asked for this is no user here any more.',
      hint: 'Somebody else asks for it again.',
    });
  }
  const { id, email, name, role, extra } = found;
  return { user: id, email, name, role, extra, via: 'session' };
}

/** Progress of the pipeline as a task shows it. */
function progressTo(tell: (progress: TaskProgress) => void): Progress {
  return {
    say: (sentence) => tell({ sentence }),
    count: (what, done, total) => tell({ what, done, total }),
  };
}
