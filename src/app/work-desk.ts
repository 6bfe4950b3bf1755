import { setTimeout as sleep } from 'node:timers/promises';
import { alertTargets, noteAlertSent, type AlertTarget } from '../alerts/alert-channels.ts';
import { sendAlert, type Alert } from '../alerts/send-alert.ts';
import { alertOf } from '../alerts/task-alert.ts';
import { dropOldLinks } from '../access/access-links.ts';
import { scheduleIdentity } from '../access/identity.ts';
import { dropEndedSessions } from '../access/sessions.ts';
import { dropForgottenFailures } from '../access/sign-in-failures.ts';
import type { Clock } from '../base/clock.ts';
import { pageRoot, type Config } from '../base/config.ts';
import { messageOf } from '../base/errors.ts';
import type { ExportId } from '../base/ids.ts';
import { nextWait } from '../base/retry-schedule.ts';
import type { SecretKey } from '../connections/seal.ts';
import { exportsOfRefresh } from '../pipeline/schedule-rules.ts';
import type { Settings } from '../pipeline/settings.ts';
import type { Store } from '../store/open-store.ts';
import { startScheduler, type Due } from '../work/scheduler.ts';
import { isOver, type Task, type TaskProblem } from '../work/task.ts';
import { TaskQueue } from '../work/task-queue.ts';
import {
  addEndedTask,
  endBefore,
  forgetTasks,
  listTasks,
  taskOfKey,
  unfinishedTasks,
  type WantedTask,
} from '../work/tasks.ts';
import { appointmentsOf, exportOfAppointment } from './appointments.ts';
import { carryOutTask, type TaskHands } from './carry-out-task.ts';

export interface WorkDeskOptions {
  config: Config;
  clock: Clock;
  store: Store;
  key: () => SecretKey;
  settings: () => Promise<Settings>;
  /** Keeps the copy of the people file from growing old. */
  checkpoint: () => Promise<unknown>;
  actionsFor: TaskHands['actionsFor'];
  /** For tests: how often to look, how long to wait before another attempt, and how long for work to park. */
  pace?: {
    lookEveryMs?: number;
    retryAfter?: number;
    patienceMs?: number;
    alertWaitMs?: number;
    checkpointMs?: number;
  };
}

/** The hands of a server: work in its turn, what is due by itself, and word to people when something went wrong. */
export interface WorkDesk {
  queue: TaskQueue;
  start(): Promise<void>;
  /** Parks what goes on; it is found again at the next start. */
  stop(): Promise<void>;
}

/** How long ended tasks are kept. */
const keepTasksDays = 90;
const housekeepingMs = 60 * 60_000;
/** A start has better things to do than to copy a file. */
const firstCheckpointMs = 5 * 60_000;
const alertRetries = { attempts: 3, longestWaitMs: 60_000 };

