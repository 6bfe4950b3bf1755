import type { RunId } from '../base/ids.ts';
import type { Engine } from '../engine/engine.ts';
import { sql } from '../engine/sql.ts';
import { planCount, planPerson, ref } from './export-tables.ts';
import type { ChangeCounts, PeopleCounts } from './plan.ts';

/** A plan in numbers. */
export interface PlanTotals {
  people: PeopleCounts;
  changes: ChangeCounts;
}

/** The counts of a stored plan. */
export async function planTotals(engine: Engine, run: RunId): Promise<PlanTotals> {
  const counts = await engine.rows<{ action: string; reason: string | null; people: number }>(
    sql`SELECT action, reason, people FROM ${ref(planCount)} WHERE run = ${run}`,
  );
  const total = (action: string) =>
    counts.filter((row) => row.action === action).reduce((sum, row) => sum + row.people, 0);
  const byReason = (action: string) =>
    Object.fromEntries(
      counts
        .filter((row) => row.action === action)
        .map((row): [string, number] => [row.reason ?? 'unknown', row.people])
        .toSorted(([a], [b]) => (a < b ? -1 : 1)),
    );
  const [changes] = await engine.rows<Required<ChangeCounts>>(sql`
    SELECT coalesce(sum(field_count), 0) AS fields, coalesce(sum(len(add_segments)), 0) AS tag,
      coalesce(sum(len(remove_segments)), 0) AS untag,
      count(*) FILTER (WHERE archive) AS archive, count(from_address) AS moves
    FROM ${ref(planPerson)} WHERE run = ${run} AND action IN ('add', 'update', 'leave')`);
  return {
    people: {
      desired: total('desired'),
      add: total('add'),
      update: total('update'),
      unchanged: total('unchanged'),
      keptOut: byReason('keptOut'),
      rejected: byReason('rejected'),
      failed: {},
      leave: total('leave'),
    },
    changes: changeCounts(changes),
  };
}

/** The counts of changes as runs keep them. */
export function changeCounts(counted: Required<ChangeCounts> | undefined): ChangeCounts {
  const { moves = 0, ...changes } = counted ?? { fields: 0, tag: 0, untag: 0, archive: 0 };
  return moves === 0 ? changes : { ...changes, moves };
}
