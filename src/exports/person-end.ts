import type { RunId } from '../base/ids.ts';
import type { Dialect } from '../engine/dialect.ts';
import { sql, type Sql } from '../engine/sql.ts';
import { ref, tagWork } from './export-tables.ts';

/**
 * How a person of a run ends, in one place for the counts, the list of its people and what is left of its plan. The
 * fragments read a row of the plan, beside it `answer` (its outcome, where there is one) and `unfinished` (see below).
 */

/** Whether a person of a plan goes to Mailchimp in a batch; all others by calls for a tag, or to archive, alone. */
export const needsUpsert: Sql = sql`(action = 'add' OR (action = 'update' AND field_count > 0))`;

/** The calls of one kind that a run got done: rows of `address`, `segments`. */
export function doneBy(run: RunId, kind: 'move' | 'tag' | 'untag' | 'archive'): Sql {
  return sql`
    SELECT address, list(DISTINCT segment) AS segments FROM ${ref(tagWork)}
    WHERE run = ${run} AND kind = ${kind} AND done GROUP BY address`;
}

/** The addresses of whom a run has calls left. */
export function unfinishedBy(run: RunId): Sql {
  return sql`SELECT DISTINCT address FROM ${ref(tagWork)} WHERE run = ${run} AND NOT done`;
}

const missed = sql`(unfinished.address IS NOT NULL OR (answer.result IS NULL AND ${needsUpsert}))`;

/** The fields that the answer showed of somebody, from a row of the plan as `person`; NULL: none. */
export function answeredFields(dialect: Dialect): Sql {
  return sql`CASE WHEN answer.fields IS NOT NULL
    THEN ${dialect.jsonMerge(sql`coalesce(person.fields, '{}')`, sql`answer.fields`)} END`;
}

/** How somebody ended whom the plan was to touch, once the run is over: done | keptOut | rejected | failed. */
export const endedAs: Sql = sql`CASE
  WHEN answer.result = 'unmentioned' THEN 'failed'
  WHEN answer.result <> 'done' THEN answer.result
  WHEN ${missed} THEN 'failed'
  ELSE 'done' END`;

/** Why, where they are not done. */
export const endReason: Sql = sql`CASE
  WHEN answer.result = 'unmentioned' THEN 'not_mentioned'
  WHEN answer.result <> 'done' THEN coalesce(answer.reason, 'unknown')
  WHEN ${missed} THEN 'not_sent' END`;
