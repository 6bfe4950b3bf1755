import type { Change } from '../engine/engine.ts';
import { sql, type Sql } from '../engine/sql.ts';
import { audienceMember, exported, ref } from './export-tables.ts';

/**
 * The changes that end what is ours of contacts which are gone: one that comes back did not come through us, is
 * never archived by us (promise 2), and where somebody archives it, that was not us (promise 1). A contact is gone when a read of the whole audience lacks it, or when another one, by
 * Mailchimp's id, has its address. To be made while `export.fresh_member` and the facts from before are there.
 * @param moved contacts that only changed their address, with `from_address`
 */
export function forgetLostContacts(audience: string, whole: boolean, moved: Sql): Change[] {
  const ours = sql`UPDATE ${ref(exported)} SET created = FALSE, archived = FALSE
    WHERE audience = ${audience} AND (created OR archived)`;
  const replaced = sql`${ours} AND address IN (
    SELECT fresh.address FROM export.fresh_member AS fresh
    JOIN ${ref(audienceMember)} AS before ON before.audience = ${audience} AND before.address = fresh.address
    WHERE before.contact_id <> fresh.contact_id)`;
  if (!whole) return [replaced];
  const missing = sql`${ours} AND address NOT IN (SELECT address FROM export.fresh_member)
    AND address NOT IN (SELECT from_address FROM ${moved})`;
  return [replaced, missing];
}
