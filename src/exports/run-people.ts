import type { Engine } from '../engine/engine.ts';
import { sql, type Sql } from '../engine/sql.ts';
import { outcome, planPerson, ref } from './export-tables.ts';
import { endedAs, endReason, unfinishedBy } from './person-end.ts';
import type { ExportRun, RunStatus } from './plan.ts';
import { tagNamesOf, toPlanLine, type PlanLine, type PlanRow } from './plan-people.ts';

/** How a person of a run ended. `planned`: nothing has come of it yet. */
export type Ended = 'planned' | 'done' | 'keptOut' | 'rejected' | 'failed';

/** One person of a run, with what was planned and what became of it. */
export interface RunLine extends PlanLine {
  ended: Ended;
  endReason: string | null;
  /** Mailchimp's words without the address, where it had any. */
  words: string | null;
}

/** What of a run's record says how its people ended. */
export type EndedRun = Pick<ExportRun, 'run' | 'status' | 'startedAt'>;

/**
 * The people of a run with how each ended: `position`, `ended`, `end_reason`, `words` beside the columns of the
 * plan. Whoever was not reached when the run ended failed as `not_sent`, as its counts say (`finish-run.ts`).
 */
export function endedPeople(run: EndedRun): Sql {
  const over = isOver(run.status);
  // A plan that was cancelled, or whose time was over: no work was ever cut from it that could tell who was missed.
  const neverStarted = over && run.startedAt === null;
  return sql`
    SELECT person.*, answer.detail AS words, CASE
        WHEN person.action IN ('keptOut', 'rejected') THEN person.action
        WHEN ${neverStarted} THEN 'failed'
        WHEN NOT ${over} AND answer.result IS NULL THEN 'planned'
        WHEN NOT ${over} AND answer.result = 'done' THEN 'done'
        ELSE ${endedAs} END AS ended,
      CASE
        WHEN person.action IN ('keptOut', 'rejected') THEN person.reason
        WHEN ${neverStarted} THEN 'not_sent'
        WHEN NOT ${over} AND coalesce(answer.result, 'done') = 'done' THEN NULL
        ELSE ${endReason} END AS end_reason
    FROM ${ref(planPerson)} AS person
    LEFT JOIN ${ref(outcome)} AS answer ON answer.run = person.run AND answer.position = person.position
    LEFT JOIN (${unfinishedBy(run.run)}) AS unfinished ON unfinished.address = person.address
    WHERE person.run = ${run.run} AND person.action <> 'same'`;
}

/** In a plan, or a run that goes on, nobody has been missed yet. */
function isOver(status: RunStatus): boolean {
  return status === 'succeeded' || status === 'failed' || status === 'cancelled';
}

/** The people of a run in the order of its plan, a few thousand at a time. */
export async function* runPeople(
  engine: Engine,
  run: EndedRun & Pick<ExportRun, 'tags'>,
): AsyncIterable<RunLine[]> {
  const pages = engine.pages<PlanRow & { ended: Ended; endReason: string | null; words: string | null }>(sql`
    SELECT action, reason, email, status, fields, before, add_segments AS gains, remove_segments AS loses, archive, detail,
      from_address AS "fromAddress", NULL AS "stayKinds", NULL AS "stayNames", ended, end_reason AS "endReason", words
    FROM (${endedPeople(run)}) ORDER BY position`);
  const names = tagNamesOf(run);
  for await (const page of pages) {
    yield page.map(({ ended, endReason, words, ...row }) => ({
      ...toPlanLine(row, names),
      ended,
      endReason,
      words,
    }));
  }
}
