import type { Change } from '../engine/engine.ts';
import { sql } from '../engine/sql.ts';
import type { Suppression } from '../suppression/suppression-list.ts';
import { readMember, ref } from './export-tables.ts';

/**
 * The change that keeps erased people out of what is read of an audience: archived contacts are still in it. They count,
 * or the facts would not add up with Mailchimp's own counts and all of it would be read again; nothing
 * else of them stays.
 */
export function hideErased(audience: string, erased: Suppression): Change {
  return sql`UPDATE ${ref(readMember)}
    SET address = ('erased ' || ${erased.digestOfAddress(sql`address`)}), fields = '{}', tags = []::VARCHAR[],
      contact_id = NULL, reason = NULL
    WHERE audience = ${audience} AND ${erased.holdsAddress(sql`address`)}`;
}
