import type { Selectable, Updateable } from 'kysely';
import type { ExportId, RunId } from '../base/ids.ts';
import type { Database, Tables } from './tables.ts';

/**
 * Where a run stands.
 *
 *     planned ─► running ─► succeeded | failed | cancelled
 *        │          │
 *        └──────────┴─► stopped (by a brake) ─► running (released by a named person) | cancelled
 */
export type RunStatus = 'planned' | 'running' | 'stopped' | 'succeeded' | 'failed' | 'cancelled';

export interface Brake {
  code: string;
  message: string;
}

export interface Release {
  by: string;
  reason: string;
  at: Date;
}

export interface Run {
  id: RunId;
  export: ExportId;
  kind: 'run' | 'undo';
  status: RunStatus;
  requestedBy: string;
  createdAt: Date;
  startedAt: Date | undefined;
  finishedAt: Date | undefined;
  /** The report, once there is one; its shape is the exports stage's. */
  summary: unknown;
  /** What stopped it; stays when it was released. */
  brake: Brake | undefined;
  release: Release | undefined;
}

export type NewRun = Pick<Run, 'id' | 'export' | 'kind' | 'requestedBy' | 'createdAt'> & {
  summary?: unknown;
};

/** Fields that a step may set; absent ones stay. A summary or brake of null is taken away. */
export interface RunChanges {
  startedAt?: Date;
  finishedAt?: Date;
  summary?: unknown;
  brake?: Brake | null;
  release?: Release;
}

/** Adds a planned run. An id that is there already rejects. */
export async function insertRun(db: Database, run: NewRun): Promise<Run> {
  const row = await db
    .insertInto('run')
    .values({
      id: run.id,
      export: run.export,
      kind: run.kind,
      status: 'planned' satisfies RunStatus,
      requested_by: run.requestedBy,
      created_at: run.createdAt,
      summary: jsonOrNull(run.summary),
    })
    .returningAll()
    .executeTakeFirstOrThrow();
  return toRun(row);
}

export async function findRun(db: Database, id: RunId): Promise<Run | undefined> {
  const row = await db.selectFrom('run').selectAll().where('id', '=', id).executeTakeFirst();
  return row === undefined ? undefined : toRun(row);
}

/** The newest runs first. */
export async function listRuns(
  db: Database,
  filter: { export?: ExportId; status?: readonly RunStatus[]; limit?: number } = {},
): Promise<Run[]> {
  let query = db.selectFrom('run').selectAll();
  if (filter.export !== undefined) query = query.where('export', '=', filter.export);
  if (filter.status !== undefined) query = query.where('status', 'in', [...filter.status]);
  const rows = await query
    .orderBy('created_at', 'desc')
    .orderBy('id', 'desc')
    .limit(filter.limit ?? 100)
    .execute();
  return rows.map(toRun);
}

/**
 * Moves a run to `to` if it stands at one of `from`, and sets `changes` with it, in one statement: of two who
 * try at once, one gets the run and the other undefined. So a stored plan is applied once.
 */
export async function moveRun(
  db: Database,
  id: RunId,
  from: readonly RunStatus[],
  to: RunStatus,
  changes: RunChanges = {},
): Promise<Run | undefined> {
  const row = await db
    .updateTable('run')
    .set({ status: to, ...columnsOf(changes) })
    .where('id', '=', id)
    .where('status', 'in', [...from])
    .returningAll()
    .executeTakeFirst();
  return row === undefined ? undefined : toRun(row);
}

function columnsOf(changes: RunChanges): Updateable<Tables['run']> {
  const columns: Updateable<Tables['run']> = {};
  if (changes.startedAt !== undefined) columns.started_at = changes.startedAt;
  if (changes.finishedAt !== undefined) columns.finished_at = changes.finishedAt;
  if (changes.summary !== undefined) columns.summary = jsonOrNull(changes.summary);
  if (changes.brake !== undefined) columns.brake = jsonOrNull(changes.brake);
  if (changes.release !== undefined) {
    columns.released_by = changes.release.by;
    columns.release_reason = changes.release.reason;
    columns.released_at = changes.release.at;
  }
  return columns;
}

// Kysely and both drivers would send an object as they like; a document goes as its text, absent as NULL.
function jsonOrNull(value: unknown): string | null {
  return value === undefined || value === null ? null : JSON.stringify(value);
}

function toRun(row: Selectable<Tables['run']>): Run {
  return {
    id: row.id as RunId,
    export: row.export as ExportId,
    kind: row.kind as Run['kind'],
    status: row.status as RunStatus,
    requestedBy: row.requested_by,
    createdAt: row.created_at,
    startedAt: row.started_at ?? undefined,
    finishedAt: row.finished_at ?? undefined,
    summary: row.summary ?? undefined,
    brake: (row.brake as Brake | null) ?? undefined,
    release:
      row.released_by === null || row.released_at === null
        ? undefined
        : { by: row.released_by, reason: row.release_reason ?? '', at: row.released_at },
  };
}
