import { mkdirSync, rmSync } from 'node:fs';
import { userInfo } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { systemClock, type Clock } from './base/clock.ts';
import type { Config } from './base/config.ts';
import type { ExportId, SourceId } from './base/ids.ts';
import { readConnectionSecret } from './connections/connection-secrets.ts';
import { readSecretKey } from './connections/secret-key.ts';
import type { Engine } from './engine/engine.ts';
import { openDestination } from './delivery/open-destination.ts';
import { openDuckdb } from './engine/duckdb/duckdb-engine.ts';
import { requestsHeldUntil } from './exports/chunks.ts';
import { ensureExportTables } from './exports/export-tables.ts';
import type { ExportRun } from './exports/plan.ts';
import { planPeople, type PlanLine } from './exports/plan-people.ts';
import { runExceptions, type RunException } from './exports/run-exceptions.ts';
import { dropOrphanPlans, listRuns, readRun } from './exports/run-records.ts';
import { examine, type Finding } from './pipeline/examine.ts';
import {
  everything,
  exportOf,
  segmentName,
  segmentOf,
  sourceOf,
  type PipelineParts,
} from './pipeline/pipeline-parts.ts';
import { silent, type Progress } from './pipeline/progress.ts';
import { refresh, type RefreshResult, type Stage } from './pipeline/refresh.ts';
import { findPerson, type Person } from './pipeline/find-person.ts';
import { runHeader } from './pipeline/run-header.ts';
import { makePlan, releaseRun, runExport } from './pipeline/run-export.ts';
import { readProfileShape } from './profiles/profile-shape.ts';
import { membersCsv } from './segments/members-csv.ts';
import { segmentMembers } from './segments/segment-members.ts';
import { segmentSizes, type SegmentSize } from './segments/segment-sizes.ts';
import {
  forgetSource,
  loadedSources,
  prepareSourceTables,
  rejectedRows,
  type RejectedRow,
  type SourceLoad,
} from './sources/loaded-source.ts';
import { recordAudit } from './store/audit.ts';
import { listPauses, pauseExport, resumeExport } from './store/export-states.ts';
import { listRunHeaders, saveRunHeaders } from './store/run-headers.ts';
import { lockDataFolder } from './store/data-folder.ts';
import { openStore, type Store } from './store/open-store.ts';
import { applyWorkspace, type ApplyOptions, type WorkspaceChange } from './workspace/apply-workspace.ts';
import { dumpWorkspace } from './workspace/dump-workspace.ts';
import { loadSettings } from './workspace/load-settings.ts';
import { readWorkspace } from './workspace/read-workspace.ts';

/** Everything a shell can do goes through this; it is the only place that builds and joins the parts. */
export interface App {
  apply(file: string, options?: Pick<ApplyOptions, 'dryRun' | 'prune'>): Promise<WorkspaceChange[]>;
  dump(): Promise<string>;
  refresh(options: { until?: Stage | undefined; signal: AbortSignal }): Promise<RefreshResult>;
  sources(): Promise<SourceLoad[]>;
  /** Rows of a source that were set aside, a page of them. */
  rejectedRows(source: string, page: { limit: number; offset: number }): Promise<RejectedRow[]>;
  segments(): Promise<(SegmentSize & { name: string })[]>;
  segmentMembers(segment: string): Promise<SegmentMembers>;
  plan(exportId: string, options?: { limit?: number | undefined }): Promise<ExportRun>;
  planPeople(run: ExportRun): AsyncIterable<PlanLine[]>;
  run(exportId: string, options: RunOptions): Promise<ExportRun>;
  release(run: string, why: string, signal: AbortSignal): Promise<ExportRun>;
  runs(filter?: { export?: string | undefined; limit?: number | undefined }): Promise<ExportRun[]>;
  /** One run and, a page of, the people who did not end as wanted. */
  runDetails(run: string, page: { limit: number; offset: number }): Promise<RunDetails>;
  person(text: string): Promise<Person[]>;
  /** Stops an export, or with `*` all of them, until resumed; nothing runs meanwhile, whoever asks. */
  pause(exportId: string, why: string): Promise<void>;
  /** Returns whether it was paused. */
  resume(exportId: string): Promise<boolean>;
  examine(): AsyncIterable<Finding>;
  close(): Promise<void>;
}

