import type { ConnectionId, ExportId } from '../base/ids.ts';
import type { CancelledRun } from '../exports/cancelled-run.ts';
import type { ExportRun } from '../exports/plan.ts';
import { planCsv, plannedFields, type Explain } from '../exports/plan-csv.ts';
import { planPeople, type PlanLine } from '../exports/plan-people.ts';
import { runCsv } from '../exports/run-csv.ts';
import { runExceptions, type RunException } from '../exports/run-exceptions.ts';
import { runPeople } from '../exports/run-people.ts';
import { readRun } from '../exports/run-records.ts';
import { cancelRun } from '../pipeline/cancel-run.ts';
import { exportIdOf, exportOf } from '../pipeline/pipeline-parts.ts';
import { makePlan, releaseRun, runExport, storedPlan } from '../pipeline/run-export.ts';
import { planUndo, undoRun } from '../pipeline/undo-run.ts';
import { pauseExport } from '../store/export-states.ts';
import { listRunHeaders } from '../store/run-headers.ts';
import { audited, noted, type AppGround } from './app-ground.ts';

/** Plans and runs: what would be sent, what was, and taking it back. */
export interface RunActions {
  plan(
    exportId: string,
    options?: { limit?: number | undefined; signal?: AbortSignal | undefined },
  ): Promise<ExportRun>;
  /** A plan of this export that was made before, by name. */
  storedPlan(exportId: string, run: string): Promise<ExportRun>;
  planPeople(run: ExportRun): AsyncIterable<PlanLine[]>;
  /** Every person of a plan as CSV. */
  planCsv(run: ExportRun, explain: Explain): AsyncIterable<string>;
  run(exportId: string, options: RunOptions): Promise<ExportRun>;
  release(run: string, why: string, signal: AbortSignal): Promise<ExportRun>;
  /** The plan that takes a run back; sends nothing. */
  planUndo(run: string): Promise<ExportRun>;
  /** Takes a run back, and pauses its export. */
  undo(run: string, options: { plan?: string | undefined; signal: AbortSignal }): Promise<ExportRun>;
  /** Cancels a run that no process carries out; for one that another process does, `askToCancel`. */
  cancel(run: string): Promise<CancelledRun>;
  runs(filter?: { export?: string | undefined; limit?: number | undefined }): Promise<ExportRun[]>;
  findRun(run: string): Promise<ExportRun>;
  /** One run and, a page of, the people who did not end as wanted. */
  runDetails(run: string, page: { limit: number; offset: number }): Promise<RunDetails>;
  /** Every person of a run as CSV, with how each ended. */
  runCsv(run: string, explain: Explain): AsyncIterable<string>;
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
    planCsv: async function* (run, explain) {
      yield* planCsv(await plannedFields(engine, run.run), planPeople(engine, run), explain);
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
    planUndo: async (run) => noted(ground, await planUndo(await parts(), run, { by })),
    undo: async (run, { plan, signal }) => {
      const pause = async (id: ExportId, reason: string) => {
        await pauseExport(store.db, id, { at: clock.now(), by, reason });
        await audited(ground, 'run.undo', `run:${run}`);
      };
      const request = { by, signal, pause, ...(plan === undefined ? {} : { plan }) };
      return noted(ground, await undoRun(await parts(), run, request));
    },
    cancel: async (run) => {
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
    findRun: (id) => readRun(engine, id),
    runDetails: async (id, page) => {
      const run = await readRun(engine, id);
      return { run, exceptions: await runExceptions(engine, run, page) };
    },
    runCsv: async function* (id, explain) {
      const run = await readRun(engine, id);
      yield* runCsv(await plannedFields(engine, run.run), runPeople(engine, run), explain);
    },
  };
}
