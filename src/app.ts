import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { userInfo } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { systemClock, type Clock } from './base/clock.ts';
import type { Config } from './base/config.ts';
import { inputError, PostriderError } from './base/errors.ts';
import type { ConnectionId, SegmentId } from './base/ids.ts';
import { readConnectionSecret } from './connections/connection-secrets.ts';
import { readSecretKey } from './connections/secret-key.ts';
import type { SecretKey } from './connections/seal.ts';
import type { Destination } from './delivery/destination.ts';
import { apiRootFor } from './delivery/mailchimp/api-root.ts';
import { mailchimpDestination } from './delivery/mailchimp/mailchimp-destination.ts';
import { openMailchimpClient } from './delivery/mailchimp/open-mailchimp-client.ts';
import { openDuckdb } from './engine/duckdb/duckdb-engine.ts';
import type { Column, Row } from './engine/engine.ts';
import { ensureExportTables } from './exports/export-tables.ts';
import { personHistory, type PersonHistory } from './exports/person-history.ts';
import type { ExportRun } from './exports/plan.ts';
import { planPeople, type PlanLine } from './exports/plan-people.ts';
import { dropOrphanPlans, listRuns } from './exports/run-records.ts';
import { exportOf, segmentOf, type PipelineParts } from './pipeline/pipeline-parts.ts';
import { silent, type Progress } from './pipeline/progress.ts';
import { refresh, type RefreshResult, type Stage } from './pipeline/refresh.ts';
import { makePlan, releaseRun, runExport } from './pipeline/run-export.ts';
import { personStory, type PersonStory } from './profiles/person-story.ts';
import { findPeople } from './profiles/profile-search.ts';
import { readProfileShape } from './profiles/profile-shape.ts';
import { segmentMembers, segmentsOf } from './segments/segment-members.ts';
import { segmentSizes, type SegmentSize } from './segments/segment-sizes.ts';
import { lockDataFolder } from './store/data-folder.ts';
import { openStore, type Store } from './store/open-store.ts';
import { applyWorkspace, type ApplyOptions, type WorkspaceChange } from './workspace/apply-workspace.ts';
import { dumpWorkspace } from './workspace/dump-workspace.ts';
import { loadSettings } from './workspace/load-settings.ts';
import { parseWorkspace } from './workspace/parse-workspace.ts';

/** Everything a shell can do goes through this; it is the only place that builds and joins the parts. */
export interface App {
  apply(file: string, options?: Pick<ApplyOptions, 'dryRun' | 'prune'>): Promise<WorkspaceChange[]>;
  dump(): Promise<string>;
  refresh(options: { until?: Stage | undefined; signal: AbortSignal }): Promise<RefreshResult>;
  segments(): Promise<(SegmentSize & { name: string })[]>;
  segmentMembers(segment: string): Promise<{ attributes: Column[]; pages: AsyncIterable<Row[]> }>;
  plan(exportId: string, options?: { limit?: number | undefined }): Promise<ExportRun>;
  planPeople(run: ExportRun): AsyncIterable<PlanLine[]>;
  run(exportId: string, options: RunOptions): Promise<ExportRun>;
  release(run: string, why: string, signal: AbortSignal): Promise<ExportRun>;
  runs(filter?: { export?: string | undefined; limit?: number | undefined }): Promise<ExportRun[]>;
  person(text: string): Promise<Person[]>;
  close(): Promise<void>;
}

export interface RunOptions {
  plan?: string | undefined;
  limit?: number | undefined;
  signal: AbortSignal;
}

