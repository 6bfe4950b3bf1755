import type { Change, Engine } from '../engine/engine.ts';
import { sql, type Sql } from '../engine/sql.ts';
import {
  audienceMember,
  exported,
  hasLeft,
  knownAddress,
  planPerson,
  readMember,
  ref,
  refusal,
  renamed,
  run,
} from './export-tables.ts';

/**
 * Contacts that changed their address in Mailchimp. A contact keeps its id there, so one that was read under
 * another address than before is still who it was: everything we know of it moves along, and a person whom the
 * source still has under the old address is understood as that contact, never as somebody new.
 */
const moved: Sql = sql`export.moved_contact`;

/**
 * Finds, before the read members become the facts, whose address changed. Believed only where nothing else is
 * possible: an id that one read member has, that one other address had before, and that address was not read
 * (whoever is there now is somebody else). `by_us`: as a run that goes on has planned it; its request may have been cut off.
 */
export function findRenamed(audience: string): Change {
  const fresh = sql`(SELECT * FROM ${ref(readMember)} WHERE audience = ${audience})`;
  return sql`CREATE OR REPLACE TABLE ${moved} AS
    WITH elsewhere AS (
      -- Few, and found first: nobody else has to be grouped.
      SELECT DISTINCT fresh.contact_id FROM ${fresh} AS fresh
      JOIN ${ref(audienceMember)} AS known ON known.contact_id = fresh.contact_id AND known.address <> fresh.address
      WHERE known.audience = ${audience}
    ), one_read AS (
      SELECT contact_id, min(address) AS to_address FROM ${fresh} AS fresh
      WHERE contact_id IN (SELECT contact_id FROM elsewhere) GROUP BY contact_id HAVING min(address) = max(address)
    ), before AS (
      SELECT one_read.to_address, min(known.address) AS from_address, count(*) AS addresses
      FROM one_read JOIN ${ref(audienceMember)} AS known
        ON known.contact_id = one_read.contact_id AND known.address <> one_read.to_address
      WHERE known.audience = ${audience} GROUP BY one_read.to_address
    )
    SELECT from_address, to_address, coalesce((from_address, to_address) IN (
        SELECT (person.from_address, person.address) FROM ${ref(planPerson)} AS person
        JOIN ${ref(run)} AS run ON run.run = person.run
        WHERE run.audience = ${audience} AND run.status = 'running' AND person.from_address IS NOT NULL), FALSE) AS by_us
    FROM before
    WHERE addresses = 1 AND NOT EXISTS (SELECT 1 FROM ${fresh} AS fresh WHERE fresh.address = before.from_address)`;
}

/** The table that `findRenamed` leaves: `from_address`, `to_address`, `by_us`; `followRenamed` drops it. */
export const movedContacts: Sql = moved;

/** The changes after an export has moved contacts to other addresses; both folded. */
export function followMoves(
  audience: string,
  moves: readonly { from: string; address: string }[],
  now: Date,
): Change[] {
  if (moves.length === 0) return [];
  return [
    sql`CREATE OR REPLACE TABLE ${moved} AS
      SELECT unnest(${moves.map(({ from }) => from)}) AS from_address, unnest(${moves.map(({ address }) => address)}) AS to_address,
        TRUE AS by_us`,
    sql`UPDATE ${ref(audienceMember)} SET address = moved.to_address FROM ${moved} AS moved
      WHERE audience = ${audience} AND address = moved.from_address`,
    ...followRenamed(audience, now),
  ];
}

/** Lets all that is known of the renamed contacts follow them, in the commit that makes the read members the facts. */
export function followRenamed(audience: string, now: Date): Change[] {
  const at = sql`${now.toISOString()}::TIMESTAMP`;
  const mine = sql`audience = ${audience}`;
  return [
    // Who was there under the new address is gone, or the address would not have been free.
    sql`DELETE FROM ${ref(exported)} WHERE ${mine} AND (export, address) IN (
      SELECT ledger.export, moved.to_address FROM ${moved} AS moved
      JOIN ${ref(exported)} AS ledger ON ledger.audience = ${audience} AND ledger.address = moved.from_address)`,
    sql`INSERT INTO ${ref(knownAddress)}
      SELECT moved.to_address, known.customer_id FROM ${moved} AS moved
      JOIN (SELECT address, customer_id FROM ${ref(knownAddress)}
        UNION ALL SELECT address, customer_id FROM ${ref(exported)} WHERE ${mine} AND customer_id IS NOT NULL) AS known
        ON known.address = moved.from_address
      -- Whom an export moves is known by the new address already; the old one may be others' too.
      WHERE NOT moved.by_us
      EXCEPT SELECT address, customer_id FROM ${ref(knownAddress)}`,
    ...[exported, refusal, hasLeft].map(
      (table) => sql`UPDATE ${ref(table)} SET address = moved.to_address FROM ${moved} AS moved
        WHERE ${mine} AND address = moved.from_address`,
    ),
    // Of a contact that moves twice the last address counts; one that moves back was never away.
    sql`UPDATE ${ref(renamed)} SET to_address = moved.to_address, "at" = ${at},
        by_us = coalesce(${ref(renamed)}.by_us, FALSE) OR moved.by_us
      FROM ${moved} AS moved
      WHERE ${mine} AND ${ref(renamed)}.to_address = moved.from_address`,
    sql`DELETE FROM ${ref(renamed)} WHERE ${mine} AND (from_address = to_address
      OR from_address IN (SELECT from_address FROM ${moved} UNION SELECT to_address FROM ${moved}))`,
    sql`INSERT INTO ${ref(renamed)} SELECT ${audience}, from_address, to_address, ${at}, by_us FROM ${moved}`,
    sql`DROP TABLE ${moved}`,
  ];
}

/** Of these moves the ones that are known to have happened. */
export async function movesSeen<Move extends { from: string; address: string }>(
  engine: Engine,
  audience: string,
  moves: readonly Move[],
): Promise<Move[]> {
  const rows = await engine.rows<{ from: string; to: string }>(sql`
    SELECT from_address AS "from", to_address AS "to" FROM ${ref(renamed)}
    WHERE audience = ${audience} AND list_contains(${moves.map(({ from }) => from)}, from_address)`);
  const seen = new Map(rows.map(({ from, to }) => [from, to]));
  return moves.filter(({ from, address }) => seen.get(from) === address);
}

/**
 * Where contacts of an audience are now: rows of `from_address`, `to_address`, one for each old address. An old
 * address that the audience holds again is somebody's own, and stands for itself; so does one that the source gave up.
 */
export function renamedContacts(audience: string): Sql {
  return sql`SELECT from_address, to_address FROM ${ref(renamed)} AS moved
    WHERE audience = ${audience} AND by_us IS NOT TRUE AND NOT EXISTS (
      SELECT 1 FROM ${ref(audienceMember)} AS member
      WHERE member.audience = ${audience} AND member.address = moved.from_address)`;
}

/**
 * Every address that people are or were known by, in any source, in any export or as a renamed contact: rows of
 * `address`, `customer_id`, some of them more than once: to tell them apart would take longer than all else.
 */
export function addressesOfPeople(audience: string): Sql {
  const known = sql`(SELECT address, customer_id FROM ${ref(knownAddress)}
    UNION ALL SELECT address, customer_id FROM unify.address)`;
  return sql`SELECT address, customer_id FROM ${known} AS known
    UNION ALL SELECT moved.to_address, known.customer_id FROM ${ref(renamed)} AS moved
      JOIN ${known} AS known ON known.address = moved.from_address
      WHERE moved.audience = ${audience} AND moved.by_us IS NOT TRUE`;
}
