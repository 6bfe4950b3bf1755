import { existsSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openDuckdb } from '../engine/duckdb/duckdb-engine.ts';
import type { Engine } from '../engine/engine.ts';
import { checkRules } from './check-rules.ts';
import { compileRules } from './compile-rules.ts';
import { catalogue, idsOf, loadPeople, onlyPeople, person, type People } from './people.test-support.ts';
import { ruleGroup, type Rule, type RuleGroup } from './rule.ts';

const timeZone = 'Europe/Bucharest';
let engine: Engine;

beforeAll(async () => {
  engine = await openDuckdb({ path: ':memory:' });
});
afterAll(() => engine.close());

async function whoIs(rules: RuleGroup, today = '2026-03-31'): Promise<string[]> {
  const { rules: checked, problems } = checkRules(ruleGroup.parse(rules), catalogue, 'rules');
  expect(problems).toEqual([]);
  return idsOf(engine, compileRules(checked, { dialect: engine.dialect, today, timeZone }));
}

function all(...rules: (Rule | RuleGroup)[]): RuleGroup {
  return { combinator: 'and', rules };
}

describe('a rule on an attribute', () => {
  const people = onlyPeople(
    person('ana', {
      country: 'RO',
      age: 30,
      vip: true,
      born: '1990-04-02',
      seen_at: '2026-03-31T20:30:00.000Z',
    }),
    person('bob', {
      country: 'ro',
      age: 40,
      vip: false,
      born: '1992-02-29',
      seen_at: '2026-03-31T21:00:00.000Z',
    }),
    person('cy', { country: 'România', age: 30.0, born: '1985-12-31' }),
    person('dan', { country: ' \t\u00a0', seen_at: '2026-03-30T21:00:00.000Z' }),
    person('eve', {}),
  );
  beforeAll(() => loadPeople(engine, people));

  const cases: [Rule, string[]][] = [
    [{ field: 'country', operator: '=', value: 'RO' }, ['ana']],
    [{ field: 'country', operator: '=', value: 'RO', ignoreCase: true }, ['ana', 'bob']],
    [{ field: 'country', operator: '=', value: 'ROMÂNIA', ignoreCase: true }, ['cy']],
    [{ field: 'country', operator: '!=', value: 'RO' }, ['bob', 'cy', 'dan']],
    [{ field: 'country', operator: '!=', value: 'RO', includeMissing: true }, ['bob', 'cy', 'dan', 'eve']],
    [{ field: 'country', operator: 'in', value: ['RO', 'ro'] }, ['ana', 'bob']],
    [{ field: 'country', operator: 'notIn', value: ['RO', 'ro'] }, ['cy', 'dan']],
    [{ field: 'country', operator: 'empty' }, ['dan', 'eve']],
    [{ field: 'country', operator: 'notEmpty' }, ['ana', 'bob', 'cy']],
    [{ field: 'country', operator: 'null' }, ['eve']],
    // An editor leaves the value of the operator it had before.
    [{ field: 'country', operator: 'null', value: 'RO' }, ['eve']],
    [{ field: 'country', operator: 'contains', value: '%' }, []],
    [{ field: 'vip', operator: '=', value: false }, ['bob']],
    [{ field: 'age', operator: '=', value: 30 }, ['ana', 'cy']],
    [{ field: 'age', operator: '<', value: 30.5 }, ['ana', 'cy']],
    [
      { field: 'age', operator: 'notBetween', value: [35, 40], includeMissing: true },
      ['ana', 'cy', 'dan', 'eve'],
    ],
    [{ field: 'born', operator: 'between', value: ['1990-04-02', '1992-02-29'] }, ['ana', 'bob']],
    [{ field: 'born', operator: 'monthOf', value: [4, 12] }, ['ana', 'cy']],
    [{ field: 'born', operator: 'anniversaryWithinNext', value: { days: 2 } }, ['ana']],
    [{ field: 'born', operator: 'anniversaryWithinNext', value: { days: 1 } }, []],
    // In Bucharest, three hours before UTC in summer, the day ends at 21:00 UTC.
    [{ field: 'seen_at', operator: '=', value: '2026-03-31' }, ['ana', 'dan']],
    [{ field: 'seen_at', operator: '>', value: '2026-03-31' }, ['bob']],
    [{ field: 'seen_at', operator: '>=', value: '2026-03-31' }, ['ana', 'bob', 'dan']],
    [{ field: 'seen_at', operator: '<', value: '2026-03-31' }, []],
    [{ field: 'seen_at', operator: '=', value: '2026-04-01 00:00' }, ['bob']],
    [{ field: 'seen_at', operator: '=', value: '2026-03-31T21:00:00Z' }, ['bob']],
    [{ field: 'seen_at', operator: 'withinLast', value: { days: 0 } }, ['ana', 'dan']],
    [{ field: 'seen_at', operator: 'weekdayOf', value: 3 }, ['bob']],
    [{ field: 'seen_at', operator: 'monthOf', value: 4 }, ['bob']],
  ];
  it.each(cases)('%j', async (rule, expected) => {
    expect(await whoIs(all(rule))).toEqual(expected);
  });

  it('keeps 29 February on the 28th where the year has no 29th', async () => {
    const tomorrow = all({ field: 'born', operator: 'anniversaryWithinNext', value: { days: 1 } });
    expect(await whoIs(tomorrow, '2026-02-27')).toEqual(['bob']);
    expect(await whoIs(tomorrow, '2026-03-01')).toEqual([]);
    expect(await whoIs(tomorrow, '2028-02-27')).toEqual([]);
    expect(await whoIs(tomorrow, '2028-02-28')).toEqual(['bob']);
  });

  it('holds for everybody when there is none', async () => {
    expect(await whoIs(all())).toHaveLength(5);
    expect(await whoIs({ combinator: 'or', rules: [] })).toHaveLength(5);
    expect(await whoIs({ combinator: 'or', not: true, rules: [] })).toEqual([]);
  });
});

