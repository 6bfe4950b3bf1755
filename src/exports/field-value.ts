import { inputError } from '../base/errors.ts';
import type { Dialect } from '../engine/dialect.ts';
import type { Column } from '../engine/engine.ts';
import { name, sql, type Sql } from '../engine/sql.ts';

/** The merge field types that take one value; an address takes several and is refused for now. */
export type MergeFieldType =
  | 'text'
  | 'number'
  | 'phone'
  | 'date'
  | 'url'
  | 'imageurl'
  | 'radio'
  | 'dropdown'
  | 'birthday'
  | 'zip'
  | 'address';

/** One profile attribute on its way into one merge field. */
export interface FieldMapping {
  tag: string;
  type: MergeFieldType;
  attribute: Column;
}

/**
 * The text to send for a profile's attribute: dates as `YYYY-MM-DD`, birthdays as `MM/DD`, numbers without a
 * trailing `.0`, Booleans as `true`/`false` (Mailchimp takes no others, FACTS §7); NULL where the profile
 * has none or where it is blank.
 * @param profile the alias of the profile table
 */
export function fieldValue(dialect: Dialect, field: FieldMapping, profile: Sql): Sql {
  const value = sql`${profile}.${name(field.attribute.name)}`;
  return sql`nullif(${dialect.trimBlanks(attributeText(dialect, field, value))}, '')`;
}

function attributeText(dialect: Dialect, field: FieldMapping, value: Sql): Sql {
  const { type } = field.attribute;
  const isDay = type === 'date' || type === 'time';
  if (field.type === 'birthday' && isDay) return dialect.monthAndDay(value);
  if (isDay && field.type === 'date') return sql`CAST(CAST(${value} AS DATE) AS VARCHAR)`;
  if (type === 'number') return dialect.numberText(value);
  if (type === 'texts') return sql`list_aggregate(${value}, 'string_agg', ', ')`;
  return sql`CAST(${value} AS VARCHAR)`;
}

/** Refuses a mapping that cannot be right for any person; `where` is its place in the workspace file. */
export function checkFieldMapping(field: FieldMapping, where: string): void {
  const { type } = field.attribute;
  const isDay = type === 'date' || type === 'time';
  if (field.type === 'address') {
    throw inputError(
      'merge_field_type',
      `${where}: ${field.tag} is an address field, which needs several attributes.`,
      'Map to a text field, for example CITY; address fields come in a later version.',
    );
  }
  const fits =
    (field.type !== 'number' || type === 'number' || type === 'integer') &&
    (field.type !== 'date' || isDay || type === 'text') &&
    (field.type !== 'birthday' || isDay || type === 'text');
  if (fits) return;
  throw inputError(
    'merge_field_type',
    `${where}: the ${type} attribute "${field.attribute.name}" cannot go into ${field.tag}, a ${field.type} field.`,
    `Choose an attribute of a fitting type, or declare the column's type in its source.`,
  );
}
