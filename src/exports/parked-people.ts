import type { Change } from '../engine/engine.ts';
import { sql } from '../engine/sql.ts';
import { ref, refusal } from './export-tables.ts';
import type { ExportRun } from './plan.ts';

/** Days until somebody is tried again whom Mailchimp takes for signing up too often: at first, and at most (FACTS §8). */
const firstWait = 1;
const longestWait = 7;

/**
 * The changes that remember whom a run saw refused, in the place of what was known of its people. A refusal that lasts
 * has no end: some are refused for who they are, whatever we send; others for what was sent. One that passes is
 * tried again after some days, twice as many each time. To be made while `export.settled` is there.
 */
export function parkRefused(record: ExportRun): Change[] {
  const { audience } = record;
  const at = sql`${record.finishedAt}::TIMESTAMP`;
  return [
    sql`CREATE OR REPLACE TABLE export.parked AS
      WITH waited AS (
        SELECT address, max(date_diff('day', "at", retry_at)) AS days FROM ${ref(refusal)}
        WHERE audience = ${audience} AND retry_at IS NOT NULL GROUP BY address
      )
      SELECT settled.address, CASE WHEN final = 'failed' THEN 'keptOut' ELSE final END AS kind, final_reason AS reason,
        CASE WHEN final = 'failed' OR final_reason IN ('deleted', 'compliance', 'fake_address', 'invalid_address', 'address_taken')
          THEN NULL ELSE fields END AS fields,
        CASE WHEN final = 'failed'
          THEN ${at} + to_days(least(${longestWait}, greatest(${firstWait}, 2 * coalesce(waited.days, 0)))::INTEGER) END AS retry_at
      FROM export.settled AS settled LEFT JOIN waited ON waited.address = settled.address
      WHERE now_status IS NULL AND (final = 'rejected' OR (final = 'keptOut' AND final_reason IN ('deleted', 'compliance'))
        OR (final = 'failed' AND final_reason = 'signup_throttled'))`,
    sql`DELETE FROM ${ref(refusal)} WHERE audience = ${audience} AND address IN (SELECT address FROM export.settled)`,
    sql`INSERT INTO ${ref(refusal)} SELECT ${audience}, address, kind, reason, fields, ${at}, retry_at FROM export.parked`,
    sql`DROP TABLE export.parked`,
  ];
}
