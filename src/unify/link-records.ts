import type { Dialect } from '../engine/dialect.ts';
import type { Engine } from '../engine/engine.ts';
import { join, name, nothing, sql, type Sql } from '../engine/sql.ts';
import { comparable } from './comparable.ts';
import type { PlannedRule } from './unify-plan.ts';
import { scratch } from './unify-tables.ts';

/**
 * Adds to the scratch table `link` what one rule joins. The records that agree form a bucket, and each of
 * them is linked with the first of it (`head`): all of a bucket belong together, so a star says as much as
 * all pairs. A bucket of a match rule counts when it holds records of at least two sources.
 */
export async function linkRecords(engine: Engine, rule: PlannedRule, index: number): Promise<void> {
  const fields = rule.fields.map((_, place) => name(`field_${place}`));
  const compared = rule.fields.map(
    (field, place) =>
      sql`${comparable(engine.dialect, name(field.name), field)} AS ${name(`field_${place}`)}`,
  );
  const ofSource = rule.kind === 'deduplicate' ? sql`WHERE _position = ${rule.position}` : nothing;
  const acrossSources = rule.kind === 'match' ? sql`AND min(_position) < max(_position)` : nothing;
  const agreeing: Sql = sql`
    INSERT INTO ${scratch('link')}
    WITH compared AS (SELECT _n, _position, ${join(compared)} FROM ${scratch('record')} ${ofSource}),
    bucket AS (
      SELECT ${join(fields)}, min(_n) AS head FROM compared
      WHERE ${join(
        fields.map((field) => sql`${field} IS NOT NULL`),
        ' AND ',
      )}
      GROUP BY ${join(fields)}
      HAVING count(*) > 1 ${acrossSources}
    )
    SELECT _n, head, ${index} FROM compared JOIN bucket USING (${join(fields)}) WHERE _n <> head`;
  await engine.commit([agreeing]);
}

export function createLinks(dialect: Dialect): Sql {
  const integer: Sql = { nodes: [{ text: dialect.typeName('integer') }] };
  return sql`CREATE TABLE ${scratch('link')} (n ${integer}, head ${integer}, rule ${integer})`;
}
