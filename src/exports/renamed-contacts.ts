import type { Change } from '../engine/engine.ts';
import { sql, type Sql } from '../engine/sql.ts';
import {
  audienceMember,
  exported,
  hasLeft,
  knownAddress,
  readMember,
  ref,
  refusal,
  renamed,
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
 * (whoever is there now is somebody else).
 */
export function findRenamed(audience: string): Change {
  const fresh = sql`(SELECT * FROM ${ref(readMember)} WHERE audience = ${audience})`;
  return sql`CREATE OR REPLACE TABLE ${moved} AS
    WITH one_read AS (
      SELECT contact_id, min(address) AS to_address FROM ${fresh} AS fresh
      WHERE contact_id IS NOT NULL GROUP BY contact_id HAVING min(address) = max(address)
    ), before AS (
      SELECT one_read.to_address, min(known.address) AS from_address, count(*) AS addresses
      FROM one_read JOIN ${ref(audienceMember)} AS known
        ON known.contact_id = one_read.contact_id AND known.address <> one_read.to_address
      WHERE known.audience = ${audience} GROUP BY one_read.to_address
    )
    SELECT from_address, to_address FROM before
    WHERE addresses = 1 AND from_address NOT IN (SELECT address FROM ${fresh} AS fresh)`;
}

/** The table that `findRenamed` leaves: `from_address`, `to_address`; `followRenamed` drops it. */
export const movedContacts: Sql = moved;

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
        UNION SELECT address, customer_id FROM ${ref(exported)} WHERE ${mine} AND customer_id IS NOT NULL) AS known
        ON known.address = moved.from_address
      EXCEPT SELECT address, customer_id FROM ${ref(knownAddress)}`,
    ...[exported, refusal, hasLeft].map(
      (table) => sql`UPDATE ${ref(table)} SET address = moved.to_address FROM ${moved} AS moved
        WHERE ${mine} AND address = moved.from_address`,
    ),
    // Of a contact that moves twice the last address counts; one that moves back was never away.
    sql`UPDATE ${ref(renamed)} SET to_address = moved.to_address, "at" = ${at} FROM ${moved} AS moved
      WHERE ${mine} AND ${ref(renamed)}.to_address = moved.from_address`,
    sql`DELETE FROM ${ref(renamed)} WHERE ${mine} AND (from_address = to_address
      OR from_address IN (SELECT from_address FROM ${moved} UNION SELECT to_address FROM ${moved}))`,
    sql`INSERT INTO ${ref(renamed)} SELECT ${audience}, from_address, to_address, ${at} FROM ${moved}`,
    sql`DROP TABLE ${moved}`,
  ];
}

/**
 * Where contacts of an audience are now: rows of `from_address`, `to_address`, one for each old address. An old
 * address that the audience holds again is somebody's own, and stands for itself.
 */
export function renamedContacts(audience: string): Sql {
  return sql`SELECT from_address, to_address FROM ${ref(renamed)}
    WHERE audience = ${audience} AND from_address NOT IN (
      SELECT address FROM ${ref(audienceMember)} WHERE audience = ${audience})`;
}

/**
 * Every address that people are or were known by, in any source, in any export or as a renamed contact: rows of
 * `address`, `customer_id`.
 */
export function addressesOfPeople(audience: string): Sql {
  const known = sql`(SELECT address, customer_id FROM ${ref(knownAddress)}
    UNION SELECT address, customer_id FROM unify.address)`;
  return sql`SELECT address, customer_id FROM ${known} AS known
    UNION SELECT moved.to_address, known.customer_id FROM ${ref(renamed)} AS moved
      JOIN ${known} AS known ON known.address = moved.from_address WHERE moved.audience = ${audience}`;
}
