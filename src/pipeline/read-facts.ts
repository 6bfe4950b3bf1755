import { PostriderError } from '../base/errors.ts';
import type { Destination } from '../delivery/destination.ts';
import {
  audienceSizes,
  beyondOf,
  nextReadFrom,
  noteBeyond,
  takeInAudience,
} from '../exports/audience-facts.ts';
import { openSuppression } from '../suppression/suppression-list.ts';
import type { PipelineParts } from './pipeline-parts.ts';
import { refuseIfCancelled } from './refuse-if-cancelled.ts';

/**
 * How far back an incremental read reaches behind the last one. Mailchimp's clock has seconds only, its
 * answers may come from a replica, and reading a few members twice costs nothing.
 */
const overlapMs = 120_000;

/** The audience whose facts are read: our key for it, and Mailchimp's id. */
export interface ReadAudience {
  key: string;
  id: string;
}

/**
 * Brings the facts of an audience up to date: the whole of it once, then what changed since the last read. A
 * read of changes cannot show contacts that were deleted for good, nor another account behind the same
 * connection, so facts are believed only while they add up: as many contacts of each status as
 * Mailchimp counts. Where they do not (once more, since people come and go meanwhile), all of it is read again.
 * @param signal aborted: no further page is asked for, what was known stays, and `cancelled` is thrown
 */
export async function readFacts(
  parts: PipelineParts,
  destination: Destination,
  audience: ReadAudience,
  signal?: AbortSignal,
): Promise<void> {
  // Two readings of one audience at once would mix their pages: a plan, and a refresh whose rules ask who has left.
  const reading = `reading ${audience.key}`;
  const turn = await parts.leases
    .acquire(reading, () => undefined, signal)
    .catch((error: unknown) => {
      refuseIfCancelled(signal, whileRead);
      throw error;
    });
  try {
    await readInTurn({ parts, destination, audience, signal });
  } finally {
    turn.release();
  }
}

/** What a reading needs. */
interface Reading {
  parts: PipelineParts;
  destination: Destination;
  audience: ReadAudience;
  signal: AbortSignal | undefined;
}

async function readInTurn(reading: Reading): Promise<void> {
  const { parts, audience } = reading;
  const from = await nextReadFrom(parts.engine, audience.key);
  if (from === undefined) return readWhole(reading);
  await read(reading, from);
  if (await addUp(reading)) return;
  await read(reading, await nextReadFrom(parts.engine, audience.key));
  if (await addUp(reading)) return;
  parts.progress.say('What is known of the audience does not add up with Mailchimp; reading all of it.');
  await readWhole(reading);
}

/** @param from absent: the whole audience */
async function read({ parts, destination, audience, signal }: Reading, from?: string): Promise<void> {
  refuseIfCancelled(signal, whileRead);
  const since = from === undefined ? undefined : new Date(Date.parse(from) - overlapMs).toISOString();
  const reading = destination.read(audience.id, since);
  let members = 0;
  async function* counted() {
    for await (const page of reading.pages) {
      members += page.length;
      parts.progress.count('audience', members);
      yield page;
      refuseIfCancelled(signal, whileRead);
    }
  }
  await takeInAudience(
    parts.engine,
    audience.key,
    {
      whole: since === undefined,
      pages: counted(),
      erased: await openSuppression(parts.engine, parts.suppressionKey),
      nextFrom() {
        refuseShort(reading.short());
        return reading.nextFrom();
      },
    },
    parts.clock.now(),
  );
}

/** What a whole read leaves open (contacts without an address) is remembered, or each run would read all again. */
async function readWhole(reading: Reading): Promise<void> {
  const { parts, destination, audience } = reading;
  await read(reading);
  const [known, counted] = await Promise.all([
    audienceSizes(parts.engine, audience.key),
    destination.sizes(audience.id),
  ]);
  const beyond = Object.entries(counted).map(([status, people]) => [status, people - (known[status] ?? 0)]);
  await parts.engine.commit([noteBeyond(audience.key, Object.fromEntries(beyond))]);
}

async function addUp({ parts, destination, audience, signal }: Reading): Promise<boolean> {
  refuseIfCancelled(signal, whileRead);
  const [known, beyond, counted] = await Promise.all([
    audienceSizes(parts.engine, audience.key),
    beyondOf(parts.engine, audience.key),
    destination.sizes(audience.id),
  ]);
  return Object.entries(counted).every(
    ([status, people]) => (known[status] ?? 0) + (beyond[status] ?? 0) === people,
  );
}

const whileRead = 'Cancelled while the audience was read; nothing was sent.';

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
