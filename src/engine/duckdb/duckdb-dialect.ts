import type { Dialect } from '../dialect.ts';
import type { ColumnType } from '../engine.ts';
import { join, sql, type Sql } from '../sql.ts';

const typeNames: Record<ColumnType, string> = {
  text: 'VARCHAR',
  integer: 'BIGINT',
  number: 'DOUBLE',
  boolean: 'BOOLEAN',
  date: 'DATE',
  time: 'TIMESTAMP',
  texts: 'VARCHAR[]',
};

export const duckdbDialect: Dialect = {
  quoteName: (name) => `"${name.replaceAll('"', '""')}"`,
  typeName: (type) => typeNames[type],
  tryCast: (value, type) => sql`try_cast(${value} AS ${rawType(type)})`,
  // '$."KEY"' would need quoting of its own; the pointer form takes any key once ~ and / are escaped.
  jsonText: (json, key) =>
    sql`json_extract_string(${json}, ${`/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`})`,
  jsonObject(members) {
    if (members.length === 0) return sql`'{}'`;
    // json_merge_patch drops members that are null (RFC 7396), json_object alone would keep them.
    const pairs = join(members.map(({ key, value }) => sql`${key}::VARCHAR, ${value}`));
    return sql`json_merge_patch('{}', json_object(${pairs}))::VARCHAR`;
  },
  matches: (value, pattern) => sql`regexp_matches(${value}, ${pattern})`,
  foldAddress: (address) => sql`lower(trim(${address}, E' \t\r\n'))`,
};

function rawType(type: ColumnType): Sql {
  return { nodes: [{ text: typeNames[type] }] };
}
