import type { ColumnType } from './engine.ts';
import type { Sql } from './sql.ts';

/** What differs between engines. Everything else in this project's SQL is common to all of them. */
export interface Dialect {
  quoteName(name: string): string;
  /** The engine's name of a column type, as SQL text. */
  typeName(type: ColumnType): string;
  /** `value` as `type`, or NULL where it does not fit. */
  tryCast(value: Sql, type: ColumnType): Sql;
  /** The text under `key` of a JSON object held as text; NULL where absent. */
  jsonText(json: Sql, key: string): Sql;
  /** A JSON object as text with these members; missing values are left out. */
  jsonObject(members: readonly { key: string; value: Sql }[]): Sql;
  /** Whether `value` matches `pattern` (RE2 syntax) somewhere. */
  matches(value: Sql, pattern: string): Sql;
  /** The trimmed, lower-case form under which Mailchimp knows an address. */
  foldAddress(address: Sql): Sql;
}
