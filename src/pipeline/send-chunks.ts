import type { SegmentId } from '../base/ids.ts';
import { OutcomeUnknown, type Destination } from '../delivery/destination.ts';
import { settleUpsert } from '../delivery/settle-upsert.ts';
import {
  addressesOf,
  addTagWork,
  chunksIn,
  dropAddresses,
  markAddressesDone,
  noteSent,
  markDone,
  markReady,
  markSending,
  peopleOf,
  writeOutcomes,
  type Chunk,
  type Outcome,
  type PlannedPerson,
} from '../exports/chunks.ts';
import type { ExportRun, PlannedTag } from '../exports/plan.ts';
import type { PipelineParts } from './pipeline-parts.ts';
import type { WhoHasLeft } from './who-has-left.ts';

export interface Sending {
  parts: PipelineParts;
  destination: Destination;
  run: ExportRun;
  whoHasLeft: WhoHasLeft;
  /** Aborted: no new request starts; those in flight end and are recorded (promise 9). */
  signal: AbortSignal;
}

/**
 * Sends all chunks of a run that are ready, as many at once as the account allows. Chunks whose outcome is unknown
 * stay `sending`, for `settleUncertain`.
 * @throws what stops the whole run; the other workers end what they have in hand first
 */
export async function sendReadyChunks(sending: Sending): Promise<void> {
  const { parts, run, signal } = sending;
  const ready = await chunksIn(parts.engine, run.run, 'ready');
  let next = 0;
  let sent = 0;
  let failure: unknown;
  const worker = async (): Promise<void> => {
    for (;;) {
      const chunk = ready[next];
      if (chunk === undefined || signal.aborted || failure !== undefined) return;
      next += 1;
      try {
        await sendChunk(sending, chunk);
        sent += 1;
      } catch (error) {
        if (error instanceof PeopleLeft) ready.push(chunk);
        else if (!(error instanceof OutcomeUnknown)) failure ??= error;
      }
      parts.progress.count('sending', sent, ready.length);
    }
  };
  await Promise.all(Array.from({ length: Math.min(parts.maxRequests, ready.length) }, worker));
  if (failure !== undefined && !signal.aborted) throw failure;
}

async function sendChunk(sending: Sending, chunk: Chunk): Promise<void> {
  switch (chunk.kind) {
    case 'upsert':
      return sendPeople(sending, chunk);
    case 'tag':
    case 'untag':
      return sendTags(sending, chunk);
    case 'archive':
      return sendArchive(sending, chunk);
    default:
      throw new Error(`no such kind of chunk: ${String(chunk.kind satisfies never)}`);
  }
}

async function sendPeople(sending: Sending, chunk: Chunk): Promise<void> {
  const { parts, destination, run, whoHasLeft, signal } = sending;
  const { engine, clock } = parts;
  await whoHasLeft.refresh();
  const people: PlannedPerson[] = [];
  const leftOut: Outcome[] = [];
  for (const person of await peopleOf(engine, chunk)) {
    const status = statusLeftTo(whoHasLeft, person);
    if (status === undefined) people.push(person);
    else {
      const { position, address } = person;
      leftOut.push({ position, address, result: 'keptOut', reason: status, status });
    }
  }
  if (people.length === 0) {
    await engine.commit([...writeOutcomes(run.run, leftOut, clock.now()), markDone(chunk)]);
    return;
  }
  await engine.commit([...writeOutcomes(run.run, leftOut, clock.now()), markSending(chunk, clock.now())]);
  const names = tagNames(run.tags);
  const answer = await sendOnce(sending, chunk, () =>
    destination.upsert(
      run.audienceId,
      people.map((person) => ({
        email: person.email,
        status: person.status,
        fields: person.fields,
        tags: person.addSegments.map((segment) => names.spelled(segment)),
      })),
      {
        signal,
        // Mailchimp may make us wait for minutes: whoever left meanwhile must not go out with this batch.
        async beforeRetry() {
          await whoHasLeft.refresh();
          if (people.some((person) => statusLeftTo(whoHasLeft, person) !== undefined)) throw new PeopleLeft();
        },
      },
    ),
  );
  const { outcomes, tagsToGive } = settleUpsert(people, answer, names.folded);
  await engine.commit([
    ...writeOutcomes(run.run, outcomes, clock.now()),
    ...addTagWork(run.run, tagsToGive),
    markDone(chunk),
  ]);
}

