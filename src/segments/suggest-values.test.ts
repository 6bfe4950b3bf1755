import { afterAll, beforeAll, expect, it } from 'vitest';
import { openDuckdb } from '../engine/duckdb/duckdb-engine.ts';
import type { Engine } from '../engine/engine.ts';
import { catalogue, loadPeople, onlyPeople, person } from './people.test-support.ts';
import { suggestValues } from './suggest-values.ts';

let engine: Engine;
beforeAll(async () => {
  engine = await openDuckdb({ path: ':memory:' });
  await loadPeople(engine, {
    ...onlyPeople(
      person('1', { country: 'București', age: 30, 'list.one.status': 'open' }),
      person('2', { country: 'București', age: 30, 'list.one.status': 'open' }),
      person('3', { country: 'bucuresti', age: 4 }),
      person('4', { country: 'Cluj', vip: true }),
      person('5', { country: '%' }),
      person('6', {}),
    ),
    orders: [{ status: 'paid' }, { status: 'paid' }, { status: 'open' }, { status: null }],
  });
});
afterAll(() => engine.close());

it.each([
  [
    'country',
    {},
    [
      ['București', 2],
      ['%', 1],
      ['Cluj', 1],
      ['bucuresti', 1],
    ],
    4,
    1,
  ],
  [
    'country',
    { prefix: 'BUCUR' },
    [
      ['București', 2],
      ['bucuresti', 1],
    ],
    2,
    1,
  ],
  ['country', { prefix: '%' }, [['%', 1]], 1, 1],
  [
    'country',
    { limit: 2, offset: 1 },
    [
      ['%', 1],
      ['Cluj', 1],
    ],
    4,
    1,
  ],
  ['age', { prefix: '3' }, [[30, 2]], 1, 3],
  ['vip', {}, [[true, 1]], 1, 5],
  ['list.one.status', {}, [['open', 2]], 1, 4],
  [
    'orders.status',
    {},
    [
      ['paid', 2],
      ['open', 1],
    ],
    2,
    1,
  ],
] as const)('%s %j', async (field, options, values, distinct, missing) => {
  const suggested = await suggestValues(engine, catalogue, field, { limit: 10, ...options });
  expect(suggested.values.map(({ value, rows }) => [value, rows])).toEqual(values);
  expect(suggested).toMatchObject({ distinct, missing });
});

it.each([
  ['contry', 'unknown_field'],
  ['orders.stats', 'unknown_column'],
  ['order.status', 'unknown_source'],
  ['labels', 'values_unsuited'],
])('refuses %s: %s', async (field, code) => {
  await expect(suggestValues(engine, catalogue, field, { limit: 10 })).rejects.toMatchObject({ code });
});
