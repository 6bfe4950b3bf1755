import type { Dialect } from '../engine/dialect.ts';
import type { Sql } from '../engine/sql.ts';

/** The form in which people look for texts: upper case, lower case and accents do not matter. */
export function searchForm(dialect: Dialect, text: Sql): Sql {
  return dialect.foldCase(dialect.stripAccents(text));
}
