import fc from 'fast-check';
import type { Column, Row } from '../engine/engine.ts';
import type { Operator } from './operators.ts';
import type { Aggregate, AggregateFunction, Rule, RuleGroup, RuleValue, SetWord } from './rule.ts';
import {
  attributes,
  besideAttributes,
  branchColumns,
  makerColumns,
  orderColumns,
  productColumns,
  shopColumns,
  type People,
} from './people.test-support.ts';

/** Few values, so that rules often hit, and the ones that go wrong: quotes, wildcards, case, diacritics. */
const texts = [
  'RO',
  'ro',
  'România',
  'ROMÂNIA',
  'Ș',
  "O'Brien",
  '%',
  'a%b_c',
  '_',
  '\\',
  '  ',
  'x"; --',
  '😀 ok',
];
const days = [
  '2024-02-29',
  '2025-02-28',
  '2025-03-01',
  '2025-12-31',
  '2026-01-01',
  '2026-02-28',
  '2026-03-01',
  '2026-03-29',
];
// Around midnight in Bucharest, and around the two hours a year in which its clocks change.
const times = [
  '2025-12-31T21:59:59.999Z',
  '2025-12-31T22:00:00.000Z',
  '2026-02-28T21:59:00.000Z',
  '2026-02-28T22:00:00.000Z',
  '2026-03-28T22:00:00.000Z',
  '2026-03-29T20:59:59.000Z',
  '2026-03-29T21:00:00.000Z',
  '2025-10-25T21:00:00.000Z',
  '2025-10-26T21:59:00.000Z',
];
const numbers = [-1, 0, 1, 2, 2.5, 3, 100, 100.25];

export const anyToday = fc.constantFrom(...days, '2026-10-26', '2028-02-28');

function cellOf(column: Column) {
  return fc.option(filledCellOf(column), { freq: 4 });
}

function filledCellOf({ type }: Column): fc.Arbitrary<string | number | boolean | string[]> {
  switch (type) {
    case 'text':
      return fc.constantFrom(...texts, '');
    case 'integer':
      return fc.constantFrom(...numbers.filter(Number.isInteger));
    case 'number':
      return fc.constantFrom(...numbers);
    case 'boolean':
      return fc.boolean();
    case 'date':
      return fc.constantFrom(...days);
    case 'time':
      return fc.constantFrom(...times);
    case 'texts':
      return fc.constant(['a']);
    default:
      throw new Error(`no such type: ${String(type satisfies never)}`);
  }
}

function rowOf(columns: readonly Column[]): fc.Arbitrary<Row> {
  return fc.record(Object.fromEntries(columns.map((column) => [column.name, cellOf(column)])));
}

const everyAttribute = [...attributes, ...besideAttributes];

// Keys are few, so that they meet, and as often missing, twice there or without a partner.
const someNumber = fc.option(fc.nat(4), { freq: 3 });
const someCode = fc.option(fc.constantFrom('a', 'A', "o'b", ''), { freq: 3 });

/** Up to eight people, some with several shop records, some of those with the same number. */
export const anyPeople: fc.Arbitrary<People> = fc
  .record({
    people: fc.array(rowOf(everyAttribute), { minLength: 3, maxLength: 8 }),
    shop: fc.array(fc.record({ customer: fc.nat(7), customer_no: someNumber, branch_no: someNumber }), {
      maxLength: 10,
    }),
    orders: tableOf(orderColumns, 20, { customer_no: someNumber, product_no: someNumber }),
    products: tableOf(productColumns, 6, { product_no: someNumber, made_by: someCode, follows: someNumber }),
    makers: tableOf(makerColumns, 4, { code: someCode }),
    branches: tableOf(branchColumns, 4, { branch_no: someNumber }),
    members: fc.uniqueArray(fc.tuple(fc.constantFrom('early', 'late'), fc.nat(7)), {
      maxLength: 8,
      selector: (member) => member.join(),
    }),
  })
  .map(({ people, shop, members, ...tables }) => {
    const id = (index: number) => `c${index % people.length}`;
    return {
      ...tables,
      people: people.map((row, index) => ({ ...row, customer_id: `c${index}` })),
      shop: shop.map(({ customer: _, ...row }, index) => ({ ...row, _key: `k${index}` })),
      owners: shop.map(({ customer }, index) => ({ key: `k${index}`, customer: id(customer) })),
      members: members.map(([segment, index]) => ({ segment, customer: id(index) })),
    };
  });