describe('a rule on related rows', () => {
  // ana has two records of one number, which must not double her orders; cy has none.
  const world: People = {
    people: [person('ana', {}), person('bob', {}), person('cy', {})],
    shop: [
      { _key: 'k1', customer_no: 1 },
      { _key: 'k2', customer_no: 1 },
      { _key: 'k3', customer_no: 2 },
    ],
    owners: [
      { key: 'k1', customer: 'ana' },
      { key: 'k2', customer: 'ana' },
      { key: 'k3', customer: 'bob' },
    ],
    orders: [
      { order_no: 10, customer_no: 1, total: 0.1, status: 'paid', ordered_at: '2026-01-10T10:00:00.000Z' },
      { order_no: 10, customer_no: 1, total: 0.2, status: 'paid', ordered_at: '2026-01-10T10:00:00.000Z' },
      { order_no: null, customer_no: 1, total: null, status: null },
      { order_no: 20, customer_no: 2, total: 500, status: 'open', ordered_at: '2026-03-30T10:00:00.000Z' },
      { order_no: 99, customer_no: null, total: 1, status: 'paid' },
      { order_no: 98, customer_no: 77, total: 1, status: 'paid' },
    ],
    members: [{ segment: 'early', customer: 'ana' }],
  };
  beforeAll(() => loadPeople(engine, world));

  const orders = { field: 'shop_orders', operator: '=' as const };
  const paid = all({ field: 'status', operator: '=', value: 'paid' });
  const cases: [Rule, string[]][] = [
    [{ ...orders, match: { mode: 'some' }, value: paid }, ['ana']],
    [{ ...orders, match: { mode: 'any' }, value: paid }, ['ana']],
    [{ ...orders, match: { mode: 'none' }, value: paid }, ['bob', 'cy']],
    [{ ...orders, match: { mode: 'all' }, value: paid }, []],
    [
      { ...orders, match: { mode: 'all' }, value: all({ field: 'status', operator: '!=', value: 'paid' }) },
      ['bob'],
    ],
    [{ ...orders, match: { mode: 'all' }, value: all() }, ['ana', 'bob']],
    [{ ...orders, match: { mode: 'exactly', threshold: 3 }, value: all() }, ['ana']],
    [{ ...orders, match: { mode: 'exactly', threshold: 0 }, value: all() }, ['cy']],
    [{ ...orders, match: { mode: 'atLeast', threshold: 0 }, value: all() }, ['ana', 'bob', 'cy']],
    [{ ...orders, match: { mode: 'atMost', threshold: 1 }, value: all() }, ['bob', 'cy']],
    [
      { ...orders, match: { mode: 'exactly', threshold: 1 }, distinct: 'order_no', value: all() },
      ['ana', 'bob'],
    ],
    [{ ...orders, operator: '=', value: 0.3, aggregate: { function: 'sum', column: 'total' } }, ['ana']],
    [
      { ...orders, operator: '<', value: 100, aggregate: { function: 'sum', column: 'total' } },
      ['ana', 'cy'],
    ],
    [{ ...orders, operator: '<', value: 100, aggregate: { function: 'max', column: 'total' } }, ['ana']],
    [{ ...orders, operator: 'null', aggregate: { function: 'max', column: 'total' } }, ['cy']],
    [{ ...orders, operator: '=', value: 0.15, aggregate: { function: 'average', column: 'total' } }, ['ana']],
    [{ ...orders, operator: '>=', value: 2, aggregate: { function: 'count' }, where: paid }, ['ana']],
    [
      {
        ...orders,
        operator: 'notWithinLast',
        value: { days: 30 },
        aggregate: { function: 'max', column: 'ordered_at' },
      },
      ['ana'],
    ],
    [
      {
        ...orders,
        operator: 'notWithinLast',
        value: { days: 30 },
        aggregate: { function: 'max', column: 'ordered_at' },
        includeMissing: true,
      },
      ['ana', 'cy'],
    ],
    [{ field: 'segment', operator: 'in', value: ['early', 'late'] }, ['ana']],
    [{ field: 'segment', operator: 'notIn', value: ['early'] }, ['bob', 'cy']],
  ];
  it.each(cases)('%j', async (rule, expected) => {
    expect(await whoIs(all(rule))).toEqual(expected);
  });
});

