import { OutcomeUnknown } from '../delivery/destination.ts';
import {
  addressesOf,
  chunksIn,
  dropAddresses,
  markAddressesDone,
  markDone,
  markReady,
  markSending,
  noteSent,
  type Chunk,
  type PlannedPerson,
} from '../exports/chunks.ts';
import { readAhead } from '../exports/read-ahead.ts';
import { sendMoves } from './send-moves.ts';
import { lastUncertain, sendOnce, type Sending } from './send-once.ts';
import { PeopleLeft, sendPeople } from './send-people.ts';

/**
 * Sends the chunks of a run that are ready; the account's slots say how many at once. Chunks whose outcome is unknown
 * stay `sending`, for `settleUncertain`. Nobody is archived while a tag of theirs may be on its way: a change to an
 * archived contact may bring it back (FACTS §5).
 * @returns whether there were any
 * @throws what stops the whole run; the other workers end what they have in hand first
 */
export async function sendReadyChunks(sending: Sending): Promise<boolean> {
  const { parts, signal } = sending;
  const ready = await nextChunks(sending);
  const peopleOf = readAhead(parts.engine, ready);
  let next = 0;
  const all = ready.reduce((sum, chunk) => sum + peopleIn(chunk), 0);
  let sent = 0;
  let failure: unknown;
  const worker = async (): Promise<void> => {
    for (;;) {
      const chunk = ready[next];
      if (chunk === undefined || signal.aborted || failure !== undefined) return;
      next += 1;
      try {
        await sendChunk(sending, chunk, peopleOf);
        sent += peopleIn(chunk);
      } catch (error) {
        if (error instanceof PeopleLeft) ready.push(chunk);
        else if (!(error instanceof OutcomeUnknown)) failure ??= error;
      }
      parts.progress.count('sending', sent, all);
    }
  };
  const workers = Math.min(workersFor(ready, parts.maxRequests), ready.length);
  await parts.engine.inSmallSteps(() => Promise.all(Array.from({ length: workers }, worker)));
  if (failure !== undefined && !signal.aborted) throw failure;
  return ready.length > 0;
}

const peopleIn = ({ first, last }: Chunk): number => last - first + 1;

/**
 * How many chunks to have in hand. Of batches twice as many as may be in flight: half of them read or note while the
 * requests of the others are on their way, so that the account's slots stay full; they are `sending` only once they have
 * a slot. A chunk of tags is so from the start, and one to move or archive fills all slots by itself.
 */
function workersFor([first]: readonly Chunk[], maxRequests: number): number {
  switch (first?.kind) {
    case 'upsert':
      return 2 * maxRequests;
    case 'move':
    case 'archive':
      return 1;
    case 'tag':
    case 'untag':
    case undefined:
      return maxRequests;
  }
}

/**
 * Contacts move before anything else is sent: an upsert would make a second one at an address that is not taken yet.
 * Archiving is left for when all else is over. Both count chunks that are uncertain.
 */
async function nextChunks({ parts: { engine }, run }: Sending): Promise<Chunk[]> {
  const ready = await chunksIn(engine, run.run, 'ready');
  const uncertain = await chunksIn(engine, run.run, 'sending');
  if ([...ready, ...uncertain].some(isMove)) return ready.filter(isMove);
  const others = ready.filter((chunk) => chunk.kind !== 'archive');
  if (others.length > 0) return others;
  return uncertain.every((chunk) => chunk.kind === 'archive') ? ready : [];
}

const isMove = (chunk: Chunk): boolean => chunk.kind === 'move';

async function sendChunk(
  sending: Sending,
  chunk: Chunk,
  peopleOf: (chunk: Chunk) => Promise<PlannedPerson[]>,
): Promise<void> {
  switch (chunk.kind) {
    case 'move':
      return sendMoves(sending, chunk);
    case 'upsert':
      return sendPeople(sending, chunk, await peopleOf(chunk));
    case 'tag':
    case 'untag':
      return sendTags(sending, chunk);
    case 'archive':
      return sendArchive(sending, chunk);
    default:
      throw new Error(`no such kind of chunk: ${String(chunk.kind satisfies never)}`);
  }
}

async function sendTags(sending: Sending, chunk: Chunk): Promise<void> {
  const { parts, destination, run, signal } = sending;
  const { engine, clock } = parts;
  const tag = run.tags.find((each) => each.segment === chunk.segment);
  if (tag?.tagId === undefined) throw new Error(`the tag of segment ${chunk.segment ?? '?'} was not made`);
  const { tagId, name } = tag;
  // In this order: who is erased in between is not read, and an erasure after that waits for the request.
  await engine.commit([markSending(chunk, clock.now())]);
  const addresses = await addressesOf(engine, chunk);
  if (addresses.length === 0) return engine.commit([markDone(chunk)]);
  const change = chunk.kind === 'tag' ? 'add' : 'remove';
  const { unmentioned } = await sendOnce(sending, chunk, () =>
    destination.changeTag(run.audienceId, tagId, change, addresses, signal),
  );
  if (chunk.kind === 'untag' || unmentioned.length === 0) {
    await engine.commit([...markAddressesDone(chunk, addresses), markDone(chunk)]);
    return;
  }
  // What was given is known to be ours before anything else can go wrong.
  const rest = new Set(unmentioned);
  await engine.commit(
    markAddressesDone(
      chunk,
      addresses.filter((address) => !rest.has(address)),
    ),
  );
  const held = await sendOnce(sending, chunk, () =>
    destination.whoHasTag(run.audienceId, { id: tagId, name }, unmentioned, signal),
  );
  // A person who had the tag already is not mentioned either; who lacks it still ends as not reached.
  await engine.commit([...markAddressesDone(chunk, [...held]), markDone(chunk)]);
}

/**
 * One request each, as many at a time as the account allows: until when these may be at work at the server is on disk,
 * and what is done is noted even when one of them stops the run.
 */
async function sendArchive(sending: Sending, chunk: Chunk): Promise<void> {
  const { parts, destination, run, signal } = sending;
  const { engine, clock, maxRequests } = parts;
  const addresses = await addressesOf(engine, chunk);
  await engine.commit([markSending(chunk, clock.now())]);
  for (let from = 0; from < addresses.length; from += maxRequests) {
    const some = addresses.slice(from, from + maxRequests);
    const ended = await Promise.allSettled(
      some.map((address) => destination.archive(run.audienceId, address, signal)),
    );
    const those = (how: 'archived' | 'absent' | 'refused') =>
      some.filter((_, index) => {
        const end = ended[index];
        return end?.status === 'fulfilled' && end.value === how;
      });
    const failures = ended.flatMap((end): unknown[] => (end.status === 'rejected' ? [end.reason] : []));
    const uncertain = lastUncertain(failures);
    const next = failures.length === 0 ? noteSent(chunk, clock.now()) : markReady(chunk);
    await engine.commit([
      ...markAddressesDone(chunk, those('archived')),
      // Who was not there was not archived by us, and is not ours to bring back.
      ...dropAddresses(chunk, [...those('refused'), ...those('absent')]),
      uncertain === undefined ? next : noteSent(chunk, uncertain.sentAt),
    ]);
    if (failures.length > 0) throw uncertain ?? failures[0];
  }
  await engine.commit([markDone(chunk)]);
}
