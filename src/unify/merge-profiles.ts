import type { Column, Engine, TableName } from '../engine/engine.ts';
import { join, name, nothing, sql, wholeNumber, type Sql } from '../engine/sql.ts';
import { mostAttributes, ranksOfFilling, ranksOfSource } from './map-records.ts';
import type { Preference } from './merge-config.ts';
import type { PlannedAttribute, PlannedGroup, UnifyPlan } from './unify-plan.ts';
import { countRows, createNext, insertNext, scratch } from './unify-tables.ts';

export const profileTable: TableName = { schema: 'profile', table: 'profile' };

/**
 * One row per person in the successor of `profile.profile`, each value taken from one of the person's records:
 * - `importance`: the first that is not blank, by source, then by the source's own order, then key;
 * - `mostFilled`: of the record with the most attributes, equals by importance;
 * - `mostRecent` / `leastRecent`: of the record that is so by the named attribute; records without a date
 *   come last, equals by importance;
 * - `order`: as importance, with the sources in another order.
 *
 * Attributes of a group all come from one record: the first by the group's preference in which at least one
 * of them is filled.
 * @param now `first_seen` of those who are new
 */
export async function mergeProfiles(engine: Engine, plan: UnifyPlan, now: Sql): Promise<void> {
  const groupOf = (attribute: PlannedAttribute): number =>
    plan.groups.findIndex(({ attributes }) =>
      attributes.some(({ name: member }) => member === attribute.name),
    );
  const single = plan.attributes.filter((attribute) => groupOf(attribute) < 0);
  const merged = [
    ...single.map((attribute) => sql`${mergedValue(attribute, plan)} AS ${name(attribute.name)}`),
    ...plan.groups.map((group, place) => sql`${winnerOf(group, plan)} AS ${winnerColumn(place)}`),
  ];
  const values = plan.attributes.map((attribute) => {
    const group = groupOf(attribute);
    return group < 0 ? name('merged', attribute.name) : name(`group_${group}`, attribute.name);
  });
  const winners = plan.groups.map(
    (_, place) => sql`
      LEFT JOIN ${scratch('record')} AS ${name(`group_${place}`)}
        ON ${name(`group_${place}`, '_n')} = merged.${winnerColumn(place)}`,
  );
  const columns: Column[] = [
    { name: 'customer_id', type: 'text' },
    { name: 'first_seen', type: 'time' },
    ...plan.attributes.map(({ name: attribute, type }): Column => ({ name: attribute, type })),
  ];
  const parts = await partsOf(engine);
  await engine.commit([
    createNext(engine.dialect, profileTable, columns),
    ...parts.map((part) =>
      insertNext(
        profileTable,
        columns,
        sql`SELECT p.customer_id, coalesce(c.first_seen, ${now}), ${join(values)}
        FROM (
          SELECT ${join([sql`l.label AS _label`, ...merged])}
          FROM ${scratch('record')} r JOIN ${scratch('label')} l ON l.n = r._n
          WHERE ${part}
          GROUP BY l.label
        ) merged
        JOIN ${scratch('person')} p ON p.label = merged._label
        LEFT JOIN unify.customer c ON c.customer_id = p.customer_id
        ${winners.length === 0 ? nothing : join(winners, ' ')}`,
      ),
    ),
  ]);
}

/** How many records are merged by one statement. */
const recordsAtOnce = 250_000;

/**
 * Conditions that part the people. The texts that an aggregate holds for every group cannot be put on disk while it
 * works, so all people at once would need as much memory as they have text, whatever the engine is allowed.
 */
async function partsOf(engine: Engine): Promise<Sql[]> {
  const count = Math.max(1, Math.ceil((await countRows(engine, scratch('record'))) / recordsAtOnce));
  return Array.from(
    { length: count },
    (_, part) => sql`l.label % ${wholeNumber(count)} = ${wholeNumber(part)}`,
  );
}

function winnerColumn(place: number): Sql {
  return name(`_winner_${place}`);
}

function mergedValue({ name: attribute, preference }: PlannedAttribute, plan: UnifyPlan): Sql {
  const value = name('r', attribute);
  return first(value, value, preference, plan, sql`r._filled`);
}

/** The number of the record that a group's values come from. */
function winnerOf({ attributes, preference }: PlannedGroup, plan: UnifyPlan): Sql {
  const members = attributes.map(({ name: attribute }) => name('r', attribute));
  const filled = sql`(${join(
    members.map((member) => sql`CASE WHEN ${member} IS NULL THEN 0 ELSE 1 END`),
    ' + ',
  )})`;
  return first(sql`r._n`, sql`nullif(${filled}, 0)`, preference, plan, filled);
}

/**
 * `value` of the record that comes first by a preference among those where `filled` is not NULL.
 * @param filling what "most filled" counts
 */
function first(value: Sql, filled: Sql, preference: Preference, plan: UnifyPlan, filling: Sql): Sql {
  const among = value === filled ? value : sql`CASE WHEN ${filled} IS NOT NULL THEN ${value} END`;
  // arg_min passes over rows whose value is NULL: exactly "the first that is not blank".
  if (preference === 'importance') return sql`arg_min(${among}, r._rank)`;
  if (preference === 'mostFilled') {
    return sql`arg_min(${among}, (${wholeNumber(mostAttributes)} - ${filling}) * ${wholeNumber(ranksOfFilling)} + r._n)`;
  }
  if ('order' in preference)
    return sql`arg_min(${among}, ${placeIn(preference.order, plan)} * ${wholeNumber(ranksOfSource)} + r._rank % ${wholeNumber(ranksOfSource)})`;
  const [by, direction] =
    'mostRecent' in preference
      ? [name('r', preference.mostRecent), sql`DESC`]
      : [name('r', preference.leastRecent), sql`ASC`];
  return sql`first(${value} ORDER BY ${by} ${direction} NULLS LAST, r._rank) FILTER (WHERE ${filled} IS NOT NULL)`;
}

/** The place of a record's source when some sources come first. */
function placeIn(order: readonly string[], { sources }: UnifyPlan): Sql {
  const rest = sources.map(({ source }) => String(source)).filter((source) => !order.includes(source));
  const places = [...order, ...rest].flatMap((wanted, place) => {
    const position = sources.findIndex(({ source }) => source === wanted);
    return position < 0 ? [] : [sql`WHEN ${position} THEN ${wholeNumber(place)}`];
  });
  return sql`CASE r._position ${join(places, ' ')} END`;
}
