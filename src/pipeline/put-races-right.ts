import { PostriderError } from '../base/errors.ts';
import { keptOutStatuses } from '../base/kept-out-statuses.ts';
import { OutcomeUnknown, type Destination } from '../delivery/destination.ts';
import { noteWhoLeft } from '../exports/chunks.ts';
import type { ExportRun } from '../exports/plan.ts';
import {
  forgetSeenLeaving,
  journalRaces,
  keepSuspects,
  raceSuspects,
  type RaceSuspect,
} from '../exports/seen-leaving.ts';
import { lookUpMembers } from './look-up-members.ts';
import type { PipelineParts } from './pipeline-parts.ts';

/**
 * Puts back who left while our request for them was on its way, and whom it brought back (promise 1): they were seen
 * out of the audience before the answer came, and are in it now. Who is out is left alone.
 * @param left who was seen in a kept-out status during the run
 * @returns how many were put back, and how many could not be; the next run of the audience tries those again
 */
export async function putRacesRight(
  parts: PipelineParts,
  destination: Destination,
  run: ExportRun,
  left: ReadonlyMap<string, string>,
): Promise<{ races: number; open: number }> {
  const { engine, clock } = parts;
  const suspects = await raceSuspects(engine, run);
  if (suspects.length === 0 && left.size === 0) return { races: 0, open: 0 };
  const now = await lookUpMembers(
    destination,
    run.audienceId,
    suspects.map((suspect) => suspect.address),
  );
  const isOut = (address: string) => keptOutStatuses.includes(now.get(address)?.status ?? '');
  const brought = suspects.filter(({ address }) => now.has(address) && !isOut(address));
  const ended = await Promise.all(brought.map((suspect) => putBack(destination, run, suspect)));
  const races = brought.filter((_, index) => ended[index] === true);
  const open = brought.filter((_, index) => ended[index] === false).map((suspect) => suspect.address);
  // Who came back by a request of ours that nothing could undo yet counts as subscribed until something does.
  const out = new Map([...left].filter(([address]) => !open.includes(address)));
  for (const { address, status } of suspects) if (!open.includes(address)) out.set(address, status);
  await engine.commit([
    ...journalRaces(races, clock.now()),
    ...(out.size === 0 ? [] : [noteWhoLeft(run.run, out)]),
    forgetSeenLeaving(run.audience, open),
  ]);
  return { races: races.length, open: open.length };
}

/**
 * What is left for the next run of the audience to put right, where this one must not ask Mailchimp any more: whom our
 * requests brought back is remembered, and everybody else who was seen leaving counts as out.
 * @returns how many may have been brought back
 */
export async function leaveRacesOpen(
  { engine }: Pick<PipelineParts, 'engine'>,
  run: ExportRun,
  left: ReadonlyMap<string, string>,
): Promise<number> {
  const suspects = await raceSuspects(engine, run);
  const open = new Set(suspects.map(({ address }) => address));
  const out = new Map([...left].filter(([address]) => !open.has(address)));
  await engine.commit([keepSuspects(run), ...(out.size === 0 ? [] : [noteWhoLeft(run.run, out)])]);
  return open.size;
}

/** Says whether it surely worked: to ask twice changes nothing. */
async function putBack(destination: Destination, run: ExportRun, suspect: RaceSuspect): Promise<boolean> {
  const { address, status } = suspect;
  try {
    if (status === 'archived') return (await destination.archive(run.audienceId, address)) !== 'refused';
    await destination.setStatus(run.audienceId, address, status);
    return true;
  } catch (error) {
    // One person that Mailchimp does not take back must not leave all others where they are.
    const ofThisPerson = error instanceof PostriderError && error.kind === 'input';
    if (error instanceof OutcomeUnknown || ofThisPerson) return false;
    throw error;
  }
}