/** One person's whole story: from the source rows to what Mailchimp answered. */
export interface Person extends PersonStory {
  segments: { segment: SegmentId; name: string }[];
  history: PersonHistory;
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
    const by = options.user ?? userInfo().username;
    const parts = async (): Promise<PipelineParts> => ({
      engine,
      settings: await loadSettings(store.db),
      clock,
      openDestination: (connection) => openDestination(config, store, key, connection),
      maxRequests: config.mailchimp.maxRequests,
      deadlineMs: config.mailchimp.deadlineMs,
      freshMs: 15_000,
      progress,
      scratch,
    });
    return {
      apply: async (file, { dryRun = false, prune = false } = {}) =>
        applyWorkspace(store.db, key, parseWorkspace(readWorkspace(file), file, env), {
          folder: dirname(resolve(file)),
          by,
          now: clock.now(),
          dryRun,
          prune,
        }),
      dump: () => dumpWorkspace(store.db),
      refresh: async ({ until, signal }) =>
        refresh(await parts(), { ...(until === undefined ? {} : { until }), by, signal }),
      segments: async () => namedSizes(await parts()),
      segmentMembers: async (segment) => {
        const { settings } = await parts();
        const { attributes } = await readProfileShape(engine);
        const known = segmentOf(settings, segment);
        return { attributes, pages: segmentMembers(engine, attributes, { segment: known }) };
      },
      plan: async (exportId, { limit } = {}) =>
        makePlan(await parts(), exportId, { by, ...(limit === undefined ? {} : { limit }) }),
      planPeople: (run) => planPeople(engine, run.run),
      run: async (exportId, { plan, limit, signal }) =>
        runExport(await parts(), exportId, {
          by,
          signal,
          ...(plan === undefined ? {} : { plan }),
          ...(limit === undefined ? {} : { limit }),
        }),
      release: async (run, why, signal) => releaseRun(await parts(), run, { by, why, signal }),
      runs: async (filter = {}) => {
        const id =
          filter.export === undefined ? undefined : exportOf((await parts()).settings, filter.export).id;
        return listRuns(engine, {
          ...(id === undefined ? {} : { export: id }),
          ...(filter.limit === undefined ? {} : { limit: filter.limit }),
        });
      },
      person: async (text) => findPerson(await parts(), text),
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

async function namedSizes({ engine, settings }: PipelineParts): Promise<(SegmentSize & { name: string })[]> {
  const sizes = await segmentSizes(engine);
  return sizes.map((size) => ({ ...size, name: settings.segments.get(size.segment)?.name ?? size.segment }));
}

async function findPerson({ engine, settings }: PipelineParts, text: string): Promise<Person[]> {
  const people: Person[] = [];
  for (const id of await findPeople(engine, text)) {
    const story = await personStory(engine, id);
    if (story === undefined) continue;
    const segments = await segmentsOf(engine, id);
    people.push({
      ...story,
      segments: segments.map((segment) => ({
        segment,
        name: settings.segments.get(segment)?.name ?? segment,
      })),
      history: await personHistory(engine, story.addresses),
    });
  }
  return people;
}

/** What a process that was killed left there goes. */
function emptyFolder(folder: string): string {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { mode: 0o700 });
  return folder;
}

function readWorkspace(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw inputError(
      'workspace_file_missing',
      `The workspace file ${file} cannot be read (${code ?? 'unknown'}).`,
      'Check the path; examples/ holds files to begin with.',
      error,
    );
  }
}

async function openDestination(
  config: Config,
  store: Store,
  key: SecretKey,
  connection: ConnectionId,
): Promise<Destination> {
  const secret = await readConnectionSecret(store.db, key, connection);
  if (secret === undefined) {
    throw new PostriderError({
      kind: 'configuration',
      code: 'connection_without_secret',
      message: `The connection "${connection}" has no API key.`,
      hint: 'Give it one in the workspace file and apply that again.',
    });
  }
  const token = secret.type === 'apiKey' ? secret.apiKey : secret.accessToken;
  const { baseUrl, maxRequests, deadlineMs } = config.mailchimp;
  return mailchimpDestination(
    openMailchimpClient({ apiRoot: apiRootFor(token, baseUrl), token, maxRequests, deadlineMs }),
  );
}
