import type { ColumnSummary } from '../sources/column-summary.ts';
import { table } from './present-tables.ts';

const longest = 24;

/** What stands in the columns of a source, a line a column. */
export function presentColumns(rows: number, columns: readonly ColumnSummary[]): string {
  return table(
    [
      'column',
      'type',
      'meaning',
      'missing',
      'distinct',
      'least',
      'greatest',
      'most repeated',
      'in rows',
      'samples',
    ],
    columns.map((column) => {
      const [first] = column.mostRepeated;
      return [
        column.name,
        column.format === undefined ? column.type : `${column.type} ${column.format}`,
        column.semantic ?? '',
        share(column.missing, rows),
        column.distinct,
        shown(column.min),
        shown(column.max),
        first === undefined ? '' : shown(first.value),
        first === undefined ? '' : first.rows.toLocaleString('en-US'),
        column.samples.map(shown).join(', '),
      ];
    }),
  );
}

function share(count: number, of: number): string {
  if (count === 0) return '';
  const percent = (100 * count) / of;
  return percent < 1 ? '<1 %' : `${Math.floor(percent)} %`;
}

function shown(cell: ColumnSummary['min']): string {
  const text = cell === null ? '' : String(cell);
  const letters = Array.from(text);
  return letters.length > longest ? `${letters.slice(0, longest - 1).join('')}…` : text;
}
