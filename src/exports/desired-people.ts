import type { Dialect } from '../engine/dialect.ts';
import type { Column } from '../engine/engine.ts';
import { join, name, nothing, sql, type Sql } from '../engine/sql.ts';
import { validAddress } from './address-rule.ts';
import { doNotSend, knownAddress, ref } from './export-tables.ts';
import { rejects, type FieldMapping } from './field-mapping.ts';
import { checkedValue, fieldProblem, rawValue } from './field-value.ts';
import type { PlanInput } from './plan-input.ts';
import { renamedContacts } from './renamed-contacts.ts';

/**
 * The distinct people of the chosen segments less the excluded ones and the do-not-send list, keyed by the folded address. Of two
 * profiles with one address the one that has been known longest is wanted (then the smaller id); the other
 * is reported as `duplicate_address`.
 *
 * `fields` holds what is to be sent, `''` where a blank may erase; `problems` what is wrong with values, in words, and
 * `bad_field` the first of these that keeps the person out; `consented` whether new people may be sent.
 */
export function desiredPeople(dialect: Dialect, input: PlanInput): Sql {
  const email = sql`profile.${name(input.email.name)}`;
  const fields = input.fields.map((field, index) => {
    const [raw, value] = [name(`raw ${index}`), name(`value ${index}`)];
    const problem = fieldProblem(field, raw, value);
    return { field, raw, value, problem: { when: problem.when, text: `${field.tag} ${problem.what}` } };
  });
  const problems = fields.map(({ problem }) => problem);
  const rejecting = fields.flatMap(({ field, problem }) =>
    rejects(field) ? [sql`CASE WHEN ${problem.when} THEN ${problem.text} END`] : [],
  );
  return sql`
    WITH chosen AS (
      SELECT customer_id, list(DISTINCT segment ORDER BY segment) AS segments
      FROM segment.member
      WHERE list_contains(${input.config.segments}, segment)
        AND customer_id NOT IN (
          SELECT customer_id FROM segment.member WHERE list_contains(${input.config.exclude}, segment))
      GROUP BY customer_id
    ), person AS (
      SELECT profile.customer_id, profile.first_seen, chosen.segments, ${dialect.trimBlanks(email)} AS email,
        ${dialect.foldAddress(email)} AS address,
        ${input.consent === undefined ? sql`TRUE` : saysYes(dialect, input.consent)} AS consented
        ${listed(fields.map(({ field, raw }) => sql`${rawValue(dialect, field, sql`profile`)} AS ${raw}`))}
      FROM chosen JOIN profile.profile AS profile ON profile.customer_id = chosen.customer_id
    ), valued AS (
      SELECT * ${listed(fields.map(({ field, raw, value }) => sql`${checkedValue(dialect, field, raw)} AS ${value}`))}
      FROM person
    ), located AS (
      -- A contact that changed its address in Mailchimp is still who it was, as long as the source has the old one.
      SELECT valued.* REPLACE (coalesce(moved.to_address, valued.email) AS email,
        coalesce(moved.to_address, valued.address) AS address), valued.address AS source_address
      FROM valued LEFT JOIN (${renamedContacts(input.audience)}) AS moved ON moved.from_address = valued.address
    ), wanted AS (
      SELECT customer_id, first_seen, segments, email, address, consented,
        ${dialect.jsonObject(fields.map(({ field, raw, value }) => ({ key: field.tag, value: sent(field, raw, value) })))} AS fields,
        ${dialect.textsWhere(problems)} AS problems, coalesce(${join([sql`NULL::VARCHAR`, ...rejecting])}) AS bad_field
      FROM located
      WHERE ${maySend(dialect, input, sql`address`)} AND ${maySend(dialect, input, sql`source_address`)}
    )
    SELECT *, CASE
      WHEN address IS NULL OR address = '' THEN 'no_address'
      -- Folding some letters beyond ASCII gives ASCII ones (İ → i), in SQL otherwise than elsewhere.
      WHEN NOT ${validAddress(dialect, sql`address`)} OR NOT ${dialect.matches(sql`email`, '^[\\x21-\\x7E]+$')}
        THEN 'invalid_address'
      WHEN row_number() OVER (PARTITION BY address ORDER BY first_seen, customer_id) > 1 THEN 'duplicate_address'
      END AS rejected
    FROM wanted`;
}

/** Whether an address is neither on the do-not-send list nor erased. */
export function maySend(dialect: Dialect, input: PlanInput, address: Sql): Sql {
  return sql`(coalesce(${dialect.digest(address, 'sha256')} NOT IN (SELECT digest FROM ${ref(doNotSend)})
    AND ${dialect.digest(address, 'md5')} NOT IN (SELECT digest FROM ${ref(doNotSend)}), TRUE)
    AND NOT ${input.erased?.holdsAddress(address) ?? sql`FALSE`})`;
}

function listed(columns: readonly Sql[]): Sql {
  return columns.length === 0 ? nothing : sql`, ${join(columns)}`;
}

function sent(field: FieldMapping, raw: Sql, value: Sql): Sql {
  // A value that does not fit is no blank: it never erases.
  return field.blank === 'erase' ? sql`CASE WHEN ${raw} IS NULL THEN '' ELSE ${value} END` : value;
}

/** True, the number 1, and the words `true`, `1`, `yes`, `y`, `da`, whatever their case; everything else is no. */
function saysYes(dialect: Dialect, { name: attribute, type }: Column): Sql {
  const value = sql`profile.${name(attribute)}`;
  if (type === 'boolean') return sql`coalesce(${value}, FALSE)`;
  const text = type === 'number' ? dialect.numberText(value) : sql`CAST(${value} AS VARCHAR)`;
  return sql`coalesce(list_contains(${['true', '1', 'yes', 'y', 'da']}, ${dialect.foldCase(dialect.trimBlanks(text))}), FALSE)`;
}

/** Every address a person is wanted under is remembered: who leaves under one is kept out under the next. */
export const rememberAddresses = sql`
  INSERT INTO ${ref(knownAddress)}
  SELECT DISTINCT address, customer_id FROM export.desired WHERE rejected IS NULL OR rejected = 'duplicate_address'
  EXCEPT SELECT address, customer_id FROM ${ref(knownAddress)}`;
