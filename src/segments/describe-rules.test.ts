import fc from 'fast-check';
import { expect, it } from 'vitest';
import { checkRules } from './check-rules.ts';
import { describeRules } from './describe-rules.ts';
import { catalogue } from './people.test-support.ts';
import { anyRules } from './random-rules.test-support.ts';
import type { Rule, RuleGroup } from './rule.ts';

function all(...rules: (Rule | RuleGroup)[]): RuleGroup {
  return { combinator: 'and', rules };
}
function sentence(rules: RuleGroup): string {
  return describeRules(checkRules(rules, catalogue, 'rules').rules, catalogue);
}

const country: Rule = { field: 'country', operator: '=', value: 'RO' };
const orders = { field: 'shop_orders', operator: '=' as const };
const big: Rule = { field: 'total', operator: '>=', value: 1000 };
const helmet: Rule = {
  field: 'product',
  operator: '=',
  match: { mode: 'some' },
  value: all({ field: 'label', operator: '=', value: 'helmet' }),
};

const cases: [RuleGroup, string][] = [
  [all(), 'Everybody.'],
  [{ combinator: 'or', not: true, rules: [] }, 'Nobody.'],
  [all(country), 'People for whom country is “RO”.'],
  [
    all(country, {
      combinator: 'or',
      rules: [
        { field: 'age', operator: '<', value: 18 },
        { field: 'vip', operator: '=', value: true },
      ],
    }),
    'People for whom country is “RO” and (age is less than 18 or vip is yes).',
  ],
  [
    { combinator: 'and', not: true, rules: [country] },
    'People for whom it is not so that (country is “RO”).',
  ],
  [
    all({
      field: 'country',
      operator: 'notIn',
      value: ['RO', 'MD', 'DE'],
      ignoreCase: true,
      includeMissing: true,
    }),
    'People for whom country is not “RO”, “MD” or “DE” (in upper or lower case) (or has no value).',
  ],
  [
    all({ field: 'born', operator: '>=', value: '1990-01-01' }),
    'People for whom born is not before 1990-01-01.',
  ],
  [
    all({ field: 'born', operator: 'monthOf', value: [1, 2] }),
    'People for whom born falls on January or February.',
  ],
  [
    all({ field: 'born', operator: 'anniversaryWithinNext', value: { days: 1 } }),
    'People for whom born comes round within the next 1 day.',
  ],
  [
    all({
      ...orders,
      match: { mode: 'atLeast', threshold: 3 },
      distinct: 'order_no',
      value: all(big, { field: 'ordered_at', operator: 'withinLast', value: { days: 90 } }),
    }),
    'People for whom there are at least 3 different order_no among Orders where (total is at least 1,000 and ordered_at is within the last 90 days).',
  ],
  [all({ ...orders, match: { mode: 'none' }, value: all() }), 'People for whom there are no Orders.'],
  [
    all({ ...orders, match: { mode: 'all' }, value: all(big) }),
    'People for whom there are Orders and in all of them (total is at least 1,000).',
  ],
  [
    all({ ...orders, operator: '>', value: 99.5, aggregate: { function: 'sum', column: 'total' } }),
    'People for whom the sum of total over Orders is more than 99.5.',
  ],
  [
    all({
      ...orders,
      operator: 'notWithinLast',
      value: { years: 1 },
      aggregate: { function: 'max', column: 'ordered_at' },
      where: all(big),
    }),
    'People for whom the highest ordered_at among Orders where (total is at least 1,000), is not within the last 1 year.',
  ],
  [
    all({ field: 'segment', operator: 'notIn', value: ['early', 'late'] }),
    'People for whom they are not in “Early birds” or “late”.',
  ],
  [
    all({ field: 'born', operator: '>', value: 'married', valueSource: 'field' }),
    'People for whom born is after married.',
  ],
  [
    all({ ...orders, match: { mode: 'none' }, value: all(helmet) }),
    'People for whom there are no Orders where (there are Products where (label is “helmet”)).',
  ],
  // The name says what is found on the way from people; on the way back it would be wrong.
  [
    all({
      ...orders,
      match: { mode: 'some' },
      value: all({ ...helmet, value: all({ ...helmet, value: all(big) }) }),
    }),
    'People for whom there are Orders where (there are Products where (there are rows of orders where (total is at least 1,000))).',
  ],
];
it.each(cases)('%j', (rules, expected) => {
  expect(sentence(rules)).toBe(expected);
});

it('has words for every rule there can be', () => {
  fc.assert(
    fc.property(anyRules, (rules) => {
      expect(sentence(rules)).not.toMatch(/undefined|\[object|NaN/);
    }),
  );
});
