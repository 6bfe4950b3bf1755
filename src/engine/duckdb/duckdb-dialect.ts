import type { Dialect } from '../dialect.ts';
import type { ColumnType } from '../engine.ts';
import { join, sql, type Sql } from '../sql.ts';
import { columnTypeOf, duckdbFileRows } from './duckdb-files.ts';
import { duckdbTypeNames } from './duckdb-types.ts';

// What JavaScript's trim() takes away: both sides must fold an address alike, and people paste no-break spaces.
const blanks = ' \t\r\n\v\f\u00a0\u1680\u2028\u2029\u202f\u205f\u3000\ufeff';

export const duckdbDialect: Dialect = {
  quoteName: (name) => `"${name.replaceAll('"', '""')}"`,
  typeName: (type) => duckdbTypeNames[type],
  tryCast: (value, type) => sql`try_cast(${value} AS ${rawType(type)})`,
  jsonText: (json, key) => sql`json_extract_string(${json}, ${jsonPointer(key)})`,
  jsonObject(members) {
    if (members.length === 0) return sql`'{}'`;
    // json_merge_patch drops members that are null (RFC 7396), json_object alone would keep them.
    const pairs = join(members.map(({ key, value }) => sql`${key}::VARCHAR, ${value}`));
    return sql`json_merge_patch('{}', json_object(${pairs}))::VARCHAR`;
  },
  jsonMerge: (base, over) => sql`json_merge_patch(${base}, ${over})::VARCHAR`,
  matches: (value, pattern) => sql`regexp_matches(${value}, ${pattern})`,
  textHolds(text, part, place) {
    switch (place) {
      case 'anywhere':
        return sql`contains(${text}, ${part})`;
      case 'start':
        return sql`starts_with(${text}, ${part})`;
      case 'end':
        return sql`ends_with(${text}, ${part})`;
      default:
        throw new Error(`no such place: ${String(place satisfies never)}`);
    }
  },
  foldCase: (text) => sql`lower(${text})`,
  localDate: (time, timeZone) => sql`CAST(timezone(${timeZone}, timezone('UTC', ${time})) AS DATE)`,
  datePart(date, part) {
    switch (part) {
      case 'month':
        return sql`month(${date})`;
      case 'day':
        return sql`day(${date})`;
      case 'weekday':
        return sql`isodow(${date})`;
      default:
        throw new Error(`no such part: ${String(part satisfies never)}`);
    }
  },
  trimBlanks: (value) => sql`trim(${value}, ${blanks})`,
  foldAddress: (address) => sql`lower(trim(${address}, ${blanks}))`,
  digest: (value, algorithm) => (algorithm === 'md5' ? sql`md5(${value})` : sql`sha256(${value})`),
  textsWhere(items) {
    if (items.length === 0) return sql`[]::VARCHAR[]`;
    const entries = join(items.map(({ when, text }) => sql`CASE WHEN ${when} THEN ${text}::VARCHAR END`));
    return sql`list_filter([${entries}], lambda entry: entry IS NOT NULL)`;
  },
  // A DOUBLE prints as 5.0; integers of any size that a double holds exactly print through HUGEINT.
  numberText: (value) =>
    sql`CASE WHEN ${value} = trunc(${value}) AND abs(${value}) < 1e18
      THEN (${value})::HUGEINT::VARCHAR ELSE (${value})::VARCHAR END`,
  monthAndDay: (value) => sql`strftime(${value}, '%m/%d')`,
  fileRows: duckdbFileRows,
  columnType: columnTypeOf,
  // A cast to TIMESTAMP drops an offset without a word; one to TIMESTAMPTZ takes a text without offset as local.
  instant: (text) => sql`CASE WHEN regexp_matches(${text}, ':.*[+-][0-9:]{2,5}$')
    THEN timezone('UTC', try_cast(${text} AS TIMESTAMPTZ)) ELSE try_cast(${text} AS TIMESTAMP) END`,
  parseTime: (text, pattern) => sql`try_strptime(${text}, ${pattern})`,
  remove: (text, pattern) => sql`regexp_replace(${text}, ${pattern}, '', 'g')`,
  // CASE, as AND evaluates both sides and json_type throws on what is no JSON.
  isJsonObject: (text) =>
    sql`CASE WHEN json_valid(${text}) THEN json_type(${text}) = 'OBJECT' ELSE false END`,
  jsonKeys: (json) => sql`json_keys(${json})`,
  jsonKind: (json, key) => sql`CASE json_type(${json}, ${jsonPointer(key)}) WHEN 'VARCHAR' THEN 'text'
    WHEN 'BIGINT' THEN 'integer' WHEN 'UBIGINT' THEN 'integer' WHEN 'DOUBLE' THEN 'number'
    WHEN 'BOOLEAN' THEN 'boolean' WHEN 'ARRAY' THEN 'other' WHEN 'OBJECT' THEN 'other' END`,
};

// '$."KEY"' would need quoting of its own; the pointer form takes any key once ~ and / are escaped.
function jsonPointer(key: string): string {
  return `/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`;
}

function rawType(type: ColumnType): Sql {
  return { nodes: [{ text: duckdbTypeNames[type] }] };
}
