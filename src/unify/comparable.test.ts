import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openDuckdb } from '../engine/duckdb/duckdb-engine.ts';
import type { Column, Engine } from '../engine/engine.ts';
import { sql } from '../engine/sql.ts';
import { createTable } from '../engine/table.ts';
import { comparable } from './comparable.ts';
import { defaultNormaliser, normaliserOf } from './normaliser.ts';
import type { NormaliserConfig } from './normaliser-config.ts';

let engine: Engine;
beforeAll(async () => {
  engine = await openDuckdb({ path: ':memory:', threads: 1 });
  await engine.commit([sql`CREATE SCHEMA t`]);
});
afterAll(() => engine.close());

async function formsOf(values: readonly string[], how: NormaliserConfig): Promise<unknown[]> {
  const table = { schema: 't', table: 'value' };
  const columns: Column[] = [
    { name: 'place', type: 'integer' },
    { name: 'value', type: 'text' },
  ];
  await engine.commit([
    sql`DROP TABLE IF EXISTS t.value`,
    createTable(engine.dialect, table, columns),
    { into: table, columns, rows: values.map((value, place) => [place, value]) },
  ]);
  const attribute = { name: 'value', type: 'text', isEmail: false, preference: 'importance' } as const;
  const form = comparable(engine.dialect, { attribute, normaliser: normaliserOf(how), bypass: false });
  const rows = await engine.rows(sql`SELECT ${form} AS form FROM t.value ORDER BY place`);
  return rows.map((row) => row.form);
}

describe('the form in which values are compared', () => {
  it.each<[string, NormaliserConfig, string, string | null]>([
    ['case and blanks', 'text', '  Ana\u00a0 Maria\t', 'ana maria'],
    ['nothing', 'text', ' \u00a0 ', null],
    ['symbols stay in text', 'text', 'A-12/B', 'a-12/b'],
    ['Romanian, comma and cedilla', 'text', 'Ștefan Țîrlea Şerban Ţuţea', 'stefan tirlea serban tutea'],
    ['Romanian vowels', 'text', 'Brăila Târgu Însă', 'braila targu insa'],
    ['letters and loose accents', 'text', 'Andre\u0301', 'andre'],
    ['German, one letter', 'text', 'Müller-Löß', 'muller-loss'],
    ['German, two letters', { as: 'text', umlauts: 'two' }, 'Müller Übel Groß', 'mueller uebel gross'],
    ['German, two letters and a loose accent', { as: 'text', umlauts: 'two' }, 'Mu\u0308ller', 'mueller'],
    ['Nordic', 'text', 'Søren Ærø Åse Þór', 'soren aero ase thor'],
    ['Nordic, two letters', { as: 'text', umlauts: 'two' }, 'Søren Åse', 'soeren aase'],
    ['Polish, Croatian, Turkish', 'text', 'Łódź Đorđe Işık İzmir', 'lodz dorde isik izmir'],
    ['Cyrillic keeps what stands on a letter', 'text', 'Йосиф', 'йосиф'],
    ['Devanagari', 'text', 'मीरा', 'मीरा'],
    ['accents that count', { as: 'text', keep: ['accents'] }, 'André', 'andré'],
    ['case that counts', { as: 'text', keep: ['case'] }, 'MÜller Straße Øre', 'MUller Strasse Ore'],
    ['without symbols', { as: 'text', drop: ['symbols'] }, 'A-12/B.', 'a12b'],
    ['without numerals', { as: 'text', drop: ['numerals'] }, 'Route 66', 'route'],
    ['without blanks', { as: 'text', drop: ['blanks'] }, ' 12 34 ', '1234'],
    ['without anything left', { as: 'text', drop: ['symbols'] }, '--', null],
    ['hyphen and dot of a name', 'name', 'Ana-Maria  St. Popescu', 'ana maria st popescu'],
    ['apostrophes of a name', 'name', 'O’Brien', 'obrien'],
    ['a name of signs', 'name', '-', null],
    ['a name with a number', 'name', 'Ludwig 2', 'ludwig 2'],
    ['as it is', 'asIs', ' Ana ', ' Ana '],
    ['address', 'email', ' Ana@X.ro', 'ana@x.ro'],
    ['address that is none', 'email', 'n/a', null],
    ['plus counts', 'email', 'ana+shop@x.ro', 'ana+shop@x.ro'],
    ['plus does not count', { as: 'email', plus: 'ignore' }, 'Ana+Shop@x.ro', 'ana@x.ro'],
    ['nothing before the plus', { as: 'email', plus: 'ignore' }, '+all@x.ro', '+all@x.ro'],
    ['dots at gmail', { as: 'email', dots: 'ignore' }, 'a.n.a@googlemail.com', 'ana@gmail.com'],
    ['dots elsewhere', { as: 'email', dots: 'ignore' }, 'a.n.a@x.ro', 'a.n.a@x.ro'],
    ['dots and nothing else', { as: 'email', dots: 'ignore' }, '.@gmail.com', '.@gmail.com'],
    ['both', { as: 'email', plus: 'ignore', dots: 'ignore' }, 'a.na+x@gmail.com', 'ana@gmail.com'],
    ['digits', 'digits', 'RO 12-34', '1234'],
    ['no digits', 'digits', 'none', null],
    ['ISO date', 'date', '1966-04-08', '1966-04-08'],
    ['date with dots', 'date', '8.4.1966', '1966-04-08'],
    ['date with hyphens', 'date', '08-04-1966', '1966-04-08'],
    ['which is the month', 'date', '04/08/1966', null],
  ])('%s', async (_, how, value, expected) => {
    expect(await formsOf([value], how)).toEqual([expected]);
  });

  it('of a form is itself', async () => {
    const values = ['Ștefan  Ó Brien', "D'Or-Ñandú", 'Müller Ø', 'Йосиф', ' x ', 'ẞtraße', 'a\u0301\u0328'];
    for (const how of ['text', 'name', 'address'] as const) {
      const once = (await formsOf(values, how)) as string[];
      expect(await formsOf(once, how)).toEqual(once);
    }
  });
});

it.each([
  ['email', 'text', true, 'email'],
  ['phone', 'text', false, 'phone'],
  ['mobile', 'integer', false, 'phone'],
  ['phone', 'boolean', false, 'asIs'],
  ['First_Name', 'text', false, 'name'],
  ['street', 'text', false, 'address'],
  ['address_line_2', 'text', false, 'address'],
  ['birth_date', 'time', false, 'date'],
  ['birth_date', 'date', false, 'asIs'],
  ['city', 'text', false, 'text'],
  ['points', 'integer', false, 'asIs'],
] as const)('%s of type %s is compared as it should be', (name, type, isEmail, expected) => {
  expect(defaultNormaliser(name, type, isEmail)).toBe(expected);
});
