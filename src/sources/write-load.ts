import type { SourceId } from '../base/ids.ts';
import type { Change, Engine, TableName } from '../engine/engine.ts';
import { join, name, sql, type Sql } from '../engine/sql.ts';
import { createTable, tableRef } from '../engine/table.ts';
import { rejectTable, sourceTable } from './loaded-source.ts';
import { firstMisfit, type LoadPlan } from './plan-load.ts';
import type { StagedSource } from './staged-source.ts';

/** Staged records, and how they become rows. */
export interface Planned {
  staged: StagedSource;
  plan: LoadPlan;
}

/** The changes that put the staged records in the place of all rows that a source had. */
export function replaceRows(
  engine: Engine,
  id: SourceId,
  planned: Planned,
  rejects: readonly Sql[],
): Change[] {
  const target = sourceTable(id);
  return [
    sql`DROP TABLE IF EXISTS ${tableRef(target)}`,
    createTable(engine.dialect, target, [
      { name: '_line', type: 'integer' },
      { name: '_key', type: 'text' },
      { name: '_file', type: 'text' },
      ...planned.plan.columns.map(({ column }) => column),
    ]),
    insertRows(target, planned),
    sql`DELETE FROM ${tableRef(rejectTable)} WHERE source = ${id}`,
    ...insertRejects([...rejects, ...misfitRejects(engine, id, planned)]),
  ];
}

/**
 * The changes that fold staged records into the rows that a source has: those whose keys are in `events` go, the staged
 * ones come.
 */
export function foldRows(
  engine: Engine,
  id: SourceId,
  events: TableName,
  planned: Planned | undefined,
  rejects: readonly Sql[],
): Change[] {
  const target = sourceTable(id);
  return [
    sql`DELETE FROM ${tableRef(target)} WHERE _key IN (SELECT key FROM ${tableRef(events)})`,
    ...(planned === undefined ? [] : [insertRows(target, planned)]),
    ...insertRejects([...rejects, ...(planned === undefined ? [] : misfitRejects(engine, id, planned))]),
  ];
}

function insertRows(target: TableName, { staged, plan }: Planned): Sql {
  // By name: the columns of a file of changes may stand in another order.
  const own = plan.columns.map(({ column }) => name(column.name));
  const values = plan.columns.map(({ value }) => value);
  return sql`INSERT INTO ${tableRef(target)} (${join([sql`_line`, sql`_key`, sql`_file`, ...own])})
    SELECT ${join([sql`_line`, plan.key, sql`_file`, ...values])}
    FROM ${tableRef(staged.table)} WHERE NOT ${plan.misfit}`;
}

function misfitRejects(engine: Engine, id: SourceId, { staged, plan }: Planned): Sql[] {
  if (plan.misfitting === 0) return [];
  const { column, reason, raw } = firstMisfit(engine, plan.declared);
  return [
    sql`SELECT ${id}, _file, _line, ${column}, ${reason}, ${raw} FROM ${tableRef(staged.table)} WHERE ${plan.misfit}`,
  ];
}

function insertRejects(selects: readonly Sql[]): Sql[] {
  return selects.map((select) => sql`INSERT INTO ${tableRef(rejectTable)} ${select}`);
}
