import type { Dialect } from '../engine/dialect.ts';
import type { Column } from '../engine/engine.ts';
import { join, name, nothing, sql, type Sql } from '../engine/sql.ts';
import { validAddress } from './address-rule.ts';
import { notListed } from './do-not-send.ts';
import { knownAddress, ref } from './export-tables.ts';
import { rejects, type FieldMapping } from './field-mapping.ts';
import { checkedValue, fieldProblem, rawValue } from './field-value.ts';
import type { PlanInput } from './plan-input.ts';
import { renamedContacts } from './renamed-contacts.ts';

/**
 * The distinct people of the chosen segments less the excluded ones and the do-not-send list, keyed by the folded address.
 *
 * `in N` says for the chosen segment of that number whether they are in it; `value N` holds what is to be sent in the field of that
 * number, `''` where a blank may erase; `problems` what is wrong with values, in words, and `bad_field` the first of these
 * that keeps the person out; `consented` whether new people may be sent. The profiles that share their address with an
 * older one are not marked yet: see `rejectDuplicates`.
 */
export function desiredPeople(dialect: Dialect, input: PlanInput): Sql {
  const chosen = [...new Set(input.config.segments)];
  const fields = input.fields.map((field, index) => {
    const [raw, value] = [name(`raw ${index}`), valueOf(index)];
    const problem = fieldProblem(field, raw, value);
    return { field, raw, value, problem: { when: problem.when, text: `${field.tag} ${problem.what}` } };
  });
  const problems = fields.map(({ problem }) => problem);
  const rejecting = fields.flatMap(({ field, problem }) =>
    rejects(field) ? [sql`CASE WHEN ${problem.when} THEN ${problem.text} END`] : [],
  );
  const excluded =
    input.config.exclude.length === 0
      ? nothing
      : sql`AND customer_id NOT IN (
          SELECT customer_id FROM segment.member WHERE list_contains(${input.config.exclude}, segment))`;
  return sql`
    WITH chosen AS (
      SELECT customer_id ${listed(chosen.map((segment) => sql`bool_or(segment = ${segment}) AS ${isIn(input, segment)}`))}
      FROM segment.member WHERE list_contains(${chosen}, segment) ${excluded}
      GROUP BY customer_id
    ), person AS (
      SELECT chosen.*, profile.first_seen, ${dialect.trimBlanks(sql`profile.${name(input.email.name)}`)} AS email,
        ${input.consent === undefined ? sql`TRUE` : saysYes(dialect, input.consent)} AS consented
        ${listed(fields.map(({ field, raw }) => sql`${rawValue(dialect, field, sql`profile`)} AS ${raw}`))}
      FROM chosen JOIN profile.profile AS profile ON profile.customer_id = chosen.customer_id
    ), valued AS (
      -- Trimmed by now: what is left of folding an address.
      SELECT *, ${dialect.foldCase(sql`email`)} AS address
        ${listed(fields.map(({ field, raw, value }) => sql`${checkedValue(dialect, field, raw)} AS ${value}`))}
      FROM person
    ), located AS (
      -- A contact that changed its address in Mailchimp is still who it was, as long as the source has the old one.
      SELECT valued.* REPLACE (coalesce(moved.to_address, valued.email) AS email,
        coalesce(moved.to_address, valued.address) AS address), valued.address AS source_address
      FROM valued LEFT JOIN (${renamedContacts(input.audience)}) AS moved ON moved.from_address = valued.address
    )
    SELECT customer_id, first_seen, email, address, consented ${listed(chosen.map((segment) => isIn(input, segment)))}
      ${listed(fields.map(({ field, raw, value }) => sql`${sent(field, raw, value)} AS ${value}`))},
      ${dialect.textsWhere(problems)} AS problems, coalesce(${join([sql`NULL::VARCHAR`, ...rejecting])}) AS bad_field,
      CASE
        WHEN address IS NULL OR address = '' THEN 'no_address'
        -- Folding some letters beyond ASCII gives ASCII ones (İ → i), in SQL otherwise than elsewhere.
        WHEN NOT ${validAddress(dialect, sql`address`)} OR NOT ${dialect.matches(sql`email`, '^[\\x21-\\x7E]+$')}
          THEN 'invalid_address'
        END AS rejected
    FROM located
    WHERE ${maySend(dialect, input, sql`address`)} AND ${maySend(dialect, input, sql`nullif(source_address, address)`)}`;
}

/** What `desiredPeople` calls a person's value for the field of this number. */
export const valueOf = (field: number): Sql => name(`value ${field}`);

/** What it calls whether a person is in this segment. */
// By its place: ids that differ in case alone are two segments, and to a database one column.
const isIn = (input: PlanInput, segment: string): Sql => name(`in ${input.config.segments.indexOf(segment)}`);

/** Whether a desired person is in a segment; in one that is not chosen nobody is. */
export function wantedIn(input: PlanInput, segment: string): Sql {
  return input.config.segments.includes(segment) ? isIn(input, segment) : sql`FALSE`;
}

/**
 * The change after `export.desired` was made: of several profiles with one address the one that has been known longest is
 * wanted (then the smaller id). Few addresses are shared, so that the rows of all others need not be put in order.
 */
export const rejectDuplicates: Sql = sql`
  UPDATE export.desired SET rejected = 'duplicate_address'
  WHERE rejected IS NULL AND customer_id IN (
    SELECT customer_id FROM export.desired
    WHERE address IN (SELECT address FROM export.desired GROUP BY address HAVING count(*) > 1)
    QUALIFY row_number() OVER (PARTITION BY address ORDER BY first_seen, customer_id) > 1)`;

/** Whether an address is neither on the do-not-send list nor erased; NULL is nobody's. */
export function maySend(dialect: Dialect, input: PlanInput, address: Sql): Sql {
  return sql`(${notListed(dialect, address)} AND NOT ${input.erased?.holdsAddress(address) ?? sql`FALSE`})`;
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
