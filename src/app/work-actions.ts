import type { Page, PageAsked } from '../base/page.ts';
import { exportOf, segmentOf } from '../pipeline/pipeline-parts.ts';
import type { Stage } from '../pipeline/refresh.ts';
import { exportsOfRefresh, isSwitchedOn, ownTimes, refreshTimes } from '../pipeline/schedule-rules.ts';
import { zoneOf } from '../pipeline/settings.ts';
import type { Task, TaskKind, TaskRequest } from '../work/task.ts';
import { listTasks, readTask, unfinishedTasks, type TaskFilter } from '../work/tasks.ts';
import type { AppGround } from './app-ground.ts';
import { refreshesAhead, runsAhead, type RunsAhead } from './appointments.ts';
import { connectionNotShared, exportOfRun, reachesExport } from './permitted-actions.ts';

/** With one key a wish counts once, however often it is sent. */
export interface Once {
  idempotencyKey?: string | undefined;
}

/** Work that takes its time: asked for here, and done by the server in its turn. */
export interface WorkActions {
  /** The line once, in its turn; up to a stage, or all of it. */
  wantRefresh(wish?: { until?: Stage | undefined } & Once): Promise<Task>;
  wantSegment(segment: string, wish?: Once): Promise<Task>;
  wantPlan(exportId: string, wish?: { limit?: number | undefined } & Once): Promise<Task>;
  wantRun(
    exportId: string,
    wish?: { plan?: string | undefined; limit?: number | undefined } & Once,
  ): Promise<Task>;
  /** Those that have an active schedule, and that one may run. */
  wantRunAll(): Promise<Task[]>;
  wantRelease(run: string, wish: { why: string } & Once): Promise<Task>;
  wantUndo(run: string, wish?: { plan?: string | undefined } & Once): Promise<Task>;
  /** The newest first. */
  tasks(filter: TaskFilter & PageAsked): Promise<Page<Task>>;
  task(id: string): Promise<Task>;
  /** One that waits is over at once; one that goes on starts no new request and says how far it got. */
  cancelTask(id: string): Promise<Task>;
  /** A task now and after each change, up to its end. */
  watchTask(id: string, signal: AbortSignal): AsyncIterable<Task>;
  schedule(): Promise<ScheduleAhead>;
}

/** What will happen by itself, and when. */
export interface ScheduleAhead {
  on: boolean;
  timeZone: string;
  /** The next refreshes; they take along the exports whose schedule is `refresh`. */
  refresh: Date[];
  exports: ({ export: string } & RunsAhead)[];
}

export function workActions(ground: AppGround): WorkActions {
  const { store, clock, who, by, parts, queue } = ground;
  const { db } = store;

  /**
   * A wish that is the same as one that still waits is that one. What goes on already may have read the sources before
   * the wish, so it does not count; and whoever gives a key wants to find their own work by it.
   */
  async function want(
    kind: TaskKind,
    subject: string,
    { idempotencyKey, ...request }: TaskRequest & Once,
  ): Promise<Task> {
    const work = queue();
    const text = JSON.stringify(request);
    if (idempotencyKey === undefined) {
      const waiting = (await unfinishedTasks(db, kind)).find(
        (task) =>
          task.status === 'queued' &&
          task.subject === subject &&
          JSON.stringify(task.request) === text &&
          // Which exports a refresh runs depends on who asked for it.
          (kind !== 'refresh' || task.user === who.user),
      );
      if (waiting !== undefined) return waiting;
    }
    return work.add({ kind, subject, request, requestedBy: by, user: who.user, idempotencyKey });
  }

  return {
    wantRefresh: (wish = {}) => want('refresh', 'workspace', wish),
    wantSegment: async (segment, wish = {}) =>
      want('segment', segmentOf((await parts()).settings, segment), wish),
    wantPlan: async (id, wish = {}) => want('plan', exportOf((await parts()).settings, id).id, wish),
    wantRun: async (id, wish = {}) => want('run', exportOf((await parts()).settings, id).id, wish),
    wantRunAll: async () => {
      const { settings } = await parts();
      const tasks: Task[] = [];
      for (const [id, { schedule }] of settings.exports) {
        const withRefresh = schedule !== 'off' && refreshTimes(settings) !== undefined;
        const active = ownTimes(schedule) === undefined ? withRefresh : isSwitchedOn(settings);
        if (!active || !(await reachesExport(ground, id))) continue;
        tasks.push(await want('run', id, {}));
      }
      return tasks;
    },
    wantRelease: async (run, wish) => want('release', await exportOfRun(ground, run), { run, ...wish }),
    wantUndo: async (run, wish = {}) => want('undo', await exportOfRun(ground, run), { run, ...wish }),
    tasks: async (filter) => listTasks(db, filter),
    task: async (id) => readTask(db, id),
    cancelTask: async (id) => {
      const task = await readTask(db, id);
      await refuseOthersWork(ground, task);
      return queue().cancel(id);
    },
    watchTask: async function* (id, signal) {
      yield* queue().watch(id, signal);
    },
    schedule: async () => {
      const { settings } = await parts();
      const ground = { settings, now: clock.now() };
      const refresh = refreshesAhead(ground);
      return {
        on: refreshTimes(settings) !== undefined,
        timeZone: zoneOf(settings),
        refresh,
        exports: [...settings.exports].map(([id, { schedule }]) => ({
          export: id,
          ...runsAhead(ground, schedule, refresh),
        })),
      };
    },
  };
}

async function refuseOthersWork(ground: AppGround, task: Task): Promise<void> {
  for (const id of await exportsOfTask(ground, task)) {
    if (!(await reachesExport(ground, id))) throw connectionNotShared();
  }
}

/** The exports whose runs end with a task. */
async function exportsOfTask({ who, parts }: AppGround, task: Task): Promise<string[]> {
  if (task.kind === 'segment') return [];
  if (task.kind !== 'refresh') return [task.subject];
  // One's own runs no others than those that one may run.
  return task.user === who.user ? [] : exportsOfRefresh((await parts()).settings, task.request.until);
}
