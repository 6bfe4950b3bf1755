import type { Cell, Change, Engine, Row } from '../engine/engine.ts';
import { sql } from '../engine/sql.ts';
import { tableRef } from '../engine/table.ts';
import { ensureSuppressionTables, entryTable, erasureTable } from './suppression-tables.ts';

/** The list and the receipts of one data folder, for another state of it. */
export interface CarriedList {
  entries: Row[];
  erasures: Row[];
}

/** Reads list and receipts before a backup takes their place: it may be older than some of them. */
export async function readCarriedList(engine: Engine): Promise<CarriedList> {
  await ensureSuppressionTables(engine);
  return {
    entries: await engine.rows(sql`SELECT * FROM ${tableRef(entryTable)}`),
    erasures: await engine.rows(sql`SELECT * FROM ${tableRef(erasureTable)}`),
  };
}

/** Puts them into the restored state, over what it has of the same erasures. */
export async function putCarriedList(engine: Engine, { entries, erasures }: CarriedList): Promise<void> {
  await ensureSuppressionTables(engine);
  const ids = erasures.map((row) => String(row.erasure));
  await engine.commit(
    [
      { table: entryTable, rows: entries },
      { table: erasureTable, rows: erasures },
    ].flatMap(({ table, rows }): Change[] => [
      sql`DELETE FROM ${tableRef(table)} WHERE list_contains(${ids}, erasure)`,
      {
        into: table,
        columns: table.columns,
        rows: rows.map((row) => table.columns.map((column): Cell => row[column.name] ?? null)),
      },
    ]),
  );
}
