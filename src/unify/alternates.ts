import type { Engine } from '../engine/engine.ts';
import { join, name, sql, type Sql } from '../engine/sql.ts';
import { tableRef } from '../engine/table.ts';
import { asText } from './comparable.ts';
import { profileTable } from './merge-profiles.ts';
import type { PlannedAttribute, UnifyPlan } from './unify-plan.ts';
import { nextTable, scratch } from './unify-tables.ts';

/**
 * What profiles could have shown and do not: values of records that gave way to another, each once per person
 * and source. Texts that differ in upper case or outer blanks alone are no alternative to each other.
 */
export function alternates(engine: Engine, plan: UnifyPlan): Sql {
  const profile = name('profile_of');
  const differs = ({ name: attribute, type }: PlannedAttribute): Sql => {
    const [own, shown] = [name('r', attribute), name('profile_of', attribute)];
    return type === 'text'
      ? sql`(${own} <> ${shown} AND lower(trim(${own})) <> lower(trim(${shown})))`
      : sql`${own} <> ${shown}`;
  };
  // One pass over all records finds the few that differ in anything, which are then taken apart.
  const several = sql`
    SELECT p.customer_id AS _customer_id, r._position, ${join(
      plan.attributes.map(
        (attribute) =>
          sql`CASE WHEN ${differs(attribute)} THEN ${asText(engine.dialect, name('r', attribute.name), attribute.type)} END AS ${name(attribute.name)}`,
      ),
    )}
    FROM ${scratch('record')} r
    JOIN ${scratch('label')} l ON l.n = r._n
    JOIN ${scratch('person')} p ON p.label = l.label
    JOIN ${tableRef(nextTable(profileTable))} ${profile} ON ${name('profile_of', 'customer_id')} = p.customer_id
    WHERE ${join(plan.attributes.map(differs), ' OR ')}`;
  const each = plan.attributes.map(
    ({ name: attribute }) =>
      sql`SELECT _customer_id, ${attribute} AS attribute, ${name(attribute)} AS value, _position FROM several`,
  );
  return sql`
    WITH several AS MATERIALIZED (${several})
    SELECT DISTINCT a._customer_id, a.attribute, a.value, s.source
    FROM (${join(each, ' UNION ALL ')}) a JOIN ${scratch('source')} s ON s.position = a._position
    WHERE a.value IS NOT NULL`;
}
