import type { Engine, TableName } from '../engine/engine.ts';
import { join, name, sql } from '../engine/sql.ts';
import { tableRef } from '../engine/table.ts';
import { asText } from './comparable.ts';
import { profileTable } from './merge-profiles.ts';
import { links, records } from './publish-people.ts';
import type { UnifyPlan } from './unify-plan.ts';
import { nextTable, previewSchema, scratch } from './unify-tables.ts';

/** The configuration that is, or the one that would be. */
export type PreviewSide = 'current' | 'next';

export function previewTable(side: PreviewSide, table: string): TableName {
  return { schema: previewSchema, table: `${side}_${table}` };
}

/**
 * Keeps what `makePeople` has made, under the names that the tables of a refresh have, with the side in front: `record`,
 * `link`, `profile`; and `value`, the attributes of every record as they are in its source.
 */
export async function snapshotPeople(engine: Engine, plan: UnifyPlan, side: PreviewSide): Promise<void> {
  const values = plan.attributes.map(
    ({ name: attribute, type }) =>
      sql`${asText(engine.dialect, name('r', attribute), type)} AS ${name(attribute)}`,
  );
  await engine.commit([
    sql`CREATE TABLE ${tableRef(previewTable(side, 'record'))} AS ${records}`,
    sql`CREATE TABLE ${tableRef(previewTable(side, 'link'))} AS ${links(plan)}`,
    sql`CREATE TABLE ${tableRef(previewTable(side, 'profile'))} AS SELECT * FROM ${tableRef(nextTable(profileTable))}`,
    sql`CREATE TABLE ${tableRef(previewTable(side, 'value'))} AS SELECT s.source AS _source, r._key, ${join(values)}
      FROM ${scratch('record')} r JOIN ${scratch('source')} s ON s.position = r._position`,
  ]);
}
