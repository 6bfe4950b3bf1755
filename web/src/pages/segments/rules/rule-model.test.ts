import { describe, expect, it } from 'vitest';
import { freshValue, isFilled, operatorsOf, valueKindOf, type ValueKind } from './field-types.ts';
import { fieldsAt, fromEditor, isEditable, placeOf, toEditor } from './rule-model.ts';
import type { Group } from './rule-shape.ts';
import { areSaid, firstStep, fromSteps, placeOfStep, stepsOf } from './steps.ts';
import { shop } from './test-support/shop.ts';

describe('what can be asked', () => {
  it('of a person: attributes, rows that belong to them, other segments', () => {
    expect(fieldsAt(shop, 'person').map(({ name, type }) => `${name}:${type}`)).toEqual([
      'country:text',
      'age:integer',
      'born:date',
      'consent:boolean',
      'crm_orders:related',
      'segment:segment',
    ]);
  });

  it('of a row: its columns, and rows along its relationships in both directions', () => {
    const names = (table: string) => fieldsAt(shop, { table }).map(({ name, table: to }) => [name, to]);
    expect(names('orders')).toEqual([
      ['total', undefined],
      ['order_no', undefined],
      ['ordered_at', undefined],
      ['crm_orders', 'crm'],
      ['order_lines', 'lines'],
    ]);
    expect(names('lines')).toEqual([
      ['sku', undefined],
      ['order_lines', 'orders'],
    ]);
  });
});

/** Rules as a workspace file has them. */
const rules: Group = {
  combinator: 'and',
  rules: [
    { field: 'country', operator: '=', value: 'RO', ignoreCase: true },
    { field: 'age', operator: 'between', value: [18, 30] },
    {
      combinator: 'or',
      not: true,
      rules: [
        { field: 'born', operator: 'anniversaryWithinNext', value: { days: 7 } },
        { field: 'segment', operator: 'notIn', value: ['vip'] },
        { field: 'consent', operator: 'empty' },
      ],
    },
    {
      field: 'crm_orders',
      operator: '=',
      match: { mode: 'atLeast', threshold: 3 },
      distinct: 'order_no',
      value: {
        combinator: 'and',
        rules: [
          { field: 'total', operator: '>=', value: 100 },
          {
            field: 'order_lines',
            operator: '=',
            match: { mode: 'none' },
            value: { combinator: 'or', rules: [{ field: 'sku', operator: 'in', value: ['a', 'b'] }] },
          },
        ],
      },
    },
  ],
};