export function workDesk(options: WorkDeskOptions): WorkDesk {
  const { config, clock, store, pace = {} } = options;
  const { db } = store;
  const sending = new Set<Promise<void>>();

  const queue: TaskQueue = new TaskQueue({
    db,
    queue: store.queue,
    clock,
    carryOut: carryOutTask({
      store,
      actionsFor: options.actionsFor,
      watch: (id, signal) => queue.watch(id, signal),
      now: () => clock.now(),
      async exported(of, { export: subject, startedAt, outcome }) {
        const wanted = { ...askerOf(of), kind: 'run' as const, subject };
        const finishedAt = clock.now();
        await ended(await addEndedTask(db, wanted, outcome, { startedAt, finishedAt }));
      },
    }),
    ended,
    connectionOf: async (id) => (await options.settings()).exports.get(id as ExportId)?.connection,
    ...(pace.retryAfter === undefined ? {} : { retryAfter: pace.retryAfter }),
    ...(pace.patienceMs === undefined ? {} : { patienceMs: pace.patienceMs }),
  });

  async function ended(task: Task): Promise<void> {
    if (task.kind === 'refresh' && task.status === 'failed') await skipExportsOf(task);
    const alert = alertOf(task, await endBefore(db, task), linkTo(config, task));
    if (alert === undefined) return;
    // A mail server that is slow must not hold up the work.
    const sent = tell(alert).catch(() => undefined);
    sending.add(sent);
    void sent.finally(() => sending.delete(sent));
  }

  async function tell(alert: Alert): Promise<void> {
    const channels = await alertTargets(db, options.key());
    // Side by side, so that one that does not answer keeps no other waiting.
    await Promise.allSettled(
      channels.map(async (channel) => {
        const problem = 'target' in channel ? await sendTo(channel.target, alert) : channel.problem;
        await noteAlertSent(db, channel.id, { at: clock.now(), problem });
      }),
    );
  }

  /** @returns why it did not get there */
  async function sendTo(target: AlertTarget, alert: Alert): Promise<string | undefined> {
    const settings = { mail: config.mail, hosts: config.alertHosts };
    for (let failed = 1; ; failed += 1) {
      try {
        await sendAlert(target, alert, settings);
        return undefined;
      } catch (error) {
        const wait = nextWait({ ...alertRetries, firstWaitMs: pace.alertWaitMs ?? 5_000 }, failed);
        if (wait === undefined) return messageOf(error);
        await sleep(wait, undefined, { ref: false });
      }
    }
  }

  /** Their segments are not fresh, so they do not run, and whoever looks at them sees why. */
  async function skipExportsOf(task: Task): Promise<void> {
    for (const subject of exportsOfRefresh(await options.settings(), task.request.until)) {
      await skip(subject, askerOf(task), stageFailed(task.problem));
    }
  }

  async function skip(
    subject: string,
    asker: Pick<WantedTask, 'requestedBy' | 'user' | 'idempotencyKey'>,
    problem: TaskProblem,
  ): Promise<void> {
    const time = { startedAt: undefined, finishedAt: clock.now() };
    const wanted = { ...asker, kind: 'run' as const, subject };
    const skipped = await addEndedTask(db, wanted, { status: 'skipped', problem }, time);
    // One alert for the refresh is enough; this one is for the export's own channel of history.
    if (problem.code !== 'earlier_stage_failed') await ended(skipped);
  }

  async function begin({ name, at, late }: Due): Promise<void> {
    const idempotencyKey = `due ${name} ${at.toISOString()}`;
    const asker = { requestedBy: scheduleIdentity.email, user: scheduleIdentity.user, idempotencyKey };
    const before = await taskOfKey(db, asker);
    if (before !== undefined) {
      // Begun at the look before, which did not come to its end.
      await queue.add({ ...before, idempotencyKey });
      return;
    }
    const request = { due: at.toISOString(), ...(late ? { late } : {}) };
    const exportId = exportOfAppointment(name);
    if (exportId === undefined) {
      const [going] = await unfinishedTasks(db, 'refresh');
      if (going === undefined) await queue.add({ kind: 'refresh', subject: 'workspace', request, ...asker });
      else {
        const time = { startedAt: undefined, finishedAt: clock.now() };
        const wanted = { kind: 'refresh' as const, subject: 'workspace', request, ...asker };
        await addEndedTask(db, wanted, { status: 'skipped', problem: goesOnAlready }, time);
      }
      return;
    }
    const last = (await listTasks(db, { kind: 'refresh', limit: 20 })).items.find(
      (task) =>
        reachesSegments(task) && isOver(task) && task.status !== 'skipped' && task.status !== 'cancelled',
    );
    if (last?.status === 'failed') await skip(exportId, asker, stageFailed(last.problem));
    else await queue.add({ kind: 'run', subject: exportId, request, ...asker });
  }

  let scheduler: { stop(): Promise<void> } | undefined;
  let housekeeping: NodeJS.Timeout | undefined;
  let firstCheckpoint: NodeJS.Timeout | undefined;
  return {
    queue,
    async start() {
      await queue.start();
      scheduler = startScheduler({
        db,
        clock,
        appointments: async () => appointmentsOf(await options.settings()),
        begin,
        ...(pace.lookEveryMs === undefined ? {} : { lookEveryMs: pace.lookEveryMs }),
      });
      const sweep = () => {
        const now = clock.now();
        const before = new Date(now.getTime() - keepTasksDays * 24 * 60 * 60_000);
        // What fails is tried again in an hour.
        void Promise.allSettled([
          forgetTasks(db, before),
          dropEndedSessions(db, now),
          dropOldLinks(db, now),
          dropForgottenFailures(db, now),
        ]);
      };
      const copy = () => void options.checkpoint().catch(() => undefined);
      housekeeping = setInterval(() => {
        sweep();
        copy();
      }, housekeepingMs);
      firstCheckpoint = setTimeout(copy, pace.checkpointMs ?? firstCheckpointMs);
      sweep();
    },
    async stop() {
      clearInterval(housekeeping);
      clearTimeout(firstCheckpoint);
      await scheduler?.stop();
      await queue.stop();
      await Promise.race([Promise.all(sending), sleep(10_000, undefined, { ref: false })]);
    },
  };
}

const goesOnAlready: TaskProblem = {
  kind: 'conflict',
  code: 'refresh_goes_on',
  message: 'A refresh was due while the one before it still went on.',
  hint: 'Where this happens often, schedule it less often.',
  retry: 'never',
};

function stageFailed(problem: TaskProblem | undefined): TaskProblem {
  const why = problem === undefined ? '' : `: ${problem.message}`;
  return {
    kind: 'conflict',
    code: 'earlier_stage_failed',
    message: `The refresh before it failed${why}`,
    hint: 'Mend that; the next refresh runs the export again.',
    retry: 'later',
  };
}

/** One that ends before leaves the segments as old as they are. */
function reachesSegments({ request: { until } }: Task): boolean {
  return until !== 'sources' && until !== 'unify';
}

function askerOf({ requestedBy, user }: Task): { requestedBy: string; user: string } {
  return { requestedBy, user };
}

function linkTo(config: Config, { kind, subject }: Task): string {
  const root = pageRoot(config);
  const ofExport = kind !== 'refresh' && kind !== 'segment';
  return ofExport ? `${root}/data/exports/${encodeURIComponent(subject)}` : `${root}/admin/system`;
}
