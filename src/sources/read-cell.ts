import type { Dialect } from '../engine/dialect.ts';
import type { ColumnType } from '../engine/engine.ts';
import { sql, type Sql } from '../engine/sql.ts';
import type { DeclaredColumn } from './source-config.ts';
import { parseTimePattern } from './time-format.ts';

/** A typed value, or NULL where the cell is blank or does not fit. */
export function readCell(dialect: Dialect, cell: Sql, column: DeclaredColumn): Sql {
  const text = trimmed(cell);
  switch (column.type) {
    case 'text':
      return cell;
    case 'integer': {
      // Past 15 digits a number of JavaScript or JSON is not the same number any more.
      if ((column.format ?? 'plain') === 'plain') {
        return sql`CASE WHEN ${dialect.matches(text, '^[+-]?[0-9]{1,15}([.]0*)?$')} THEN ${dialect.tryCast(text, 'integer')} END`;
      }
      const number = readNumber(dialect, text, column.format ?? 'plain');
      return sql`CASE WHEN ${number} = trunc(${number}) AND abs(${number}) < 1e15
        THEN ${dialect.tryCast(number, 'integer')} END`;
    }
    case 'number':
      return readNumber(dialect, text, column.format ?? 'plain');
    case 'boolean': {
      const [yes, no] = (column.format ?? 'true/false').toLowerCase().split('/') as [string, string];
      return sql`CASE lower(${text}) WHEN ${yes} THEN true WHEN ${no} THEN false END`;
    }
    case 'date':
      return dialect.tryCast(readTime(dialect, text, column.format, isoDate), 'date');
    case 'time':
      return readTime(dialect, text, column.format, isoTime);
    default:
      throw new Error(`no such declared type: ${String(column satisfies never)}`);
  }
}

/** A cell that is known to be of the type, or blank. */
export function castCell(dialect: Dialect, cell: Sql, type: Exclude<ColumnType, 'texts'>): Sql {
  if (type === 'text') return cell;
  return type === 'time' ? dialect.instant(trimmed(cell)) : dialect.tryCast(trimmed(cell), type);
}

/** Whether the cell holds something that is not of the declared type. */
export function misfits(dialect: Dialect, cell: Sql, column: DeclaredColumn): Sql {
  if (column.type === 'text') return sql`false`;
  // Never NULL, as both this and its opposite choose rows.
  return sql`(coalesce(${trimmed(cell)}, '') <> '' AND ${readCell(dialect, cell, column)} IS NULL)`;
}

/** Why a cell does not fit, for the report of rejected rows; says what was expected, not what was there. */
export function misfitReason(column: DeclaredColumn): string {
  const format = 'format' in column && column.format !== undefined ? ` (${column.format})` : '';
  const article = column.type === 'integer' ? 'an' : 'a';
  return `not ${article} ${column.type}${format}`;
}

/** The cell without blanks around it; no-break spaces are blanks to whoever typed them. */
export function trimmed(cell: Sql): Sql {
  return sql`trim(${cell}, ${' \t\r\n\u00a0'})`;
}

export const isoDate = '^[0-9]{4}-[0-9]{2}-[0-9]{2}$';
export const isoTime =
  '^[0-9]{4}-[0-9]{2}-[0-9]{2}([T ][0-9]{2}:[0-9]{2}(:[0-9]{2}([.][0-9]{1,9})?(Z|[+-][0-9]{2}(:?[0-9]{2})?)?)?)?$';

function readTime(dialect: Dialect, text: Sql, format: string | undefined, iso: string): Sql {
  if (format === undefined) {
    return sql`CASE WHEN ${dialect.matches(text, iso)} THEN ${dialect.instant(text)} END`;
  }
  const { strptime, regex } = parseTimePattern(format);
  return sql`CASE WHEN ${dialect.matches(text, regex)} THEN ${dialect.parseTime(text, strptime)} END`;
}

const currency = '([A-Za-z]{0,3}[\\p{Sc}]|[A-Za-z]{1,3})';

/** The whole of a sum: sign or brackets, currency on either side, thousands in groups. */
function sum(group: string, point: string): string {
  const digits = `([0-9]{1,3}(${group}[0-9]{3})+|[0-9]+)(${point}[0-9]+)?`;
  return `^(\\(${currency}? *${digits} *${currency}?\\)|[+-]?${currency}? *[+-]?${digits}[ \\x{00a0}]*${currency}?)$`;
}

function readNumber(dialect: Dialect, text: Sql, format: 'plain' | 'money' | 'money-comma'): Sql {
  switch (format) {
    case 'plain':
      return sql`CASE WHEN ${dialect.matches(text, '^[+-]?([0-9]+([.][0-9]*)?|[.][0-9]+)([eE][+-]?[0-9]{1,2})?$')}
        THEN ${dialect.tryCast(text, 'number')} END`;
    case 'money':
      return readSum(dialect, text, sum('[, \\x{00a0}]', '[.]'), dialect.remove(text, '[^0-9.+-]'));
    case 'money-comma':
      return readSum(
        dialect,
        text,
        sum('[. \\x{00a0}]', ','),
        sql`replace(${dialect.remove(text, '[^0-9,+-]')}, ',', '.')`,
      );
    default:
      throw new Error(`no such number format: ${String(format satisfies never)}`);
  }
}

// Books write a negative sum in brackets.
function readSum(dialect: Dialect, text: Sql, pattern: string, digits: Sql): Sql {
  const value = dialect.tryCast(digits, 'number');
  return sql`CASE WHEN ${dialect.matches(text, pattern)}
    THEN CASE WHEN ${text} LIKE '(%' THEN -(${value}) ELSE ${value} END END`;
}
