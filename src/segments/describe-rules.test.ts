import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkRules } from './check-rules.ts';
import { describeRules } from './describe-rules.ts';
import { catalogue } from './people.test-support.ts';
import { anyRules } from './random-rules.test-support.ts';
import { languages, type Language } from './rule-phrases.ts';
import type { Rule, RuleGroup } from './rule.ts';

function all(...rules: (Rule | RuleGroup)[]): RuleGroup {
  return { combinator: 'and', rules };
}
function sentence(rules: RuleGroup, language: Language): string {
  const { rules: checked, problems } = checkRules(rules, catalogue, 'rules');
  expect(problems).toEqual([]);
  return describeRules(checked, catalogue, language);
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

describe('each operator', () => {
  const cases: [Rule, en: string, ro: string][] = [
    [country, 'country is “RO”', 'country este „RO”'],
    [{ ...country, operator: '!=' }, 'country is not “RO”', 'country nu este „RO”'],
    [
      { field: 'country', operator: 'in', value: ['RO', 'MD', 'DE'] },
      'country is “RO”, “MD” or “DE”',
      'country este „RO”, „MD” sau „DE”',
    ],
    [
      { field: 'country', operator: 'notIn', value: ['RO', 'MD'], ignoreCase: true, includeMissing: true },
      'country is not “RO” or “MD” (in upper or lower case) (or has no value)',
      'country nu este „RO” sau „MD” (cu litere mari sau mici) (sau nu are valoare)',
    ],
    [{ ...country, operator: 'contains' }, 'country contains “RO”', 'country conține „RO”'],
    [{ ...country, operator: 'doesNotContain' }, 'country does not contain “RO”', 'country nu conține „RO”'],
    [{ ...country, operator: 'beginsWith' }, 'country begins with “RO”', 'country începe cu „RO”'],
    [
      { ...country, operator: 'doesNotBeginWith' },
      'country does not begin with “RO”',
      'country nu începe cu „RO”',
    ],
    [{ ...country, operator: 'endsWith' }, 'country ends with “RO”', 'country se termină cu „RO”'],
    [
      { ...country, operator: 'doesNotEndWith' },
      'country does not end with “RO”',
      'country nu se termină cu „RO”',
    ],
    [{ field: 'country', operator: 'empty' }, 'country is empty', 'country nu are conținut'],
    [{ field: 'country', operator: 'notEmpty' }, 'country is not empty', 'country are conținut'],
    [{ field: 'country', operator: 'null' }, 'country has no value', 'country nu are valoare'],
    [{ field: 'country', operator: 'notNull' }, 'country has a value', 'country are o valoare'],
    [
      { field: 'country', operator: '!=', value: 'first_name', valueSource: 'field' },
      'country is not first_name',
      'country nu este first_name',
    ],
    [
      { field: 'first_name', operator: '=', value: 'last_name', valueSource: 'field', ignoreCase: true },
      'first_name is last_name (in upper or lower case)',
      'first_name este last_name (cu litere mari sau mici)',
    ],

    [{ field: 'score', operator: '=', value: 1234.5 }, 'score is 1,234.5', 'score este 1.234,5'],
    [{ field: 'age', operator: '!=', value: 18 }, 'age is not 18', 'age nu este 18'],
    [{ field: 'age', operator: '<', value: 18 }, 'age is less than 18', 'age este sub 18'],
    [{ field: 'age', operator: '<=', value: 18 }, 'age is at most 18', 'age este cel mult 18'],
    [{ field: 'age', operator: '>', value: 18 }, 'age is more than 18', 'age este peste 18'],
    [{ field: 'age', operator: '>=', value: 18 }, 'age is at least 18', 'age este cel puțin 18'],
    [
      { field: 'age', operator: 'between', value: [18, 30] },
      'age is between 18 and 30',
      'age este între 18 și 30',
    ],
    [
      { field: 'age', operator: 'notBetween', value: [18, 30] },
      'age is not between 18 and 30',
      'age nu este între 18 și 30',
    ],
    [{ field: 'age', operator: 'in', value: [1, 2] }, 'age is 1 or 2', 'age este 1 sau 2'],
    [{ field: 'age', operator: 'notIn', value: [1, 2] }, 'age is not 1 or 2', 'age nu este 1 sau 2'],
    [{ field: 'age', operator: 'empty' }, 'age has no value', 'age nu are valoare'],

    [{ field: 'vip', operator: '=', value: true }, 'vip is yes', 'vip are valoarea „da”'],
    [{ field: 'vip', operator: '=', value: false }, 'vip is no', 'vip are valoarea „nu”'],
    [{ field: 'vip', operator: 'notEmpty' }, 'vip has a value', 'vip are o valoare'],

    [
      { field: 'born', operator: '=', value: '1990-02-01' },
      'born is 1 February 1990',
      'born este 1 februarie 1990',
    ],
    [
      { field: 'born', operator: '!=', value: '1990-02-01', includeMissing: true },
      'born is not 1 February 1990 (or has no value)',
      'born nu este 1 februarie 1990 (sau nu are valoare)',
    ],
    [
      { field: 'born', operator: '<', value: '1990-02-01' },
      'born is before 1 February 1990',
      'born este înainte de 1 februarie 1990',
    ],
    [
      { field: 'born', operator: '<=', value: '1990-02-01' },
      'born is not after 1 February 1990',
      'born nu este după 1 februarie 1990',
    ],
    [
      { field: 'seen_at', operator: '>', value: '1990-02-01 18:30' },
      'seen_at is after 1 February 1990, 18:30',
      'seen_at este după 1 februarie 1990, ora 18:30',
    ],
    [
      { field: 'seen_at', operator: '>=', value: '1990-02-01T18:30:00Z' },
      'seen_at is not before 1 February 1990, 18:30:00 UTC',
      'seen_at nu este înainte de 1 februarie 1990, ora 18:30:00 UTC',
    ],
    [
      { field: 'born', operator: 'between', value: ['1990-02-01', '1990-03-01'] },
      'born is between 1 February 1990 and 1 March 1990',
      'born este între 1 februarie 1990 și 1 martie 1990',
    ],
    [
      { field: 'born', operator: 'notBetween', value: ['1990-02-01', '1990-03-01'] },
      'born is not between 1 February 1990 and 1 March 1990',
      'born nu este între 1 februarie 1990 și 1 martie 1990',
    ],
    [
      { field: 'born', operator: '>', value: 'married', valueSource: 'field' },
      'born is after married',
      'born este după married',
    ],
    [
      { field: 'seen_at', operator: 'withinLast', value: { days: 90 } },
      'seen_at is within the last 90 days',
      'seen_at este în ultimele 90 de zile',
    ],
    [
      { field: 'seen_at', operator: 'withinLast', value: { days: 19 } },
      'seen_at is within the last 19 days',
      'seen_at este în ultimele 19 zile',
    ],
    [
      { field: 'seen_at', operator: 'withinLast', value: { days: 0 } },
      'seen_at is today',
      'seen_at este astăzi',
    ],
    [
      { field: 'seen_at', operator: 'notWithinLast', value: { weeks: 1 } },
      'seen_at is not within the last week',
      'seen_at nu este în ultima săptămână',
    ],
    [
      { field: 'seen_at', operator: 'withinNext', value: { months: 3 } },
      'seen_at is within the next 3 months',
      'seen_at este în următoarele 3 luni',
    ],
    [
      { field: 'seen_at', operator: 'notWithinNext', value: { years: 20 } },
      'seen_at is not within the next 20 years',
      'seen_at nu este în următorii 20 de ani',
    ],
    [
      { field: 'seen_at', operator: 'withinNext', value: { years: 1 } },
      'seen_at is within the next year',
      'seen_at este în următorul an',
    ],
    [
      { field: 'born', operator: 'monthOf', value: [1, 2] },
      'born falls in January or February',
      'born cade în ianuarie sau februarie',
    ],
    [
      { field: 'born', operator: 'weekdayOf', value: [1, 6] },
      'born falls on a Monday or Saturday',
      'born cade într-o zi de luni sau sâmbătă',
    ],
    [
      { field: 'born', operator: 'anniversaryWithinNext', value: { days: 1 } },
      'born comes round within the next day',
      'born se aniversează în următoarea zi',
    ],
    [
      { field: 'born', operator: 'anniversaryWithinNext', value: { days: 0 } },
      'born comes round today',
      'born se aniversează astăzi',
    ],
    [
      { field: 'segment', operator: 'in', value: ['early'] },
      'the segments they are in include “Early birds”',
      'segmentele din care fac parte includ „Early birds”',
    ],
    [
      { field: 'segment', operator: 'notIn', value: ['early', 'late'] },
      'the segments they are in do not include “Early birds” or “late”',
      'segmentele din care fac parte nu includ „Early birds” sau „late”',
    ],
  ];
  it.each(cases)('%j', (rule, en, ro) => {
    expect(sentence(all(rule), 'en')).toBe(`People for whom ${en}.`);
    expect(sentence(all(rule), 'ro')).toBe(`Persoanele pentru care ${ro}.`);
  });
});

describe('rules on related rows', () => {
  const cases: [Rule, en: string, ro: string][] = [
    [
      {
        ...orders,
        match: { mode: 'atLeast', threshold: 3 },
        distinct: 'order_no',
        value: all(big, { field: 'ordered_at', operator: 'withinLast', value: { days: 90 } }),
      },
      'there are at least 3 different order_no among Orders where (total is at least 1,000 and ordered_at is within the last 90 days)',
      'există cel puțin 3 valori diferite order_no din Orders unde (total este cel puțin 1.000 și ordered_at este în ultimele 90 de zile)',
    ],
    [
      { ...orders, match: { mode: 'atMost', threshold: 20 }, value: all() },
      'there are at most 20 Orders',
      'există cel mult 20 de Orders',
    ],
    [
      { ...orders, match: { mode: 'exactly', threshold: 2 }, value: all(big) },
      'there are exactly 2 Orders where (total is at least 1,000)',
      'există exact 2 Orders unde (total este cel puțin 1.000)',
    ],
    [{ ...orders, match: { mode: 'none' }, value: all() }, 'there are no Orders', 'nu există Orders'],
    [
      { ...orders, match: { mode: 'all' }, value: all(big) },
      'there are Orders and in all of them (total is at least 1,000)',
      'există Orders și în toate (total este cel puțin 1.000)',
    ],
    [
      { ...orders, match: { mode: 'none' }, value: all(helmet) },
      'there are no Orders where (there are Products where (label is “helmet”))',
      'nu există Orders unde (există Products unde (label este „helmet”))',
    ],
    // The name says what is found on the way from people; on the way back it would be wrong.
    [
      {
        ...orders,
        match: { mode: 'some' },
        value: all({ ...helmet, value: all({ ...helmet, value: all(big) }) }),
      },
      'there are Orders where (there are Products where (there are rows of orders where (total is at least 1,000)))',
      'există Orders unde (există Products unde (există rânduri din orders unde (total este cel puțin 1.000)))',
    ],
    [
      { ...orders, operator: '>', value: 5, aggregate: { function: 'count' } },
      'the number of Orders is more than 5',
      'numărul de Orders este peste 5',
    ],
    [
      { ...orders, operator: '>', value: 5, aggregate: { function: 'countDistinct', column: 'status' } },
      'the number of different status among Orders is more than 5',
      'numărul de valori diferite status din Orders este peste 5',
    ],
    [
      { ...orders, operator: '>', value: 99.5, aggregate: { function: 'sum', column: 'total' } },
      'the sum of total over Orders is more than 99.5',
      'suma valorilor total din Orders este peste 99,5',
    ],
    [
      { ...orders, operator: '<', value: 5, aggregate: { function: 'average', column: 'total' } },
      'the average total of Orders is less than 5',
      'media valorilor total din Orders este sub 5',
    ],
    [
      { ...orders, operator: '<', value: 5, aggregate: { function: 'min', column: 'total' } },
      'the lowest total among Orders is less than 5',
      'cea mai mică valoare total din Orders este sub 5',
    ],
    [
      {
        ...orders,
        operator: 'notWithinLast',
        value: { years: 1 },
        aggregate: { function: 'max', column: 'ordered_at' },
        where: all(big),
      },
      'the latest ordered_at among Orders where (total is at least 1,000), is not within the last year',
      'cea mai recentă dată ordered_at din Orders unde (total este cel puțin 1.000), nu este în ultimul an',
    ],
    [
      {
        ...orders,
        operator: '=',
        value: 'paid',
        aggregate: { function: 'first', column: 'status', by: 'ordered_at' },
      },
      'the first status by ordered_at among Orders is “paid”',
      'prima valoare status în ordinea ordered_at din Orders este „paid”',
    ],
    [
      { ...orders, operator: 'empty', aggregate: { function: 'last', column: 'status', by: 'ordered_at' } },
      'the last status by ordered_at among Orders is empty',
      'ultima valoare status în ordinea ordered_at din Orders nu are conținut',
    ],
  ];
  it.each(cases)('%j', (rule, en, ro) => {
    expect(sentence(all(rule), 'en')).toBe(`People for whom ${en}.`);
    expect(sentence(all(rule), 'ro')).toBe(`Persoanele pentru care ${ro}.`);
  });
});

describe('groups', () => {
  const young: Rule = { field: 'age', operator: '<', value: 18 };
  const vip: Rule = { field: 'vip', operator: '=', value: true };
  const cases: [RuleGroup, en: string, ro: string][] = [
    [all(), 'Everybody.', 'Toată lumea.'],
    [{ combinator: 'or', not: true, rules: [] }, 'Nobody.', 'Nimeni.'],
    [
      all(country, { combinator: 'or', rules: [young, vip] }),
      'People for whom country is “RO” and (age is less than 18 or vip is yes).',
      'Persoanele pentru care country este „RO” și (age este sub 18 sau vip are valoarea „da”).',
    ],
    [
      { combinator: 'and', not: true, rules: [country] },
      'People for whom it is not so that (country is “RO”).',
      'Persoanele pentru care nu este adevărat că (country este „RO”).',
    ],
    [
      { rules: [country, 'union', young, 'intersect', vip, 'except', all(young, vip)] },
      'People for whom country is “RO”, together with those for whom age is less than 18, of these only those for whom vip is yes, except those for whom (age is less than 18 and vip is yes).',
      'Persoanele pentru care country este „RO”, împreună cu cele pentru care age este sub 18, dintre acestea doar cele pentru care vip are valoarea „da”, în afară de cele pentru care (age este sub 18 și vip are valoarea „da”).',
    ],
    [
      all(country, all()),
      'People for whom country is “RO” and nothing is asked.',
      'Persoanele pentru care country este „RO” și nu se cere nimic.',
    ],
  ];
  it.each(cases)('%j', (rules, en, ro) => {
    expect(sentence(rules, 'en')).toBe(en);
    expect(sentence(rules, 'ro')).toBe(ro);
  });
});

it.each(languages)('has words for every rule there can be: %s', (language) => {
  fc.assert(
    fc.property(anyRules, (rules) => {
      expect(sentence(rules, language)).not.toMatch(/undefined|\[object|NaN/);
    }),
  );
});
