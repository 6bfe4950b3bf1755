import type { SourceId } from '../base/ids.ts';
import type { Dialect } from '../engine/dialect.ts';
import type { Column } from '../engine/engine.ts';
import { name, sql, type Sql } from '../engine/sql.ts';

/** A column of a source. */
export interface ColumnPlace {
  source: SourceId;
  column: string;
}

/** What tells whose rows are whose, beside the keys of records. */
export interface RowLinks {
  /** The columns that hold e-mail addresses, by source. */
  addressColumns: ReadonlyMap<SourceId, readonly string[]>;
  /** Relationships: rows of `from` belong to the row of `to` that has the same value. */
  pointers: readonly { from: ColumnPlace; to: ColumnPlace }[];
}

/** A reference as the suppression list knows it. */
export function placeText({ source, column }: ColumnPlace): string {
  return `${source}.${column}`;
}

/** The address columns of a source that it really has: those that are mapped, and those that look like some. */
export function addressColumnsOf(
  { addressColumns }: RowLinks,
  source: SourceId,
  columns: readonly (Column & { semantic?: string })[],
): string[] {
  const mapped = addressColumns.get(source) ?? [];
  return columns
    .filter((column) => mapped.includes(column.name) || column.semantic === 'email')
    .map((column) => column.name);
}

/** A cell as text, the same for equal values of any type; NULL for what points nowhere. */
export function pointingText(dialect: Dialect, { name: column, type }: Column): Sql {
  const cell = name(column);
  const number = type === 'number' || type === 'integer';
  const text = number ? dialect.numberText(cell) : asText(dialect, cell);
  return sql`nullif(${dialect.trimBlanks(text)}, '')`;
}

/** A cell as a folded address. */
export function foldedCell(dialect: Dialect, column: string): Sql {
  return dialect.foldAddress(asText(dialect, name(column)));
}

function asText(dialect: Dialect, value: Sql): Sql {
  const type: Sql = { nodes: [{ text: dialect.typeName('text') }] };
  return sql`CAST(${value} AS ${type})`;
}
