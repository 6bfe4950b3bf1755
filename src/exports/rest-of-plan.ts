import type { RunId } from '../base/ids.ts';
import { keptOutStatuses } from '../base/kept-out-statuses.ts';
import type { Dialect } from '../engine/dialect.ts';
import type { Change } from '../engine/engine.ts';
import { sql } from '../engine/sql.ts';
import { outcome as outcomeTable, planCount, planPerson, ref } from './export-tables.ts';
import { doneBy, needsUpsert } from './person-end.ts';
import type { ExportRun } from './plan.ts';

/** Reasons of people who were not reached, or of whom nobody knows; all others have had their answer. */
const notReached: readonly string[] = ['not_sent', 'not_answered', 'not_mentioned'];

/**
 * The changes that copy what a run left of its plan into a plan of its own: people it did not reach, just as they were
 * planned, and of those it reached the tags and the archiving that are missing. Nothing is decided anew.
 */
export function restOfPlan(dialect: Dialect, ended: ExportRun, run: RunId): Change[] {
  const old = ended.run;
  const withAnswer = dialect.textsWhere(
    ended.tags.map(({ segment, name }) => ({
      when: sql`list_contains(coalesce(answer.tags, []::VARCHAR[]), ${name.toLowerCase()})`,
      text: segment,
    })),
  );
  const without = (segments: ReturnType<typeof sql>, taken: ReturnType<typeof sql>) =>
    sql`list_filter(${segments}, lambda segment: NOT list_contains(${taken}, segment))`;
  const nothing = sql`[]::VARCHAR[]`;
  return [
    sql`CREATE OR REPLACE TABLE export.rest AS
      WITH given AS (${doneBy(old, 'tag')}), taken AS (${doneBy(old, 'untag')}), archived AS (${doneBy(old, 'archive')}),
      moved AS (${doneBy(old, 'move')}), beside AS (
        SELECT person.*, answer.result, answer.reason AS answer_reason, answer.status AS now_status,
          ${needsUpsert} AS by_upsert,
          ${without(without(sql`add_segments`, sql`coalesce(given.segments, ${nothing})`), withAnswer)} AS add_left,
          ${without(sql`remove_segments`, sql`coalesce(taken.segments, ${nothing})`)} AS remove_left,
          archive AND archived.address IS NULL AS archive_left,
          CASE WHEN moved.address IS NULL THEN person.from_address END AS move_left
        FROM ${ref(planPerson)} AS person
        LEFT JOIN ${ref(outcomeTable)} AS answer ON answer.run = person.run AND answer.position = person.position
        LEFT JOIN given ON given.address = person.address
        LEFT JOIN taken ON taken.address = person.address
        LEFT JOIN archived ON archived.address = person.address
        LEFT JOIN moved ON moved.address = person.address
        WHERE person.run = ${old} AND action IN ('add', 'update', 'leave')
      ), judged AS (
        SELECT *, (by_upsert OR move_left IS NOT NULL) AND (result IS NULL OR result = 'unmentioned'
            OR (result = 'failed' AND list_contains(${notReached}, answer_reason))) AS whole
        FROM beside
      )
      SELECT * FROM judged
      WHERE whole OR (coalesce(result, 'done') = 'done' AND (len(add_left) > 0 OR len(remove_left) > 0 OR archive_left)
        AND NOT coalesce(list_contains(${keptOutStatuses}, now_status), FALSE))`,
    sql`INSERT INTO ${ref(planPerson)} (run, position, action, reason, address, email, customer_id, seen_status, status,
        fields, before, field_count, add_segments, remove_segments, archive, from_address)
      SELECT ${run}, row_number() OVER (ORDER BY CASE WHEN whole AND by_upsert THEN 1 WHEN action = 'leave' THEN 3 ELSE 2 END, position),
        CASE WHEN whole OR action = 'leave' THEN action ELSE 'update' END, NULL, address, email, customer_id,
        CASE WHEN whole THEN seen_status ELSE coalesce(now_status, seen_status, status) END,
        CASE WHEN whole THEN status ELSE coalesce(now_status, seen_status, status) END,
        CASE WHEN whole THEN fields ELSE '{}' END, CASE WHEN whole THEN before ELSE '{}' END,
        CASE WHEN whole THEN field_count ELSE 0 END,
        CASE WHEN whole THEN add_segments ELSE add_left END, remove_left, archive_left, CASE WHEN whole THEN move_left END
      FROM export.rest ORDER BY 2`,
    sql`DROP TABLE export.rest`,
    sql`INSERT INTO ${ref(planCount)}
      SELECT run, action, NULL, count(*) FROM ${ref(planPerson)} WHERE run = ${run} GROUP BY ALL`,
    sql`INSERT INTO ${ref(planCount)}
      SELECT run, 'desired', NULL, count(*) FROM ${ref(planPerson)}
      WHERE run = ${run} AND action IN ('add', 'update') GROUP BY ALL`,
  ];
}
