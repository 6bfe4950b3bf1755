import type { Comparison, Condition } from './checked-rule.ts';
import type { AggregateFunction, DurationUnit } from './rule.ts';

/**
 * Every piece of a sentence about rules, in one language. Names and values come in as they are to be
 * shown; another language is another table.
 */
export interface RulePhrases {
  everybody: string;
  nobody: string;
  people: (conditions: string) => string;
  and: string;
  or: string;
  not: (conditions: string) => string;
  /** A last member joined with "or": `a, b or c`. */
  oneOf: (values: readonly string[]) => string;
  quoted: (text: string) => string;
  number: (value: number) => string;
  truth: (value: boolean) => string;
  month: (month: number) => string;
  weekday: (weekday: number) => string;
  duration: (amount: number, unit: DurationUnit) => string;
  /** Without its subject, as in `is at least 100`. */
  missing: (negated: boolean) => string;
  blank: (negated: boolean) => string;
  text: (how: TextHow, values: string, negated: boolean, ignoreCase: boolean) => string;
  flag: (value: string) => string;
  compare: (comparison: Comparison, value: string, negated: boolean, isMoment: boolean) => string;
  equalsOneOf: (values: string, negated: boolean) => string;
  between: (from: string, to: string, negated: boolean) => string;
  relative: (direction: 'last' | 'next', duration: string, negated: boolean) => string;
  part: (values: string) => string;
  anniversary: (duration: string) => string;
  orMissing: (test: string) => string;
  field: (name: string, test: string) => string;
  /** Rows that have no better name than that of their table. */
  rowsOf: (table: string) => string;
  /** How many rows: `at least 3 rows`, `at least 3 different order_no`. */
  match: (
    mode: MatchWord,
    threshold: number,
    distinct: string | undefined,
    rows: string,
    where: string | undefined,
  ) => string;
  aggregate: (
    fn: AggregateFunction,
    column: string,
    rows: string,
    where: string | undefined,
    test: string,
  ) => string;
  segment: (names: string, negated: boolean) => string;
}
type TextHow = Extract<Condition, { kind: 'text' }>['how'];
type MatchWord = 'all' | 'some' | 'none' | 'atLeast' | 'atMost' | 'exactly';

const months = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
];
const weekdays = ['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday'];

const textWords: Record<TextHow, [is: string, isNot: string]> = {
  equals: ['is', 'is not'],
  contains: ['contains', 'does not contain'],
  beginsWith: ['begins with', 'does not begin with'],
  endsWith: ['ends with', 'does not end with'],
};
const numberWords: Record<Comparison, string> = {
  '=': 'is',
  '<': 'is less than',
  '<=': 'is at most',
  '>': 'is more than',
  '>=': 'is at least',
};
const momentWords: Record<Comparison, string> = {
  '=': 'is',
  '<': 'is before',
  '<=': 'is not after',
  '>': 'is after',
  '>=': 'is not before',
};
const unitWords: Record<DurationUnit, string> = {
  days: 'day',
  weeks: 'week',
  months: 'month',
  years: 'year',
};

const where = (conditions: string | undefined) => (conditions === undefined ? '' : ` where ${conditions}`);

export const englishPhrases: RulePhrases = {
  everybody: 'Everybody.',
  nobody: 'Nobody.',
  people: (conditions) => `People for whom ${conditions}.`,
  and: ' and ',
  or: ' or ',
  not: (conditions) => `it is not so that (${conditions})`,
  oneOf: (values) =>
    values.length < 2 ? values.join('') : `${values.slice(0, -1).join(', ')} or ${values.at(-1)}`,
  quoted: (text) => `“${text}”`,
  number: (value) => value.toLocaleString('en-GB', { maximumFractionDigits: 6 }),
  truth: (value) => (value ? 'yes' : 'no'),
  month: (month) => months[month - 1] ?? String(month),
  weekday: (weekday) => weekdays[weekday - 1] ?? String(weekday),
  duration: (amount, unit) => `${amount} ${unitWords[unit]}${amount === 1 ? '' : 's'}`,
  missing: (negated) => (negated ? 'has a value' : 'has no value'),
  blank: (negated) => (negated ? 'is not empty' : 'is empty'),
  text: (how, values, negated, ignoreCase) =>
    `${textWords[how][negated ? 1 : 0]} ${values}${ignoreCase ? ' (in upper or lower case)' : ''}`,
  flag: (value) => `is ${value}`,
  compare(comparison, value, negated, isMoment) {
    if (negated) return `is not ${value}`;
    return `${(isMoment ? momentWords : numberWords)[comparison]} ${value}`;
  },
  equalsOneOf: (values, negated) => `is ${negated ? 'not ' : ''}${values}`,
  between: (from, to, negated) => `is ${negated ? 'not ' : ''}between ${from} and ${to}`,
  relative: (direction, duration, negated) =>
    `is ${negated ? 'not ' : ''}within the ${direction} ${duration}`,
  part: (values) => `falls on ${values}`,
  anniversary: (duration) => `comes round within the next ${duration}`,
  orMissing: (test) => `${test} (or has no value)`,
  field: (name, test) => `${name} ${test}`,
  rowsOf: (table) => `rows of ${table}`,
  match(mode, threshold, distinct, rows, conditions) {
    const counted = distinct === undefined ? rows : `different ${distinct} among ${rows}`;
    switch (mode) {
      case 'all':
        return `there are ${rows}${conditions === undefined ? '' : ` and in all of them ${conditions}`}`;
      case 'some':
        return `there are ${rows}${where(conditions)}`;
      case 'none':
        return `there are no ${rows}${where(conditions)}`;
      case 'atLeast':
        return `there are at least ${threshold} ${counted}${where(conditions)}`;
      case 'atMost':
        return `there are at most ${threshold} ${counted}${where(conditions)}`;
      case 'exactly':
        return `there are exactly ${threshold} ${counted}${where(conditions)}`;
      default:
        throw new Error(`no such mode: ${String(mode satisfies never)}`);
    }
  },
  aggregate(fn, column, rows, conditions, test) {
    const made: Record<AggregateFunction, string> = {
      count: `the number of ${rows}`,
      countDistinct: `the number of different ${column} among ${rows}`,
      sum: `the sum of ${column} over ${rows}`,
      min: `the lowest ${column} among ${rows}`,
      max: `the highest ${column} among ${rows}`,
      average: `the average ${column} of ${rows}`,
    };
    return conditions === undefined ? `${made[fn]} ${test}` : `${made[fn]}${where(conditions)}, ${test}`;
  },
  segment: (names, negated) => (negated ? `they are not in ${names}` : `they are in ${names}`),
};
