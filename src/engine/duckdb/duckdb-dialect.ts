import type { Dialect } from '../dialect.ts';
import type { ColumnType } from '../engine.ts';
import { join, sql, type Sql } from '../sql.ts';
import { columnTypeOf, duckdbFileRows } from './duckdb-files.ts';
import { duckdbTypeNames } from './duckdb-types.ts';

// What JavaScript's trim() takes away: both sides must fold an address alike, and people paste no-break spaces.
const blanks =
  ' \t\r\n\v\f\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000\ufeff';

export const duckdbDialect: Dialect = {
  quoteName: (name) => `"${name.replaceAll('"', '""')}"`,
  typeName: (type) => duckdbTypeNames[type],
  tryCast: (value, type) => sql`try_cast(${value} AS ${rawType(type)})`,
  jsonText: (json, key) => sql`json_extract_string(${json}, ${jsonPointer(key)})`,
  // The text is read once for all of them.
  jsonTexts: (json, keys) => sql`json_extract_string(${json}, ${keys.map(jsonPointer)})`,
  jsonObject(members) {
    if (members.length === 0) return sql`'{}'`;
    // json_merge_patch drops members that are null (RFC 7396), json_object alone would keep them.
    const pairs = join(members.map(({ key, value }) => sql`${key}::VARCHAR, ${value}`));
    return sql`json_merge_patch('{}', json_object(${pairs}))::VARCHAR`;
  },
  // Most merges are with nothing: those need not be read and written anew.
  jsonMerge: (base, over) =>
    sql`CASE WHEN ${over} = '{}' THEN ${base} ELSE json_merge_patch(${base}, ${over})::VARCHAR END`,
  // One aggregation feeds each row to all of its lists before the next, so they have one order, as long as none of them
  // asks for an order of its own: sorting rows of structs took longer than all else.
  jsonColumns(columns) {
    const arrays = columns.map(({ key, value, isJson = false }) => {
      const array = isJson
        ? sql`'[' || string_agg(coalesce(${value}, 'null'), ',') || ']'`
        : sql`to_json(list(${value}))::VARCHAR`;
      return sql`${`${JSON.stringify(key)}:`} || ${array}`;
    });
    return sql`'{' || ${join(arrays, " || ',' || ")} || '}'`;
  },
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
  atEdge: (
    edge,
    value,
    order,
  ) => sql`${edge === 'first' ? sql`arg_min` : sql`arg_max`}(${value}, row(${order}, ${value}))
    FILTER (WHERE ${order} IS NOT NULL AND ${value} IS NOT NULL)`,
  percentile: (value, share) => sql`quantile_disc(${value}, ${share}::DOUBLE)`,
  numberSet(numbers, when, size) {
    if (!Number.isSafeInteger(size) || size < 8 || size % 8 !== 0) throw new Error(`no such size: ${size}`);
    // The ends have to be constants.
    const last: Sql = { nodes: [{ text: String(size - 1) }] };
    return sql`to_base64((bitstring_agg(${numbers}, 0, ${last}) FILTER (WHERE ${when}))::BLOB)`;
  },
  tableIds: (
    schemas,
  ) => sql`(SELECT schema_name || '.' || table_name AS name, table_oid AS id FROM duckdb_tables()
    WHERE list_contains(${schemas}, schema_name))`,
  trimBlanks: (value) => sql`trim(${value}, ${blanks})`,
  foldAddress: (address) => sql`lower(trim(${address}, ${blanks}))`,
  digest: (value, algorithm) => (algorithm === 'md5' ? sql`md5(${value})` : sql`sha256(${value})`),
  keyedDigest(value, key) {
    const inner = sql`unhex(sha256(unhex(${paddedKey(key, 0x36)}) || encode(${value})))`;
    return sql`sha256(unhex(${paddedKey(key, 0x5c)}) || ${inner})`;
  },
  addressesIn: (text) => sql`regexp_extract_all(lower(${text}), ${addressPattern})`,
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
  replaceAll: (text, pattern, by) =>
    sql`regexp_replace(${text}, ${pattern}, ${by.replaceAll('\\', '\\\\')}, 'g')`,
  stripAccents: (text) => sql`strip_accents(${text})`,
  composed: (text) => sql`nfc_normalize(${text})`,
  similarity(by, one, other) {
    switch (by) {
      case 'jaroWinkler':
        return sql`jaro_winkler_similarity(${one}, ${other})`;
      case 'editDistance':
        // levenshtein counts bytes, so the lengths are in bytes too.
        return sql`1 - levenshtein(${one}, ${other}) / greatest(strlen(${one}), strlen(${other}), 1)`;
      case 'tokens': {
        const [left, right] = [one, other].map((text) => sql`list_distinct(string_split(${text}, ' '))`);
        return sql`2 * len(list_intersect(${left as Sql}, ${right as Sql})) / (len(${left as Sql}) + len(${right as Sql}))`;
      }
      default:
        throw new Error(`no such similarity: ${String(by satisfies never)}`);
    }
  },
  // CASE, as AND evaluates both sides and json_type throws on what is no JSON.
  isJsonObject: (text) =>
    sql`CASE WHEN json_valid(${text}) THEN json_type(${text}) = 'OBJECT' ELSE false END`,
  jsonKeys: (json) => sql`json_keys(${json})`,
  jsonKind: (json, key) => sql`CASE json_type(${json}, ${jsonPointer(key)}) WHEN 'VARCHAR' THEN 'text'
    WHEN 'BIGINT' THEN 'integer' WHEN 'UBIGINT' THEN 'integer' WHEN 'DOUBLE' THEN 'number'
    WHEN 'BOOLEAN' THEN 'boolean' WHEN 'ARRAY' THEN 'other' WHEN 'OBJECT' THEN 'other' END`,
};

// As text, as our SQL binds no bytes; the names are those of RFC 2104: a block of 64 bytes, 0x36 and 0x5c.
function paddedKey(key: Uint8Array, pad: number): string {
  if (key.length > 64) throw new Error('a key of more than 64 bytes would have to be hashed first');
  const block = new Uint8Array(64);
  block.set(key);
  return Buffer.from(block.map((byte) => byte ^ pad)).toString('hex');
}

// Up to what stands around an address in a line of a file: blanks of any kind (\s knows those of ASCII only), control
// characters, quotes, separators and brackets. The dot of a sentence's end is none of it.
const around = String.raw`\s\pZ\pC@,;:"'<>|()\[\]{}=`;
const addressPattern = `[^${around}]+@[^${around}]*[^${around}.]`;

// '$."KEY"' would need quoting of its own; the pointer form takes any key once ~ and / are escaped.
function jsonPointer(key: string): string {
  return `/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`;
}

function rawType(type: ColumnType): Sql {
  return { nodes: [{ text: duckdbTypeNames[type] }] };
}
