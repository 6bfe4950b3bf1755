import type { ExportId, SegmentId } from '../base/ids.ts';
import type { Engine } from '../engine/engine.ts';
import { sql } from '../engine/sql.ts';
import { comparedPeople } from './compare-people.ts';
import { desiredPeople, rejectDuplicates, rememberAddresses } from './desired-people.ts';
import { exported, planCount, planPerson, ref } from './export-tables.ts';
import { forgetLostTags } from './lost-tags.ts';
import type { PlanInput } from './plan-input.ts';
import { planRows } from './plan-rows.ts';
import { planTotals, type PlanTotals } from './plan-totals.ts';
import { findUnwanted } from './unwanted-contacts.ts';

/**
 * Desired × facts × ledger → plan, in SQL and in one commit: the same inputs give the same rows in the same
 * order, whatever order the people came in. Nobody's row passes through this process.
 */
export async function buildPlan(engine: Engine, input: PlanInput): Promise<PlanTotals> {
  const { dialect } = engine;
  await engine.commit([
    sql`DELETE FROM ${ref(planPerson)} WHERE run = ${input.run}`,
    sql`DELETE FROM ${ref(planCount)} WHERE run = ${input.run}`,
    sql`CREATE OR REPLACE TABLE export.desired AS ${desiredPeople(dialect, input)}`,
    rejectDuplicates,
    rememberAddresses,
    findUnwanted(input),
    sql`CREATE OR REPLACE TABLE export.compared AS ${comparedPeople(dialect, input)}`,
    sql`INSERT INTO ${ref(planPerson)} (run, position, action, reason, address, email, customer_id, seen_status, status,
        fields, before, field_count, add_segments, remove_segments, archive, detail, from_address) ${planRows(dialect, input)}`,
    sql`INSERT INTO ${ref(planCount)}
      SELECT run, action, reason, count(*) FROM ${ref(planPerson)} WHERE run = ${input.run} GROUP BY ALL`,
    sql`INSERT INTO ${ref(planCount)} SELECT ${input.run}, 'desired', NULL, count(*) FROM export.desired`,
    sql`INSERT INTO ${ref(planCount)}
      SELECT ${input.run}, 'unchanged', NULL, (SELECT count(*) FROM export.desired) - count(*)
      FROM export.compared WHERE action NOT IN ('unchanged', 'same')`,
    sql`INSERT INTO ${ref(planCount)} SELECT ${input.run}, 'problem', problem, count(*) FROM (
        SELECT unnest(list_distinct(CASE WHEN bad_field IS NULL THEN problems ELSE list_append(problems, bad_field) END)) AS problem
        FROM export.compared WHERE rejected IS NULL AND kept_out IS NULL)
      GROUP BY problem`,
    forgetLostTags(input),
    sql`DROP TABLE export.compared`,
    sql`DROP TABLE export.unwanted`,
    sql`DROP TABLE export.desired`,
  ]);
  return planTotals(engine, input.run);
}

/** The segments whose people an export knows, for which a tag must exist or be made. */
export async function segmentsInLedger(engine: Engine, exportId: ExportId): Promise<SegmentId[]> {
  const rows = await engine.rows<{ segment: SegmentId }>(
    sql`SELECT DISTINCT unnest(segments) AS segment FROM ${ref(exported)} WHERE export = ${exportId} ORDER BY 1`,
  );
  return rows.map((row) => row.segment);
}
