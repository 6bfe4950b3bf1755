import { messageOf, PostriderError } from '../base/errors.ts';
import type { ConnectionId } from '../base/ids.ts';
import { audienceKey } from '../exports/audience-key.ts';
import { audiencesAskedFor, contactAttributes, publishContactState } from '../exports/contact-state.ts';
import { withDestination, type PipelineParts } from './pipeline-parts.ts';
import { readFacts } from './read-facts.ts';
import type { Settings } from './settings.ts';

/** The audiences that exports name, by Mailchimp's id. */
export function audiencesOf(settings: Pick<Settings, 'exports'>): Set<string> {
  return new Set([...settings.exports.values()].map(({ audience }) => audience));
}

/**
 * What people do in Mailchimp comes back before segments are computed: where rules ask about contacts of an
 * audience, its facts are read up to now, and what everybody is there is found anew. When Mailchimp does not
 * answer, or its key is none any more, what was read last stands in, and progress says so.
 * @throws `conflict` / `cancelled`, and what is no fault of the account's
 */
export async function bringContactsUpToDate(parts: PipelineParts, signal: AbortSignal): Promise<void> {
  const { engine, settings, progress } = parts;
  const rules = [...settings.segments.values()].flatMap(({ rules: group }) => group ?? []);
  const asked = audiencesAskedFor(rules, contactAttributes(audiencesOf(settings)));
  if (asked.size === 0) return;
  for (const [connection, audience] of accountsOf(settings, asked)) {
    try {
      const key = audienceKey({ connection, audience });
      await withDestination(parts, connection, (destination) =>
        readFacts(parts, destination, { key, id: audience }, signal),
      );
    } catch (error) {
      if (!isOfAccount(error)) throw error;
      progress.say(
        `The contacts of audience ${audience} could not be read; segments use what was read last. ${messageOf(error)}`,
      );
    }
  }
  await publishContactState(engine);
}

function isOfAccount(error: unknown): boolean {
  return error instanceof PostriderError && (error.kind === 'remote' || error.kind === 'configuration');
}

/** Each audience once for each connection that exports reach it by. */
function accountsOf(settings: Settings, audiences: ReadonlySet<string>): [ConnectionId, string][] {
  const pairs = [...settings.exports.values()]
    .filter(({ audience }) => audiences.has(audience))
    .map((config): [string, [ConnectionId, string]] => [
      audienceKey(config),
      [config.connection as ConnectionId, config.audience],
    ]);
  return [...new Map(pairs).values()];
}
