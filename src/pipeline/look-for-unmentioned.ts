import type { AudienceMember, Destination } from '../delivery/destination.ts';
import { settleFromFacts } from '../delivery/settle-upsert.ts';
import { addTagWork, settleUnmentioned, unmentionedPeople, type Outcome } from '../exports/chunks.ts';
import type { ExportRun } from '../exports/plan.ts';
import type { PipelineParts } from './pipeline-parts.ts';
import { tagNames } from './send-chunks.ts';

/** More than this many are cheaper to find by reading the audience, a thousand to a request. */
const mostSingleLookUps = 1_000;

/**
 * People a batch was sent with and its answer did not speak of are looked for, not assumed (promise 7):
 * there as wanted is done, in a kept-out status is kept out, and otherwise they end as `not_mentioned`.
 */
export async function lookForUnmentioned(
  parts: PipelineParts,
  destination: Destination,
  run: ExportRun,
): Promise<void> {
  const people = await unmentionedPeople(parts.engine, run.run);
  if (people.length === 0) return;
  parts.progress.say(`Mailchimp did not mention ${people.length} people of its batches; looking for them.`);
  const wanted = new Set(people.map((person) => person.address));
  const found = new Map<string, AudienceMember>();
  if (wanted.size <= mostSingleLookUps) {
    // The destination keeps to its ceiling; all can be asked for at once.
    const members = await Promise.all(
      [...wanted].map((address) => destination.find(run.audienceId, address)),
    );
    for (const member of members) if (member !== undefined) found.set(member.address, member);
  } else {
    for await (const page of destination.read(run.audienceId).pages) {
      for (const member of page) if (wanted.has(member.address)) found.set(member.address, member);
    }
  }
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