/** The members of a segment, streamed when asked for. */
export interface SegmentMembers {
  pages(): AsyncIterable<Record<string, unknown>[]>;
  csv(): AsyncIterable<string>;
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

export interface AppOptions {
  config: Config;
  env?: Readonly<Record<string, string | undefined>>;
  clock?: Clock;
  progress?: Progress;
  user?: string;
}

/**
 * Opens a data folder: first its lock, then the people file, whose own lock the kernel keeps, then the
 * database, which has none.
 * @throws `conflict` / `data_in_use` when another process has it
 */
export async function openApp(options: AppOptions): Promise<App> {
  const { config, env = process.env, clock = systemClock, progress = silent } = options;
  const lock = await lockDataFolder(config.dataFolder);
  const opened: (() => Promise<void>)[] = [async () => lock.release()];
  const close = async () => {
    for (const closeOne of opened.splice(0).toReversed()) await closeOne();
  };
  try {
    const scratch = emptyFolder(join(config.dataFolder, 'scratch'));
    const engine = await openDuckdb({ path: join(config.dataFolder, 'people.duckdb') });
    opened.push(() => engine.close());
    const store = await openStore(
      config.databaseUrl === undefined
        ? { dataFolder: config.dataFolder }
        : { databaseUrl: config.databaseUrl },
    );
    opened.push(() => store.close());
    await ensureExportTables(engine);
    await dropOrphanPlans(engine);
    const key = readSecretKey({ given: config.secretKey, dataFolder: config.dataFolder });
    // What the store lists of runs is derived again from the engine, which knows them, at every start.
    await saveRunHeaders(store.db, (await listRuns(engine, { limit: 50 })).map(runHeader));
    const noted = async (run: ExportRun): Promise<ExportRun> => {
      await saveRunHeaders(store.db, [runHeader(run)]);
      return run;
    };
    const by = options.user ?? userInfo().username;
    const parts = async (): Promise<PipelineParts> => ({
      engine,
      settings: await loadSettings(store.db),
      clock,
      openDestination: async (connection) =>
        openDestination(
          config.mailchimp,
          connection,
          await readConnectionSecret(store.db, key, connection),
          await requestsHeldUntil(engine, config.mailchimp.deadlineMs),
        ),
      maxRequests: config.mailchimp.maxRequests,
      deadlineMs: config.mailchimp.deadlineMs,
      freshMs: 15_000,
      progress,
      pauses: await currentPauses(store),
      scratch,
    });
    return {
      apply: async (file, { dryRun = false, prune = false } = {}) => {
        const changes = await applyWorkspace(store.db, key, readWorkspace(file, env), {
          folder: dirname(resolve(file)),
          by,
          now: clock.now(),
          dryRun,
          prune,
        });
        if (!dryRun) await forgetRemoved(engine, changes);
        return changes;
      },
      dump: () => dumpWorkspace(store.db),
      refresh: async ({ until, signal }) => {
        const result = await refresh(await parts(), {
          ...(until === undefined ? {} : { until }),
          by,
          signal,
        });
        await saveRunHeaders(store.db, (result.exports ?? []).map(runHeader));
        return result;
      },
      sources: () => loadedSources(engine),
      rejectedRows: async (source, page) => {
        const { settings } = await parts();
        return rejectedRows(engine, sourceOf(settings, source), page);
      },
      segments: async () => {
        const { settings } = await parts();
        return (await segmentSizes(engine)).map((size) => ({
          ...size,
          name: segmentName(settings, size.segment),
        }));
      },
      segmentMembers: async (segment) => {
        const { settings } = await parts();
        const { attributes } = await readProfileShape(engine);
        const known = segmentOf(settings, segment);
        const pages = () => segmentMembers(engine, attributes, { segment: known });
        return { pages, csv: () => membersCsv(attributes, pages()) };
      },
      plan: async (exportId, { limit } = {}) =>
        noted(await makePlan(await parts(), exportId, { by, ...(limit === undefined ? {} : { limit }) })),
      planPeople: (run) => planPeople(engine, run),
      run: async (exportId, { plan, limit, signal }) =>
        noted(
          await runExport(await parts(), exportId, {
            by,
            signal,
            ...(plan === undefined ? {} : { plan }),
            ...(limit === undefined ? {} : { limit }),
          }),
        ),
      release: async (run, why, signal) => {
        const detail = { why };
        const released = await releaseRun(await parts(), run, { by, why, signal });
        await recordAudit(store.db, {
          at: clock.now(),
          who: by,
          action: 'run.release',
          subject: `run:${run}`,
          detail,
        });
        return noted(released);
      },
      runs: async (filter = {}) => {
        const id =
          filter.export === undefined ? undefined : exportOf((await parts()).settings, filter.export).id;
        const headers = await listRunHeaders(store.db, {
          ...(id === undefined ? {} : { export: id }),
          ...(filter.limit === undefined ? {} : { limit: filter.limit }),
        });
        return headers.map((header) => header.summary as ExportRun);
      },
      runDetails: async (id, page) => {
        const run = await readRun(engine, id);
        return { run, exceptions: await runExceptions(engine, run.run, page) };
      },
      person: async (text) => findPerson(await parts(), text),
      pause: async (exportId, why) => {
        const id = await pausable(await parts(), exportId);
        await pauseExport(store.db, id, { at: clock.now(), by, reason: why });
        await recordAudit(store.db, {
          at: clock.now(),
          who: by,
          action: 'export.pause',
          subject: `export:${id}`,
          detail: { why },
        });
      },
      resume: async (exportId) => {
        const id = await pausable(await parts(), exportId);
        const was = await resumeExport(store.db, id);
        if (was) {
          await recordAudit(store.db, {
            at: clock.now(),
            who: by,
            action: 'export.resume',
            subject: `export:${id}`,
            detail: {},
          });
        }
        return was;
      },
      examine: async function* () {
        yield* examine(await parts(), config.dataFolder);
      },
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** What was removed from the workspace leaves the people file too; the ledger of an export stays. */
async function forgetRemoved(engine: Engine, changes: readonly WorkspaceChange[]): Promise<void> {
  const removed = changes.filter(({ kind, change }) => kind === 'source' && change === 'removed');
  if (removed.length === 0) return;
  await prepareSourceTables(engine);
  await engine.commit(removed.flatMap(({ id }) => forgetSource(id as SourceId)));
}

async function pausable({ settings }: PipelineParts, exportId: string): Promise<ExportId> {
  return exportId === everything ? (everything as ExportId) : exportOf(settings, exportId).id;
}

async function currentPauses(store: Store): Promise<PipelineParts['pauses']> {
  const pauses = await listPauses(store.db);
  return new Map(
    [...pauses].map(([id, { by, reason }]) => [id, `${reason === '' ? 'no reason given' : reason} (${by})`]),
  );
}

/** What a process that was killed left there goes. */
function emptyFolder(folder: string): string {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { mode: 0o700 });
  return folder;
}
