import type { Dialect } from '../engine/dialect.ts';
import { name, sql, type Sql } from '../engine/sql.ts';
import { validAddress } from './address-rule.ts';
import { doNotSend, knownAddress, ref } from './export-tables.ts';
import { fieldValue } from './field-value.ts';
import type { PlanInput } from './plan-input.ts';

/**
 * The distinct people of the chosen segments less the excluded ones and the do-not-send list, keyed by the folded address. Of two
 * profiles with one address the one that has been known longest is wanted (then the smaller id); the other
 * is reported as `duplicate_address`.
 */
export function desiredPeople(dialect: Dialect, input: PlanInput): Sql {
  const email = sql`profile.${name(input.email.name)}`;
  const values = dialect.jsonObject(
    input.fields.map((field) => ({ key: field.tag, value: fieldValue(dialect, field, sql`profile`) })),
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
        ${dialect.foldAddress(email)} AS address, ${values} AS fields
      FROM chosen JOIN profile.profile AS profile ON profile.customer_id = chosen.customer_id
    ), wanted AS (
      SELECT * FROM person
      WHERE coalesce(${dialect.digest(sql`address`, 'sha256')} NOT IN (SELECT digest FROM ${ref(doNotSend)})
        AND ${dialect.digest(sql`address`, 'md5')} NOT IN (SELECT digest FROM ${ref(doNotSend)}), TRUE)
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

/** Every address a person is wanted under is remembered: who leaves under one is kept out under the next. */
export const rememberAddresses = sql`
  INSERT INTO ${ref(knownAddress)}
  SELECT DISTINCT address, customer_id FROM export.desired WHERE rejected IS NULL OR rejected = 'duplicate_address'
  EXCEPT SELECT address, customer_id FROM ${ref(knownAddress)}`;
