import { inputError, PostriderError } from '../base/errors.ts';
import type { ConnectionId } from '../base/ids.ts';
import { partSecret } from '../connections/connection-config.ts';
import {
  readConnectionSecret,
  saveConnectionSecret,
  deleteConnectionSecret,
  type ConnectionSecret,
} from '../connections/connection-secrets.ts';
import type { SecretKey } from '../connections/seal.ts';
import { recordAudit } from '../store/audit.ts';
import type { Database } from '../store/tables.ts';
import { listItems, putItem, removeItem, type ItemKind, type NewItem } from '../store/workspace-items.ts';
import { singleId } from './load-settings.ts';
import type { WorkspaceFile } from './workspace-file.ts';

export interface WorkspaceChange {
  kind: ItemKind;
  id: string;
  change: 'created' | 'changed' | 'removed' | 'kept';
}

export interface ApplyOptions {
  /** Absolute: where relative paths begin. */
  folder: string;
  by: string;
  now: Date;
  /** Say what would change, and change nothing. */
  dryRun?: boolean;
  /** Remove what the file no longer holds; otherwise it is kept, and listed as `kept`. */
  prune?: boolean;
}

/**
 * Brings the stored workspace to what a file says, in one transaction. Applying the same file again changes
 * nothing and returns no change.
 */
export async function applyWorkspace(
  db: Database,
  key: SecretKey,
  file: WorkspaceFile,
  options: ApplyOptions,
): Promise<WorkspaceChange[]> {
  const changes = await db
    .transaction()
    .execute(async (transaction) => {
      const made = await bringTo(transaction, key, file, options);
      if (options.dryRun) throw new DryRun(made);
      return made;
    })
    .catch((error: unknown) => {
      if (error instanceof DryRun) return error.changes;
      throw error;
    });
  return changes;
}

/** Thrown to roll the transaction back: a dry run does the real thing and forgets it. */
class DryRun extends Error {
  readonly changes: WorkspaceChange[];
  constructor(changes: WorkspaceChange[]) {
    super('dry run');
    this.changes = changes;
  }
}

async function bringTo(
  db: Database,
  key: SecretKey,
  file: WorkspaceFile,
  { folder, by, now, prune }: ApplyOptions,
): Promise<WorkspaceChange[]> {
  const changes: WorkspaceChange[] = [];
  const wanted = itemsOf(file, folder);
  const before = await listItems(db);
  for (const item of wanted) {
    const outcome = await putItem(db, item, now);
    const secretChanged = item.kind === 'connection' && (await keepSecret(db, key, file, item.id, now));
    // Where the file lies is no change that anybody asked for.
    if (item.id === 'folder' && item.kind === 'setting') continue;
    if (outcome !== 'unchanged' || secretChanged) {
      changes.push({ kind: item.kind, id: item.id, change: outcome === 'created' ? 'created' : 'changed' });
    }
  }
  const held = new Set(wanted.map((item) => `${item.kind} ${item.id}`));
  const places = Map.groupBy(wanted, ({ kind }) => kind);
  for (const item of before.filter(({ kind, id }) => !held.has(`${kind} ${id}`))) {
    const { kind, id } = item;
    if (prune) {
      await removeItem(db, kind, id, now);
      if (kind === 'connection') await deleteConnectionSecret(db, id as ConnectionId);
    } else if (kind !== 'setting') {
      // Behind what the file holds: two at one place would come out of `dump` in another order than they stand.
      const behind = places.get(kind) ?? [];
      await putItem(db, { ...item, position: behind.length }, now);
      places.set(kind, [...behind, item]);
    }
    changes.push({ kind, id, change: prune ? 'removed' : 'kept' });
  }
  const real = changes.filter(({ change }) => change !== 'kept');
  if (real.length > 0) {
    const detail = { changes: real.map(({ kind, id, change }) => `${change} ${kind} ${id}`) };
    await recordAudit(db, { at: now, who: by, action: 'workspace.apply', subject: 'workspace', detail });
  }
  return changes;
}

function itemsOf(file: WorkspaceFile, folder: string): NewItem[] {
  const items = (kind: ItemKind, of: Record<string, { name?: string | undefined }>): NewItem[] =>
    Object.entries(of).map(([id, body], position) => ({ kind, id, name: body.name ?? id, body, position }));
  const single = (kind: ItemKind, body: unknown): NewItem[] =>
    body === undefined ? [] : [{ kind, id: singleId, name: kind, body, position: 0 }];
  const connections = Object.fromEntries(
    Object.entries(file.connections).map(([id, config]) => [id, partSecret(config).settings]),
  );
  return [
    ...items('source', file.sources),
    ...single('unify', file.unify),
    ...items('relationship', file.relationships),
    ...items('computed', file.computed),
    ...items('segment', file.segments),
    ...items('connection', connections),
    ...items('export', file.exports),
    ...single('schedule', file.schedule),
    ...(file.doNotSend === undefined
      ? []
      : [
          { kind: 'setting' as const, id: 'doNotSend', name: 'doNotSend', body: file.doNotSend, position: 0 },
        ]),
    ...(file.retention === undefined
      ? []
      : [
          { kind: 'setting' as const, id: 'retention', name: 'retention', body: file.retention, position: 0 },
        ]),
    { kind: 'setting', id: 'folder', name: 'folder', body: folder, position: 0 },
  ];
}

/** Seals a connection's key where it differs from the one we have; returns whether it did. */
async function keepSecret(
  db: Database,
  key: SecretKey,
  file: WorkspaceFile,
  id: string,
  now: Date,
): Promise<boolean> {
  const connection = id as ConnectionId;
  const { apiKey, apiKeyFrom } = file.connections[id] ?? {};
  // It is read where it lies, each time; a copy from before would only be one more that can leak.
  if (apiKeyFrom !== undefined) return deleteConnectionSecret(db, connection);
  if (apiKey === undefined) {
    if ((await readConnectionSecret(db, key, connection)) !== undefined) return false;
    throw inputError(
      'connection_without_secret',
      `connections.${id}: there is no API key, neither in the file nor from before.`,
      'Write apiKey: "${MAILCHIMP_API_KEY}" and set that variable.',
    );
  }
  const known = await readableSecret(db, key, connection);
  if (known?.type === 'apiKey' && known.apiKey === apiKey) return false;
  await saveConnectionSecret(db, key, connection, { type: 'apiKey', apiKey }, now);
  return true;
}

/** One that cannot be opened any more (`wrong_secret_key`, `secret_damaged`) is as good as none where a new one comes. */
async function readableSecret(
  db: Database,
  key: SecretKey,
  connection: ConnectionId,
): Promise<ConnectionSecret | undefined> {
  try {
    return await readConnectionSecret(db, key, connection);
  } catch (error) {
    if (error instanceof PostriderError && error.kind === 'configuration') return undefined;
    throw error;
  }
}
