import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { secretOfConnection } from '../connections/connection-secrets.ts';
import { engineKeyOf, settleRotation } from '../connections/kept-keys.ts';
import type { SecretKey } from '../connections/seal.ts';
import { readSecretKey } from '../connections/secret-key.ts';
import { AccountSlots } from '../delivery/mailchimp/account-slots.ts';
import { openDestination } from '../delivery/open-destination.ts';
import { dropBrokenReads } from '../exports/audience-facts.ts';
import { requestsHeldUntil } from '../exports/chunks.ts';
import { ensureExportTables } from '../exports/export-tables.ts';
import { dropOrphanPlans, listRuns } from '../exports/run-records.ts';
import { leasesInProcess } from '../pipeline/account-lease.ts';
import type { PipelineParts } from '../pipeline/pipeline-parts.ts';
import type { Progress } from '../pipeline/progress.ts';
import { runHeader } from '../pipeline/run-header.ts';
import { openCancelRequests } from '../store/cancel-requests.ts';
import { lockDataFolder } from '../store/data-folder.ts';
import { ownDatabase, type DatabaseOwner } from '../store/database-owner.ts';
import { listPauses } from '../store/export-states.ts';
import { openStore, type Store } from '../store/open-store.ts';
import { saveRunHeaders } from '../store/run-headers.ts';
import { suppressionKeyOf } from '../suppression/suppression-key.ts';
import { clearLeftOvers } from '../unify/unify-tables.ts';
import { loadSettings } from '../workspace/load-settings.ts';
import type { AppGround } from './app-ground.ts';
import { exportUserOf } from './export-user.ts';
import { openPeople } from './people-checkpoint.ts';

type Place = Pick<AppGround, 'config' | 'env' | 'clock'>;

/** What a process holds open of a data folder and its database, for everybody who asks anything of it. */
export interface OpenedParts
  extends
    Place,
    Pick<AppGround, 'engine' | 'store' | 'accounts' | 'engineKey'>,
    Pick<PipelineParts, 'leases' | 'scratch' | 'suppressionKey'> {
  cancelRequests: NonNullable<PipelineParts['cancelRequests']>;
  /** Of a database of one's own there is none. */
  owner: DatabaseOwner | undefined;
  /** The secret key is another one once it was changed. */
  keys: { secret: SecretKey };
}

/**
 * Opens a data folder: first its lock, then the people file, whose own lock the kernel keeps, then the
 * database, which has none.
 * @param opened takes what is to be closed, also where the rest cannot be opened
 * @throws `conflict` / `data_in_use`, `database_in_use` when another process has it; as `openPeople` and `openStore`
 */
export async function openParts(place: Place, opened: AsyncDisposableStack): Promise<OpenedParts> {
  const { config, clock } = place;
  const { dataFolder, databaseUrl } = config;
  const lock = await lockDataFolder(dataFolder);
  opened.defer(() => lock.release());
  const scratch = emptyFolder(join(dataFolder, 'scratch'));
  const cancelRequests = openCancelRequests(dataFolder);
  const engine = await openPeople(config, clock.now());
  opened.defer(() => engine.close());
  // Before it is brought to the newest migration: one that another process works with stays as that knows it.
  const owner = databaseUrl === undefined ? undefined : await ownDatabase(databaseUrl);
  opened.defer(() => owner?.release());
  const store = await openStore(databaseUrl === undefined ? { dataFolder } : { databaseUrl });
  opened.defer(() => store.close());
  await clearLeftOvers(engine);
  await ensureExportTables(engine);
  await dropOrphanPlans(engine);
  await dropBrokenReads(engine);
  const given = readSecretKey({ given: config.secretKey, dataFolder });
  const keys = { secret: await settleRotation(store.db, dataFolder, given) };
  const engineKey = await engineKeyOf(store.db, keys.secret);
  // What the store lists of the newest runs is derived again from the engine, which knows them, at every start.
  await saveRunHeaders(store.db, (await listRuns(engine, { limit: 50 })).map(runHeader));
  const heldUntil = await requestsHeldUntil(engine, config.mailchimp, clock.now());
  const accounts = new AccountSlots({ max: config.mailchimp.maxRequests, clock, heldUntil });
  opened.defer(() => accounts.close());
  return {
    ...place,
    engine,
    store,
    owner,
    accounts,
    keys,
    engineKey,
    suppressionKey: suppressionKeyOf(engineKey),
    leases: leasesInProcess(),
    cancelRequests,
    scratch,
  };
}

/** The parts of the pipeline with the settings as they are now. @param progress is told how it goes */
export async function pipelineParts(held: OpenedParts, progress: Progress): Promise<PipelineParts> {
  const { config, env, clock, engine, store, accounts, keys } = held;
  const settingsNow = () => loadSettings(store.db);
  return {
    engine,
    settings: await settingsNow(),
    settingsNow,
    clock,
    openDestination: async (connection) => {
      const settings = (await settingsNow()).connections.get(connection);
      const secret = await secretOfConnection(store.db, keys.secret, connection, { settings, env });
      return openDestination(config.mailchimp, connection, secret, accounts);
    },
    exportUser: (connection) =>
      exportUserOf({ store, parts: () => pipelineParts(held, progress) }, connection),
    leases: held.leases,
    maxRequests: config.mailchimp.maxRequests,
    deadlineMs: config.mailchimp.deadlineMs,
    freshMs: 15_000,
    progress,
    pauses: () => currentPauses(store),
    cancelRequests: held.cancelRequests,
    scratch: held.scratch,
    env,
    suppressionKey: held.suppressionKey,
  };
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
