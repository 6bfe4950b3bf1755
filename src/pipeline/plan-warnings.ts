import type { RunId } from '../base/ids.ts';
import type { AudienceDescription } from '../delivery/destination.ts';
import type { Engine } from '../engine/engine.ts';
import { sql } from '../engine/sql.ts';
import type { ExportConfig } from '../exports/export-config.ts';
import { planPerson, ref } from '../exports/export-tables.ts';
import type { FieldProblem, NewField } from '../exports/plan.ts';

/** An audience has this many merge fields at most, unless its plan is the largest (FACTS §7). */
const usualFields = 30;

/** What somebody should know of an audience before an export writes into it. */
export function audienceWarnings(
  audience: AudienceDescription,
  config: ExportConfig,
  newFields: readonly NewField[],
): string[] {
  const warnings: string[] = [];
  const subscribes = config.newContacts === 'subscribed';
  if (audience.doubleOptIn && subscribes) {
    warnings.push('The audience asks for double opt-in, and the export subscribes new people without it.');
  }
  if (audience.marketingPermissions && subscribes) {
    warnings.push(
      'The audience asks people for marketing permissions, which cannot be sent: new people have none until they give them.',
    );
  }
  if (Object.keys(config.attributes).length === 0) {
    warnings.push('The export maps no merge field: people arrive with their address and tags only.');
  }
  if (newFields.length > 0) {
    const made = newFields.map(({ tag, type }) => `${tag} (${type})`).join(', ');
    const many = audience.fields.length + newFields.length > usualFields;
    warnings.push(
      `The run makes the merge field${newFields.length === 1 ? '' : 's'} ${made}.${many ? ` The audience has ${audience.fields.length}, and only the largest plan of Mailchimp takes more than ${usualFields}.` : ''}`,
    );
  }
  return warnings;
}

/** What somebody should know of a plan's people, and how many of them get a tag. */
export async function peopleWarnings(
  engine: Engine,
  run: RunId,
  problems: readonly FieldProblem[],
): Promise<{ warnings: string[]; tagged: number }> {
  const [counts] = await engine.rows<{ tagged: number; roles: number }>(sql`
    SELECT count(*) FILTER (WHERE len(add_segments) > 0) AS tagged,
      count(*) FILTER (WHERE action = 'add' AND list_contains(${roles}, split_part(address, '@', 1))) AS roles
    FROM ${ref(planPerson)} WHERE run = ${run} AND action IN ('add', 'update')`);
  const { tagged, roles: shared } = counts ?? { tagged: 0, roles: 0 };
  const warnings = problems.map(
    ({ field, what, people, share, rejects }) =>
      `${field} ${what}: ${n(people)} ${people === 1 ? 'person' : 'people'} (${percent(share)})${rejects ? ' rejected' : ''}.`,
  );
  if (shared > 0) {
    warnings.push(
      `${n(shared)} new address${shared === 1 ? '' : 'es'} of a role, such as admin@ or support@: Mailchimp may refuse ${shared === 1 ? 'it' : 'them'}.`,
    );
  }
  return { warnings, tagged };
}

/** What stands before the @ of addresses that Mailchimp does not import (FACTS §8). */
const roles = (
  'abuse admin billing compliance devnull dns ftp hostmaster inoc ispfeedback ispsupport list-request list maildaemon ' +
  'noc no-reply noreply null phish phishing postmaster privacy registrar root security spam support sysadmin tech ' +
  'undisclosed-recipients unsubscribe usenet uucp webmaster www'
).split(' ');

const n = (count: number): string => count.toLocaleString('en-US');

function percent(share: number): string {
  return share > 0 && share < 0.001 ? 'less than 0.1 %' : `${(100 * share).toFixed(1)} %`;
}
