import { z } from 'zod';
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
        hintFor(column),
      );
    }
  }
  return { column, values };
}

function canHold({ type }: Column, value: Exclude<Value, null>): boolean {
  switch (type) {
    case 'text':
      return typeof value === 'string';
    case 'texts':
      return false;
    case 'integer':
      return Number.isInteger(value);
    case 'number':
      return typeof value === 'number';
    case 'boolean':
      return typeof value === 'boolean';
    // The engine must read them too: one that it does not would fit no row, and everybody of the source would be gone.
    case 'date':
      return day.safeParse(value).success;
    case 'time':
      return day.safeParse(value).success || moment.safeParse(String(value).replace(' ', 'T')).success;
    default:
      throw new Error(`no such column type: ${String(type satisfies never)}`);
  }
}

const day = z.iso.date();
const moment = z.iso.datetime({ offset: true, local: true });

function hintFor({ type }: Column): string {
  switch (type) {
    case 'text':
      return 'Quote the value.';
    case 'texts':
      return 'Only null, for rows without any, can be asked for here.';
    case 'date':
      return 'Write the date as "2026-11-24".';
    case 'time':
      return 'Write the time as "2026-11-24T06:00:00Z", or the day alone.';
    default:
      return `Give a value of the type ${type}.`;
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
        // Read from text, so that a date is compared with a date and not with its text.
        const text = sql`${String(value)}`;
        return sql`${cell} = ${column.type === 'time' ? dialect.instant(text) : dialect.tryCast(text, column.type)}`;
      });
      return sql`(${join(fits, ' OR ')})`;
    }),
    ' AND ',
  );
}
