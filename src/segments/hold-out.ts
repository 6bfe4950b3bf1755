import type { Dialect } from '../engine/dialect.ts';
import { sql, type Sql } from '../engine/sql.ts';

/** A hold-out that can be computed, and which side of it is wanted. */
export interface CheckedHoldOut {
  share: string;
  seed: string;
  wanted: 'the others' | 'who is held out';
}

/**
 * These people without those who are held out, or those alone. Who they are is decided by a digest of the customer id, so
 * it stays the same over refreshes, however the segment grows.
 * @param members a query for `customer_id`
 */
export function holdingOut(dialect: Dialect, members: Sql, holdOut: CheckedHoldOut | undefined): Sql {
  if (holdOut === undefined) return members;
  const held = isHeldOut(dialect, sql`person.customer_id`, holdOut);
  return sql`SELECT person.customer_id FROM (${members}) AS person
    WHERE ${holdOut.wanted === 'the others' ? sql`NOT ${held}` : held}`;
}

/** Whether somebody is kept out. */
export function isHeldOut(
  dialect: Dialect,
  customerId: Sql,
  { share, seed }: Pick<CheckedHoldOut, 'share' | 'seed'>,
): Sql {
  const digits = sql`substr(${dialect.digest(sql`concat(${seed}, ':', ${customerId})`, 'md5')}, 1, 8)`;
  // Hexadecimal digits of one length stand in the order of their numbers.
  const limit = Math.round((Number.parseFloat(share) / 100) * 2 ** 32);
  return sql`(${digits} < ${limit.toString(16).padStart(8, '0')})`;
}
