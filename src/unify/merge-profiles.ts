import type { Column, Engine, TableName } from '../engine/engine.ts';
import { join, name, sql, type Sql } from '../engine/sql.ts';
import type { PlannedAttribute, UnifyPlan } from './unify-plan.ts';
import { fillNext, scratch } from './unify-tables.ts';

export const profileTable: TableName = { schema: 'profile', table: 'profile' };

/**
 * One row per person in the successor of `profile.profile`, each value taken from one of the person's records:
 * - `importance`: the first that is not blank, by source, then most filled record, then key;
 * - `mostRecent` / `leastRecent`: of the record that is so by the named attribute; records without a date
 *   come last, equals by importance.
 * @param now `first_seen` of those who are new
 */
export async function mergeProfiles(engine: Engine, plan: UnifyPlan, now: Sql): Promise<void> {
  const merged = plan.attributes.map(
    (attribute) => sql`${mergedValue(attribute)} AS ${name(attribute.name)}`,
  );
  const values = plan.attributes.map((attribute) => sql`merged.${name(attribute.name)}`);
  const columns: Column[] = [
    { name: 'customer_id', type: 'text' },
    { name: 'first_seen', type: 'time' },
    ...plan.attributes.map(({ name: attribute, type }): Column => ({ name: attribute, type })),
  ];
  await engine.commit(
    fillNext(
      engine.dialect,
      profileTable,
      columns,
      sql`SELECT p.customer_id, coalesce(c.first_seen, ${now}), ${join(values)}
        FROM (
          SELECT l.label AS _label, ${join(merged)}
          FROM ${scratch('record')} r JOIN ${scratch('label')} l ON l.n = r._n
          GROUP BY l.label
        ) merged
        JOIN ${scratch('person')} p ON p.label = merged._label
        LEFT JOIN unify.customer c ON c.customer_id = p.customer_id`,
    ),
  );
}

function mergedValue({ name: attribute, preference }: PlannedAttribute): Sql {
  const value = name('r', attribute);
  // arg_min passes over rows whose value is NULL: exactly "the first that is not blank".
  if (preference === 'importance') return sql`arg_min(${value}, r._rank)`;
  const [by, direction] =
    'mostRecent' in preference
      ? [name('r', preference.mostRecent), sql`DESC`]
      : [name('r', preference.leastRecent), sql`ASC`];
  return sql`first(${value} ORDER BY ${by} ${direction} NULLS LAST, r._rank) FILTER (WHERE ${value} IS NOT NULL)`;
}