describe('rules in the editor', () => {
  it('come out as they went in', () => {
    expect(isEditable(rules, shop)).toBe(true);
    expect(fromEditor(toEditor(rules), shop)).toEqual(rules);
  });

  it.each([
    { field: 'crm_orders', aggregate: { function: 'count' }, operator: 'between', value: [2, 5] },
    { field: 'crm_orders', aggregate: { function: 'sum', column: 'total' }, operator: '>', value: 3 },
    {
      field: 'crm_orders',
      aggregate: { function: 'last', column: 'ordered_at', by: 'total' },
      where: { combinator: 'or', rules: [{ field: 'total', operator: '>=', value: 100 }] },
      operator: 'withinLast',
      value: { days: 90 },
    },
    { field: 'crm_orders', aggregate: { function: 'max', column: 'ordered_at' }, operator: 'empty' },
    {
      field: 'crm_orders',
      aggregate: { function: 'sum', column: 'total' },
      operator: '<',
      value: 9,
      includeMissing: true,
    },
  ])('come out as they went in, of a value that is made of related rows: %j', (rule) => {
    const group = { combinator: 'and', rules: [rule] };
    expect(isEditable(group, shop)).toBe(true);
    expect(fromEditor(toEditor(group), shop)).toEqual(group);
  });

  it('hold a single month or weekday in a list', () => {
    const of = (value: unknown): Group => ({
      combinator: 'and',
      rules: [
        { field: 'born', operator: 'monthOf', value },
        {
          field: 'crm_orders',
          aggregate: { function: 'max', column: 'ordered_at' },
          operator: 'weekdayOf',
          value,
        },
      ],
    });
    expect(fromEditor(toEditor(of(4)), shop)).toEqual(of([4]));
  });

  it.each([
    ['no column', { function: 'sum' }, '>', 3],
    ['a column that is gone', { function: 'max', column: 'weight' }, '>', 3],
    ['no value', { function: 'count' }, '>', null],
    ['nothing that says which is last', { function: 'last', column: 'total' }, '>', 3],
    ['a question of another sort of value', { function: 'max', column: 'total' }, 'withinLast', { days: 3 }],
  ])('of a value made of rows with %s are not said to the server', (_, aggregate, operator, value) => {
    const group = { combinator: 'and', rules: [{ field: 'crm_orders', aggregate, operator, value }] };
    expect(fromEditor(toEditor(group), shop).rules).toEqual([]);
  });

  it.each([
    ['no value yet', { field: 'country', operator: '=', value: '' }],
    ['half of a range', { field: 'age', operator: 'between', value: [18, null] }],
    ['no number', { field: 'age', operator: '>', value: null }],
    ['an empty list', { field: 'country', operator: 'in', value: [] }],
    ['a length of time without a number', { field: 'born', operator: 'withinLast', value: { days: null } }],
    ['a field that is gone', { field: 'shoe_size', operator: '=', value: '42' }],
  ])('with %s are not said to the server', (_, rule) => {
    expect(fromEditor({ combinator: 'and', rules: [rule] }, shop)).toEqual({ combinator: 'and', rules: [] });
  });

  it('leave out what a kept flag has no meaning for', () => {
    const kept = { field: 'age', operator: '>', value: 3, ignoreCase: true, id: 'x1' };
    expect(fromEditor({ combinator: 'and', rules: [kept] }, shop).rules).toEqual([
      { field: 'age', operator: '>', value: 3 },
    ]);
  });

  it.each([
    [
      'are steps within a group',
      {
        rules: [
          { field: 'age', operator: '>', value: 3 },
          'except',
          { field: 'age', operator: '>', value: 9 },
        ],
      },
    ],
    [
      'compare two attributes',
      { combinator: 'and', rules: [{ field: 'age', operator: '>', value: 'x', valueSource: 'field' }] },
    ],
    ['ask for a field that is gone', { combinator: 'and', rules: [{ field: 'shoe', operator: 'empty' }] }],
    [
      'ask of rows for a column that is gone',
      {
        combinator: 'and',
        rules: [
          {
            field: 'crm_orders',
            operator: '=',
            match: { mode: 'some' },
            value: { combinator: 'and', rules: [{ field: 'weight', operator: '>', value: 3 }] },
          },
        ],
      },
    ],
    [
      'make a value of rows of which one is gone',
      {
        combinator: 'and',
        rules: [
          {
            field: 'crm_orders',
            aggregate: { function: 'count' },
            where: { combinator: 'and', rules: [{ field: 'weight', operator: '>', value: 3 }] },
            operator: '>',
            value: 3,
          },
        ],
      },
    ],
    [
      'ask of a list whether it is there',
      { combinator: 'and', rules: [{ field: 'interests', operator: 'notNull' }] },
    ],
    [
      'compare what is made of rows as the editor does not',
      {
        combinator: 'and',
        rules: [
          { field: 'crm_orders', aggregate: { function: 'max', column: 'total' }, operator: 'notNull' },
        ],
      },
    ],
  ])('that %s are not for it', (_, group) => {
    expect(isEditable(group, shop)).toBe(false);
    // Not beside rules either that it does show: those that it does not would go when the segment is saved.
    const beside = { combinator: 'and', rules: [{ field: 'country', operator: '=', value: 'RO' }, group] };
    expect(stepsOf(beside, shop)).toBeUndefined();
  });
});

