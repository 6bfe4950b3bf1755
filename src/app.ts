import { mkdirSync, rmSync } from 'node:fs';
import { userInfo } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { systemClock, type Clock } from './base/clock.ts';
import type { Config } from './base/config.ts';
import type { ConnectionId, ExportId, SourceId } from './base/ids.ts';
import { readConnectionSecret, type ConnectionSecret } from './connections/connection-secrets.ts';
import { readSecretKey } from './connections/secret-key.ts';
import type { Engine } from './engine/engine.ts';
import { AccountSlots } from './delivery/mailchimp/account-slots.ts';
import { openDestination } from './delivery/open-destination.ts';
import { openDuckdb } from './engine/duckdb/duckdb-engine.ts';
import { requestsHeldUntil } from './exports/chunks.ts';
import type { CancelledRun } from './exports/cancelled-run.ts';
import { audienceOverviews, type AudienceOverview } from './exports/audience-overview.ts';
import { ensureExportTables } from './exports/export-tables.ts';
import type { ExportRun } from './exports/plan.ts';
import { planCsv, plannedFields, type Explain } from './exports/plan-csv.ts';
import { planPeople, type PlanLine } from './exports/plan-people.ts';
import { runCsv } from './exports/run-csv.ts';
import { runPeople } from './exports/run-people.ts';
import { runExceptions, type RunException } from './exports/run-exceptions.ts';
import { dropOrphanPlans, listRuns, readRun } from './exports/run-records.ts';
import { cancelRun } from './pipeline/cancel-run.ts';
import { leasesInProcess } from './pipeline/account-lease.ts';
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
import { clearExport, type ClearedExport } from './pipeline/remove-export.ts';
import {
  forgetPerson,
  previewErasure,
  type ErasurePreview,
  type ForgetRequest,
} from './pipeline/forget-person.ts';
import { liftSuppression, receiptsOf } from './pipeline/lift-suppression.ts';
import { makeWebhook, removeWebhook, webhooksOfOurs, type ListedWebhook } from './pipeline/make-webhook.ts';
import { takeInWebhook, type WebhookCall, type WebhookOutcome } from './pipeline/take-in-webhook.ts';
import { previewUnifyFile, type UnifyAhead } from './pipeline/preview-unify.ts';
import { proposeBypassValues, proposeUnifyRules } from './pipeline/propose-unify.ts';
import { runHeader } from './pipeline/run-header.ts';
import { makePlan, releaseRun, runExport, storedPlan } from './pipeline/run-export.ts';
import { planUndo, undoRun } from './pipeline/undo-run.ts';
import { whyInSegment, type SegmentAnswer } from './pipeline/why-in-segment.ts';
import { readProfileShape } from './profiles/profile-shape.ts';
import { membersCsv } from './segments/members-csv.ts';
import type { Language } from './segments/rule-phrases.ts';
import { segmentMembers } from './segments/segment-members.ts';
import { segmentSizes, type SegmentSize } from './segments/segment-sizes.ts';
import { columnSummary, type ColumnSummary } from './sources/column-summary.ts';
import {
  forgetSource,
  loadedSources,
  prepareSourceTables,
  rejectedRows,
  type RejectedRow,
  type SourceLoad,
} from './sources/loaded-source.ts';
import { rejectedCsv } from './sources/rejected-csv.ts';
import { receiptFor, type ErasureReceipt } from './suppression/erasure-notes.ts';
import type { Erasure } from './suppression/erasure.ts';
import { suppressionKeyOf } from './suppression/suppression-key.ts';
import {
  askToCancel,
  exportSubject,
  openCancelRequests,
  runSubject,
  type CancelQuestion,
} from './store/cancel-requests.ts';
import { recordAudit } from './store/audit.ts';
import { listPauses, pauseExport, resumeExport } from './store/export-states.ts';
import { listRunHeaders, saveRunHeaders } from './store/run-headers.ts';
import { lockDataFolder } from './store/data-folder.ts';
import { openStore, type Store } from './store/open-store.ts';
import { removeItem } from './store/workspace-items.ts';
import type { Proposal } from './unify/probabilistic/propose.ts';
import type { BypassLimits, BypassProposal } from './unify/propose-bypass.ts';
import { clearLeftOvers } from './unify/unify-tables.ts';
import { applyWorkspace, type ApplyOptions, type WorkspaceChange } from './workspace/apply-workspace.ts';
import { checkAtSave } from './workspace/check-at-save.ts';
import { dumpWorkspace } from './workspace/dump-workspace.ts';
import { loadSettings } from './workspace/load-settings.ts';
import { readWorkspace } from './workspace/read-workspace.ts';

