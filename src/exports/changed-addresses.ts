import type { Dialect } from '../engine/dialect.ts';
import { sql, type Sql } from '../engine/sql.ts';
import { maySend } from './desired-people.ts';
import { audienceMember, exported, ref } from './export-tables.ts';
import type { PlanInput } from './plan-input.ts';

/**
 * People whose address changed in the sources and whose contact moves with them: rows of `customer_id`,
 * `from_address`. A contact moves where all of this holds; else the new address is somebody new, and the old one leaves:
 *
 * - this export has put the person there and not let go, and the contact came into being through an export (promise 2);
 * - it is subscribed (Mailchimp moves no other, FACTS §8) and known by its id, so that a move can be read back;
 * - nobody else has the old address: no person this export wants, no other person's source row, no other export;
 * - the new address is free: not in the audience, nobody left under it, and it was not refused for what it is;
 * - the person has left under no address (promise 1).
 *
 * To stand beside `export.unwanted`, `gone`, `left_person` and `refused` of `comparedPeople`. Of several contacts of one person the one
 * that was written last moves.
 */
export function changedAddresses(dialect: Dialect, input: PlanInput): Sql {
  const mine = sql`audience = ${input.audience}`;
  return sql`
    SELECT customer_id, from_address FROM (
      SELECT desired.customer_id, desired.address, ledger.address AS from_address, ledger."at"
      FROM export.unwanted AS ledger
      JOIN export.desired AS desired ON desired.customer_id = ledger.customer_id AND desired.address <> ledger.address
      JOIN ${ref(audienceMember)} AS contact ON contact.audience = ledger.audience AND contact.address = ledger.address
      WHERE desired.rejected IS NULL AND ledger.left_at IS NULL AND contact.status = 'subscribed' AND contact.contact_id IS NOT NULL
    ) AS person
    WHERE from_address IN (SELECT address FROM ${ref(exported)} WHERE ${mine} AND created)
      AND ${maySend(dialect, input, sql`from_address`)}
      AND NOT EXISTS (SELECT 1 FROM unify.address AS other
        WHERE other.address = from_address AND other.customer_id <> person.customer_id)
      -- Another export of the same person follows, unless a source still has the old address: it may want that one.
      AND NOT EXISTS (SELECT 1 FROM ${ref(exported)} AS other
        WHERE other.audience = ${input.audience} AND other.export <> ${input.export} AND other.left_at IS NULL
          AND other.address = from_address AND (other.customer_id IS DISTINCT FROM person.customer_id
            OR from_address IN (SELECT address FROM unify.address)))
      AND NOT EXISTS (SELECT 1 FROM ${ref(audienceMember)} AS there WHERE ${mine} AND there.address = person.address)
      AND address NOT IN (SELECT address FROM gone)
      AND address NOT IN (SELECT address FROM refused WHERE fields = '' AND retry_at IS NULL)
      AND customer_id NOT IN (SELECT customer_id FROM left_person)
    QUALIFY row_number() OVER (PARTITION BY customer_id ORDER BY "at" DESC, from_address) = 1`;
}
