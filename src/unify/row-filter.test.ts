import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openDuckdb } from '../engine/duckdb/duckdb-engine.ts';
import type { ColumnType, Engine } from '../engine/engine.ts';
import { sql } from '../engine/sql.ts';
import { createTable, tableRef } from '../engine/table.ts';
import { checkFilter, filterSql } from './row-filter.ts';

let engine: Engine;
const table = { schema: 'source', table: 'crm' };
const columns = (
  [
    ['name', 'text'],
    ['labels', 'texts'],
    ['visits', 'integer'],
    ['total', 'number'],
    ['active', 'boolean'],
    ['joined', 'date'],
    ['seen', 'time'],
  ] as const
).map(([name, type]) => ({ name, type }));

beforeAll(async () => {
  engine = await openDuckdb({ path: ':memory:', threads: 1 });
  await engine.commit([
    sql`CREATE SCHEMA source`,
    createTable(engine.dialect, table, columns),
    {
      into: table,
      columns,
      rows: [['Ana ', ['a'], 2, 2.5, true, '2026-01-02', '2026-01-02T06:30:00.000Z']],
    },
  ]);
});
afterAll(() => engine.close());

const columnOf = (name: string) => ({
  name,
  type: columns.find((column) => column.name === name)?.type as ColumnType,
});

describe('a value that is asked for', () => {
  it.each([
    ['name', 'ana'],
    ['visits', 2],
    ['total', 2.5],
    ['active', true],
    ['joined', '2026-01-02'],
    ['seen', '2026-01-02T06:30:00Z'],
    ['seen', '2026-01-02 06:30:00.000'],
    ['seen', '2026-01-02T08:30:00+02:00'],
  ])('in %s is found: %j', async (column, value) => {
    const filter = [checkFilter(columnOf(column), [value], 'where')];
    const rows = await engine.rows(
      sql`SELECT name FROM ${tableRef(table)} WHERE ${filterSql(engine.dialect, filter)}`,
    );
    expect(rows).toHaveLength(1);
  });

  // The engine reads none of these as a value of the column, so that no row would fit.
  it.each([
    ['labels', 'a'],
    ['visits', 2.5],
    ['joined', '2026'],
    ['joined', '2 Jan 2026'],
    ['joined', '01/02/2026'],
    ['joined', '2026-02-30'],
    ['seen', '2026-01-02T06:30Z'],
    ['seen', 'Fri, 02 Jan 2026 06:30:00 GMT'],
  ])('in %s is refused where it fits no row: %j', (column, value) => {
    expect(() => checkFilter(columnOf(column), [value], 'where')).toThrow(
      expect.objectContaining({ code: 'unify_where_type' }),
    );
  });
});
