import type { Engine } from '../engine/engine.ts';
import { sql } from '../engine/sql.ts';
import type { BesideAttribute } from '../segments/catalogue.ts';
import { isRuleGroup, rulesOf, type RuleGroup } from '../segments/rule.ts';
import { audienceMember, contactState, knownAddress, ref, refusal, renamed } from './export-tables.ts';

const parts = [
  { name: 'status', type: 'text' },
  { name: 'reason', type: 'text' },
  { name: 'since', type: 'time' },
  { name: 'address', type: 'text' },
] as const;

/**
 * What rules can ask of people as contacts of these audiences: `mailchimp.<audience id>.status` (subscribed,
 * unsubscribed, cleaned, pending, transactional or archived; no value for people who are not there), `.reason`,
 * `.since` and `.address`.
 */
export function contactAttributes(audienceIds: Iterable<string>): BesideAttribute[] {
  return [...new Set(audienceIds)].flatMap((audience) =>
    parts.map(({ name, type }) => ({
      name: `mailchimp.${audience}.${name}`,
      type,
      beside: { table: contactState, where: 'audience', value: audience, column: name },
    })),
  );
}

/** The audiences, by Mailchimp's id, whose contacts these rules ask about. */
export function audiencesAskedFor(
  rules: Iterable<RuleGroup>,
  attributes: readonly BesideAttribute[],
): Set<string> {
  const audiences = new Map(attributes.map(({ name, beside }) => [name, beside.value]));
  const asked = new Set<string>();
  const walk = (group: RuleGroup): void => {
    for (const rule of rulesOf(group)) {
      if (isRuleGroup(rule)) walk(rule);
      else {
        // People's attributes stand only where rules are about people, so related rows need no look.
        for (const name of [rule.field, rule.valueSource === 'field' ? rule.value : undefined]) {
          const audience = typeof name === 'string' ? audiences.get(name) : undefined;
          if (audience !== undefined) asked.add(audience);
        }
      }
    }
  };
  for (const group of rules) walk(group);
  return asked;
}

/**
 * Finds anew, from the facts, what everybody is in each audience: one row a person and audience. Of several
 * contacts of one person counts the first in this order: unsubscribed under any address they have or had, since
 * then no export sends them; under an address that a source has now, before one from earlier; subscribed,
 * transactional, pending, cleaned, archived; the latest change; the first address in alphabetical order.
 */
export async function publishContactState(engine: Engine): Promise<void> {
  await engine.commit([
    sql`CREATE OR REPLACE TABLE ${ref(contactState)} AS
      WITH present AS (
        SELECT DISTINCT address, customer_id FROM unify.address
      ), known AS (
        SELECT address, customer_id, TRUE AS now FROM present
        UNION ALL SELECT address, customer_id, FALSE FROM (
          SELECT address, customer_id FROM ${ref(knownAddress)} EXCEPT SELECT address, customer_id FROM present)
      ), held_back AS (
        SELECT audience, address, max(reason) AS reason FROM ${ref(refusal)} WHERE reason = 'compliance' GROUP BY ALL
      ), contact AS (
        SELECT member.audience, member.address, member.status, member.since,
          coalesce(member.reason, held_back.reason, CASE WHEN member.status = 'cleaned' THEN 'bounced' END) AS reason
        FROM ${ref(audienceMember)} AS member
        LEFT JOIN held_back ON held_back.audience = member.audience AND held_back.address = member.address
      ), found AS (
        SELECT contact.*, known.customer_id, known.now FROM contact JOIN known ON known.address = contact.address
        -- A source may have the old address of a contact for long: it is no less present for that.
        UNION ALL SELECT contact.*, known.customer_id, known.now FROM contact
          JOIN ${ref(renamed)} AS moved ON moved.audience = contact.audience AND moved.to_address = contact.address
            AND moved.by_us IS NOT TRUE
          JOIN known ON known.address = moved.from_address
      )
      SELECT substr(audience, strpos(audience, ':') + 1) AS audience, customer_id, address, status, reason, since FROM found
      QUALIFY row_number() OVER (PARTITION BY substr(audience, strpos(audience, ':') + 1), customer_id
        ORDER BY status <> 'unsubscribed', NOT now,
          list_position(['subscribed', 'transactional', 'pending', 'cleaned', 'archived'], status),
          since DESC NULLS LAST, address) = 1`,
  ]);
}