function tableOf(
  columns: readonly Column[],
  maxLength: number,
  keys: Record<string, fc.Arbitrary<Row[string]>>,
): fc.Arbitrary<Row[]> {
  const row = fc.tuple(rowOf(columns), fc.record(keys)).map(([cells, own]): Row => ({ ...cells, ...own }));
  return fc.array(row, { maxLength });
}

const often = <T>(arbitrary: fc.Arbitrary<T>) => ({ weight: 6, arbitrary });
const flag = fc.constantFrom(true, false, undefined);
const duration = fc
  .tuple(fc.constantFrom('days', 'weeks', 'months', 'years'), fc.nat(40))
  .map(([unit, amount]): RuleValue => ({ [unit]: amount }));
const number = fc.constantFrom(...numbers);
const pair = <T>(items: fc.Arbitrary<T>, order: (left: T, right: T) => number) =>
  fc.tuple(items, items).map((two) => two.toSorted(order));

/** Operator and value for a value of this type, and what else goes with them. */
function testOf(type: Column['type']): fc.Arbitrary<Omit<Rule, 'field'>> {
  const negative = { includeMissing: flag };
  const absences: Operator[] = type === 'texts' ? [] : ['empty', 'notEmpty'];
  const absence = fc.record({ operator: fc.constantFrom<Operator>(...absences, 'null', 'notNull') });
  switch (type) {
    case 'text': {
      const value = fc.constantFrom(...texts, 'o', 'R');
      const list = fc.array(value, { minLength: 1, maxLength: 3 });
      return fc.oneof(
        often(
          fc.record({
            operator: fc.constantFrom('=', 'contains', 'beginsWith', 'endsWith'),
            value,
            ignoreCase: flag,
          }),
        ),
        often(
          fc.record({
            operator: fc.constantFrom('!=', 'doesNotContain', 'doesNotBeginWith', 'doesNotEndWith'),
            value,
            ignoreCase: flag,
            ...negative,
          }),
        ),
        fc.record({ operator: fc.constant('in'), value: list, ignoreCase: flag }),
        fc.record({ operator: fc.constant('notIn'), value: list, ignoreCase: flag, ...negative }),
        absence,
      );
    }
    case 'integer':
    case 'number': {
      const list = fc.array(number, { minLength: 1, maxLength: 3 });
      const range = pair(number, (left, right) => left - right);
      return fc.oneof(
        often(fc.record({ operator: fc.constantFrom('=', '<', '<=', '>', '>='), value: number })),
        fc.record({ operator: fc.constant('!='), value: number, ...negative }),
        fc.record({ operator: fc.constant('in'), value: list }),
        fc.record({ operator: fc.constant('notIn'), value: list, ...negative }),
        fc.record({ operator: fc.constant('between'), value: range }),
        fc.record({ operator: fc.constant('notBetween'), value: range, ...negative }),
        absence,
      );
    }
    case 'boolean':
      return fc.oneof(fc.record({ operator: fc.constant('='), value: fc.boolean() }), absence);
    case 'date':
    case 'time': {
      const day = fc.constantFrom(...days);
      const exact = fc.constantFrom(...times, ...times.map((time) => `${time.slice(0, 16)}Z`));
      const value = type === 'time' ? fc.oneof(day, exact) : day;
      const range = pair(day, (left, right) => (left < right ? -1 : 1));
      return fc.oneof(
        often(fc.record({ operator: fc.constantFrom('=', '<', '<=', '>', '>='), value })),
        fc.record({ operator: fc.constant('!='), value, ...negative }),
        fc.record({ operator: fc.constant('between'), value: range }),
        fc.record({ operator: fc.constant('notBetween'), value: range, ...negative }),
        often(fc.record({ operator: fc.constantFrom('withinLast', 'withinNext'), value: duration })),
        fc.record({
          operator: fc.constantFrom('notWithinLast', 'notWithinNext'),
          value: duration,
          ...negative,
        }),
        fc.record({
          operator: fc.constant('monthOf'),
          value: fc.array(fc.integer({ min: 1, max: 12 }), { minLength: 1 }),
        }),
        fc.record({ operator: fc.constant('weekdayOf'), value: fc.integer({ min: 1, max: 7 }) }),
        fc.record({
          operator: fc.constant('anniversaryWithinNext'),
          value: fc.record({ days: fc.oneof(fc.nat(70), fc.nat(366)) }),
        }),
        absence,
      );
    }
    case 'texts':
      return absence;
    default:
      throw new Error(`no such type: ${String(type satisfies never)}`);
  }
}

