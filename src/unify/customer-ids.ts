import type { Engine } from '../engine/engine.ts';
import { sql, type Sql } from '../engine/sql.ts';
import { countRows, scratch } from './unify-tables.ts';

/**
 * Gives every group of records its `CustomerId`, in the scratch table `person (label, customer_id)`.
 *
 * The rule: a group asks for the oldest id its records have now (tie: the smaller id). An id that several
 * groups ask for, because a person was split, goes to the larger side: the group with the most records of it,
 * among those that brought the id along as their first, or else among all; of equals to the one with the most
 * important record (`_n`). Who went away empty asks for the next;
 * after those for ids of records that had departed and are back; last for the first ids its records ever
 * had, so that people who were joined by mistake and parted again get their old ids back. Who has nothing
 * left to ask for is new. The order of rows plays no part in it.
 *
 * @param newId evaluated once per new person
 */
export async function assignCustomerIds(engine: Engine, newId: Sql): Promise<void> {
  await engine.commit([
    sql`CREATE TABLE ${scratch('known')} AS ${known}`,
    sql`CREATE TABLE ${scratch('claim')} AS ${claims}`,
    sql`CREATE TABLE ${scratch('person')} AS SELECT label, id AS customer_id FROM ${scratch('claim')} WHERE false`,
    // Whom an id belonged to, for `previous_id`: claims shrink while they are settled.
    sql`CREATE TABLE ${scratch('held')} AS SELECT label, id, n FROM ${scratch('claim')} WHERE wish < ${firstId}`,
  ]);
  // Every round settles at least one claim.
  while (await claimsLeft(engine)) {
    await engine.commit([
      sql`INSERT INTO ${scratch('person')} ${granted}`,
      sql`CREATE OR REPLACE TABLE ${scratch('claim')} AS SELECT * FROM ${scratch('claim')} c
        WHERE NOT EXISTS (SELECT 1 FROM ${scratch('person')} p WHERE p.label = c.label)
          AND NOT EXISTS (SELECT 1 FROM ${scratch('person')} p WHERE p.customer_id = c.id)`,
    ]);
  }
  await engine.commit([
    sql`CREATE TABLE ${scratch('newcomer')} AS SELECT DISTINCT label FROM ${scratch('label')} l
      WHERE NOT EXISTS (SELECT 1 FROM ${scratch('person')} p WHERE p.label = l.label)`,
    sql`INSERT INTO ${scratch('person')} SELECT label, ${newId} FROM ${scratch('newcomer')}`,
  ]);
}

/** The last wish, after 1 (an id held now) and 2 (one held before the record departed). */
const firstId = 3;

/** What is remembered of the records that are here. */
const known: Sql = sql`
  SELECT r._n AS n, m.customer_id, m.first_id, m.wish
  FROM ${scratch('record')} r
  JOIN ${scratch('source')} s ON s.position = r._position
  JOIN (
    SELECT source, key, customer_id, first_id, 1 AS wish FROM unify.record
    UNION ALL SELECT source, key, customer_id, first_id, 2 FROM unify.departed
  ) m ON m.source = s.source AND m.key = r._key`;

/** The ids a group may ask for: by `records` of it, the most important being `n`; `brought` is that which had it first. */
const claims: Sql = sql`
  WITH remembered AS (
    SELECT l.label, k.n, k.customer_id, k.first_id, k.wish
    FROM ${scratch('label')} l JOIN ${scratch('known')} k ON k.n = l.n
  ), claim AS (
    SELECT label, n, customer_id AS id, wish, CASE WHEN first_id = customer_id THEN n END AS brought FROM remembered
    UNION ALL
    SELECT label, n, first_id, ${firstId}, n FROM remembered WHERE first_id <> customer_id
  )
  SELECT label, id, c.first_seen, min(wish) AS wish, min(brought) AS brought, min(n) AS n, count(*) AS records
  FROM claim JOIN unify.customer c ON c.customer_id = claim.id
  GROUP BY label, id, c.first_seen`;

/** Each group's first wish, and of those for one id the strongest. */
const granted: Sql = sql`
  SELECT label, id FROM (
    SELECT label, id, row_number() OVER (
      PARTITION BY id ORDER BY wish, CASE WHEN brought IS NULL THEN 1 ELSE 0 END, records DESC, brought NULLS LAST, n
    ) AS place FROM (
      SELECT label, id, wish, brought, n, records, row_number() OVER (PARTITION BY label ORDER BY wish, first_seen, id) AS choice
      FROM ${scratch('claim')}
    ) WHERE choice = 1
  ) WHERE place = 1`;

async function claimsLeft(engine: Engine): Promise<boolean> {
  return (await countRows(engine, scratch('claim'))) > 0;
}
