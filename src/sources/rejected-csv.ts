import { stringify } from 'csv-stringify/sync';
import type { SourceId } from '../base/ids.ts';
import { neutraliseFormula } from '../base/neutralise-formula.ts';
import type { Engine } from '../engine/engine.ts';
import { sql } from '../engine/sql.ts';
import { tableRef } from '../engine/table.ts';
import { prepareSourceTables, rejectTable } from './loaded-source.ts';

const columns = ['file', 'line', 'column', 'reason', 'raw'] as const;

/**
 * The rejected rows of a source as CSV text, header first, safe to open in a spreadsheet. `raw` is what stood in the
 * file: people's data, for whoever has to correct it.
 */
export async function* rejectedCsv(engine: Engine, id: SourceId): AsyncIterable<string> {
  await prepareSourceTables(engine);
  yield stringify([[...columns]]);
  const pages = engine.pages<Record<(typeof columns)[number], string | number | null>>(
    sql`SELECT file, line, column_name AS "column", reason, raw FROM ${tableRef(rejectTable)}
      WHERE source = ${id} ORDER BY file, line`,
  );
  for await (const page of pages) {
    yield stringify(page.map((row) => columns.map((column) => neutraliseFormula(String(row[column] ?? '')))));
  }
}
