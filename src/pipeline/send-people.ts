import { BatchRefused, type UpsertAnswer } from '../delivery/destination.ts';
import { settleUpsert } from '../delivery/settle-upsert.ts';
import type { Change } from '../engine/engine.ts';
import {
  markDone,
  markReady,
  writeOutcomes,
  type Chunk,
  type Outcome,
  type PlannedPerson,
} from '../exports/chunks.ts';
import { attemptAt, sendOnce, type Sending } from './send-once.ts';
import { tagNames } from './tag-names.ts';

/**
 * Sends the people of a chunk: in one request, and where that is refused as a whole, in halves of halves until the ones
 * to blame stand alone; the others go through. All of it is one chunk, which stays `sending`: who has an outcome is
 * durable after each request, so that a crash leaves only the others to be read back.
 * @param planned those of the chunk who have no outcome yet
 * @throws PeopleLeft, OutcomeUnknown, or what stops the run
 */
export async function sendPeople(
  sending: Sending,
  chunk: Chunk,
  planned: readonly PlannedPerson[],
): Promise<void> {
  const { engine, clock } = sending.parts;
  const waiting = [planned];
  const leaves = attemptAt(chunk, clock);
  for (let part = waiting.pop(); part !== undefined; part = waiting.pop()) {
    await sendOnce(sending, chunk, () => sending.whoHasLeft.refresh());
    const { people, leftOut } = withoutLeavers(sending, part);
    const last = waiting.length === 0;
    const ends = last ? [markDone(chunk)] : [];
    if (people.length === 0) {
      await engine.commit([...writeOutcomes(chunk.run, leftOut, clock.now()), ...ends]);
      continue;
    }
    if (leftOut.length > 0) await engine.commit(writeOutcomes(chunk.run, leftOut, clock.now()));
    const answer = await sendBatch(sending, chunk, people, leaves);
    if (answer instanceof BatchRefused) {
      const [culprit] = people;
      if (people.length > 1 || culprit === undefined) {
        waiting.push(...halves(people));
        continue;
      }
      const { position, address } = culprit;
      const { kind: result, reason, detail } = answer.verdict;
      const outcome: Outcome = { position, address, result, reason, detail };
      const stop = sending.blame.refused(answer);
      const next = stop === undefined || last ? ends : [markReady(chunk)];
      await engine.commit([...writeOutcomes(chunk.run, [outcome], clock.now()), ...next]);
      if (stop !== undefined) throw stop;
    } else {
      const { outcomes, tagsToGive } = settleUpsert(people, answer, tagNames(sending.run.tags).folded);
      await sending.together.settle({ outcomes, tagsToGive, ...(last ? { done: chunk } : {}) });
      sending.blame.passed(people.length);
    }
  }
}

/**
 * @param leaves the change to be durable right before each request leaves
 * @returns the answer, or that all of them were refused together
 */
async function sendBatch(
  sending: Sending,
  chunk: Chunk,
  people: readonly PlannedPerson[],
  leaves: () => Change,
): Promise<UpsertAnswer | BatchRefused> {
  const { destination, run, whoHasLeft, erased, signal } = sending;
  const { engine } = sending.parts;
  const names = tagNames(run.tags);
  const batch = people.map((person) => ({
    email: person.email,
    status: person.status,
    fields: person.fields,
    tags: person.addSegments.map((segment) => names.spelled(segment)),
  }));
  const someLeft = () => people.some((person) => leftTo(sending, person) !== undefined);
  return sendOnce(sending, chunk, async () => {
    try {
      return await destination.upsert(run.audienceId, batch, {
        signal,
        fieldTypes: run.fieldTypes ?? {},
        skipRequired: run.skipRequired === true,
        async beforeSend() {
          if (!whoHasLeft.isFreshEnough() || someLeft()) return false;
          // Not before there is a slot: what is `sending` when we are killed is what Mailchimp may be working on.
          await engine.commit([leaves()], { ahead: true });
          return !(await erased.isAmong(people));
        },
        // Mailchimp may make us wait for minutes: whoever left meanwhile must not go out with this batch.
        async renew() {
          await whoHasLeft.refresh();
          if (someLeft() || (await erased.isAmong(people))) throw new PeopleLeft();
        },
      });
    } catch (error) {
      if (error instanceof BatchRefused) return error;
      throw error;
    }
  });
}

/** A batch was given up, because some of its people are out by now, or erased; the others go again. */
export class PeopleLeft extends Error {}

function withoutLeavers(
  sending: Sending,
  part: readonly PlannedPerson[],
): { people: PlannedPerson[]; leftOut: Outcome[] } {
  const people: PlannedPerson[] = [];
  const leftOut: Outcome[] = [];
  for (const person of part) {
    const status = leftTo(sending, person);
    const { position, address } = person;
    if (status === undefined) people.push(person);
    else leftOut.push({ position, address, result: 'keptOut', reason: status, status });
  }
  return { people, leftOut };
}

/** The kept-out status somebody is in now and was not in when the plan was made. */
function leftTo({ whoHasLeft }: Sending, person: PlannedPerson): string | undefined {
  const status = whoHasLeft.statusOf(person.address);
  return status === person.seenStatus ? undefined : status;
}

/** Every other person each: culprits who stand together, as addresses of one sort do, are found in either half. */
function halves<T>(people: readonly T[]): [T[], T[]] {
  return [people.filter((_, index) => index % 2 === 1), people.filter((_, index) => index % 2 === 0)];
}