describe('steps from the top', () => {
  const young = { field: 'age', operator: '<', value: 30 };
  const inRomania = { combinator: 'or', rules: [{ field: 'country', operator: '=', value: 'RO' }] };

  it('are one group where there is one', () => {
    expect(stepsOf(rules, shop)).toHaveLength(1);
    expect(fromSteps(stepsOf(rules, shop) ?? [], shop)).toEqual(rules);
  });

  it('come out as they went in, a single rule as a group of one', () => {
    const steps = stepsOf({ rules: [inRomania, 'except', young, 'union', inRomania] }, shop) ?? [];
    expect(steps.map(({ word }) => word)).toEqual(['union', 'except', 'union']);
    expect(fromSteps(steps, shop)).toEqual({
      rules: [inRomania, 'except', { combinator: 'and', rules: [young] }, 'union', inRomania],
    });
  });

  it.each([
    ['nothing', [], true],
    ['a rule', [young], true],
    ['a rule without a value', [young, { field: 'country', operator: '=', value: '' }], false],
    [
      'rows with a condition without a value',
      toEditor({
        combinator: 'and',
        rules: [
          {
            field: 'crm_orders',
            operator: '=',
            match: { mode: 'some' },
            value: { combinator: 'and', rules: [{ field: 'total', operator: '>', value: null }] },
          },
        ],
      }).rules,
      false,
    ],
  ] as const)('of %s are said, or not yet', (_, inStep, said) => {
    const step = firstStep({ combinator: 'and', rules: [...inStep] });
    expect(areSaid([firstStep(), step], shop)).toBe(said);
  });

  it('stand where the server counts them', () => {
    expect(placeOfStep(0, 1)).toBe('rules');
    expect(placeOf([0, 2], placeOfStep(1, 3))).toBe('rules.rules[2].rules[0].rules[2]');
  });

  it('are not for the editor where one of them is not', () => {
    const compared = { field: 'age', operator: '>', value: 'x', valueSource: 'field' };
    expect(stepsOf({ rules: [inRomania, 'except', compared] }, shop)).toBeUndefined();
    expect(stepsOf({ not: true, rules: [inRomania, 'except', young] }, shop)).toBeUndefined();
  });
});

/** As somebody fills it in. */
const typical: Readonly<Record<Exclude<ValueKind, 'related'>, unknown>> = {
  none: undefined,
  text: 'RO',
  texts: ['RO', 'DE'],
  number: 3,
  numbers: [3, 4],
  numberRange: [3, 4],
  date: '2026-11-24',
  dateRange: ['2026-11-01', '2026-11-24'],
  duration: { weeks: 2 },
  days: { days: 7 },
  months: [1, 4],
  weekdays: [1],
  flag: false,
  segments: ['vip'],
};

describe('every question', () => {
  const asked = {
    country: 'text',
    age: 'integer',
    born: 'date',
    consent: 'boolean',
    segment: 'segment',
  } as const;
  const questions = Object.entries(asked).flatMap(([field, type]) =>
    operatorsOf(type).map((operator) => ({ field, operator, kind: valueKindOf(type, operator) })),
  );

  it.each(questions)('$operator of $field is said as it was filled in', ({ field, operator, kind }) => {
    const value = typical[kind as keyof typeof typical];
    const rule = { field, operator, ...(kind === 'none' ? {} : { value }) };
    const group = { combinator: 'and', rules: [rule] };
    expect(isFilled(kind, value)).toBe(true);
    expect(fromEditor(toEditor(group), shop)).toEqual(group);
    expect(isEditable(group, shop)).toBe(true);
  });

  it.each(questions)('$operator of $field begins with something that its input can hold', ({ kind }) => {
    const fresh = freshValue(kind);
    const inList = Array.isArray(typical[kind as keyof typeof typical]);
    expect(Array.isArray(fresh)).toBe(inList);
  });

  it('of every other type is among them', () => {
    for (const type of ['number', 'time'] as const) {
      expect(operatorsOf(type)).toEqual(operatorsOf(type === 'number' ? 'integer' : 'date'));
    }
    expect(operatorsOf('related')).toEqual(['=']);
    expect(operatorsOf('texts')).toEqual([]);
  });
});
