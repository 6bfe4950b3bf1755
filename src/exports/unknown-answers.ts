import type { RunId } from '../base/ids.ts';
import type { Engine } from '../engine/engine.ts';
import { sql } from '../engine/sql.ts';
import { outcome as outcomeTable, ref } from './export-tables.ts';
import type { RunAlert } from './plan.ts';

/** Fewer people than this with one unknown text say nothing about the others. */
const fewest = 5;
/** From this share of a run's people on, an unknown text is a change at the destination's (FACTS §8). */
const alarming = 0.01;
/** So many texts are named; each person's own is with the person. */
const mostTexts = 10;

/** An answer in words nobody knows, and how many people of a run had it. */
export interface UnknownAnswer {
  /** Without addresses, and with 0 for each number: a number may be somebody's own, and this is kept and shown. */
  text: string;
  people: number;
}

/**
 * The unknown texts of a run, the commonest first. Texts that differ in their numbers only count as one.
 * @returns also how many people were sent, of whom they are a share
 */
export async function unknownAnswers(
  engine: Engine,
  run: RunId,
): Promise<{ answers: UnknownAnswer[]; sent: number }> {
  const mine = sql`run = ${run} AND result <> 'unmentioned'`;
  const [count] = await engine.rows<{ sent: number }>(
    sql`SELECT count(*) AS sent FROM ${ref(outcomeTable)} WHERE ${mine}`,
  );
  const answers = await engine.rows<{ text: string; people: number }>(sql`
    SELECT regexp_replace(detail, '[0-9]+', '0', 'g') AS text, count(*) AS people FROM ${ref(outcomeTable)}
    WHERE ${mine} AND reason = 'unknown' AND detail IS NOT NULL
    GROUP BY ALL ORDER BY people DESC, text LIMIT ${mostTexts}`);
  return { answers, sent: count?.sent ?? 0 };
}

/** An alert for each text that too many people have. */
export function alertsOf({ answers, sent }: { answers: readonly UnknownAnswer[]; sent: number }): RunAlert[] {
  return answers
    .filter(({ people }) => people >= fewest && people > sent * alarming)
    .map(({ text, people }) => ({ code: 'unknown_answer', text, people, share: people / sent }));
}