/** A batch that waited was given up, because some of its people are out by now; the others go again. */
class PeopleLeft extends Error {}

/** The kept-out status somebody is in now and was not in when the plan was made. */
function statusLeftTo(whoHasLeft: WhoHasLeft, person: PlannedPerson): string | undefined {
  const status = whoHasLeft.statusOf(person.address);
  return status === person.seenStatus ? undefined : status;
}

async function sendTags(sending: Sending, chunk: Chunk): Promise<void> {
  const { parts, destination, run, signal } = sending;
  const { engine, clock } = parts;
  const tagId = run.tags.find((tag) => tag.segment === chunk.segment)?.tagId;
  if (tagId === undefined) throw new Error(`the tag of segment ${chunk.segment ?? '?'} was not made`);
  const addresses = await addressesOf(engine, chunk);
  await engine.commit([markSending(chunk, clock.now())]);
  const change = chunk.kind === 'tag' ? 'add' : 'remove';
  const { unmentioned } = await sendOnce(sending, chunk, () =>
    destination.changeTag(run.audienceId, tagId, change, addresses, signal),
  );
  const missing = new Set(chunk.kind === 'tag' ? await lacking(sending, chunk, unmentioned) : []);
  const done = addresses.filter((address) => !missing.has(address));
  await engine.commit([...markAddressesDone(chunk, done), markDone(chunk)]);
}

/** Addresses that still lack the tag: a person who had it already is not mentioned either. */
async function lacking(sending: Sending, chunk: Chunk, addresses: readonly string[]): Promise<string[]> {
  const name = tagNames(sending.run.tags).folded(chunk.segment as SegmentId);
  const found = await Promise.all(
    addresses.map(async (address) => {
      const member = await sending.destination.find(sending.run.audienceId, address);
      return member?.tags.some((tag) => tag.toLowerCase() === name) ? undefined : address;
    }),
  );
  return found.filter((address) => address !== undefined);
}

/** One request each: what is done is noted even when one of them stops the run. */
async function sendArchive(sending: Sending, chunk: Chunk): Promise<void> {
  const { parts, destination, run, signal } = sending;
  const addresses = await addressesOf(parts.engine, chunk);
  await parts.engine.commit([markSending(chunk, parts.clock.now())]);
  const ended = await Promise.allSettled(
    addresses.map((address) => destination.archive(run.audienceId, address, signal)),
  );
  const those = (is: (result: PromiseSettledResult<string>) => boolean) =>
    addresses.filter((_, index) => is(ended[index] as PromiseSettledResult<string>));
  const failures = ended
    .filter((result) => result.status === 'rejected')
    .map((result): unknown => result.reason);
  const uncertain = failures.find((error) => error instanceof OutcomeUnknown);
  await parts.engine.commit([
    ...markAddressesDone(
      chunk,
      those((result) => result.status === 'fulfilled' && result.value === 'archived'),
    ),
    ...dropAddresses(
      chunk,
      those((result) => result.status === 'fulfilled' && result.value === 'refused'),
    ),
    ...(failures.length === 0 ? [markDone(chunk)] : uncertain === undefined ? [markReady(chunk)] : []),
  ]);
  if (failures.length > 0) throw uncertain ?? failures[0];
}

/**
 * Calls. When the call surely did nothing, the chunk is ready again before the error goes on; when nobody knows, from
 * when the server has had it is noted.
 */
async function sendOnce<T>(sending: Sending, chunk: Chunk, call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    const { engine } = sending.parts;
    await engine.commit([error instanceof OutcomeUnknown ? noteSent(chunk, error.sentAt) : markReady(chunk)]);
    throw error;
  }
}

export function tagNames(tags: readonly PlannedTag[]): {
  spelled(segment: SegmentId): string;
  folded(segment: SegmentId): string;
} {
  const names = new Map(tags.map((tag) => [tag.segment, tag.name]));
  const spelled = (segment: SegmentId) => names.get(segment) ?? segment;
  return { spelled, folded: (segment) => spelled(segment).toLowerCase() };
}
