import type { ExportId, RunId } from '../base/ids.ts';
import type { Engine } from '../engine/engine.ts';
import { sql } from '../engine/sql.ts';
import { holdsTag } from './compare-people.ts';
import { audienceMember, exported, planCount, planPerson, ref } from './export-tables.ts';
import type { PlannedTag } from './plan.ts';
import { planTotals, type PlanTotals } from './plan-totals.ts';

/**
 * The plan that takes an export's tags from everybody it gave them to: all of them leave. Fields and contacts stay as
 * they are.
 */
export async function buildWithdrawPlan(
  engine: Engine,
  input: { run: RunId; export: ExportId; audience: string; tags: readonly PlannedTag[] },
): Promise<PlanTotals> {
  const held = engine.dialect.textsWhere(
    input.tags.map((tag) => ({
      when: sql`list_contains(given, ${tag.segment}) AND ${holdsTag(tag)}`,
      text: tag.segment,
    })),
  );
  const mine = sql`WHERE run = ${input.run}`;
  await engine.commit([
    sql`DELETE FROM ${ref(planPerson)} ${mine}`,
    sql`DELETE FROM ${ref(planCount)} ${mine}`,
    sql`INSERT INTO ${ref(planPerson)}
      (run, position, action, address, email, customer_id, seen_status, status, fields, before, field_count,
        add_segments, remove_segments, archive)
      SELECT ${input.run}, row_number() OVER (ORDER BY address), 'leave', address, address, customer_id,
        seen_status, seen_status, '{}', '{}', 0, []::VARCHAR[], ${held}, FALSE
      FROM (
        SELECT ledger.address, ledger.customer_id, ledger.segments AS given, ledger.left_at,
          member.status AS seen_status, coalesce(member.tags, []::VARCHAR[]) AS held_tags
        FROM ${ref(exported)} AS ledger
        LEFT JOIN ${ref(audienceMember)} AS member
          ON member.audience = ${input.audience} AND member.address = ledger.address
        WHERE ledger.export = ${input.export} AND ledger.audience = ${input.audience}
      )
      WHERE left_at IS NULL OR len(${held}) > 0 ORDER BY 2`,
    sql`INSERT INTO ${ref(planCount)}
      SELECT run, action, reason, count(*) FROM ${ref(planPerson)} ${mine} GROUP BY ALL`,
  ]);
  return planTotals(engine, input.run);
}
