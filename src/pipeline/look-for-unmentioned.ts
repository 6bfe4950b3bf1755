import type { Destination } from '../delivery/destination.ts';
import { settleFromFacts } from '../delivery/settle-upsert.ts';
import { addTagWork, settleUnmentioned, unmentionedPeople, type Outcome } from '../exports/chunks.ts';
import type { ExportRun } from '../exports/plan.ts';
import { lookUpMembers } from './look-up-members.ts';
import type { PipelineParts } from './pipeline-parts.ts';
import { tagNames } from './tag-names.ts';

/**
 * People a batch was sent with and its answer did not speak of are looked for, not assumed (promise 7):
 * there as wanted is done, in a kept-out status is kept out, and otherwise they end as `not_mentioned`.
 */
export async function lookForUnmentioned(
  parts: PipelineParts,
  destination: Destination,
  run: ExportRun,
  signal: AbortSignal,
): Promise<void> {
  const people = await unmentionedPeople(parts.engine, run.run);
  if (people.length === 0) return;
  parts.progress.say(`Mailchimp did not mention ${people.length} people of its batches; looking for them.`);
  const found = await lookUpMembers(
    destination,
    run.audienceId,
    people.map((person) => person.address),
    signal,
  );
  const { outcomes, tagsToGive, needed } = settleFromFacts(
    people,
    found,
    new Date(run.startedAt ?? run.madeAt),
    tagNames(run.tags).folded,
  );
  const missing = needed.map(({ position, address }): Outcome => ({
    position,
    address,
    result: 'failed',
    reason: 'not_mentioned',
  }));
  await parts.engine.commit([
    ...settleUnmentioned(run.run, [...outcomes, ...missing], parts.clock.now()),
    ...addTagWork(run.run, tagsToGive),
  ]);
}
