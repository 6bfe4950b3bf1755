import type { SourceId } from '../base/ids.ts';
import type { Cell, Column, ColumnType, Engine } from '../engine/engine.ts';
import { sql } from '../engine/sql.ts';
import { createTable, tableRef } from '../engine/table.ts';
import { sourceTable, type SourceLoad } from '../sources/loaded-source.ts';

export interface SourceFixture {
  id: string;
  /** Column name → type. */
  columns: Record<string, ColumnType>;
  /** Each with `key`; what a row leaves out is NULL. */
  rows: readonly ({ key: string } & Record<string, Cell>)[];
}

/** Puts a source in place as if it had been loaded; lines count from 2, under a header. */
export async function loadFixture(engine: Engine, { id, columns, rows }: SourceFixture): Promise<SourceLoad> {
  const table = sourceTable(id as SourceId);
  const own: Column[] = Object.entries(columns).map(([name, type]) => ({ name, type }));
  const all: Column[] = [
    { name: '_line', type: 'integer' },
    { name: '_key', type: 'text' },
    { name: '_file', type: 'text' },
    ...own,
  ];
  await engine.commit([
    sql`CREATE SCHEMA IF NOT EXISTS source`,
    sql`DROP TABLE IF EXISTS ${tableRef(table)}`,
    createTable(engine.dialect, table, all),
    {
      into: table,
      columns: all,
      rows: rows.map((row, index) => [
        index + 2,
        row.key,
        `${id}.csv`,
        ...own.map(({ name }) => row[name] ?? null),
      ]),
    },
  ]);
  return {
    source: id as SourceId,
    columns: own,
    key: ['id'],
    rows: rows.length,
    rejected: 0,
    suppressed: 0,
    loadedAt: '2026-11-24T06:00:00.000Z',
    dataAt: '2026-11-24T06:00:00.000Z',
    files: [`${id}.csv`],
    warnings: [],
  };
}

/** Loads the fixtures in the order given. */
export async function loadFixtures(
  engine: Engine,
  fixtures: readonly SourceFixture[],
): Promise<SourceLoad[]> {
  const loads: SourceLoad[] = [];
  for (const fixture of fixtures) loads.push(await loadFixture(engine, fixture));
  return loads;
}