function columnRule(columns: readonly Column[]): fc.Arbitrary<Rule> {
  const withValue = fc
    .constantFrom(...columns)
    .chain((column) => testOf(column.type).map((test): Rule => ({ field: column.name, ...test })));
  const comparable = columns.flatMap((left) =>
    columns.filter(({ type }) => type === left.type && type !== 'texts').map((right) => ({ left, right })),
  );
  const withColumn = fc.constantFrom(...comparable).chain(({ left, right }) => {
    const ordered = left.type === 'text' || left.type === 'boolean' ? ['='] : ['=', '<', '<=', '>', '>='];
    const pairRule = {
      field: fc.constant(left.name),
      value: fc.constant(right.name),
      valueSource: fc.constant('field'),
    };
    const ignoreCase = left.type === 'text' ? flag : fc.constant(undefined);
    return fc.oneof(
      fc.record({ ...pairRule, operator: fc.constantFrom(...ordered), ignoreCase }),
      ...(left.type === 'boolean'
        ? []
        : [fc.record({ ...pairRule, operator: fc.constant('!='), ignoreCase, includeMissing: flag })]),
    ) as fc.Arbitrary<Rule>;
  });
  return fc.oneof({ weight: 9, arbitrary: withValue }, { weight: 1, arbitrary: withColumn });
}

function groupOf(rule: fc.Arbitrary<Rule>): fc.Arbitrary<RuleGroup> {
  return fc.letrec<{ group: RuleGroup }>((tie) => {
    const children = fc.array(fc.oneof({ depthSize: 'small', withCrossShrink: true }, rule, tie('group')), {
      minLength: 1,
      maxLength: 3,
    });
    return {
      group: fc.oneof(
        { weight: 1, arbitrary: groupWith(fc.constant([])) },
        { weight: 7, arbitrary: groupWith(children) },
        { weight: 2, arbitrary: children.chain(steppedGroup) },
      ),
    };
  }).group;
}

function groupWith(rules: fc.Arbitrary<(Rule | RuleGroup)[]>): fc.Arbitrary<RuleGroup> {
  return fc.record({ combinator: fc.constantFrom('and', 'or'), not: flag, rules });
}

function steppedGroup(children: readonly (Rule | RuleGroup)[]): fc.Arbitrary<RuleGroup> {
  const word = fc.constantFrom<SetWord>('union', 'intersect', 'except');
  return fc.record({
    not: flag,
    rules: fc
      .tuple(...children.map(() => word))
      .map((words) => children.flatMap((child, index) => [words[index] as SetWord, child]).slice(1)),
  });
}

type Table = 'shop' | 'orders' | 'products' | 'makers' | 'branches';
const columnsOf: Record<Table, readonly Column[]> = {
  shop: shopColumns,
  orders: orderColumns,
  products: productColumns,
  makers: makerColumns,
  branches: branchColumns,
};
const waysFrom: Record<Table | 'person', [field: string, to: Table][]> = {
  person: [
    ['shop_orders', 'orders'],
    ['branch', 'branches'],
  ],
  shop: [
    ['shop_orders', 'orders'],
    ['branch', 'branches'],
  ],
  orders: [
    ['shop_orders', 'shop'],
    ['product', 'products'],
  ],
  products: [
    ['product', 'orders'],
    ['maker', 'makers'],
    ['predecessor', 'products'],
  ],
  makers: [['maker', 'products']],
  branches: [['branch', 'shop']],
};

