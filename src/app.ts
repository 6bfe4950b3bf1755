import { mkdirSync, rmSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { allows, localIdentity, type Identity } from './access/identity.ts';
import { permissions, type Permission } from './access/permission.ts';
import { knowUser } from './access/users.ts';
import { accessActions, type AccessActions } from './app/access-actions.ts';
import { alertActions, type AlertActions } from './app/alert-actions.ts';
import type { AppGround } from './app/app-ground.ts';
import { backupActions, type BackupActions } from './app/backup-actions.ts';
import { restoreBackup } from './app/restore-backup.ts';
import { connectionActions, type ConnectionActions } from './app/connection-actions.ts';
import { dataActions, type DataActions } from './app/data-actions.ts';
import { exportOverviewActions, type ExportOverviewActions } from './app/export-overview.ts';
import { exportUserOf } from './app/export-user.ts';
import { itemActions, type ItemActions } from './app/item-actions.ts';
import { exportActions, type ExportActions } from './app/export-actions.ts';
import { mailchimpSignInActions, type MailchimpSignInActions } from './app/mailchimp-sign-in.ts';
import { keepCheckpoint, openPeople } from './app/people-checkpoint.ts';
import { permittedActions } from './app/permitted-actions.ts';
import { personActions, type PersonActions } from './app/person-actions.ts';
import { keepRestoredNotes, restoredNotes } from './app/restored-notes.ts';
import { runActions, type RunActions } from './app/run-actions.ts';
import { sampleActions, type SampleActions } from './app/sample-actions.ts';
import { segmentActions, type SegmentActions } from './app/segment-actions.ts';
import { openSignIn, type SignIn } from './app/sign-in.ts';
import { sourceActions, type SourceActions } from './app/source-actions.ts';
import { workActions, type WorkActions } from './app/work-actions.ts';
import type { WorkDesk, WorkDeskOptions } from './app/work-desk.ts';
import { workspaceActions, type WorkspaceActions } from './app/workspace-actions.ts';
import { systemClock, type Clock } from './base/clock.ts';
import type { Config } from './base/config.ts';
import { PostriderError } from './base/errors.ts';
import { oneAtATime } from './base/one-at-a-time.ts';
import { secretOfConnection } from './connections/connection-secrets.ts';
import { engineKeyOf, settleRotation } from './connections/kept-keys.ts';
import { readSecretKey } from './connections/secret-key.ts';
import { AccountSlots } from './delivery/mailchimp/account-slots.ts';
import { openDestination } from './delivery/open-destination.ts';
import { sql } from './engine/sql.ts';
import { dropBrokenReads } from './exports/audience-facts.ts';
import { requestsHeldUntil } from './exports/chunks.ts';
import { ensureExportTables } from './exports/export-tables.ts';
import { dropOrphanPlans, listRuns } from './exports/run-records.ts';
import { leasesInProcess } from './pipeline/account-lease.ts';
import { everything, type PipelineParts } from './pipeline/pipeline-parts.ts';
import { silent, type Progress } from './pipeline/progress.ts';
import { sweepErased } from './pipeline/sweep-erased.ts';
import { putCarriedList } from './suppression/carry-list.ts';
import { runHeader } from './pipeline/run-header.ts';
import { takeInWebhook, type WebhookCall, type WebhookOutcome } from './pipeline/take-in-webhook.ts';
import { askToCancel, exportSubject, openCancelRequests, runSubject } from './store/cancel-requests.ts';
import type { CancelQuestion } from './store/cancel-requests.ts';
import { lockDataFolder } from './store/data-folder.ts';
import { ownDatabase } from './store/database-owner.ts';
import { listPauses } from './store/export-states.ts';
import { openStore, type Store } from './store/open-store.ts';
import { saveRunHeaders } from './store/run-headers.ts';
import { suppressionKeyOf } from './suppression/suppression-key.ts';
import { clearLeftOvers } from './unify/unify-tables.ts';
import { countTasks, type TaskCount } from './work/tasks.ts';
import { loadSettings } from './workspace/load-settings.ts';

/** Everything that can be done here, by one person; the actions stand by area in `app/`. */
export interface Actions
  extends
    WorkspaceActions,
    SourceActions,
    SegmentActions,
    ExportActions,
    RunActions,
    PersonActions,
    ItemActions,
    ConnectionActions,
    MailchimpSignInActions,
    AccessActions,
    WorkActions,
    AlertActions,
    DataActions,
    ExportOverviewActions,
    SampleActions,
    BackupActions {}

/** Everything a shell can do goes through this; it is the only place that builds and joins the parts. */
export interface App extends Actions {
  /** The same application for somebody else: they may do what they may, and it is done in their name. */
  as(who: Identity, hands?: Hands): Actions;
  /** How one becomes somebody. */
  readonly signIn: SignIn;
  /** A call of Mailchimp, noted durably when this resolves; whoever calls proves it by the call itself. */
  takeInWebhook(call: WebhookCall): Promise<WebhookOutcome>;
  /** Knows somebody who came in elsewhere: what they have done here is done in their name. */
  know(who: Identity): Promise<void>;
  /** Everything that somebody may do, for pages that show no button which would be refused. */
  allowed(who: Identity): Permission[];
  /** Whether the databases answer. @throws what they say */
  ready(): Promise<void>;
  /** Tasks by kind and status, for whoever watches from outside. */
  taskCounts(): Promise<TaskCount[]>;
  /** Addresses of people who were erased since the older state was made that this opening found in place. */
  readonly erasedAgain: number;
  /** Aborted, with what happened, when another process may have the settings: this one is to end. */
  readonly lost: AbortSignal;
  /** Begins to do the work that waits, and what is due by itself; `close` parks it. */
  work(pace?: WorkDeskOptions['pace']): Promise<void>;
  close(): Promise<void>;
}

/** What somebody brings along who has the application do something. */
export interface Hands {
  /** Is told how it goes. */
  progress?: Progress | undefined;
  /** Their environment, which a workspace file may name. */
  env?: Readonly<Record<string, string | undefined>> | undefined;
}

export interface AppOptions {
  config: Config;
  env?: Readonly<Record<string, string | undefined>>;
  clock?: Clock;
  progress?: Progress;
  user?: string;
}

export interface RestoredData {
  /** When the backup was made: ISO 8601. */
  madeAt: string;
  version: string;
  /** Where what was there before lies now; null: nothing was. */
  before: string | null;
  /** Addresses of people who were erased since, found in the backup and taken out of it again. */
  erasedAgain: number;
}

/**
 * Puts a backup in place of what is in the data folder, which moves aside. All exports are paused: what the backup knows of
 * Mailchimp is as old as it is, and somebody looks at a plan first.
 * @throws as `restoreBackup` and `openApp`
 */
export async function restoreData(options: AppOptions, file: string): Promise<RestoredData> {
  const { clock = systemClock } = options;
  const { madeAt, version, before } = await restoreBackup(options.config, file, clock);
  const app = await openApp(options);
  await app.close();
  return { madeAt, version, before, erasedAgain: app.erasedAgain };
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
 * @throws `conflict` / `data_in_use`, `database_in_use` when another process has it
 */
export async function openApp(options: AppOptions): Promise<App> {
  const { config, env = process.env, clock = systemClock, progress = silent } = options;
  const lock = await lockDataFolder(config.dataFolder);
  // One that cannot be closed keeps none of the others open.
  const opened = new AsyncDisposableStack();
  opened.defer(() => lock.release());
  try {
    const scratch = emptyFolder(join(config.dataFolder, 'scratch'));
    const cancelRequests = openCancelRequests(config.dataFolder);
    const engine = await openPeople(config, clock.now());
    opened.defer(() => engine.close());
    // Before it is brought to the newest migration: one that another process works with stays as that knows it.
    const owner = config.databaseUrl === undefined ? undefined : await ownDatabase(config.databaseUrl);
    opened.defer(() => owner?.release());
    const store = await openStore(
      config.databaseUrl === undefined
        ? { dataFolder: config.dataFolder }
        : { databaseUrl: config.databaseUrl },
    );
    opened.defer(() => store.close());
    await clearLeftOvers(engine);
    await ensureExportTables(engine);
    await dropOrphanPlans(engine);
    await dropBrokenReads(engine);
    const keys = { secret: readSecretKey({ given: config.secretKey, dataFolder: config.dataFolder }) };
    keys.secret = await settleRotation(store.db, config.dataFolder, keys.secret);
    const engineKey = await engineKeyOf(store.db, keys.secret);
    const suppressionKey = suppressionKeyOf(engineKey);
    // What the store lists of runs is derived again from the engine, which knows them, at every start.
    await saveRunHeaders(store.db, (await listRuns(engine, { limit: 50 })).map(runHeader));
    const heldUntil = await requestsHeldUntil(engine, config.mailchimp);
    const accounts = new AccountSlots({ max: config.mailchimp.maxRequests, clock, heldUntil });
    opened.defer(() => accounts.close());
    const leases = leasesInProcess();
    const partsWith = (shown: Progress) => async (): Promise<PipelineParts> => ({
      engine,
      settings: await loadSettings(store.db),
      settingsNow: () => loadSettings(store.db),
      clock,
      openDestination: async (connection) => {
        const settings = (await loadSettings(store.db)).connections.get(connection);
        const secret = await secretOfConnection(store.db, keys.secret, connection, { settings, env });
        return openDestination(config.mailchimp, connection, secret, accounts);
      },
      exportUser: (connection) => exportUserOf({ store, parts: partsWith(shown) }, connection),
      leases,
      maxRequests: config.mailchimp.maxRequests,
      deadlineMs: config.mailchimp.deadlineMs,
      freshMs: 15_000,
      progress: shown,
      pauses: () => currentPauses(store),
      cancelRequests,
      scratch,
      env,
      suppressionKey,
    });
    const parts = partsWith(progress);
    let desk: WorkDesk | undefined;
    // Who replaces everybody's profiles or members does so alone in this process.
    const inTurn = oneAtATime();
    const as = (who: Identity, { progress: shown = progress, env: brought = env }: Hands = {}): Actions =>
      actionsOf({
        config,
        env: brought,
        clock,
        progress: shown,
        engine,
        store,
        accounts,
        engineKey,
        who,
        by: who.email,
        parts: partsWith(shown),
        inTurn,
        queue: () => desk?.queue ?? refuseWork(),
        get key() {
          return keys.secret;
        },
        useKey(key) {
          keys.secret = key;
        },
      });
    const local = as(localIdentity(options.user ?? userInfo().username));
    let erasedAgain = 0;
    for (const { reason, before, carried } of restoredNotes(config.dataFolder)) {
      // What an older state knows of Mailchimp is as old as it is: somebody looks at a plan first.
      await local.pause(everything, reason);
      if (carried !== undefined) await putCarriedList(engine, carried);
      erasedAgain += await sweepErased(await parts());
      const lies = before === undefined ? '' : ` What was there lies in ${before}.`;
      progress.say(`${reason}. All exports are paused.${lies}`);
    }
    keepRestoredNotes(config.dataFolder, []);
    return {
      ...local,
      as,
      work: async (pace = {}) => {
        // Commands do at once what they are asked for, and need no queue.
        const { workDesk } = await import('./app/work-desk.ts');
        desk = workDesk({
          config,
          clock,
          store,
          pace,
          key: () => keys.secret,
          settings: () => loadSettings(store.db),
          checkpoint: () => keepCheckpoint(engine, config, clock.now()),
          actionsFor: (who, shown) => as(who, { progress: shown }),
        });
        opened.defer(() => desk?.stop());
        await desk.start();
      },
      erasedAgain,
      know: (who) => knowUser(store.db, who, clock.now()),
      lost: owner?.lost ?? new AbortController().signal,
      allowed: (who) => permissions.filter((each) => allows(who, each)),
      ready: async () => {
        await engine.rows(sql`SELECT 1 AS n`);
        await store.db.selectNoFrom(({ lit }) => lit(1).as('n')).execute();
      },
      taskCounts: () => countTasks(store.db),
      signIn: openSignIn({ config, clock, store, key: () => keys.secret }),
      takeInWebhook: async (call) => takeInWebhook(await parts(), engineKey, call),
      close: () => opened.disposeAsync(),
    };
  } catch (error) {
    // What kept it from opening is what people have to hear.
    await opened.disposeAsync().catch(() => undefined);
    throw error;
  }
}

function actionsOf(ground: AppGround): Actions {
  const items = itemActions(ground);
  return permittedActions(ground, {
    ...workspaceActions(ground),
    ...sourceActions(ground),
    ...segmentActions(ground),
    ...exportActions(ground),
    ...runActions(ground),
    ...personActions(ground),
    ...items,
    ...connectionActions(ground),
    ...mailchimpSignInActions(ground),
    ...accessActions(ground),
    ...workActions(ground),
    ...alertActions(ground),
    ...backupActions(ground),
    ...dataActions(ground, items.saveSource),
    ...exportOverviewActions(ground),
    ...sampleActions(ground),
  });
}

function refuseWork(): never {
  throw new PostriderError({
    kind: 'conflict',
    code: 'no_server',
    message: 'Nobody works on what waits here.',
    hint: 'Start the server: postrider serve. Or do it now: postrider refresh, postrider run EXPORT.',
  });
}

async function currentPauses(store: Store): ReturnType<PipelineParts['pauses']> {
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
