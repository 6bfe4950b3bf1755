import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openDuckdb } from '../engine/duckdb/duckdb-engine.ts';
import type { ColumnType, Engine } from '../engine/engine.ts';
import { checkRules } from './check-rules.ts';
import { compileRules } from './compile-rules.ts';
import { operatorsByType, positiveOf, type Operator } from './operators.ts';
import { attributes, catalogue, idsOf, loadPeople, onlyPeople, person } from './people.test-support.ts';
import type { Rule, RuleValue } from './rule.ts';

const today = '2026-03-31';
const timeZone = 'Europe/Bucharest';
let engine: Engine;

beforeAll(async () => {
  engine = await openDuckdb({ path: ':memory:' });
  // In Bucharest ana was seen on 31 March, in the last hour of the day; bob on the day after.
  await loadPeople(
    engine,
    onlyPeople(
      person('ana', {
        country: 'Cluj-Napoca',
        age: 30,
        score: 1.5,
        vip: true,
        born: '1992-02-29',
        seen_at: '2026-03-31T20:59:59.000Z',
        labels: ['a'],
      }),
      person('bob', {
        country: ' ',
        age: 40,
        score: -2,
        vip: false,
        born: '2026-04-02',
        seen_at: '2026-03-31T21:00:00.000Z',
        labels: [],
      }),
      person('eve', {}),
    ),
  );
});
afterAll(() => engine.close());

async function whoIs(rule: Rule): Promise<string[]> {
  const { rules, problems } = checkRules({ combinator: 'and', rules: [rule] }, catalogue, 'rules');
  expect(problems).toEqual([]);
  return idsOf(engine, compileRules(rules, { dialect: engine.dialect, today, timeZone }));
}

const fields: Record<ColumnType, string> = {
  text: 'country',
  integer: 'age',
  number: 'score',
  boolean: 'vip',
  date: 'born',
  time: 'seen_at',
  texts: 'labels',
};
const [ana, bob, eve] = [['ana'], ['bob'], ['eve']];
const both = ['ana', 'bob'];
const absence: [Operator, undefined, string[]][] = [
  ['empty', undefined, eve],
  ['notEmpty', undefined, both],
  ['null', undefined, eve],
  ['notNull', undefined, both],
];

/** Without `includeMissing`: eve, who has no value anywhere, is found by nothing but what asks for that. */
const table: Record<ColumnType, [Operator, RuleValue | undefined, string[]][]> = {
  text: [
    ['=', 'Cluj-Napoca', ana],
    ['!=', 'Cluj-Napoca', bob],
    ['in', ['Cluj-Napoca', 'Iași'], ana],
    ['notIn', ['Cluj-Napoca', 'Iași'], bob],
    ['contains', 'j-N', ana],
    ['doesNotContain', 'j-N', bob],
    ['beginsWith', 'Cluj', ana],
    ['doesNotBeginWith', 'Cluj', bob],
    ['endsWith', 'Napoca', ana],
    ['doesNotEndWith', 'Napoca', bob],
    // Blanks are a value, though an empty one.
    ['empty', undefined, ['bob', 'eve']],
    ['notEmpty', undefined, ana],
    ['null', undefined, eve],
    ['notNull', undefined, both],
  ],
  integer: [
    ['=', 30, ana],
    ['!=', 30, bob],
    ['<', 40, ana],
    ['<=', 40, both],
    ['>', 30, bob],
    ['>=', 30, both],
    ['between', [30, 39], ana],
    ['notBetween', [30, 39], bob],
    ['in', [30, 31], ana],
    ['notIn', [30, 31], bob],
    ...absence,
  ],
  number: [
    ['=', 1.5, ana],
    ['!=', 1.5, bob],
    ['<', 0, bob],
    ['<=', -2, bob],
    ['>', 0, ana],
    ['>=', 1.5, ana],
    ['between', [-2, 1.4], bob],
    ['notBetween', [-2, 1.4], ana],
    ['in', [1.5], ana],
    ['notIn', [1.5], bob],
    ...absence,
  ],
  boolean: [['=', true, ana], ['=', false, bob], ...absence],
  date: [
    ['=', '1992-02-29', ana],
    ['!=', '1992-02-29', bob],
    ['<', '2026-04-02', ana],
    ['<=', '2026-04-02', both],
    ['>', '1992-02-29', bob],
    ['>=', '1992-02-29', both],
    ['between', ['1992-02-01', '1992-02-29'], ana],
    ['notBetween', ['1992-02-01', '1992-02-29'], bob],
    ['withinLast', { years: 50 }, ana],
    ['notWithinLast', { years: 50 }, bob],
    ['withinNext', { days: 2 }, bob],
    ['notWithinNext', { days: 2 }, ana],
    ['monthOf', 2, ana],
    ['weekdayOf', [4], bob],
    ['anniversaryWithinNext', { days: 2 }, bob],
    ...absence,
  ],
  time: [
    ['=', '2026-03-31', ana],
    ['!=', '2026-03-31', bob],
    ['<', '2026-04-01', ana],
    ['<=', '2026-03-31', ana],
    ['>', '2026-03-31', bob],
    ['>=', '2026-04-01', bob],
    ['between', ['2026-03-30', '2026-03-31'], ana],
    ['notBetween', ['2026-03-30', '2026-03-31'], bob],
    ['withinLast', { weeks: 1 }, ana],
    ['notWithinLast', { weeks: 1 }, bob],
    ['withinNext', { months: 1 }, both],
    ['withinNext', { days: 0 }, ana],
    ['notWithinNext', { days: 0 }, bob],
    ['monthOf', [4, 5], bob],
    ['weekdayOf', 2, ana],
    ['anniversaryWithinNext', { days: 0 }, ana],
    ...absence,
  ],
  texts: [
    ['null', undefined, eve],
    ['notNull', undefined, both],
  ],
};

describe.each(Object.keys(table) as ColumnType[])('operators of %s', (type) => {
  const field = fields[type];
  it('are all here', () => {
    expect(attributes.find(({ name }) => name === field)?.type).toBe(type);
    expect(new Set(table[type].map(([operator]) => operator))).toEqual(new Set(operatorsByType[type]));
  });

  it.each(table[type])('%s %j', async (operator, value, expected) => {
    expect(await whoIs({ field, operator, value })).toEqual(expected);
    const negates = positiveOf[operator];
    if (negates === undefined || negates === 'null' || negates === 'empty') return;
    expect(await whoIs({ field, operator, value, includeMissing: true })).toEqual([...expected, 'eve']);
  });
});
