import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { SourceId } from '../base/ids.ts';
import { openDuckdb } from '../engine/duckdb/duckdb-engine.ts';
import type { Column, Engine } from '../engine/engine.ts';
import { sql } from '../engine/sql.ts';
import { createTable } from '../engine/table.ts';
import type { SourceLoad } from './loaded-source.ts';
import { findPersonRows } from './person-rows.ts';
import type { RowLinks } from './row-links.ts';

const id = (source: string) => source as SourceId;
const own: Column[] = [
  { name: '_line', type: 'integer' },
  { name: '_key', type: 'text' },
  { name: '_file', type: 'text' },
];
const tables: Record<string, { columns: Column[]; rows: (string | number | null)[][] }> = {
  crm: {
    columns: [
      { name: 'no', type: 'number' },
      { name: 'mail', type: 'text' },
      { name: 'town', type: 'text' },
    ],
    rows: [
      ['a', 1, ' Ana@acme.test', 'Cluj'],
      ['b', 2, 'bob@acme.test', 'Cluj'],
      ['c', null, null, ''],
      ['d', 4, 'ana@ACME.test', 'Iasi'],
    ],
  },
  orders: {
    columns: [
      { name: 'order', type: 'integer' },
      { name: 'who', type: 'integer' },
    ],
    rows: [
      ['o1', 10, 1],
      ['o2', 20, 2],
      ['o3', 30, 4],
      ['o4', 40, null],
    ],
  },
  lines: {
    columns: [{ name: 'of', type: 'integer' }],
    rows: [
      [null, 10],
      [null, 20],
      [null, 30],
      [null, 30],
    ],
  },
  towns: {
    columns: [{ name: 'town', type: 'text' }],
    rows: [
      ['t1', 'Cluj'],
      ['t2', 'Iasi'],
      ['t3', ''],
    ],
  },
};

const links: RowLinks = {
  addressColumns: new Map([[id('crm'), ['mail']]]),
  pointers: [
    { from: { source: id('lines'), column: 'of' }, to: { source: id('orders'), column: 'order' } },
    { from: { source: id('orders'), column: 'who' }, to: { source: id('crm'), column: 'no' } },
    { from: { source: id('towns'), column: 'town' }, to: { source: id('crm'), column: 'town' } },
    { from: { source: id('orders'), column: 'who' }, to: { source: id('gone'), column: 'x' } },
  ],
};

let engine: Engine;
const loads: SourceLoad[] = Object.entries(tables).map(([source, { columns, rows }]) => ({
  source: id(source),
  columns,
  key: [],
  rows: rows.length,
  rejected: 0,
  suppressed: 0,
  loadedAt: '',
  dataAt: '',
  files: [],
  warnings: [],
}));

beforeAll(async () => {
  engine = await openDuckdb({ path: ':memory:' });
  await engine.commit([sql`CREATE SCHEMA source`]);
  for (const [table, { columns, rows }] of Object.entries(tables)) {
    const all = [...own, ...columns];
    await engine.commit([
      createTable(engine.dialect, { schema: 'source', table }, all),
      {
        into: { schema: 'source', table },
        columns: all,
        rows: rows.map(([key, ...cells], line) => [line, key ?? null, 'f', ...cells]),
      },
    ]);
  }
});
afterAll(() => engine.close());

describe('findPersonRows', () => {
  it.each([
    [
      'by an address, with what points to them',
      [],
      ['ana@acme.test'],
      { crm: 2, orders: 2, lines: 3, towns: 1 },
    ],
    ['by a key', [{ source: 'crm', key: 'b' }], [], { crm: 1, orders: 1, lines: 1 }],
    // Nobody's blank is theirs: the town without a name stays.
    ['whose cells are blank', [{ source: 'crm', key: 'c' }], [], { crm: 1 }],
    ['that are gone', [{ source: 'crm', key: 'z' }], ['nobody@acme.test'], {}],
  ])('finds rows %s', async (_how, records, addresses, counts) => {
    const found = await findPersonRows(engine, loads, { records, addresses }, links);
    expect(Object.fromEntries(found.counts)).toEqual(counts);
  });

  it('says what they are to be known by when they come again', async () => {
    const found = await findPersonRows(engine, loads, { records: [], addresses: ['ana@acme.test'] }, links);
    expect(found.records.map(({ source, key }) => `${source} ${key}`)).toEqual(['crm a', 'crm d']);
    // Cluj is Bob's too, so it says nothing; a number that another column holds as an integer is the same.
    expect(found.references.map(({ column, value }) => `${column} ${value}`).toSorted()).toEqual([
      'crm.no 1',
      'crm.no 4',
      'crm.town Iasi',
      'orders.order 10',
      'orders.order 30',
    ]);
  });
});
