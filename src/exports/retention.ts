import { z } from 'zod';
import type { RunId } from '../base/ids.ts';
import type { Engine } from '../engine/engine.ts';
import { sql } from '../engine/sql.ts';
import { cancelledPlan } from './cancelled-run.ts';
import {
  chunk,
  journal,
  notUndone,
  outcome,
  planPerson,
  ref,
  run as runTable,
  tagWork,
} from './export-tables.ts';
import type { ExportRun } from './plan.ts';
import { readRun, writeRun } from './run-records.ts';

/** `retention:` of the workspace file. */
export const retentionConfig = z
  .strictObject({
    runs: z
      .strictObject({ days: z.int().min(1).max(36_500).describe('Days.') })
      .describe('How long to know who was in a plan or run and what changed; the counts stay for ever.'),
  })
  .describe('How long history is kept; 400 days where this is absent.');

export type RetentionConfig = z.output<typeof retentionConfig>;

/** How long the people of runs are kept where the workspace does not say. */
export const defaultKeepDays = 400;

/** Of each export this many of the newest runs keep their people, however old they are. */
const newestKept = 5;

/** A refresh that finds more than this many leaves the others to the next ones: it must not take for ever. */
const mostAtOnce = 100;

const ofPeople = [planPerson, outcome, chunk, tagWork, journal, notUndone];

/**
 * Removes the people of old runs and plans: who was in the plan, what became of them, every change with the
 * value before. The counts stay. A run whose journal is gone cannot be undone, and a plan without its people
 * cannot be carried out, so it counts as cancelled. Runs that were cut off are left alone.
 * @returns the runs whose people were removed
 */
export async function trimRuns(
  engine: Engine,
  { keepDays, now }: { keepDays: number; now: Date },
): Promise<RunId[]> {
  const before = new Date(now.getTime() - keepDays * 86_400_000).toISOString();
  const old = await engine.rows<{ run: RunId }>(sql`
    SELECT run FROM (
      SELECT run, made_at, status, body, row_number() OVER (PARTITION BY export ORDER BY made_at DESC, run DESC) AS place
      FROM ${ref(runTable)}
    )
    WHERE place > ${newestKept} AND made_at < ${before}::TIMESTAMP AND status <> 'running'
      AND ${engine.dialect.jsonText(sql`body`, 'trimmedAt')} IS NULL
    ORDER BY made_at LIMIT ${mostAtOnce}`);
  if (old.length === 0) return [];
  const runs = old.map(({ run }) => run);
  const records: ExportRun[] = [];
  for (const run of runs) records.push(trimmed(await readRun(engine, run), now));
  await engine.commit([
    ...ofPeople.map((table) => sql`DELETE FROM ${ref(table)} WHERE list_contains(${runs}, run)`),
    ...records.flatMap(writeRun),
  ]);
  return runs;
}

function trimmed(run: ExportRun, now: Date): ExportRun {
  const waits = run.status === 'planned' || run.status === 'stopped';
  return { ...(waits ? cancelledPlan(run, now) : run), trimmedAt: now.toISOString() };
}
