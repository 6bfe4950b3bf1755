import type { AppendRows, Cell, ColumnType } from '../engine.ts';
import { join, name, sql, type Sql, type SqlValue } from '../sql.ts';
import { duckdbTypeNames } from './duckdb-types.ts';

/** What one statement carries at most: some megabytes of text in the process and as much in the engine. */
const rowsPerStatement = 10_000;

/**
 * Statements that append rows to a table. All cells of one go over as a single bound text, JSON by column, and a column
 * that says the same in each row as one value: DuckDB's appender takes a call into native code for each cell, which
 * costs the main thread several times as much.
 */
export function appendStatements({ into, columns, rows }: AppendRows): Sql[] {
  const statements: Sql[] = [];
  for (let from = 0; from < rows.length; from += rowsPerStatement) {
    const part = rows.slice(from, from + rowsPerStatement);
    const cells: Record<string, unknown[]> = {};
    const structure: Record<string, unknown> = {};
    const values = columns.map(({ type }, index) => {
      const same = index > 0 ? sameInAll(part, index) : undefined;
      if (same !== undefined) return decoded(type, constant(type, same));
      const key = `c${index}`;
      cells[key] = part.map((row) => encoded(type, row[index]));
      structure[key] = [wireTypes[type]];
      return decoded(type, sql`unnest(part.${name(key)})`);
    });
    statements.push(sql`INSERT INTO ${name(into.schema, into.table)} (${join(columns.map((column) => name(column.name)))})
      SELECT ${join(values)} FROM (
        SELECT from_json(cells, ${raw(`'${JSON.stringify(structure)}'`)}) AS part FROM (${onceRead(jsonText(cells))}))`);
  }
  return statements;
}

/** The cell of a column that is the same in all rows, or undefined; the first column, which counts the rows, never is. */
function sameInAll(rows: readonly (readonly Cell[])[], index: number): Cell | undefined {
  const first = rows[0]?.[index] ?? null;
  return rows.every((row) => (row[index] ?? null) === first) ? first : undefined;
}

function constant(type: ColumnType, cell: Cell): Sql {
  const value = encoded(type, cell) as SqlValue;
  return sql`${value}::${raw(String(wireTypes[type]))}`;
}

function encoded(type: ColumnType, cell: Cell | undefined): unknown {
  return cell === null || cell === undefined ? null : encoders[type](cell);
}

/**
 * The value as a column `cells` of one row. A plain bound value is a constant to the planner, which then reads the
 * whole text anew in each of its passes over the statement.
 */
const onceRead = (text: string): Sql => sql`SELECT unnest([${text}]) AS cells`;

/** How a column travels. Times go as numbers: read from text, an offset would be dropped without a word. */
const wireTypes: Readonly<Record<ColumnType, string | [string]>> = {
  text: duckdbTypeNames.text,
  integer: duckdbTypeNames.integer,
  number: duckdbTypeNames.number,
  boolean: duckdbTypeNames.boolean,
  date: 'INTEGER', // days since 1970
  time: 'BIGINT', // milliseconds since 1970
  texts: [duckdbTypeNames.text],
};

function decoded(type: ColumnType, value: Sql): Sql {
  switch (type) {
    case 'date':
      return sql`DATE '1970-01-01' + ${value}`;
    case 'time':
      return sql`make_timestamp(${value} * 1000)`;
    case 'text':
    case 'integer':
    case 'number':
    case 'boolean':
    case 'texts':
      return value;
    default:
      throw new Error(`no such column type: ${String(type satisfies never)}`);
  }
}

/** What JSON cannot carry, or what would be read as NULL there, must fail or be spelled here. */
const encoders: Readonly<Record<ColumnType, (cell: NonNullable<Cell>) => unknown>> = {
  text: String,
  integer: (cell) => wholeNumber(Number(cell)),
  number(cell) {
    const number = Number(cell);
    return Number.isFinite(number) ? number : String(number);
  },
  boolean: Boolean,
  date: (cell) => Math.floor(instant(cell) / 86_400_000),
  time: instant,
  texts: (cell) => cell,
};

function wholeNumber(number: number): number {
  if (Number.isInteger(number) && Math.abs(number) < 2 ** 63) return number;
  throw new RangeError('a cell of a column of whole numbers holds none');
}

function instant(cell: NonNullable<Cell>): number {
  const time = Date.parse(String(cell));
  if (Number.isNaN(time)) throw new RangeError('a cell of a column of dates or times holds none');
  return time;
}

/** JSON without halves of surrogate pairs, which DuckDB refuses: they become U+FFFD, as in any UTF-8. */
function jsonText(cells: Readonly<Record<string, unknown[]>>): string {
  const text = JSON.stringify(cells);
  // JSON.stringify escapes halves and nothing else of that range; a text may spell such an escape, too.
  if (!/\\ud[89a-f]/.test(text)) return text;
  return JSON.stringify(cells, (_key, value: unknown) =>
    typeof value === 'string' ? value.toWellFormed() : value,
  );
}

const raw = (text: string): Sql => ({ nodes: [{ text }] });
