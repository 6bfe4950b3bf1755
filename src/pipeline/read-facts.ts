import { PostriderError } from '../base/errors.ts';
import type { Destination } from '../delivery/destination.ts';
import { nextReadFrom, takeInAudience } from '../exports/audience-facts.ts';
import type { PipelineParts } from './pipeline-parts.ts';

/**
 * How far back an incremental read reaches behind the last one. Mailchimp's clock has seconds only, its
 * answers may come from a replica, and reading a few members twice costs nothing.
 */
const overlapMs = 120_000;

/**
 * Brings the facts of an audience up to date: the whole of it once, then what changed since the last read.
 * @returns members read
 */
export async function readFacts(
  parts: PipelineParts,
  destination: Destination,
  audience: { key: string; id: string },
): Promise<number> {
  const from = await nextReadFrom(parts.engine, audience.key);
  const since = from === undefined ? undefined : new Date(Date.parse(from) - overlapMs).toISOString();
  const read = destination.read(audience.id, since);
  let members = 0;
  async function* counted() {
    for await (const page of read.pages) {
      members += page.length;
      parts.progress.count('audience', members);
      yield page;
    }
  }
  return takeInAudience(
    parts.engine,
    audience.key,
    {
      whole: since === undefined,
      pages: counted(),
      nextFrom() {
        refuseShort(read.short());
        return read.nextFrom();
      },
    },
    parts.clock.now(),
  );
}

/**
 * A reading that lacks people who must be kept out would make them look new, and new people are subscribed
 * (promise 1): better no plan. Lacking subscribed ones is harmless, they are subscribed once more.
 */
function refuseShort(statuses: readonly string[]): void {
  const lacking = statuses.filter((status) => status !== 'subscribed' && status !== 'transactional');
  if (lacking.length === 0) return;
  throw new PostriderError({
    kind: 'remote',
    code: 'audience_read_short',
    message: `Mailchimp gave fewer ${lacking.join(', ')} contacts than it counts.`,
    hint: 'Try again when the audience is quiet; nothing was sent.',
    retry: 'later',
  });
}
