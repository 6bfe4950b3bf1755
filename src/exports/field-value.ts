import type { Dialect } from '../engine/dialect.ts';
import type { Column } from '../engine/engine.ts';
import { join, name, sql, type Sql } from '../engine/sql.ts';
import { addressParts, requiredParts } from './field-choice.ts';
import type { AddressMapping, FieldMapping, FieldType } from './field-mapping.ts';

/** Mailchimp cuts texts here (FACTS §7); we do it ourselves, so that a plan shows what will be there. */
const textBytes = 255;

/**
 * What a profile has for a field, as text, before anybody asks whether the field takes it: dates as `YYYY-MM-DD`,
 * birthdays as `MM/DD`, numbers without a trailing `.0`, Booleans as `true`/`false` (Mailchimp takes no others,
 * FACTS §7), addresses as a JSON object with its keys in order; NULL where there is nothing, or only blanks.
 * @param profile the alias of the profile table
 */
export function rawValue(dialect: Dialect, field: FieldMapping, profile: Sql): Sql {
  if (field.type === 'address') return addressText(dialect, field, profile);
  const value = sql`${profile}.${name(field.attribute.name)}`;
  return sql`nullif(${dialect.trimBlanks(attributeText(dialect, field.attribute, value, field.type))}, '')`;
}

function attributeText(dialect: Dialect, { type }: Column, value: Sql, goal: FieldType): Sql {
  const isDay = type === 'date' || type === 'time';
  if (goal === 'birthday' && isDay) return dialect.monthAndDay(value);
  if (goal === 'date' && isDay) return sql`CAST(CAST(${value} AS DATE) AS VARCHAR)`;
  if (type === 'number') return dialect.numberText(value);
  if (type === 'texts') return sql`list_aggregate(${value}, 'string_agg', ', ')`;
  return sql`CAST(${value} AS VARCHAR)`;
}

function addressText(dialect: Dialect, field: AddressMapping, profile: Sql): Sql {
  const parts = addressParts.flatMap((part) => {
    const column = field.parts[part];
    if (column === undefined) return part === 'country' ? [] : [{ key: part, value: sql`''` }];
    const value = attributeText(dialect, column, sql`${profile}.${name(column.name)}`, 'text');
    return [{ key: part, value: sql`coalesce(${dialect.trimBlanks(value)}, '')` }];
  });
  const filled = parts.map(({ value }) => sql`${value} <> ''`);
  return sql`CASE WHEN ${join(filled, ' OR ')} THEN ${dialect.jsonObject(parts)} END`;
}

/**
 * The text to send for what `rawValue` gave: choices in the audience's own spelling, texts cut at 255 bytes, never within
 * a character; NULL where the field does not take the value.
 */
export function checkedValue(dialect: Dialect, field: FieldMapping, raw: Sql): Sql {
  const where = (fits: Sql, value = raw) => sql`CASE WHEN ${fits} THEN ${value} END`;
  switch (field.type) {
    case 'text':
      return sql`CASE WHEN strlen(${raw}) > ${textBytes} THEN ${cutToBytes(raw)} ELSE ${raw} END`;
    case 'number':
      if (field.attribute.type !== 'text') return raw;
      return where(dialect.matches(raw, numberForm), dialect.numberText(dialect.tryCast(raw, 'number')));
    case 'date':
      if (field.attribute.type !== 'text') return raw;
      return sql`CAST(CAST(${dayIn(dialect, raw, field.dayFirst === true)} AS DATE) AS VARCHAR)`;
    case 'birthday': {
      if (field.attribute.type !== 'text') return raw;
      // 2024 is a leap year: somebody is born on 29 February.
      const written = dialect.parseTime(sql`'2024/' || ${raw}`, '%Y/%m/%d');
      return dialect.monthAndDay(sql`coalesce(${isoDay(dialect, raw)}, ${written})`);
    }
    case 'phone':
      return field.usPhone === true ? where(dialect.matches(raw, usPhoneForm)) : raw;
    case 'zip':
      return where(dialect.matches(raw, '^[0-9]{5}$'));
    case 'url':
    case 'imageurl':
      return where(dialect.matches(raw, '(?i)^https?://[^\\s/]+\\.[^\\s]+$'));
    case 'radio':
    case 'dropdown':
      return choiceOf(dialect, field.choices ?? [], raw);
    case 'address':
      return where(
        join(
          requiredParts.map((part) => sql`${dialect.jsonText(raw, part)} <> ''`),
          ' AND ',
        ),
      );
    case 'language':
      return languageCode(dialect, raw);
    case 'instant':
      return sql`CASE WHEN ${dialect.matches(raw, '^[0-9]{4}-')}
        THEN strftime(${dialect.instant(raw)}, '%Y-%m-%dT%H:%M:%S+00:00') END`;
    case 'ip':
      return where(dialect.matches(raw, ipForm));
    default:
      throw new Error(`no such field: ${JSON.stringify(field satisfies never)}`);
  }
}

