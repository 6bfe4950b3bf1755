import { join, name, sql, type Sql } from '../engine/sql.ts';
import { tableRef } from '../engine/table.ts';
import type { BesideAttribute } from './catalogue.ts';
import type { CheckedGroup, CheckedRule } from './checked-rule.ts';

/**
 * The people that rules ask about, to stand after FROM: one row a profile, with the attributes kept beside it
 * that the rules speak of as columns of their names.
 */
export function personRows(rules: CheckedGroup): Sql {
  const attributes = new Map(besideIn(rules).map((attribute) => [attribute.name, attribute]));
  const profile = name('profile', 'profile');
  if (attributes.size === 0) return profile;

  // Attributes of one table and value come with one join.
  const joins = new Map<string, { alias: string; beside: BesideAttribute['beside'] }>();
  const columns = [...attributes.values()].map(({ name: attribute, beside }) => {
    const key = JSON.stringify([beside.table, beside.where, beside.value]);
    const joined = joins.get(key) ?? { alias: `beside ${joins.size}`, beside };
    joins.set(key, joined);
    return sql`${name(joined.alias, beside.column)} AS ${name(attribute)}`;
  });
  const joined = [...joins.values()].map(
    ({ alias, beside }) => sql` LEFT JOIN ${tableRef(beside.table)} AS ${name(alias)}
      ON ${name(alias, 'customer_id')} = profile.customer_id AND ${name(alias, beside.where)} = ${beside.value}`,
  );
  return sql`(SELECT profile.*, ${join(columns)} FROM ${profile} AS profile${join(joined, '')})`;
}

/** The attributes kept beside the profile that a rule about people speaks of. */
export function besideIn(rule: CheckedRule): BesideAttribute[] {
  // Rows of other tables have no attributes, and segments are taken as they are.
  if (rule.kind === 'group') return rule.rules.flatMap(besideIn);
  if (rule.kind !== 'field') return [];
  const { condition } = rule.test;
  const asked = condition.kind === 'column' ? [rule.column, condition.column] : [rule.column];
  return asked.filter((column) => 'beside' in column);
}
