import { userInfo } from 'node:os';
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
import { itemActions, type ItemActions } from './app/item-actions.ts';
import { exportActions, type ExportActions } from './app/export-actions.ts';
import { mailchimpSignInActions, type MailchimpSignInActions } from './app/mailchimp-sign-in.ts';
import { openParts, pipelineParts, type OpenedParts } from './app/opened-parts.ts';
import { keepCheckpoint } from './app/people-checkpoint.ts';
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
import { sql } from './engine/sql.ts';
import { everything } from './pipeline/pipeline-parts.ts';
import { silent, type Progress } from './pipeline/progress.ts';
import { sweepErased } from './pipeline/sweep-erased.ts';
import { putCarriedList } from './suppression/carry-list.ts';
import { takeInWebhook, type WebhookCall, type WebhookOutcome } from './pipeline/take-in-webhook.ts';
import { askToCancel, exportSubject, runSubject } from './store/cancel-requests.ts';
import type { CancelQuestion } from './store/cancel-requests.ts';
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
 * Opens a data folder, and joins its parts to the application.
 * @throws as `openParts`
 */
export async function openApp(options: AppOptions): Promise<App> {
  // One that cannot be closed keeps none of the others open.
  const opened = new AsyncDisposableStack();
  try {
    return await joined(options, opened);
  } catch (error) {
    // What kept it from opening is what people have to hear.
    await opened.disposeAsync().catch(() => undefined);
    throw error;
  }
}

async function joined(options: AppOptions, opened: AsyncDisposableStack): Promise<App> {
  const { config, env = process.env, clock = systemClock, progress = silent } = options;
  const held = await openParts({ config, env, clock }, opened);
  const { engine, store, owner, accounts, keys, engineKey } = held;
  const parts = () => pipelineParts(held, progress);
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
      parts: () => pipelineParts(held, shown),
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
  const erasedAgain = await followRestored(held, local, progress);
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
}

/** What has to follow where an older state is in place. @returns addresses of erased people that were found in it */
async function followRestored(held: OpenedParts, local: Actions, progress: Progress): Promise<number> {
  const { dataFolder } = held.config;
  let erasedAgain = 0;
  for (const { reason, before, carried } of restoredNotes(dataFolder)) {
    // What an older state knows of Mailchimp is as old as it is: somebody looks at a plan first.
    await local.pause(everything, reason);
    if (carried !== undefined) await putCarriedList(held.engine, carried);
    erasedAgain += await sweepErased(await pipelineParts(held, progress));
    const lies = before === undefined ? '' : ` What was there lies in ${before}.`;
    progress.say(`${reason}. All exports are paused.${lies}`);
  }
  keepRestoredNotes(dataFolder, []);
  return erasedAgain;
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
