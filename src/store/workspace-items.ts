import type { Database, Row } from './tables.ts';

/** The sorts of things that a workspace file holds; `setting` for what stands there once, as the schedule's time zone. */
export type ItemKind =
  | 'source'
  | 'unify'
  | 'relationship'
  | 'computed'
  | 'segment'
  | 'connection'
  | 'export'
  | 'schedule'
  | 'setting';

export interface WorkspaceItem {
  kind: ItemKind;
  id: string;
  name: string;
  /** The item's config as its stage's schema parsed it; without secrets. */
  body: unknown;
  /** Order within its kind, from 0: the order of the file. */
  position: number;
  createdAt: Date;
  updatedAt: Date;
  /** Set on an item that is gone; its history stays under its id. */
  removedAt: Date | undefined;
}

export type NewItem = Pick<WorkspaceItem, 'kind' | 'id' | 'name' | 'body' | 'position'>;

/** The items that are there, by kind and position. */
export async function listItems(db: Database, kind?: ItemKind): Promise<WorkspaceItem[]> {
  let query = db.selectFrom('workspace_item').selectAll().where('removed_at', 'is', null);
  if (kind !== undefined) query = query.where('kind', '=', kind);
  const rows = await query.orderBy('kind').orderBy('position').orderBy('id').execute();
  return rows.map(toItem);
}

/**
 * One item, removed ones too.
 * @param options.lock for a transaction that writes it: nobody else does until it ends
 */
export async function findItem(
  db: Database,
  kind: ItemKind,
  id: string,
  { lock = false } = {},
): Promise<WorkspaceItem | undefined> {
  const row = await db
    .selectFrom('workspace_item')
    .selectAll()
    .where('kind', '=', kind)
    .where('id', '=', id)
    .$if(lock, (query) => query.forUpdate())
    .executeTakeFirst();
  return row === undefined ? undefined : toItem(row);
}

/**
 * Writes an item. One that says what it said before keeps its `updatedAt`; one that was removed is back.
 * A body is the same when its JSON text is the same, order of keys included.
 */
export async function putItem(
  db: Database,
  item: NewItem,
  now: Date,
): Promise<'created' | 'changed' | 'unchanged'> {
  const before = await findItem(db, item.kind, item.id);
  const body = JSON.stringify(item.body);
  if (
    before !== undefined &&
    before.removedAt === undefined &&
    before.name === item.name &&
    before.position === item.position &&
    JSON.stringify(before.body) === body
  ) {
    return 'unchanged';
  }
  const written = { name: item.name, body, position: item.position, updated_at: now, removed_at: null };
  await db
    .insertInto('workspace_item')
    .values({ kind: item.kind, id: item.id, created_at: now, ...written })
    .onConflict((conflict) => conflict.columns(['kind', 'id']).doUpdateSet(written))
    .execute();
  return before === undefined || before.removedAt !== undefined ? 'created' : 'changed';
}

/** @returns whether there was such an item */
export async function removeItem(db: Database, kind: ItemKind, id: string, now: Date): Promise<boolean> {
  const result = await db
    .updateTable('workspace_item')
    .set({ removed_at: now, updated_at: now })
    .where('kind', '=', kind)
    .where('id', '=', id)
    .where('removed_at', 'is', null)
    .executeTakeFirst();
  return result.numUpdatedRows === 1n;
}

function toItem(row: Row<'workspace_item'>): WorkspaceItem {
  return {
    kind: row.kind as ItemKind,
    id: row.id,
    name: row.name,
    body: row.body,
    position: row.position,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
    removedAt: row.removed_at ?? undefined,
  };
}
