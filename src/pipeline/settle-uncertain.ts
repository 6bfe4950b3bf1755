import type { Destination } from '../delivery/destination.ts';
import { settleFromFacts } from '../delivery/settle-upsert.ts';
import { factsOf } from '../exports/audience-facts.ts';
import {
  addressesOf,
  addTagWork,
  dropAddresses,
  chunksIn,
  markAddressesDone,
  markDone,
  markReady,
  movesOf,
  peopleOf,
  surelyOverAt,
  writeOutcomes,
  type Chunk,
  type Outcome,
  type PlannedPerson,
} from '../exports/chunks.ts';
import type { ExportRun } from '../exports/plan.ts';
import { movesSeen } from '../exports/renamed-contacts.ts';
import type { PipelineParts } from './pipeline-parts.ts';
import { readFacts } from './read-facts.ts';
import { tagNames } from './tag-names.ts';

/** A chunk that was cut off this often is given up: its people end as `not_answered`. */
const mostAttempts = 5;

/**
 * Settles the chunks whose answer never came, by reading the audience back. Waits first until the server's
 * deadline has passed since each was sent: until then the request may still be at work, and a second one
 * beside it would do things twice (promise 5).
 * @returns whether there were any
 */
export async function settleUncertain(
  parts: PipelineParts,
  destination: Destination,
  run: ExportRun,
  signal: AbortSignal,
): Promise<boolean> {
  const { engine, clock } = parts;
  const uncertain = await chunksIn(engine, run.run, 'sending');
  if (uncertain.length === 0) return false;
  const now = clock.now();
  const over = surelyOverAt(Math.max(...uncertain.map(sentAt)), parts.deadlineMs, now);
  const wait = over.getTime() - now.getTime();
  if (wait > 0) {
    parts.progress.say(
      `${uncertain.length} requests were cut off; waiting ${Math.ceil(wait / 1000)} s until they are surely over, then reading back.`,
    );
    await clock.sleep(wait, signal);
  }
  try {
    await readFacts(parts, destination, { key: run.audience, id: run.audienceId });
  } catch (error) {
    // Nobody will ever read back what happened in an audience that is gone; a run that waited for it would never end.
    if (destination.isGone(error)) await giveUp(parts, run, uncertain);
    throw error;
  }
  for (const chunk of uncertain) {
    switch (chunk.kind) {
      case 'move':
        await settleMoves(parts, run, chunk);
        break;
      case 'upsert':
        await settlePeople(parts, run, chunk);
        break;
      case 'tag':
      case 'untag':
      case 'archive':
        await settleAddresses(parts, run, chunk);
        break;
    }
  }
  return true;
}

async function giveUp(
  { engine, clock }: PipelineParts,
  run: ExportRun,
  chunks: readonly Chunk[],
): Promise<void> {
  for (const chunk of chunks) {
    const people =
      chunk.kind === 'upsert'
        ? await peopleOf(engine, chunk)
        : chunk.kind === 'move'
          ? await movesOf(engine, run.audience, chunk)
          : [];
    await engine.commit([...writeOutcomes(run.run, people.map(notAnswered), clock.now()), markDone(chunk)]);
  }
}

function notAnswered({ position, address }: Pick<PlannedPerson, 'position' | 'address'>): Outcome {
  return { position, address, result: 'failed', reason: 'not_answered' };
}

async function settlePeople(parts: PipelineParts, run: ExportRun, chunk: Chunk): Promise<void> {
  const { engine, clock } = parts;
  const people = await peopleOf(engine, chunk);
  const facts = await factsOf(
    engine,
    run.audience,
    people.map((person) => person.address),
  );
  const settled = settleFromFacts(people, facts, new Date(sentAt(chunk)), tagNames(run.tags).folded);
  const givenUp = chunk.attempts < mostAttempts ? [] : settled.needed.map(notAnswered);
  const over = settled.needed.length === givenUp.length;
  await engine.commit([
    ...writeOutcomes(run.run, [...settled.outcomes, ...givenUp], clock.now()),
    ...addTagWork(run.run, settled.tagsToGive),
    over ? markDone(chunk) : markReady(chunk),
  ]);
}

/** Who was read under the new address, by the contact's id, has moved; ledger and facts have followed already. */
async function settleMoves(parts: PipelineParts, run: ExportRun, chunk: Chunk): Promise<void> {
  const { engine, clock } = parts;
  const moves = await movesOf(engine, run.audience, chunk);
  const seen = await movesSeen(engine, run.audience, moves);
  const missing = moves.filter((move) => !seen.includes(move));
  const givenUp = chunk.attempts < mostAttempts ? [] : missing.map(notAnswered);
  await engine.commit([
    ...markAddressesDone(
      chunk,
      seen.map(({ address }) => address),
    ),
    ...writeOutcomes(run.run, givenUp, clock.now()),
    missing.length === givenUp.length ? markDone(chunk) : markReady(chunk),
  ]);
}

/** Tags and archiving: who is as planned by now is done; the others may be asked for again, it changes nothing. */
async function settleAddresses(parts: PipelineParts, run: ExportRun, chunk: Chunk): Promise<void> {
  const { engine } = parts;
  const addresses = await addressesOf(engine, chunk);
  const facts = await factsOf(engine, run.audience, addresses);
  const name = chunk.segment === null ? '' : tagNames(run.tags).folded(chunk.segment);
  const absent = chunk.kind === 'archive' ? addresses.filter((address) => !facts.has(address)) : [];
  const done = addresses.filter((address) => {
    const member = facts.get(address);
    if (chunk.kind === 'archive') return member?.status === 'archived';
    const held = member?.tags.includes(name) ?? false;
    return chunk.kind === 'tag' ? held : !held;
  });
  const over = done.length + absent.length === addresses.length || chunk.attempts >= mostAttempts;
  await engine.commit([
    ...markAddressesDone(chunk, done),
    ...dropAddresses(chunk, absent),
    over ? markDone(chunk) : markReady(chunk),
  ]);
}

function sentAt(chunk: Chunk): number {
  return chunk.sentAt === null ? 0 : Date.parse(chunk.sentAt);
}
