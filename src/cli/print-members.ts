import { stringify } from 'csv-stringify/sync';
import type { Column, Row } from '../engine/engine.ts';
import { neutraliseFormula } from '../segments/neutralise-formula.ts';
import type { Shell } from './shell.ts';

/** The members of a segment as they come: CSV, JSON, or a line each. */
export async function printMembers(
  shell: Shell,
  members: { attributes: readonly Column[]; pages: AsyncIterable<Row[]> },
  csv: boolean,
): Promise<void> {
  const columns = ['customer_id', ...members.attributes.map((attribute) => attribute.name)];
  if (shell.json) {
    await shell.printPage('{"members":[');
    let first = true;
    for await (const page of members.pages) {
      const text = page.map((row) => JSON.stringify(row)).join(',');
      await shell.printPage(first ? text : `,${text}`);
      first = false;
    }
    await shell.printPage(']}\n');
    return;
  }
  const delimiter = csv ? ',' : '\t';
  await shell.printPage(stringify([columns], { delimiter }));
  for await (const page of members.pages) {
    const rows = page.map((row) => columns.map((column) => safe(row[column])));
    await shell.printPage(stringify(rows, { delimiter }));
  }
}

function safe(cell: Row[string] | undefined): string {
  if (cell === null || cell === undefined) return '';
  return neutraliseFormula(Array.isArray(cell) ? cell.join(', ') : String(cell));
}
