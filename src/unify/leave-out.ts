import type { Engine } from '../engine/engine.ts';
import { join, sql } from '../engine/sql.ts';
import type { UnifyPlan } from './unify-plan.ts';
import { scratch } from './unify-tables.ts';

/**
 * Takes away records of sources that are `matchedOnly` whose person is in no other source.
 * @returns by place of the source, how many
 */
export async function leaveOutUnmatched(engine: Engine, plan: UnifyPlan): Promise<Map<number, number>> {
  const optional = plan.sources.flatMap(({ include }, position) =>
    include === 'matchedOnly' ? [position] : [],
  );
  if (optional.length === 0) return new Map();
  await engine.commit([
    sql`CREATE TABLE ${scratch('left_out')} AS
      SELECT r._n AS n, r._position AS position FROM ${scratch('record')} r
      JOIN ${scratch('label')} l ON l.n = r._n
      JOIN (
        SELECT g.label FROM ${scratch('label')} g JOIN ${scratch('record')} m ON m._n = g.n
        GROUP BY g.label HAVING min(m._position) = max(m._position)
          AND min(m._position) IN (${join(optional.map((position) => sql`${position}`))})
      ) single ON single.label = l.label`,
    sql`DELETE FROM ${scratch('record')} WHERE _n IN (SELECT n FROM ${scratch('left_out')})`,
    sql`DELETE FROM ${scratch('label')} WHERE n IN (SELECT n FROM ${scratch('left_out')})`,
  ]);
  const rows = await engine.rows<{ position: number; n: number }>(
    sql`SELECT position, count(*) AS n FROM ${scratch('left_out')} GROUP BY position`,
  );
  return new Map(rows.map(({ position, n }) => [position, n]));
}
