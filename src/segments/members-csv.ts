import { stringify } from 'csv-stringify/sync';
import type { Column, Row } from '../engine/engine.ts';
import { neutraliseFormula } from '../base/neutralise-formula.ts';

/** Members as CSV text, header first, safe to open in a spreadsheet. */
export async function* membersCsv(
  attributes: readonly Column[],
  pages: AsyncIterable<readonly Row[]>,
): AsyncIterable<string> {
  const columns = ['customer_id', ...attributes.map((attribute) => attribute.name)];
  yield stringify([columns]);
  for await (const page of pages) {
    yield stringify(page.map((row) => columns.map((column) => safe(row[column]))));
  }
}

function safe(cell: Row[string] | undefined): string {
  if (cell === null || cell === undefined) return '';
  return neutraliseFormula(Array.isArray(cell) ? cell.join(', ') : String(cell));
}
