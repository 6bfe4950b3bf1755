import type { Clock } from '../base/clock.ts';
import { PostriderError } from '../base/errors.ts';
import type { Destination } from '../delivery/destination.ts';
import type { Engine } from '../engine/engine.ts';
import { sql } from '../engine/sql.ts';
import { planPerson, ref } from '../exports/export-tables.ts';
import type { ExportRun } from '../exports/plan.ts';
import { untilKnown } from './until-known.ts';

/**
 * Makes the merge fields that the plan found missing and has values for. One that is there by now is as good: a run
 * that was cut off made it, or somebody else did, with the same type.
 * @param signal aborted: no further one is made
 * @throws `cancelled`; `merge_field_refused` when Mailchimp does not make it, or it is there with another type
 */
export async function makeFields(
  { engine, clock }: { engine: Engine; clock: Clock },
  destination: Destination,
  run: ExportRun,
  signal: AbortSignal,
): Promise<void> {
  for (const field of run.newFields ?? []) {
    const value = engine.dialect.jsonText(sql`fields`, field.tag);
    const [needed] = await engine.rows(
      sql`SELECT 1 AS found FROM ${ref(planPerson)}
        WHERE run = ${run.run} AND action IN ('add', 'update') AND ${value} IS NOT NULL LIMIT 1`,
    );
    if (needed === undefined) continue;
    const refused = (why: string, cause?: unknown) =>
      new PostriderError({
        kind: 'configuration',
        code: 'merge_field_refused',
        message: `The merge field ${field.tag} cannot be made: ${why}`,
        hint: 'Make it by hand in Mailchimp, or map to another one; an audience has 30 fields at most, 80 in the largest plan.',
        ...(cause === undefined ? {} : { cause }),
      });
    const ended = await untilKnown(
      clock,
      () =>
        destination.makeField(run.audienceId, field).catch((error: unknown) => {
          if (!(error instanceof PostriderError) || error.kind === 'remote') throw error;
          throw refused(error.message, error);
        }),
      signal,
    );
    if (ended === 'made') continue;
    const present = (await destination.describe(run.audienceId)).fields.find(({ tag }) => tag === field.tag);
    if (present?.type !== field.type)
      throw refused(`there is one by now, of type ${present?.type ?? 'unknown'}.`);
  }
}
