import type { Dialect } from '../engine/dialect.ts';
import { sql, type Sql } from '../engine/sql.ts';
import type { PlannedAttribute } from './unify-plan.ts';

const blanks = ' \t\r\n';

/** `value`, or NULL where it is nothing but blanks. */
export function unlessBlank(value: Sql, type: PlannedAttribute['type']): Sql {
  return type === 'text' ? sql`CASE WHEN trim(${value}, ${blanks}) <> '' THEN ${value} END` : value;
}

/**
 * The form in which values are compared, NULL for one that agrees with nothing. Text loses outer blanks and
 * upper case. An address is folded as Mailchimp folds it, and only counts with something on both sides of
 * exactly one "@" and no blank inside: else "n/a" or "none@" would glue strangers together.
 */
export function comparable(dialect: Dialect, value: Sql, attribute: PlannedAttribute): Sql {
  if (attribute.isEmail) return address(dialect, sql`CAST(${value} AS ${rawText(dialect)})`);
  return attribute.type === 'text' ? sql`lower(trim(${value}, ${blanks}))` : value;
}

/** The folded form of an address, NULL for what cannot be one. */
export function address(dialect: Dialect, value: Sql): Sql {
  const folded = dialect.foldAddress(value);
  return sql`CASE WHEN ${dialect.matches(folded, '^[^@\\s]+@[^@\\s]+$')} THEN ${folded} END`;
}

function rawText(dialect: Dialect): Sql {
  return { nodes: [{ text: dialect.typeName('text') }] };
}
