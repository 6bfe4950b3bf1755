import type { Column, Engine, TableName } from '../engine/engine.ts';
import { sql } from '../engine/sql.ts';
import { createTable } from '../engine/table.ts';
import { tablesIn } from '../engine/tables-in.ts';

export const suppressionSchema = 'suppression';

interface SuppressionTable extends TableName {
  columns: readonly Column[];
}

const text = (name: string): Column => ({ name, type: 'text' });
const time = (name: string): Column => ({ name, type: 'time' });

/** Keyed digests of everything an erased person is known by: no address, no key, nothing to read back. */
export const entryTable: SuppressionTable = {
  schema: suppressionSchema,
  table: 'entry',
  columns: [
    text('digest'), // HMAC-SHA-256, hexadecimal
    text('kind'), // address | record | reference
    text('erasure'),
    text('key_id'),
    { name: 'active', type: 'boolean' }, // false: lifted
    time('at'),
  ],
};

/** The receipts. `work` is what an erasure under way has still to know, sealed; NULL once it is done. */
export const erasureTable: SuppressionTable = {
  schema: suppressionSchema,
  table: 'erasure',
  columns: [text('erasure'), time('at'), text('body'), text('work'), text('work_key')],
};

/** Makes what is missing; safe to call at each start. */
export async function ensureSuppressionTables(engine: Engine): Promise<void> {
  const known = await tablesIn(engine, suppressionSchema);
  const missing = [entryTable, erasureTable].filter((each) => !known.has(each.table));
  if (missing.length === 0) return;
  await engine.commit([
    sql`CREATE SCHEMA IF NOT EXISTS suppression`,
    ...missing.map((each) => createTable(engine.dialect, each, each.columns)),
  ]);
}
