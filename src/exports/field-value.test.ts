import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openDuckdb } from '../engine/duckdb/duckdb-engine.ts';
import type { Cell, ColumnType, Engine } from '../engine/engine.ts';
import { sql } from '../engine/sql.ts';
import { createTable } from '../engine/table.ts';
import { checkFieldMapping, fieldValue, type FieldMapping, type MergeFieldType } from './field-value.ts';

let engine: Engine;
beforeAll(async () => {
  engine = await openDuckdb({ path: ':memory:', threads: 1 });
  await engine.commit([sql`CREATE SCHEMA profile`]);
});
afterAll(() => engine.close());

const mapping = (type: MergeFieldType, attribute: ColumnType): FieldMapping => ({
  tag: 'FIELD',
  type,
  attribute: { name: 'the "value"', type: attribute },
});

async function sent(field: FieldMapping, cell: Cell): Promise<Cell | undefined> {
  const table = { schema: 'profile', table: 'profile' };
  await engine.commit([
    sql`DROP TABLE IF EXISTS profile.profile`,
    createTable(engine.dialect, table, [field.attribute]),
    { into: table, columns: [field.attribute], rows: [[cell]] },
  ]);
  const [row] = await engine.rows<{ value: Cell }>(
    sql`SELECT ${fieldValue(engine.dialect, field, sql`profile`)} AS value FROM profile.profile AS profile`,
  );
  return row?.value;
}

describe('fieldValue', () => {
  it.each<[MergeFieldType, ColumnType, Cell, Cell]>([
    ['text', 'text', 'Ana', 'Ana'],
    ['text', 'text', ' Ana Pop ', 'Ana Pop'],
    ['text', 'text', 'O\'Neil "Jr" \\ ${x} ș 😀', 'O\'Neil "Jr" \\ ${x} ș 😀'],
    ['text', 'text', 'two\nlines', 'two\nlines'],
    ['text', 'text', null, null],
    ['text', 'text', '', null],
    ['text', 'text', '   ', null],
    ['text', 'text', '\t\n', null],
    ['text', 'text', '\u00a0', null],
    ['zip', 'text', '007', '007'],

    ['number', 'number', 5, '5'],
    ['number', 'number', 5.25, '5.25'],
    ['number', 'number', 0, '0'],
    ['number', 'number', -0, '0'],
    ['number', 'number', -17, '-17'],
    ['number', 'number', 0.1, '0.1'],
    ['number', 'number', 1_000_000, '1000000'],
    ['number', 'number', 123_456_789_012_345, '123456789012345'],
    ['number', 'number', 1.5e-7, '1.5e-07'],
    ['number', 'number', null, null],
    ['number', 'integer', 5, '5'],
    ['number', 'integer', -5, '-5'],
    ['text', 'number', 5, '5'],
    ['text', 'integer', 42, '42'],

    ['text', 'boolean', true, 'true'],
    ['radio', 'boolean', false, 'false'],
    ['text', 'boolean', null, null],

    ['date', 'date', '1966-04-08', '1966-04-08'],
    ['date', 'date', '0987-04-08', '0987-04-08'],
    ['date', 'time', '2026-11-24T23:59:59.000Z', '2026-11-24'],
    ['date', 'text', '2026-11-24', '2026-11-24'],
    ['date', 'date', null, null],
    ['text', 'date', '1966-04-08', '1966-04-08'],
    ['birthday', 'date', '1966-04-08', '04/08'],
    ['birthday', 'date', '2024-02-29', '02/29'],
    ['birthday', 'time', '2026-11-24T23:59:59.000Z', '11/24'],
    ['birthday', 'text', '04/08', '04/08'],
    ['birthday', 'date', null, null],

    ['text', 'texts', ['red', 'blue'], 'red, blue'],
    ['text', 'texts', [], null],
  ])('a %s field, of a %s: %j → %j', async (type, attribute, cell, expected) => {
    expect(await sent(mapping(type, attribute), cell)).toBe(expected);
  });
});

describe('checkFieldMapping', () => {
  const attributeTypes: ColumnType[] = ['text', 'integer', 'number', 'boolean', 'date', 'time', 'texts'];
  const anything = [...attributeTypes];

  it.each<{ type: MergeFieldType; takes: ColumnType[] }>([
    { type: 'text', takes: anything },
    { type: 'number', takes: ['integer', 'number'] },
    { type: 'phone', takes: anything },
    { type: 'date', takes: ['text', 'date', 'time'] },
    { type: 'url', takes: anything },
    { type: 'imageurl', takes: anything },
    { type: 'radio', takes: anything },
    { type: 'dropdown', takes: anything },
    { type: 'birthday', takes: ['text', 'date', 'time'] },
    { type: 'zip', takes: anything },
    { type: 'address', takes: [] },
  ])('a $type field takes $takes', ({ type, takes }) => {
    const taken = attributeTypes.filter((attribute) => {
      try {
        checkFieldMapping(mapping(type, attribute), 'exports.news.attributes.FIELD');
        return true;
      } catch (error) {
        expect(error).toMatchObject({ kind: 'input', code: 'merge_field_type' });
        return false;
      }
    });
    expect(taken).toEqual(takes);
  });

  it('says where the mapping stands, and what it is', () => {
    const check = () => checkFieldMapping(mapping('number', 'text'), 'exports.news.attributes.FIELD');
    expect(check).toThrow(
      'exports.news.attributes.FIELD: the text attribute "the "value"" cannot go into FIELD, a number field.',
    );
  });
});
