import type { Column, Engine } from '../engine/engine.ts';
import { join, name, sql, wholeNumber, type Sql } from '../engine/sql.ts';
import { tableRef, typeRef } from '../engine/table.ts';
import { sourceTable } from '../sources/loaded-source.ts';
import { unlessBlank } from './comparable.ts';
import { filterSql } from './row-filter.ts';
import type { PlannedAttribute, PlannedSource, UnifyPlan } from './unify-plan.ts';
import { createScratch, scratch } from './unify-tables.ts';

/**
 * The records of all sources in one table, each with a number. `_n` counts in the order of sources, then of
 * keys, so the smallest number of a group is its most important record. `_rank` orders the records of one
 * person by whose value is taken first: source, then the source's own order (`winner`: most filled, unless it
 * says else), then key. `_filled` counts attributes that are not blank. Names begin with "_" because
 * attributes cannot.
 */
const ownColumns: Column[] = [
  { name: '_n', type: 'integer' },
  { name: '_rank', type: 'integer' },
  { name: '_filled', type: 'integer' },
  { name: '_position', type: 'integer' },
  { name: '_key', type: 'text' },
];

/** `_rank` is the place of the source times this, and something smaller: 40 bits of number, 10 of what is not filled. */
export const ranksOfSource = 1024 * 2 ** 40;
export const ranksOfFilling = 2 ** 40;
export const mostAttributes = 1023;

/**
 * Fills the scratch tables `source`, `record` and `label`. Keys are unique in their source: loading saw to it.
 * @returns by place of the source, how many of its rows are read
 */
export async function mapRecords(engine: Engine, plan: UnifyPlan): Promise<Map<number, number>> {
  const { dialect } = engine;
  await engine.commit([
    createScratch(dialect, 'record', [...ownColumns, ...plan.attributes]),
    createScratch(dialect, 'source', [
      { name: 'position', type: 'integer' },
      { name: 'source', type: 'text' },
    ]),
    ...plan.sources.map(
      ({ source }, position) => sql`INSERT INTO ${scratch('source')} VALUES (${position}, ${source})`,
    ),
  ]);
  for (const [position, source] of plan.sources.entries()) {
    await engine.commit([insertRecords(engine, plan.attributes, source, position)]);
  }
  await engine.commit([
    sql`CREATE TABLE ${scratch('label')} AS SELECT _n AS n, _n AS label FROM ${scratch('record')}`,
  ]);
  const rows = await engine.rows<{ position: number; n: number }>(
    sql`SELECT _position AS position, count(*) AS n FROM ${scratch('record')} GROUP BY _position`,
  );
  return new Map(rows.map(({ position, n }) => [position, n]));
}

function insertRecords(
  engine: Engine,
  attributes: readonly PlannedAttribute[],
  source: PlannedSource,
  position: number,
): Sql {
  const names = attributes.map((attribute) => name(attribute.name));
  const values = attributes.map(({ name: attribute, type }) => {
    const column = source.columns.get(attribute);
    const value = column === undefined ? sql`NULL` : name(column.name);
    const cast = sql`CAST(${value} AS ${typeRef(engine.dialect, type)})`;
    return sql`${column === undefined ? cast : unlessBlank(cast, type)} AS ${name(attribute)}`;
  });
  const filled = join(
    names.map((attribute) => sql`CASE WHEN ${attribute} IS NULL THEN 0 ELSE 1 END`),
    ' + ',
  );
  const integer = typeRef(engine.dialect, 'integer');
  const ofSource = sql`CAST(${position} AS ${integer}) * ${wholeNumber(ranksOfSource)}`;
  return sql`
    INSERT INTO ${scratch('record')}
    SELECT _n, ${ofSource} + ${withinSource(source)}, _filled, ${position}, _key, ${join(names)}
    FROM (SELECT *, ${filled} AS _filled FROM (
      SELECT _key, row_number() OVER (ORDER BY _key) + (SELECT count(*) FROM ${scratch('record')}) AS _n, ${join(values)}
      FROM ${tableRef(sourceTable(source.source))} WHERE ${filterSql(engine.dialect, source.filter)}
    ))`;
}

function withinSource({ winner }: PlannedSource): Sql {
  if (winner === 'mostFilled')
    return sql`(${wholeNumber(mostAttributes)} - _filled) * ${wholeNumber(ranksOfFilling)} + _n`;
  const order =
    'mostRecent' in winner
      ? sql`${name(winner.mostRecent)} DESC NULLS LAST`
      : sql`${name(winner.leastRecent)} ASC NULLS LAST`;
  return sql`row_number() OVER (ORDER BY ${order}, _filled DESC, _n)`;
}
