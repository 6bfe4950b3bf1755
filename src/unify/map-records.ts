import type { Column, Engine } from '../engine/engine.ts';
import { join, name, sql, type Sql } from '../engine/sql.ts';
import { tableRef } from '../engine/table.ts';
import { sourceTable } from '../sources/loaded-source.ts';
import { unlessBlank } from './comparable.ts';
import type { PlannedAttribute, PlannedSource, UnifyPlan } from './unify-plan.ts';
import { createScratch, scratch } from './unify-tables.ts';

/**
 * The records of all sources in one table, each with a number. `_n` counts in the order of sources, then of
 * keys, so the smallest number of a group is its most important record. `_rank` orders the records of one
 * person by whose value is taken first: source, then most filled, then key. Names begin with "_" because
 * attributes cannot.
 */
const ownColumns: Column[] = [
  { name: '_n', type: 'integer' },
  { name: '_rank', type: 'integer' },
  { name: '_position', type: 'integer' },
  { name: '_key', type: 'text' },
];

/** Fills the scratch tables `source`, `record` and `label`. Keys are unique in their source: loading saw to it. */
export async function mapRecords(engine: Engine, plan: UnifyPlan): Promise<void> {
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
    const text = engine.dialect.typeName(type);
    const cast: Sql = sql`CAST(${value} AS ${{ nodes: [{ text }] }})`;
    return sql`${column === undefined ? cast : unlessBlank(cast, type)} AS ${name(attribute)}`;
  });
  const filled = join(
    names.map((attribute) => sql`CASE WHEN ${attribute} IS NULL THEN 0 ELSE 1 END`),
    ' + ',
  );
  const integer: Sql = { nodes: [{ text: engine.dialect.typeName('integer') }] };
  // One integer instead of three columns: 40 bits of number, 10 of what is not filled, the rest for the source.
  return sql`
    INSERT INTO ${scratch('record')}
    SELECT _n, (CAST(${position} AS ${integer}) * 1024 + 1023 - (${filled})) * 1099511627776 + _n, ${position}, _key, ${join(names)}
    FROM (
      SELECT _key, row_number() OVER (ORDER BY _key) + (SELECT count(*) FROM ${scratch('record')}) AS _n, ${join(values)}
      FROM ${tableRef(sourceTable(source.source))}
    )`;
}