/** Both steps at once. */
export function fieldValue(dialect: Dialect, field: FieldMapping, profile: Sql): Sql {
  return checkedValue(dialect, field, rawValue(dialect, field, profile));
}

const numberForm = '^[+-]?([0-9]+\\.?[0-9]*|\\.[0-9]+)([eE][+-]?[0-9]+)?$';
const usPhoneForm = '^\\(?[0-9]{3}\\)?[-. ]?[0-9]{3}[-. ]?[0-9]{4}$';
const ipForm = '^([0-9]{1,3}(\\.[0-9]{1,3}){3}|[0-9a-fA-F]*:[0-9a-fA-F:.]+)$';

/** The longest beginning of whole characters that fits. A character has at most four bytes, so it has 63 or more of them. */
function cutToBytes(raw: Sql): Sql {
  return sql`left(${raw}, list_max(list_filter(range(63, 256), lambda characters: strlen(left(${raw}, characters)) < 256)))`;
}

function isoDay(dialect: Dialect, raw: Sql): Sql {
  return sql`CASE WHEN ${dialect.matches(raw, '^[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}')} THEN ${dialect.instant(raw)} END`;
}

/** A day written as `2026-12-25`, also with a time, or as the audience's field shows it. */
function dayIn(dialect: Dialect, raw: Sql, dayFirst: boolean): Sql {
  const written = dialect.parseTime(raw, dayFirst ? '%d/%m/%Y' : '%m/%d/%Y');
  // The pattern alone would take "infinity" for a time.
  const slashed = dialect.matches(raw, '^[0-9]{1,2}/[0-9]{1,2}/[0-9]{4}$');
  return sql`coalesce(${isoDay(dialect, raw)}, CASE WHEN ${slashed} THEN ${written} END)`;
}

/** Mailchimp wants the very spelling: one that differs in case only is put right. */
function choiceOf(dialect: Dialect, choices: readonly string[], raw: Sql): Sql {
  const cases = choices.map(
    (choice) => sql`WHEN ${dialect.foldCase(raw)} = ${dialect.foldCase(sql`${choice}`)} THEN ${choice}`,
  );
  if (cases.length === 0) return sql`NULL::VARCHAR`;
  return sql`CASE WHEN list_contains(${choices}, ${raw}) THEN ${raw} ${join(cases, ' ')} END`;
}

/** Two letters; the three languages that Mailchimp has with a country keep it. */
function languageCode(dialect: Dialect, raw: Sql): Sql {
  const folded = sql`replace(lower(${raw}), '-', '_')`;
  return sql`CASE WHEN ${dialect.matches(folded, '^[a-z]{2}$')} THEN ${folded}
    WHEN ${folded} IN ('fr_ca', 'pt_pt', 'es_es') THEN left(${folded}, 3) || upper(right(${folded}, 2)) END`;
}

/** What may be wrong with a field's values: a stable name, words that follow the field's name, and the condition. */
export function fieldProblem(
  field: FieldMapping,
  raw: Sql,
  value: Sql,
): { kind: string; what: string; when: Sql } {
  if (field.type === 'text') {
    return {
      kind: 'cut',
      what: `is longer than ${textBytes} bytes, and cut`,
      when: sql`strlen(${raw}) > ${textBytes}`,
    };
  }
  return { ...misfits[field.type], when: sql`(${raw} IS NOT NULL AND ${value} IS NULL)` };
}

const misfits: Record<Exclude<FieldType, 'text'>, { kind: string; what: string }> = {
  number: { kind: 'not_a_number', what: 'is not a number' },
  date: { kind: 'not_a_date', what: 'is not a date such as 2026-11-24' },
  birthday: { kind: 'not_a_birthday', what: 'is not a month and day such as 11/24' },
  phone: { kind: 'not_a_phone', what: 'is not a US telephone number, which the field asks for' },
  zip: { kind: 'not_a_zip', what: 'is not a US zip code of five digits' },
  url: { kind: 'not_a_url', what: 'is not a web address' },
  imageurl: { kind: 'not_a_url', what: 'is not a web address' },
  radio: { kind: 'not_a_choice', what: 'is none of the choices of the field' },
  dropdown: { kind: 'not_a_choice', what: 'is none of the choices of the field' },
  address: { kind: 'incomplete_address', what: 'lacks street, city, state or postal code' },
  language: { kind: 'not_a_language', what: 'is not a language of two letters' },
  instant: { kind: 'not_a_time', what: 'is not a time' },
  ip: { kind: 'not_an_ip_address', what: 'is not an IP address' },
};