/** Everything a shell can do goes through this; it is the only place that builds and joins the parts. */
export interface App {
  /** @param options.offline asks no account whether exports fit */
  apply(
    file: string,
    options?: Pick<ApplyOptions, 'dryRun' | 'prune'> & { offline?: boolean },
  ): Promise<WorkspaceChange[]>;
  dump(): Promise<string>;
  refresh(options: { until?: Stage | undefined; signal: AbortSignal }): Promise<RefreshResult>;
  sources(): Promise<SourceLoad[]>;
  /** Rows of a source that were set aside, a page of them. */
  rejectedRows(source: string, page: { limit: number; offset: number }): Promise<RejectedRow[]>;
  /** All of them, with what stood in them, as CSV. */
  rejectedCsv(source: string): Promise<AsyncIterable<string>>;
  /** What stands in the columns of a source. */
  columnSummary(source: string): Promise<{ load: SourceLoad; columns: ColumnSummary[] }>;
  /** Weights of agreement, and rules made of them, from the loaded sources; changes nothing. */
  proposeRules(): Promise<Proposal[]>;
  /** Values that many people of different names share. */
  proposeBypass(limits: BypassLimits): Promise<BypassProposal[]>;
  /** What `unify` of a workspace file would do to people, segments and exports; changes nothing. */
  previewUnify(file: string): Promise<UnifyAhead>;
  segments(): Promise<(SegmentSize & { name: string })[]>;
  segmentMembers(segment: string): Promise<SegmentMembers>;
  /** Rule by rule why the people behind an address or id are in a segment, or are not. */
  whyInSegment(segment: string, text: string, language?: Language): Promise<SegmentAnswer[]>;
  plan(exportId: string, options?: { limit?: number | undefined }): Promise<ExportRun>;
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
  /** Removes an export, so that nothing is sent by it any more; its contacts stay. */
  remove(exportId: string, options: { withdrawTags: boolean; signal: AbortSignal }): Promise<RemovedExport>;
  runs(filter?: { export?: string | undefined; limit?: number | undefined }): Promise<ExportRun[]>;
  /** One run and, a page of, the people who did not end as wanted. */
  runDetails(run: string, page: { limit: number; offset: number }): Promise<RunDetails>;
  /** Every person of a run as CSV, with how each ended. */
  runCsv(run: string, explain: Explain): AsyncIterable<string>;
  person(text: string): Promise<Person[]>;
  /** Erases somebody here and in Mailchimp, and keeps them out from then on (docs/erasure.md). */
  forget(address: string, request: Omit<ForgetRequest, 'by'>): Promise<ErasureReceipt>;
  /** What `forget` would take away. */
  previewForget(address: string): Promise<ErasurePreview>;
  /** Lets an erased person in again. */
  liftForget(address: string, why: string): Promise<Erasure[]>;
  /** The receipts of an address, the newest first. */
  forgetReceipts(address: string): Promise<ErasureReceipt[]>;
  /** What is known of each audience; asks nobody. */
  audiences(): Promise<AudienceOverview[]>;
  /** Lets Mailchimp call an address about the audience of an export; something must answer there already. */
  makeWebhook(exportId: string, url: string): Promise<ListedWebhook>;
  webhooks(): Promise<ListedWebhook[]>;
  /** Returns whether Mailchimp still had it. */
  removeWebhook(id: string): Promise<boolean>;
  /** A call of Mailchimp, noted durably when this resolves. */
  takeInWebhook(call: WebhookCall): Promise<WebhookOutcome>;
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

/** `removed` is false when tags that were to be withdrawn could not be. */
export interface RemovedExport extends ClearedExport {
  removed: boolean;
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

/** Asks the process that has a data folder to cancel a run, or whatever run of an export goes on. */
export function askOtherToCancel(
  { dataFolder }: Pick<Config, 'dataFolder'>,
  what: { run: string } | { export: string },
): CancelQuestion {
  return askToCancel(dataFolder, 'run' in what ? runSubject(what.run) : exportSubject(what.export));
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
    const cancelRequests = openCancelRequests(config.dataFolder);
    const engine = await openDuckdb({ path: join(config.dataFolder, 'people.duckdb') });
    opened.push(() => engine.close());
    const store = await openStore(
      config.databaseUrl === undefined
        ? { dataFolder: config.dataFolder }
        : { databaseUrl: config.databaseUrl },
    );
    opened.push(() => store.close());
    await clearLeftOvers(engine);
    await ensureExportTables(engine);
    await dropOrphanPlans(engine);
    const key = readSecretKey({ given: config.secretKey, dataFolder: config.dataFolder });
    const suppressionKey = suppressionKeyOf(key);
    // What the store lists of runs is derived again from the engine, which knows them, at every start.
    await saveRunHeaders(store.db, (await listRuns(engine, { limit: 50 })).map(runHeader));
    const noted = async (run: ExportRun): Promise<ExportRun> => {
      await saveRunHeaders(store.db, [runHeader(run)]);
      return run;
    };
    const by = options.user ?? userInfo().username;
    const heldUntil = await requestsHeldUntil(engine, config.mailchimp);
    const accounts = new AccountSlots({ max: config.mailchimp.maxRequests, clock, heldUntil });
    opened.push(() => accounts.close());
    const leases = leasesInProcess();
    const notedErasure = (action: string, { erasure }: Erasure, detail: Record<string, string>) =>
      recordAudit(store.db, { at: clock.now(), who: by, action, subject: `erasure:${erasure}`, detail });
    const parts = async (): Promise<PipelineParts> => ({
      engine,
      settings: await loadSettings(store.db),
      clock,
      openDestination: async (connection) =>
        openDestination(
          config.mailchimp,
          connection,
          await readConnectionSecret(store.db, key, connection),
          accounts,
        ),
      leases,
      maxRequests: config.mailchimp.maxRequests,
      deadlineMs: config.mailchimp.deadlineMs,
      freshMs: 15_000,
      progress,
      pauses: await currentPauses(store),
      cancelRequests,
      scratch,
      suppressionKey,
    });
    return {
      apply: async (file, { dryRun = false, prune = false, offline = false } = {}) => {
        const wanted = readWorkspace(file, env);
        const open = async (connection: ConnectionId, secret: ConnectionSecret) =>
          openDestination(config.mailchimp, connection, secret, accounts);
        const unsure = await checkAtSave(engine, store.db, key, wanted, { prune, offline, open });
        for (const sentence of unsure) progress.say(sentence);
        const changes = await applyWorkspace(store.db, key, wanted, {
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
      rejectedCsv: async (source) => rejectedCsv(engine, sourceOf((await parts()).settings, source)),
      columnSummary: async (source) => columnSummary(engine, sourceOf((await parts()).settings, source)),
      proposeRules: async () => proposeUnifyRules(await parts()),
      proposeBypass: async (limits) => proposeBypassValues(await parts(), limits),
      previewUnify: async (file) =>
        previewUnifyFile(await parts(), readWorkspace(file, env).unify, dirname(resolve(file))),
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
      whyInSegment: async (segment, text, language = 'en') =>
        whyInSegment(await parts(), segment, text, language),
      plan: async (exportId, { limit } = {}) =>
        noted(await makePlan(await parts(), exportId, { by, ...(limit === undefined ? {} : { limit }) })),
      storedPlan: (exportId, run) => storedPlan(engine, exportId, run),
      planPeople: (run) => planPeople(engine, run),
      planCsv: async function* (run, explain) {
        yield* planCsv(await plannedFields(engine, run.run), planPeople(engine, run), explain);
      },
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
      planUndo: async (run) => noted(await planUndo(await parts(), run, { by })),
      undo: async (run, { plan, signal }) => {
        const pause = async (id: ExportId, reason: string) => {
          const at = clock.now();
          await pauseExport(store.db, id, { at, by, reason });
          await recordAudit(store.db, { at, who: by, action: 'run.undo', subject: `run:${run}`, detail: {} });
        };
        const request = { by, signal, pause, ...(plan === undefined ? {} : { plan }) };
        return noted(await undoRun(await parts(), run, request));
      },
      cancel: async (run) => {
        const cancelled = await cancelRun(await parts(), run);
        const subject = `run:${run}`;
        await recordAudit(store.db, { at: clock.now(), who: by, action: 'run.cancel', subject, detail: {} });
        await noted(cancelled.run);
        return cancelled;
      },
      remove: async (exportId, options) => {
        const cleared = await clearExport(await parts(), exportId, { by, ...options });
        await saveRunHeaders(store.db, (await listRuns(engine, { export: cleared.export })).map(runHeader));
        if ((cleared.withdrawn?.status ?? 'succeeded') !== 'succeeded' || cleared.tagsLeft > 0) {
          return { ...cleared, removed: false };
        }
        const at = clock.now();
        const removed = await removeItem(store.db, 'export', cleared.export, at);
        const subject = `export:${cleared.export}`;
        const detail = { withdrawTags: options.withdrawTags };
        await recordAudit(store.db, { at, who: by, action: 'export.remove', subject, detail });
        return { ...cleared, removed };
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
        return { run, exceptions: await runExceptions(engine, run, page) };
      },
      runCsv: async function* (id, explain) {
        const run = await readRun(engine, id);
        yield* runCsv(await plannedFields(engine, run.run), runPeople(engine, run), explain);
      },
      person: async (text) => findPerson(await parts(), text),
      forget: async (address, request) => {
        const receipt = await forgetPerson(await parts(), address, { ...request, by });
        await notedErasure('person.forget', receipt, {
          how: receipt.how,
          state: receipt.state,
          why: request.why,
        });
        return receiptFor(receipt);
      },
      previewForget: async (address) => previewErasure(await parts(), address),
      liftForget: async (address, why) => {
        const lifted = await liftSuppression(await parts(), address, { by, why });
        for (const receipt of lifted) await notedErasure('person.lift', receipt, { why });
        return lifted;
      },
      forgetReceipts: async (address) => (await receiptsOf(await parts(), address)).map(receiptFor),
      audiences: () => audienceOverviews(engine),
      makeWebhook: async (exportId, url) => {
        const made = await makeWebhook(await parts(), key, { export: exportId, url, by });
        await recordAudit(store.db, {
          at: clock.now(),
          who: by,
          action: 'webhook.create',
          subject: `export:${exportId}`,
          detail: { id: made.id, url: made.url },
        });
        return made;
      },
      webhooks: async () => webhooksOfOurs(await parts()),
      removeWebhook: async (id) => {
        const wasThere = await removeWebhook(await parts(), id);
        await recordAudit(store.db, {
          at: clock.now(),
          who: by,
          action: 'webhook.remove',
          subject: `webhook:${id}`,
          detail: { wasThere },
        });
        return wasThere;
      },
      takeInWebhook: async (call) => takeInWebhook(await parts(), key, call),
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
