import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { openDuckdb } from '../engine/duckdb/duckdb-engine.ts';
import type { Engine } from '../engine/engine.ts';
import { sql } from '../engine/sql.ts';
import { tablesIn } from '../engine/tables-in.ts';
import { segmentTraces } from './forget-members.ts';
import { liveCounts } from './live-count.ts';
import { catalogue, loadPeople, person, type People } from './people.test-support.ts';
import { PeopleSet } from './people-set.ts';
import type { Rule, RuleGroup } from './rule.ts';

const options = { now: new Date('2026-03-31T10:00:00Z'), timeZone: 'Europe/Bucharest' };
const world: People = {
  people: [
    person('ana', { country: 'RO', age: 30, 'list.one.status': 'open' }),
    person('bob', { country: 'RO', age: 50 }),
    person('cy', { country: 'DE', age: 60 }),
    person('eve', {}),
  ],
  shop: [
    { _key: 'k1', customer_no: 1 },
    { _key: 'k2', customer_no: 2 },
  ],
  owners: [
    { key: 'k1', customer: 'ana' },
    { key: 'k2', customer: 'cy' },
  ],
  orders: [
    { customer_no: 1, total: 10 },
    { customer_no: 2, total: 20 },
    { customer_no: 2, total: 30 },
  ],
  members: [{ segment: 'early', customer: 'bob' }],
};
let engine: Engine;
beforeAll(async () => {
  engine = await openDuckdb({ path: ':memory:', threads: 1 });
});
afterAll(() => engine.close());

const romania: Rule = { field: 'country', operator: '=', value: 'RO' };
const old: Rule = { field: 'age', operator: '>=', value: 50 };
const bought: Rule = {
  field: 'shop_orders',
  operator: '=',
  match: { mode: 'some' },
  value: { combinator: 'and', rules: [] },
};
function count(...rules: RuleGroup['rules']) {
  return liveCounts(engine, catalogue, { rules: { combinator: 'and', rules } }, options);
}

it('counts the whole, each rule and what is left after it', async () => {
  await loadPeople(engine, world);
  const rules: RuleGroup = { rules: [romania, 'except', { combinator: 'or', rules: [old, bought] }] };
  expect(await liveCounts(engine, catalogue, { rules }, { ...options, first: 9 })).toEqual({
    everybody: 4,
    people: 0,
    rules: [
      { path: 'rules.rules[0]', people: 2, running: 2 },
      { path: 'rules.rules[2]', people: 3, running: 0 },
      { path: 'rules.rules[2].rules[0]', people: 2, running: 2 },
      { path: 'rules.rules[2].rules[1]', people: 2, running: 3 },
    ],
    first: [],
  });
});

it('says all that is wrong with the rules', async () => {
  await expect(count({ ...old, value: '50' })).rejects.toMatchObject({
    code: 'value_type',
    problems: [{ path: 'rules.rules[0].value' }],
  });
});

it('asks again only for the rules that have changed', async () => {
  await loadPeople(engine, world);
  await count(romania, bought);
  const asked = vi.spyOn(engine, 'rows');
  const related = () =>
    asked.mock.calls.filter(([query]) => JSON.stringify(query).includes('"related"')).length;
  expect(await count({ ...romania, value: 'DE' }, bought)).toMatchObject({ people: 1 });
  expect(related()).toBe(0);
  expect(await count({ ...romania, value: 'DE' }, { ...bought, match: { mode: 'none' } })).toMatchObject({
    people: 0,
  });
  expect(related()).toBe(0);
  await count({
    ...bought,
    value: { combinator: 'and', rules: [{ field: 'total', operator: '>', value: 10 }] },
  });
  expect(related()).toBe(1);
  asked.mockRestore();
});

it('joins each rule once with those before it', async () => {
  await loadPeople(engine, world);
  const joined = vi.spyOn(PeopleSet.prototype, 'and');
  const rules = Array.from({ length: 20 }, (_, index): Rule => ({ ...old, value: 41 + index }));
  expect((await count(...rules)).rules.map(({ running }) => running)).toEqual([
    ...Array<number>(10).fill(2),
    ...Array<number>(10).fill(1),
  ]);
  expect(joined).toHaveBeenCalledTimes(rules.length - 1);
  joined.mockRestore();
});

it('writes nothing for rules that speak of segments, but the first time', async () => {
  await loadPeople(engine, world);
  await engine.commit([sql`DROP SCHEMA segment CASCADE`]);
  const early: Rule = { field: 'segment', operator: 'in', value: ['early'] };
  expect(await count(early)).toMatchObject({ people: 0 });
  const commits = vi.spyOn(engine, 'commit');
  expect(await count(early)).toMatchObject({ people: 0 });
  expect(commits).not.toHaveBeenCalled();
  commits.mockRestore();
});

it.each([
  ['a person is erased', sql`DELETE FROM profile.profile WHERE customer_id = 'ana'`, [romania], 2, 1],
  ['records go to other people', sql`DELETE FROM unify.record WHERE customer_id = 'cy'`, [bought], 2, 1],
  [
    'a source is read again',
    sql`CREATE OR REPLACE TABLE source.orders AS SELECT * FROM source.orders WHERE customer_no = 2`,
    [bought],
    2,
    1,
  ],
  [
    'another segment is computed',
    sql`INSERT INTO segment.member VALUES ('early', 'cy')`,
    [{ field: 'segment', operator: 'in', value: ['early'] }],
    1,
    2,
  ],
  [
    'something beside the profiles changes',
    sql`UPDATE people.contact SET status = 'gone'`,
    [{ field: 'list.one.status', operator: '=', value: 'open' }],
    1,
    0,
  ],
] as const)('counts anew when %s', async (_, change, rules, before, after) => {
  await loadPeople(engine, world);
  expect((await count(...(rules as unknown as Rule[]))).people).toBe(before);
  await engine.commit([change]);
  expect((await count(...(rules as unknown as Rule[]))).people).toBe(after);
});

it('leaves no number of an erased person behind', async () => {
  await loadPeople(engine, world);
  await count(bought);
  const { changes } = await segmentTraces(engine, ['ana']);
  await engine.commit([...changes, sql`DELETE FROM profile.profile WHERE customer_id = 'ana'`]);
  expect(await tablesIn(engine, 'segment_work')).toEqual(new Map());
  expect(await count(bought)).toMatchObject({ everybody: 3, people: 1 });
});

it('counts several at once', async () => {
  await loadPeople(engine, world);
  const counted = await Promise.all([count(romania), count(bought), count(romania, bought), count(old)]);
  expect(counted.map(({ people }) => people)).toEqual([2, 2, 1, 2]);
});

it('gives up when superseded', async () => {
  await loadPeople(engine, world);
  const signal = AbortSignal.abort(new Error('superseded'));
  const counting = liveCounts(
    engine,
    catalogue,
    { rules: { combinator: 'and', rules: [bought] } },
    { ...options, signal },
  );
  await expect(counting).rejects.toThrow('superseded');
});

it('counts nobody where there is nobody', async () => {
  await loadPeople(engine, { ...world, people: [], owners: [], members: [] });
  expect(await count(romania, bought)).toMatchObject({ everybody: 0, people: 0 });
});
