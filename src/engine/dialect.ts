import type { DataFile } from './data-file.ts';
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
  /** The texts under several keys of a JSON object held as text, as a list with NULL where one is absent. */
  jsonTexts(json: Sql, keys: readonly string[]): Sql;
  /** A JSON object as text with these members; missing values are left out. */
  jsonObject(members: readonly { key: string; value: Sql }[]): Sql;
  /** Two JSON objects as text in one; the members of `over` win, and those that are null in it vanish. */
  jsonMerge(base: Sql, over: Sql): Sql;
  /**
   * An aggregate: all rows as one JSON object of arrays as text, an array for each column; NULL of no rows. The rows come
   * in no order, the same one in each array. For rows of which there are many: one long text leaves an engine far sooner
   * than many cells.
   * @param columns `isJson`: the value is JSON as text, and goes into the array as what it says
   */
  jsonColumns(columns: readonly { key: string; value: Sql; isJson?: boolean }[]): Sql;
  /** Whether `value` matches `pattern` (RE2 syntax) somewhere. */
  matches(value: Sql, pattern: string): Sql;
  /** Without the white space around it: the characters that JavaScript's `trim` takes away. */
  trimBlanks(value: Sql): Sql;
  /** The trimmed, lower-case form under which Mailchimp knows an address. */
  foldAddress(address: Sql): Sql;
  /** The digest of a text's UTF-8 bytes, in lower-case hexadecimal. */
  digest(value: Sql, algorithm: 'md5' | 'sha256'): Sql;
  /** HMAC-SHA-256 (RFC 2104) of a text's UTF-8 bytes, in lower-case hexadecimal; the key has at most 64 bytes. */
  keyedDigest(value: Sql, key: Uint8Array): Sql;
  /** What looks like an e-mail address in a text, in lower case, as a `texts` value. */
  addressesIn(text: Sql): Sql;
  /** The texts whose condition holds, as a `texts` value in the given order. */
  textsWhere(items: readonly { when: Sql; text: string }[]): Sql;
  /** A number as people write it: `5`, not `5.0`. */
  numberText(value: Sql): Sql;
  /** A date or time as `MM/DD`. */
  monthAndDay(value: Sql): Sql;
  /** The rows of a file, to stand after FROM; DESCRIBE of a SELECT from it tells `column_name`, `column_type`. */
  fileRows(file: DataFile): Sql;
  /** What a column of the engine's own type holds in our words; undefined for lists, structs, bytes. */
  columnType(typeName: string): ColumnType | undefined;
  /** The text as an instant in UTC: ISO 8601 with or without an offset (without: UTC); NULL where it is none. */
  instant(text: Sql): Sql;
  /** The text read by a `strptime` pattern as a time; NULL where it does not fit. */
  parseTime(text: Sql, pattern: string): Sql;
  /** `text` less every part that matches `pattern` (RE2 syntax). */
  remove(text: Sql, pattern: string): Sql;
  /** `text` with every part that matches `pattern` (RE2 syntax) replaced by `by`, which is taken as it is. */
  replaceAll(text: Sql, pattern: string, by: string): Sql;
  /** Latin letters without what stands on or under them; letters that do not come apart, such as ø, stay. */
  stripAccents(text: Sql): Sql;
  /** Text in Unicode's composed form (NFC), so that two ways of writing one letter are equal. */
  composed(text: Sql): Sql;
  /**
   * How alike two texts are, from 0 to 1 for equal: by Jaro and Winkler; as (length − edits) / length of the
   * longer; or, for sets of words between blanks, twice the common ones over all (Dice).
   */
  similarity(by: 'jaroWinkler' | 'editDistance' | 'tokens', one: Sql, other: Sql): Sql;
  /** Whether a text is one JSON object. */
  isJsonObject(text: Sql): Sql;
  /** The keys of a JSON object held as text, as a list in their order. */
  jsonKeys(json: Sql): Sql;
  /** `text`, `integer`, `number`, `boolean` or `other` for the member under `key`; NULL where absent or null. */
  jsonKind(json: Sql, key: string): Sql;
  /** Whether `text` holds `part` at that place; both compared as they are, nothing in `part` is a pattern. */
  textHolds(text: Sql, part: Sql, place: 'anywhere' | 'start' | 'end'): Sql;
  /** Text in lower case over all of Unicode, for comparing without regard to case. */
  foldCase(text: Sql): Sql;
  /** The date on the calendar of an IANA time zone at `time`, which is in UTC. */
  localDate(time: Sql, timeZone: string): Sql;
  /**
   * An aggregate: `value` of the row with the lowest (`first`) or highest (`last`) `order`, of several such rows the
   * lowest or highest value. Rows without either do not count; NULL of none.
   */
  atEdge(edge: 'first' | 'last', value: Sql, order: Sql): Sql;
  /** An aggregate: the value below which this share of the values lies, from 0 to 1; one of the values themselves. */
  percentile(value: Sql, share: number): Sql;
  /**
   * An aggregate: which of the whole numbers from 0 to below `size`, a multiple of eight, there are where the condition
   * holds. Base64 of one bit for each number, the first in the highest bit of the first byte; NULL of none.
   */
  numberSet(numbers: Sql, when: Sql, size: number): Sql;
  /**
   * Rows of `name`, a schema and a table in it, and `id`, to stand after FROM: a table that is made anew, be it under
   * the same name, has another id, as long as the engine is open.
   */
  tableIds(schemas: readonly string[]): Sql;
  /** A part of a date as a whole number: month and day from 1, weekday from 1 = Monday. */
  datePart(date: Sql, part: 'month' | 'day' | 'weekday'): Sql;
}
