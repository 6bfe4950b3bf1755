import type { ExportId, RunId } from '../base/ids.ts';
import { pageOf, readTimeCursor, timeKey, type Page, type PageAsked } from '../base/page.ts';
import type { Database, Row } from './tables.ts';

/**
 * What lists of runs show. The engine knows the run itself and is right where the two differ, so headers are only
 * ever written from there: after each step, and again at every start.
 */
export interface RunHeader {
  id: RunId;
  export: ExportId;
  kind: 'run' | 'undo';
  /** planned, running, stopped, succeeded, failed or cancelled. */
  status: string;
  requestedBy: string;
  createdAt: Date;
  startedAt: Date | undefined;
  finishedAt: Date | undefined;
  /** What the list shows of it; its shape is the exports stage's. */
  summary: unknown;
  /** What stopped it; stays when it was released. */
  brake: { code: string; message: string } | undefined;
  release: { by: string; reason: string; at: Date } | undefined;
}

/** Writes headers, in place of those of the same ids. */
export async function saveRunHeaders(db: Database, headers: readonly RunHeader[]): Promise<void> {
  for (const header of headers) {
    const columns = {
      status: header.status,
      started_at: header.startedAt ?? null,
      finished_at: header.finishedAt ?? null,
      summary: jsonOrNull(header.summary),
      brake: jsonOrNull(header.brake),
      released_by: header.release?.by ?? null,
      release_reason: header.release?.reason ?? null,
      released_at: header.release?.at ?? null,
    };
    await db
      .insertInto('run')
      .values({
        id: header.id,
        export: header.export,
        kind: header.kind,
        requested_by: header.requestedBy,
        created_at: header.createdAt,
        ...columns,
      })
      .onConflict((conflict) => conflict.column('id').doUpdateSet(columns))
      .execute();
  }
}

/** The newest runs first. */
export async function listRunHeaders(
  db: Database,
  filter: { export?: ExportId; limit?: number } = {},
): Promise<RunHeader[]> {
  let query = db.selectFrom('run').selectAll();
  if (filter.export !== undefined) query = query.where('export', '=', filter.export);
  const rows = await query
    .orderBy('created_at', 'desc')
    .orderBy('id', 'desc')
    .limit(filter.limit ?? 100)
    .execute();
  return rows.map(toHeader);
}

/** The newest first, a page of them. */
export async function runHeaderPage(
  db: Database,
  { export: id, limit, cursor }: { export?: ExportId | undefined } & PageAsked,
): Promise<Page<RunHeader>> {
  const after = readTimeCursor(cursor);
  let query = db.selectFrom('run').selectAll();
  if (id !== undefined) query = query.where('export', '=', id);
  if (after !== undefined) {
    const { at, id: last } = after;
    query = query.where((where) =>
      where.or([
        where('created_at', '<', at),
        where.and([where('created_at', '=', at), where('id', '<', last)]),
      ]),
    );
  }
  const rows = await query
    .orderBy('created_at', 'desc')
    .orderBy('id', 'desc')
    .limit(limit + 1)
    .execute();
  return pageOf(rows.map(toHeader), limit, ({ createdAt: at, id: run }) => timeKey({ at, id: run }));
}

/** The newest run of each export. */
export async function lastRunHeaders(db: Database): Promise<RunHeader[]> {
  const rows = await db
    .selectFrom('run')
    .selectAll()
    .distinctOn('export')
    .orderBy('export')
    .orderBy('created_at', 'desc')
    .orderBy('id', 'desc')
    .execute();
  return rows.map(toHeader);
}

/** @returns undefined where there is no such run */
export async function findRunHeader(db: Database, id: string): Promise<RunHeader | undefined> {
  const row = await db.selectFrom('run').selectAll().where('id', '=', id).executeTakeFirst();
  return row === undefined ? undefined : toHeader(row);
}

// Kysely and both drivers would send an object as they like; a document goes as its text, absent as NULL.
function jsonOrNull(value: unknown): string | null {
  return value === undefined || value === null ? null : JSON.stringify(value);
}

function toHeader(row: Row<'run'>): RunHeader {
  return {
    id: row.id as RunId,
    export: row.export as ExportId,
    kind: row.kind as RunHeader['kind'],
    status: row.status,
    requestedBy: row.requested_by,
    createdAt: row.created_at,
    startedAt: row.started_at ?? undefined,
    finishedAt: row.finished_at ?? undefined,
    summary: row.summary ?? undefined,
    brake: (row.brake as RunHeader['brake'] | null) ?? undefined,
    release:
      row.released_by === null || row.released_at === null
        ? undefined
        : { by: row.released_by, reason: row.release_reason ?? '', at: row.released_at },
  };
}