describe('a rule on rows that rows lead to', () => {
  // ana bought a bike and a helmet, bob a bike alone, cy nobody knows what, eve what is in no list; dan nothing.
  const world: People = {
    people: ['ana', 'bob', 'cy', 'dan', 'eve'].map((id) => person(id, {})),
    shop: [1, 2, 3, 4].map((no) => ({ _key: `k${no}`, customer_no: no, branch_no: no > 2 ? null : no })),
    owners: ['ana', 'bob', 'cy', 'eve'].map((customer, index) => ({ key: `k${index + 1}`, customer })),
    orders: [
      { customer_no: 1, product_no: 10, total: 900 },
      { customer_no: 1, product_no: 20, total: 30 },
      { customer_no: 2, product_no: 10, total: 800 },
      { customer_no: 3, product_no: null, total: 1 },
      { customer_no: 4, product_no: 99, total: 1 },
    ],
    products: [
      { product_no: 10, label: 'bike', made_by: 'M', price: 900 },
      // The same number twice must not count a line twice.
      { product_no: 10, label: 'bike', made_by: 'M', price: 900 },
      { product_no: 20, label: 'helmet', made_by: 'N', price: 30, follows: 10 },
      { product_no: null, label: 'bike', made_by: null },
    ],
    makers: [{ code: 'M', founded: '1900-01-01' }, { code: 'N' }, { code: null, founded: '2000-01-01' }],
    branches: [
      { branch_no: 1, town: 'Cluj' },
      { branch_no: 2, town: 'Iași' },
      { branch_no: null, town: 'Cluj' },
    ],
    members: [],
  };
  beforeAll(() => loadPeople(engine, world));

  const some = { mode: 'some' as const };
  const along = (field: string, ...rules: Rule[]): Rule => ({
    field,
    operator: '=',
    match: some,
    value: all(...rules),
  });
  const label = (value: string): Rule => ({ field: 'label', operator: '=', value });
  const bought = (what: string) => along('shop_orders', along('product', label(what)));
  const orders = { field: 'shop_orders', operator: '=' as const };
  const product = { field: 'product', operator: '=' as const };

  const cases: [name: string, rules: Rule[], people: string[]][] = [
    ['a bike', [bought('bike')], ['ana', 'bob']],
    ['a bike and no helmet', [bought('bike'), { ...bought('helmet'), match: { mode: 'none' } }], ['bob']],
    ['only bikes', [{ ...bought('bike'), match: { mode: 'all' } }], ['bob']],
    [
      'one line that is a bike, however often the list has it',
      [{ ...bought('bike'), match: { mode: 'exactly', threshold: 1 } }],
      ['ana', 'bob'],
    ],
    [
      'the money spent on bikes',
      [
        {
          ...orders,
          operator: '>',
          value: 850,
          aggregate: { function: 'sum', column: 'total' },
          where: all(along('product', label('bike'))),
        },
      ],
      ['ana'],
    ],
    [
      'something that is in no list',
      [along('shop_orders', { ...product, match: { mode: 'none' }, value: all() })],
      ['cy', 'eve'],
    ],
    [
      'something that is no bike',
      [along('shop_orders', { ...product, match: { mode: 'none' }, value: all(label('bike')) })],
      ['ana', 'cy', 'eve'],
    ],
    [
      'something that is no bike, counted',
      [
        along('shop_orders', {
          ...product,
          match: { mode: 'atMost', threshold: 0 },
          value: all(label('bike')),
        }),
      ],
      ['ana', 'cy', 'eve'],
    ],
    [
      'something of which all that is listed is a bike',
      [along('shop_orders', { ...product, match: { mode: 'all' }, value: all(label('bike')) })],
      ['ana', 'bob'],
    ],
    [
      'something that stands in the list twice',
      [along('shop_orders', { ...product, match: { mode: 'exactly', threshold: 2 }, value: all() })],
      ['ana', 'bob'],
    ],
    [
      'something for less than it costs in the list',
      [
        along(
          'shop_orders',
          { field: 'total', operator: '<', value: 850 },
          {
            ...product,
            operator: '>',
            value: 850,
            aggregate: { function: 'max', column: 'price' },
          },
        ),
      ],
      ['bob'],
    ],
    [
      'something that follows a bike',
      [along('shop_orders', along('product', along('predecessor')))],
      ['ana'],
    ],
    ['a branch in Cluj', [along('branch', { field: 'town', operator: '=', value: 'Cluj' })], ['ana']],
    [
      'five steps: something by a maker of something that a customer of Iași bought',
      [
        along(
          'shop_orders',
          along(
            'product',
            along(
              'maker',
              along(
                'maker',
                along(
                  'product',
                  along('shop_orders', along('branch', { field: 'town', operator: '=', value: 'Iași' })),
                ),
              ),
            ),
          ),
        ),
      ],
      ['ana', 'bob'],
    ],
  ];
  it.each(cases)('%s', async (_, rules, expected) => {
    expect(await whoIs(all(...rules))).toEqual(expected);
  });
});

const naughtyFile = new URL('../../../shared/data/blns/blns.json', import.meta.url);
describe.skipIf(!existsSync(naughtyFile))('naughty strings as values', () => {
  it('find exactly the person who has that value', async () => {
    const naughty = [...new Set(JSON.parse(readFileSync(naughtyFile, 'utf8')) as string[])].filter(
      (text) => text !== '',
    );
    expect(naughty.length).toBeGreaterThan(400);
    await loadPeople(
      engine,
      onlyPeople(...naughty.map((text, index) => person(`c${index}`, { country: text }))),
    );
    for (const [index, text] of naughty.entries()) {
      const found = await whoIs(all({ field: 'country', operator: '=', value: text }));
      expect(found, JSON.stringify(text)).toEqual([`c${index}`]);
      const holders = naughty.flatMap((other, holder) => (other.includes(text) ? [`c${holder}`] : []));
      const containing = await whoIs(all({ field: 'country', operator: 'contains', value: text }));
      expect(containing, JSON.stringify(text)).toEqual(holders.toSorted());
    }
    expect(await whoIs(all({ field: 'country', operator: 'in', value: naughty }))).toHaveLength(
      naughty.length,
    );
  });
});
