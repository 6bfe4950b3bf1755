import { keptOutStatuses } from '../base/kept-out-statuses.ts';
import type { Verdict } from '../delivery/destination.ts';
import type { Change } from '../engine/engine.ts';
import {
  markAddressesDone,
  markDone,
  markReady,
  movesOf,
  noteSent,
  writeOutcomes,
  type Chunk,
  type Outcome,
  type PlannedMove,
} from '../exports/chunks.ts';
import { followMoves } from '../exports/renamed-contacts.ts';
import { attemptAt, lastUncertain, sendOnce, type Sending } from './send-once.ts';
import { PeopleLeft } from './send-people.ts';

/**
 * Moves the contacts of a chunk to their new addresses, one request each, as many at a time as the account allows.
 * Ledger and facts follow in the commit that notes it, so that everything after it meets the contact where it is. Who
 * does not move gets an outcome and nothing else: a contact of theirs must not come into being beside the old one.
 * @throws OutcomeUnknown, or what stops the run
 */
export async function sendMoves(sending: Sending, chunk: Chunk): Promise<void> {
  const { parts, run, whoHasLeft } = sending;
  const { engine, clock, maxRequests } = parts;
  const moves = await movesOf(engine, run.audience, chunk);
  const leaves = attemptAt(chunk, clock);
  for (let from = 0; from < moves.length; from += maxRequests) {
    const some = moves.slice(from, from + maxRequests);
    await sendOnce(sending, chunk, () => whoHasLeft.refresh());
    const ended = await Promise.allSettled(some.map((move) => sendMove(sending, move, leaves)));
    const moved = some.filter((_, index) => {
      const end = ended[index];
      return end?.status === 'fulfilled' && end.value === 'moved';
    });
    const outcomes = ended.flatMap((end): Outcome[] =>
      end.status === 'fulfilled' && typeof end.value === 'object' ? [end.value] : [],
    );
    const failures = ended.flatMap((end): unknown[] => (end.status === 'rejected' ? [end.reason] : []));
    const uncertain = lastUncertain(failures);
    const next =
      uncertain === undefined
        ? failures.length === 0
          ? []
          : [markReady(chunk)]
        : [noteSent(chunk, uncertain.sentAt)];
    await engine.commit([
      ...followMoves(run.audience, moved, clock.now()),
      ...markAddressesDone(
        chunk,
        moved.map(({ address }) => address),
      ),
      ...writeOutcomes(chunk.run, outcomes, clock.now()),
      ...next,
    ]);
    if (failures.length > 0) throw uncertain ?? failures[0];
  }
  await engine.commit([markDone(chunk)]);
}

/** @param leaves the change to be durable right before a request leaves */
async function sendMove(
  sending: Sending,
  move: PlannedMove,
  leaves: () => Change,
): Promise<'moved' | 'erased' | Outcome> {
  const { parts, destination, run, whoHasLeft, erased, signal } = sending;
  const left = () => whoHasLeft.statusOf(move.from);
  const keptOut = (status: string): Outcome => ended(move, { result: 'keptOut', reason: status });
  const gone = left();
  if (gone !== undefined) return keptOut(gone);
  try {
    const answer = await destination.changeAddress(run.audienceId, move.from, move.email, {
      signal,
      async beforeSend() {
        if (!whoHasLeft.isFreshEnough() || left() !== undefined) return false;
        await parts.engine.commit([leaves()]);
        return !(await erased.isAmong([move]));
      },
      async renew() {
        await whoHasLeft.refresh();
        if (left() !== undefined || (await erased.isAmong([move]))) throw new PeopleLeft();
      },
    });
    return answer === 'changed' ? 'moved' : await whatKeptIt(sending, move, answer);
  } catch (error) {
    if (!(error instanceof PeopleLeft)) throw error;
    const status = left();
    // Who was erased has an outcome that does not name them.
    return status === undefined ? 'erased' : keptOut(status);
  }
}

/**
 * What a refusal means, by a look at the audience where that tells more: an earlier request may have moved the contact
 * after all, somebody else may have the address, and who is not subscribed any more has left in some way.
 */
async function whatKeptIt(
  { destination, run }: Sending,
  move: PlannedMove,
  { kind, reason, detail }: Verdict,
): Promise<'moved' | Outcome> {
  switch (reason) {
    case 'not_subscribed': {
      const contact = await destination.find(run.audienceId, move.from);
      const left = contact !== undefined && keptOutStatuses.includes(contact.status);
      return ended(move, { result: 'keptOut', reason: left ? contact.status : 'moved', detail });
    }
    case 'not_found':
    case 'duplicate':
    case 'already_member': {
      const holder = await destination.find(run.audienceId, move.address);
      if (holder?.contactId !== undefined && holder.contactId === move.contactId) return 'moved';
      if (reason === 'not_found') return ended(move, { result: 'keptOut', reason: 'moved' });
      // Seen there, the next plan changes that contact; held where nobody can look, it will be the next time too.
      return ended(move, {
        result: holder === undefined ? 'rejected' : 'failed',
        reason: 'address_taken',
        detail,
      });
    }
    default:
      return ended(move, { result: kind, reason, detail });
  }
}

/** Nothing is said of the audience: it has nobody under the new address. */
function ended(
  { position, address }: PlannedMove,
  end: Pick<Outcome, 'result' | 'reason' | 'detail'>,
): Outcome {
  return { position, address, ...end };
}
