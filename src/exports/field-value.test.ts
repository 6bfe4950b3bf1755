import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openDuckdb } from '../engine/duckdb/duckdb-engine.ts';
import type { Cell, Column, ColumnType, Engine } from '../engine/engine.ts';
import { sql } from '../engine/sql.ts';
import { createTable } from '../engine/table.ts';
import {
  checkFieldMapping,
  type AddressMapping,
  type FieldMapping,
  type FieldType,
  type ValueMapping,
} from './field-mapping.ts';
import { checkedValue, fieldProblem, fieldValue, rawValue } from './field-value.ts';

let engine: Engine;
beforeAll(async () => {
  engine = await openDuckdb({ path: ':memory:', threads: 1 });
  await engine.commit([sql`CREATE SCHEMA profile`]);
});
afterAll(() => engine.close());

const mapping = (
  type: Exclude<FieldType, 'address'>,
  attribute: ColumnType,
  options: Partial<ValueMapping> = {},
): ValueMapping => ({ tag: 'FIELD', type, attribute: { name: 'the "value"', type: attribute }, ...options });

async function putProfile(columns: readonly Column[], cells: readonly Cell[]): Promise<void> {
  const table = { schema: 'profile', table: 'profile' };
  await engine.commit([
    sql`DROP TABLE IF EXISTS profile.profile`,
    createTable(engine.dialect, table, columns),
    { into: table, columns, rows: [cells] },
  ]);
}

/** What would be sent of one value, and the kind of problem it has. */
async function outcome(field: FieldMapping): Promise<{ value: Cell; problem: string | null }> {
  const { dialect } = engine;
  const raw = rawValue(dialect, field, sql`profile`);
  const { kind, when } = fieldProblem(field, sql`raw`, sql`value`);
  const [row] = await engine.rows<{ value: Cell; problem: string | null }>(sql`
    SELECT value, CASE WHEN ${when} THEN ${kind} END AS problem FROM (
      SELECT raw, ${checkedValue(dialect, field, sql`raw`)} AS value
      FROM (SELECT ${raw} AS raw FROM profile.profile AS profile))`);
  return row ?? { value: 'no row', problem: null };
}

async function sent(field: ValueMapping, cell: Cell): Promise<Cell | undefined> {
  await putProfile([field.attribute], [cell]);
  const [row] = await engine.rows<{ value: Cell }>(
    sql`SELECT ${fieldValue(engine.dialect, field, sql`profile`)} AS value FROM profile.profile AS profile`,
  );
  return row?.value;
}