/** A rule on rows of a table, at most so many relationships away from it. */
function rowRule(table: Table, hops: number): fc.Arbitrary<Rule> {
  const own = columnRule(columnsOf[table]);
  return hops === 0
    ? own
    : fc.oneof({ weight: 2, arbitrary: own }, { weight: 1, arbitrary: relatedRule(table, hops) });
}

function relatedRule(place: Table | 'person', hops: number): fc.Arbitrary<Rule> {
  return fc.oneof(
    ...waysFrom[place].map(([field, to]) => ruleOnRows(field, to, groupOf(rowRule(to, hops - 1)))),
  );
}

/** A rule on rows at the end of so many relationships in a row, with nothing else on the way. */
function pathRule(place: Table | 'person', hops: number): fc.Arbitrary<Rule> {
  return fc.constantFrom(...waysFrom[place]).chain(([field, to]) => {
    const next = hops === 1 ? columnRule(columnsOf[to]) : pathRule(to, hops - 1);
    const group = fc.record({ combinator: fc.constant('and'), not: flag, rules: fc.tuple(next) });
    return ruleOnRows(field, to, group);
  });
}

function ruleOnRows(field: string, table: Table, group: fc.Arbitrary<RuleGroup>): fc.Arbitrary<Rule> {
  const columns = columnsOf[table];
  const match = { field: fc.constant(field), operator: fc.constant('='), value: group };
  return fc.oneof(
    fc.record({ ...match, match: fc.record({ mode: fc.constantFrom('all', 'some', 'any', 'none') }) }),
    fc.record({
      ...match,
      match: fc.record({ mode: fc.constantFrom('atLeast', 'atMost', 'exactly'), threshold: fc.nat(3) }),
      distinct: fc.constantFrom(undefined, ...columns.map(({ name }) => name)),
    }),
    fc
      .constantFrom<Aggregate>(
        { function: 'count' },
        ...columns.flatMap((column) => aggregatesOf(column, columns)),
      )
      .chain((aggregate): fc.Arbitrary<Rule> => {
        const column = columns.find(({ name }) => name === aggregate.column);
        const keepsType = ['min', 'max', 'first', 'last'].includes(aggregate.function);
        return fc
          .tuple(testOf(keepsType && column ? column.type : 'number'), fc.option(group, { nil: undefined }))
          .map(([test, where]) => ({ field, aggregate, where, ...test }));
      }),
  ) as fc.Arbitrary<Rule>;
}

function aggregatesOf({ name, type }: Column, columns: readonly Column[]): Aggregate[] {
  const functions: Record<Column['type'], AggregateFunction[]> = {
    text: ['countDistinct'],
    boolean: ['countDistinct'],
    texts: ['countDistinct'],
    integer: ['countDistinct', 'sum', 'average', 'min', 'max'],
    number: ['countDistinct', 'sum', 'average', 'min', 'max'],
    date: ['countDistinct', 'min', 'max'],
    time: ['countDistinct', 'min', 'max'],
  };
  const orders = columns.filter((column) => ['integer', 'number', 'date', 'time'].includes(column.type));
  return [
    ...functions[type].map((fn) => ({ function: fn, column: name })),
    ...(['first', 'last'] as const).flatMap((fn) =>
      type === 'texts' ? [] : orders.map((order) => ({ function: fn, column: name, by: order.name })),
    ),
  ];
}

const segmentRule = fc.record({
  field: fc.constant('segment'),
  operator: fc.constantFrom('in', 'notIn'),
  value: fc.subarray(['early', 'late'], { minLength: 1 }),
}) as fc.Arbitrary<Rule>;

/** One to five relationships in a row. */
export const anyPath: fc.Arbitrary<Rule> = fc
  .integer({ min: 1, max: 5 })
  .chain((hops) => pathRule('person', hops));

/** Any tree that is right. */
export const anyRules: fc.Arbitrary<RuleGroup> = groupOf(
  fc.oneof(
    { weight: 5, arbitrary: columnRule(everyAttribute) },
    { weight: 5, arbitrary: relatedRule('person', 3) },
    { weight: 1, arbitrary: segmentRule },
  ),
);
