import { sql } from 'kysely';
import { PostriderError } from '../base/errors.ts';
import type { Database, Tables } from './tables.ts';

/**
 * What a backup holds of the store, in the order in which it goes in again. What lets somebody in for a moment is no
 * part of it: sessions, links and the waits of who guessed begin anew.
 */
const carried = [
  'app_user',
  'api_token',
  'audit',
  'connection_secret',
  'export_state',
  'kept_key',
  'run',
  'task',
  'workspace_item',
  'alert_channel',
] as const satisfies readonly (keyof Tables)[];

/** A table's name and a row of it, as PostgreSQL writes it in JSON. */
export interface StoreLine {
  table: (typeof carried)[number];
  row: unknown;
}

// In the order in which they lie, which stays while the transaction does.
const rowsAtOnce = 500;

/** Every row, of one moment. */
export async function readStoreLines(
  db: Database,
  take: (lines: readonly StoreLine[]) => Promise<void>,
): Promise<void> {
  await db
    .transaction()
    .setIsolationLevel('repeatable read')
    .execute(async (transaction) => {
      for (const table of carried) {
        // By its place in the table, where each page goes on: an offset would sort all rows anew for each of them.
        for (let last = '(0,0)'; ;) {
          const { rows } = await sql<{ row: unknown; at: string }>`
            select row_to_json(t) as row, t.ctid::text as at from ${sql.table(table)} as t
            where t.ctid > ${last}::tid order by t.ctid limit ${rowsAtOnce}
          `.execute(transaction);
          await take(rows.map(({ row }) => ({ table, row })));
          last = rows.at(-1)?.at ?? last;
          if (rows.length < rowsAtOnce) break;
        }
      }
    });
}

/** @throws `conflict` / `database_not_empty`, since what is there would be mixed with what was */
export async function refuseFilledStore(db: Database): Promise<void> {
  for (const table of ['app_user', 'workspace_item', 'run', 'audit'] as const) {
    const found = await db
      .selectFrom(table)
      .select(sql<number>`1`.as('n'))
      .limit(1)
      .executeTakeFirst();
    if (found === undefined) continue;
    throw new PostriderError({
      kind: 'conflict',
      code: 'database_not_empty',
      message: 'The database that DATABASE_URL names holds an installation already.',
      hint: 'Make an empty database, and set DATABASE_URL to it; the other one stays as it is.',
    });
  }
}

/** Puts rows into tables that are empty. */
export async function putStoreLines(db: Database, lines: readonly StoreLine[]): Promise<void> {
  for (const [table, ofTable] of Map.groupBy(lines, (line) => line.table)) {
    if (!carried.includes(table)) throw new Error(`no such table: ${table}`);
    const rows = JSON.stringify(ofTable.map(({ row }) => row));
    // The audit keeps its numbers.
    await sql`
      insert into ${sql.table(table)} overriding system value
      select * from json_populate_recordset(null::${sql.table(table)}, ${rows}::json)
    `.execute(db);
  }
}

/** After the last row: nothing that was under way is begun by itself, and no time that passed is caught up. */
export async function settleRestored(db: Database, now: Date): Promise<void> {
  await sql`
    select setval(pg_get_serial_sequence('audit', 'id'), (select coalesce(max(id), 0) + 1 from audit), false)
  `.execute(db);
  await db
    .updateTable('task')
    .set({ status: 'cancelled', finished_at: now })
    .where('finished_at', 'is', null)
    .execute();
}
