import type { Dialect } from '../engine/dialect.ts';
import { sql, type Sql } from '../engine/sql.ts';

/**
 * What we let through as an address: the plain form that Mailchimp takes, not all of RFC 5321.
 * One `@`; before it up to 64 of the usual ASCII characters, no dot first, last or twice; after it at least two labels
 * of letters, digits and inner hyphens, up to 63 each, the last one with a letter first; 254 characters in
 * all. Quoted local parts, comments, address literals and non-ASCII are refused here: Mailchimp answers
 * "looks fake or invalid" to them, one person at a time (FACTS §8).
 */
const local = "[a-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\\.[a-z0-9!#$%&'*+/=?^_`{|}~-]+)*";
const label = '[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?';
const lastLabel = '[a-z](?:[a-z0-9-]{0,61}[a-z0-9])';
const pattern = `^${local}@(?:${label}\\.)+${lastLabel}$`;

/** Whether a folded address may be sent; NULL counts as not. */
export function validAddress(dialect: Dialect, address: Sql): Sql {
  return sql`coalesce(length(${address}) <= 254 AND strpos(${address}, '@') <= 65 AND ${dialect.matches(address, pattern)}, FALSE)`;
}