describe('fieldValue', () => {
  it.each<[Exclude<FieldType, 'address'>, ColumnType, Cell, Cell]>([
    ['text', 'text', 'Ana', 'Ana'],
    ['text', 'text', ' Ana Pop ', 'Ana Pop'],
    ['text', 'text', 'O\'Neil "Jr" \\ ${x} ș 😀', 'O\'Neil "Jr" \\ ${x} ș 😀'],
    ['text', 'text', 'two\nlines', 'two\nlines'],
    ['text', 'text', null, null],
    ['text', 'text', '', null],
    ['text', 'text', '   ', null],
    ['text', 'text', '\t\n', null],
    ['text', 'text', '\u00a0', null],
    ['phone', 'text', '007', '007'],

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

describe('a value that a field does not take', () => {
  const choices = ['Gold', 'Silver', 'gold leaf'];

  it.each<[Exclude<FieldType, 'address'>, Cell, Cell, string | null, Partial<ValueMapping>?]>([
    ['text', 'a'.repeat(255), 'a'.repeat(255), null],
    ['text', 'a'.repeat(256), 'a'.repeat(255), 'cut'],
    ['text', 'ș'.repeat(128), 'ș'.repeat(127), 'cut'],
    ['text', `a${'😀'.repeat(100)}`, `a${'😀'.repeat(63)}`, 'cut'],
    ['text', null, null, null],
    ['number', '12.50', '12.5', null],
    ['number', '+7', '7', null],
    ['number', '1e3', '1000', null],
    ['number', '12,5', null, 'not_a_number'],
    ['number', 'NaN', null, 'not_a_number'],
    ['number', 'many', null, 'not_a_number'],
    ['number', '1_000', null, 'not_a_number'],
    ['date', '2026-11-24T10:00:00Z', '2026-11-24', null],
    ['date', '12/25/2026', '2026-12-25', null],
    ['date', '25/12/2026', '2026-12-25', null, { dayFirst: true }],
    ['date', '25/12/2026', null, 'not_a_date'],
    ['date', '2026-02-30', null, 'not_a_date'],
    ['date', 'infinity', null, 'not_a_date'],
    ['birthday', '1966-04-08', '04/08', null],
    ['birthday', '4/8', '04/08', null],
    ['birthday', '02/29', '02/29', null],
    ['birthday', '13/01', null, 'not_a_birthday'],
    ['birthday', 'spring', null, 'not_a_birthday'],
    ['phone', '+40 721 000 000', '+40 721 000 000', null],
    ['phone', '(555) 123-4567', '(555) 123-4567', null, { usPhone: true }],
    ['phone', '+40 721 000 000', null, 'not_a_phone', { usPhone: true }],
    ['zip', '90210', '90210', null],
    ['zip', '9021', null, 'not_a_zip'],
    ['zip', '90210-1234', null, 'not_a_zip'],
    ['url', 'HTTPS://acme.test/a?b=c', 'HTTPS://acme.test/a?b=c', null],
    ['url', 'acme.test', null, 'not_a_url'],
    ['imageurl', 'http://acme.test/a b.png', null, 'not_a_url'],
    ['radio', 'Gold', 'Gold', null, { choices }],
    ['dropdown', 'gOLD', 'Gold', null, { choices }],
    ['dropdown', 'gold leaf', 'gold leaf', null, { choices }],
    ['dropdown', 'bronze', null, 'not_a_choice', { choices }],
    ['radio', 'Gold', null, 'not_a_choice', { choices: [] }],
    ['language', 'RO', 'ro', null],
    ['language', 'pt-pt', 'pt_PT', null],
    ['language', 'en_US', null, 'not_a_language'],
    ['language', 'Romanian', null, 'not_a_language'],
    ['instant', '2026-11-24 10:00', '2026-11-24T10:00:00+00:00', null],
    ['instant', '2026-11-24T10:00:00+02:00', '2026-11-24T08:00:00+00:00', null],
    ['instant', 'yesterday', null, 'not_a_time'],
    ['ip', '192.0.2.7', '192.0.2.7', null],
    ['ip', '2001:db8::7', '2001:db8::7', null],
    ['ip', 'localhost', null, 'not_an_ip_address'],
  ])('%s of %j → %j, %s', async (type, cell, value, problem, options) => {
    const field = mapping(type, 'text', options);
    await putProfile([field.attribute], [cell]);
    expect(await outcome(field)).toEqual({ value, problem });
  });

  it('is cut to what fits, of any text', async () => {
    const field = mapping('text', 'text');
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'binary', minLength: 60, maxLength: 300 }), async (text) => {
        await putProfile([field.attribute], [text]);
        const { value } = await outcome(field);
        const whole = await sent(mapping('phone', 'text'), text);
        if (typeof value !== 'string' || typeof whole !== 'string') return expect(value).toBe(whole);
        expect(whole.startsWith(value)).toBe(true);
        const code = whole.codePointAt(value.length);
        const next = code === undefined ? '' : String.fromCodePoint(code);
        expect(Buffer.byteLength(value)).toBeLessThanOrEqual(255);
        if (next !== '') expect(Buffer.byteLength(value + next)).toBeGreaterThan(255);
      }),
      { numRuns: 30 },
    );
  });
});

describe('an address', () => {
  const column = (name: string): Column => ({ name, type: 'text' });
  const parts = {
    addr1: column('street'),
    city: column('city'),
    state: column('county'),
    zip: column('zip'),
  };
  const field: AddressMapping = { tag: 'ADDRESS', type: 'address', parts };
  const columns = Object.values(parts);

  it.each<[string, Cell[], string | null, string | null]>([
    [
      'complete',
      [' Main 1 ', 'Cluj', 'CJ', '400001'],
      '{"addr1":"Main 1","addr2":"","city":"Cluj","state":"CJ","zip":"400001"}',
      null,
    ],
    ['without a city', ['Main 1', ' ', 'CJ', '400001'], null, 'incomplete_address'],
    ['with a city only', [null, 'Cluj', null, null], null, 'incomplete_address'],
    ['without anything', [null, '', ' ', null], null, null],
  ])('%s', async (_, cells, value, problem) => {
    await putProfile(columns, cells);
    expect(await outcome(field)).toEqual({ value, problem });
  });
});

describe('checkFieldMapping', () => {
  const attributeTypes: ColumnType[] = ['text', 'integer', 'number', 'boolean', 'date', 'time', 'texts'];
  const anything = [...attributeTypes];

  it.each<{ type: Exclude<FieldType, 'address'>; takes: ColumnType[] }>([
    { type: 'text', takes: anything },
    { type: 'number', takes: ['text', 'integer', 'number'] },
    { type: 'phone', takes: anything },
    { type: 'date', takes: ['text', 'date', 'time'] },
    { type: 'url', takes: anything },
    { type: 'imageurl', takes: anything },
    { type: 'radio', takes: anything },
    { type: 'dropdown', takes: anything },
    { type: 'birthday', takes: ['text', 'date', 'time'] },
    { type: 'zip', takes: anything },
    { type: 'language', takes: ['text'] },
    { type: 'instant', takes: ['text', 'date', 'time'] },
    { type: 'ip', takes: ['text'] },
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
    const check = () => checkFieldMapping(mapping('number', 'boolean'), 'exports.news.attributes.FIELD');
    expect(check).toThrow(
      'exports.news.attributes.FIELD: the boolean attribute "the "value"" cannot go into FIELD, a number field.',
    );
  });
});
