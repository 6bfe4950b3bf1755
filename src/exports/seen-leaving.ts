import type { RunId } from '../base/ids.ts';
import { keptOutStatuses } from '../base/kept-out-statuses.ts';
import type { Change, Engine } from '../engine/engine.ts';
import { sql, type Sql } from '../engine/sql.ts';
import {
  audienceMember,
  journal,
  outcome as outcomeTable,
  planPerson,
  ref,
  seenLeaving as seenLeavingTable,
} from './export-tables.ts';

/** The changes that remember who was seen in a kept-out status while a run was going on. */
export function noteSeenLeaving(
  of: { audience: string; run: RunId },
  left: ReadonlyMap<string, string>,
  readingBegan: Date,
): Change[] {
  const at = readingBegan.toISOString();
  return [
    {
      into: seenLeavingTable,
      columns: seenLeavingTable.columns,
      rows: [...left].map(([address, status]) => [of.audience, of.run, address, status, at]),
    },
  ];
}

/** Who was seen leaving during this run; for one that goes on after a crash. */
export async function seenLeaving(engine: Engine, run: RunId): Promise<ReadonlyMap<string, string>> {
  const rows = await engine.rows<{ address: string; status: string }>(
    sql`SELECT address, arg_max(status, "at") AS status FROM ${ref(seenLeavingTable)} WHERE run = ${run} GROUP BY address`,
  );
  return new Map(rows.map(({ address, status }) => [address, status]));
}

/** Somebody who was seen to have left, and whom a request of ours may have brought back. */
export interface RaceSuspect {
  run: RunId;
  address: string;
  /** What they had become. */
  status: string;
  /** What the answer to our request said of them. */
  answered: string;
}

/**
 * People whose leaving was seen before the answer to our request said otherwise: in this run, and in earlier ones
 * of the audience that ended before anybody could look. Either the reading that saw them leave began before that
 * answer, or the facts (a webhook's word among them) say by now that they are out.
 */
export async function raceSuspects(
  engine: Engine,
  { audience, run }: { audience: string; run: RunId },
): Promise<RaceSuspect[]> {
  return engine.rows<RaceSuspect & Record<string, string>>(sql`
    SELECT run, address, arg_max(status, weight) AS status, any_value(answered) AS answered FROM (
      SELECT seen.run, seen.address, seen.status, answer.status AS answered, 2 AS weight
      FROM ${ref(seenLeavingTable)} AS seen
      JOIN ${ref(outcomeTable)} AS answer ON answer.run = seen.run AND answer.address = seen.address
      -- Whom the plan brings back from our own archive was there when it was made: that is no leaving.
      JOIN ${ref(planPerson)} AS person ON person.run = answer.run AND person.position = answer.position
      WHERE seen.audience = ${audience} AND ${answered} AND seen."at" <= answer."at"
        AND seen.status IS DISTINCT FROM person.seen_status
      UNION ALL
      SELECT answer.run, answer.address, member.status, answer.status, 1 FROM ${outByTheFacts({ audience, run })}
    ) GROUP BY run, address ORDER BY address`);
}

const answered = sql`answer.result = 'done' AND NOT list_contains(${keptOutStatuses}, answer.status)`;

/** Rows of `member`, `answer` and `person`: who is out by the facts and was answered as if they were in. */
function outByTheFacts({ audience, run }: { audience: string; run: RunId }): Sql {
  return sql`${ref(audienceMember)} AS member
    JOIN ${ref(outcomeTable)} AS answer ON answer.run = ${run} AND answer.address = member.address
    JOIN ${ref(planPerson)} AS person ON person.run = answer.run AND person.position = answer.position
    WHERE member.audience = ${audience} AND list_contains(${keptOutStatuses}, member.status) AND ${answered}
      AND member.status IS DISTINCT FROM person.seen_status`;
}

/**
 * The change that keeps for a later run whom only the facts tell of: they are about to be overwritten by what this run
 * was answered.
 */
export function keepSuspects(of: { audience: string; run: RunId }): Change {
  return sql`INSERT INTO ${ref(seenLeavingTable)}
    SELECT member.audience, answer.run, answer.address, member.status, answer."at" FROM ${outByTheFacts(of)}`;
}

/** The changes that journal who was put back to where they had gone. */
export function journalRaces(races: readonly RaceSuspect[], now: Date): Change[] {
  if (races.length === 0) return [];
  const at = now.toISOString();
  return [
    {
      into: journal,
      columns: journal.columns,
      rows: races.map(({ run, address, answered, status }) => [
        run,
        address,
        'status',
        null,
        answered,
        status,
        at,
      ]),
    },
  ];
}

/** The change that forgets who was seen leaving an audience, but for those who could not be looked after. */
export function forgetSeenLeaving(audience: string, but: readonly string[]): Change {
  return sql`DELETE FROM ${ref(seenLeavingTable)} WHERE audience = ${audience} AND NOT list_contains(${but}, address)`;
}
