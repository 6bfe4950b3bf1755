import { PostriderError } from '../base/errors.ts';
import { runIdPattern, type ConnectionId, type ExportId } from '../base/ids.ts';
import type { Page, PageAsked } from '../base/page.ts';
import type { CancelledRun } from '../exports/cancelled-run.ts';
import type { ExportRun } from '../exports/plan.ts';
import { planCsv, plannedFields } from '../exports/plan-csv.ts';
import { planPage, planPeople, type PlanLine } from '../exports/plan-people.ts';
import { runCsv } from '../exports/run-csv.ts';
import { runExceptions, type RunException } from '../exports/run-exceptions.ts';
import { runPeople } from '../exports/run-people.ts';
import { listRuns, readRun } from '../exports/run-records.ts';
import { cancelRun } from '../pipeline/cancel-run.ts';
import { exportIdOf, exportOf } from '../pipeline/pipeline-parts.ts';
import { makePlan, releaseRun, runExport, storedPlan } from '../pipeline/run-export.ts';
import { planUndo, undoRun } from '../pipeline/undo-run.ts';
import { pauseExport } from '../store/export-states.ts';
import { listRunHeaders, runHeaderPage } from '../store/run-headers.ts';
import { audited, noted, type AppGround } from './app-ground.ts';
import { reasonText } from './reason-texts.ts';

/** Plans and runs: what would be sent, what was, and taking it back. */
export interface RunActions {
  plan(
    exportId: string,
    options?: { limit?: number | undefined; signal?: AbortSignal | undefined },
  ): Promise<ExportRun>;
  /** A plan of this export that was made before, by name. */
  storedPlan(exportId: string, run: string): Promise<ExportRun>;
  planPeople(run: ExportRun): AsyncIterable<PlanLine[]>;
  /** The same, a page of it, of one action or of all. */
  planPage(
    run: string,
    page: PageAsked & { action?: PlanLine['action'] | undefined },
  ): Promise<Page<PlanLine>>;
  /** Every person of a plan as CSV. */
  planCsv(run: ExportRun): AsyncIterable<string>;
  run(exportId: string, options: RunOptions): Promise<ExportRun>;
  release(run: string, why: string, signal: AbortSignal): Promise<ExportRun>;
  /** The plan that takes a run back; sends nothing. */
  planUndo(run: string, options?: { signal?: AbortSignal | undefined }): Promise<ExportRun>;
  /** Takes a run back, and pauses its export. */
  undo(run: string, options: { plan?: string | undefined; signal: AbortSignal }): Promise<ExportRun>;
  /** Cancels a run, or what goes on of an export; for what another process does, `askToCancel`. */
  cancel(runOrExport: string): Promise<CancelledRun>;
  runs(filter?: { export?: string | undefined; limit?: number | undefined }): Promise<ExportRun[]>;
  /** The same, a page of them. */
  runPage(page: { export?: string | undefined } & PageAsked): Promise<Page<ExportRun>>;
  findRun(run: string): Promise<ExportRun>;
  /** One run and, a page of, the people who did not end as wanted. */
  runDetails(run: string, page: { limit: number; offset: number }): Promise<RunDetails>;
  /** Every person of a run as CSV, with how each ended. */
  runCsv(run: string): AsyncIterable<string>;
}

export interface RunDetails {
  run: ExportRun;
  exceptions: RunException[];
}

export interface RunOptions {
  plan?: string | undefined;
  limit?: number | undefined;
  signal: AbortSignal;
}

export function runActions(ground: AppGround): RunActions {
  const { engine, store, clock, by, parts } = ground;
  async function runningOf(exportId: string): Promise<string> {
    const id = exportIdOf((await parts()).settings, exportId);
    const [running] = await listRuns(engine, { export: id, status: 'running', limit: 1 });
    if (running !== undefined) return running.run;
    throw new PostriderError({
      kind: 'conflict',
      code: 'nothing_runs',
      message: `Nothing of the export ${id} is under way.`,
      hint: 'See plans and runs with: postrider runs',
    });
  }

  return {
    plan: async (exportId, { limit, signal } = {}) => {
      const chosen = {
        ...(limit === undefined ? {} : { limit }),
        ...(signal === undefined ? {} : { signal }),
      };
      const options = { by, ...chosen };
      return noted(ground, await makePlan(await parts(), exportId, options));
    },
    storedPlan: (exportId, run) => storedPlan(engine, exportId, run),
    planPeople: (run) => planPeople(engine, run),
    planPage: async (run, page) => planPage(engine, await readRun(engine, run), page),
    planCsv: async function* (run) {
      yield* planCsv(await plannedFields(engine, run.run), planPeople(engine, run), reasonText);
    },
    run: async (exportId, { plan, limit, signal }) => {
      const chosen = { ...(plan === undefined ? {} : { plan }), ...(limit === undefined ? {} : { limit }) };
      const present = await parts();
      // What nobody asked for goes in the export user's name; without one who may, nothing goes at all.
      const { connection } = exportOf(present.settings, exportId).config;
      const user = await present.exportUser?.(connection as ConnectionId);
      const request = { by: ground.who.via === 'schedule' ? (user ?? by) : by, signal, ...chosen };
      return noted(ground, await runExport(present, exportId, request));
    },
    release: async (run, why, signal) => {
      const released = await releaseRun(await parts(), run, { by, why, signal });
      await audited(ground, 'run.release', `run:${run}`, { why });
      return noted(ground, released);
    },
    planUndo: async (run, { signal } = {}) => {
      const options = { by, ...(signal === undefined ? {} : { signal }) };
      return noted(ground, await planUndo(await parts(), run, options));
    },
    undo: async (run, { plan, signal }) => {
      const pause = async (id: ExportId, reason: string) => {
        await pauseExport(store.db, id, { at: clock.now(), by, reason });
        await audited(ground, 'run.undo', `run:${run}`);
      };
      const request = { by, signal, pause, ...(plan === undefined ? {} : { plan }) };
      return noted(ground, await undoRun(await parts(), run, request));
    },
    cancel: async (id) => {
      const run = runIdPattern.test(id) ? id : await runningOf(id);
      const cancelled = await cancelRun(await parts(), run);
      await audited(ground, 'run.cancel', `run:${run}`);
      await noted(ground, cancelled.run);
      return cancelled;
    },
    runs: async (filter = {}) => {
      const id =
        filter.export === undefined ? undefined : exportIdOf((await parts()).settings, filter.export);
      const headers = await listRunHeaders(store.db, {
        ...(id === undefined ? {} : { export: id }),
        ...(filter.limit === undefined ? {} : { limit: filter.limit }),
      });
      return headers.map((header) => header.summary as ExportRun);
    },
    runPage: async ({ export: asked, ...page }) => {
      const id = asked === undefined ? undefined : exportIdOf((await parts()).settings, asked);
      const { items, ...next } = await runHeaderPage(store.db, { export: id, ...page });
      return { items: items.map((header) => header.summary as ExportRun), ...next };
    },
    findRun: (id) => readRun(engine, id),
    runDetails: async (id, page) => {
      const run = await readRun(engine, id);
      return { run, exceptions: await runExceptions(engine, run, page) };
    },
    runCsv: async function* (id) {
      const run = await readRun(engine, id);
      yield* runCsv(await plannedFields(engine, run.run), runPeople(engine, run), reasonText);
    },
  };
}
