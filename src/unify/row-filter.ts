import { inputError } from '../base/errors.ts';
import type { Dialect } from '../engine/dialect.ts';
import type { Column } from '../engine/engine.ts';
import { join, name, sql, type Sql } from '../engine/sql.ts';

type Value = string | number | boolean | null;

/** Which rows of a source are read: those that have, in every column named, one of the values. */
export type RowFilter = readonly ColumnFilter[];

interface ColumnFilter {
  column: Column;
  /** null: a blank fits. */
  values: readonly Value[];
}

/** Error: `unify_where_type` where a column can never hold what is asked for. */
export function checkFilter(column: Column, values: readonly Value[], path: string): ColumnFilter {
  for (const value of values) {
    if (value !== null && !canHold(column, value)) {
      throw inputError(
        'unify_where_type',
        `The column "${column.name}" holds ${column.type}, which never equals a ${typeof value} (${path}).`,
        column.type === 'text' ? 'Quote the value.' : `Give a value of the type ${column.type}.`,
      );
    }
  }
  return { column, values };
}

function canHold({ type }: Column, value: Exclude<Value, null>): boolean {
  switch (type) {
    case 'text':
    case 'texts':
      return typeof value === 'string';
    case 'integer':
    case 'number':
      return typeof value === 'number';
    case 'boolean':
      return typeof value === 'boolean';
    case 'date':
    case 'time':
      return typeof value === 'string' && !Number.isNaN(Date.parse(value));
    default:
      throw new Error(`no such column type: ${String(type satisfies never)}`);
  }
}

/** The condition on a row of the source; outer blanks and upper case of text do not matter. */
export function filterSql(dialect: Dialect, filter: RowFilter): Sql {
  if (filter.length === 0) return sql`true`;
  return join(
    filter.map(({ column, values }) => {
      const cell = name(column.name);
      const fits = values.map((value) => {
        if (value === null)
          return column.type === 'text' ? sql`coalesce(trim(${cell}), '') = ''` : sql`${cell} IS NULL`;
        if (column.type === 'text') return sql`lower(trim(${cell})) = lower(trim(${String(value)}))`;
        // Cast from text, so that a date is compared with a date and not with its text.
        return sql`${cell} = ${dialect.tryCast(sql`${String(value)}`, column.type)}`;
      });
      return sql`(${join(fits, ' OR ')})`;
    }),
    ' AND ',
  );
}
