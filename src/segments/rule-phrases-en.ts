import type { Comparison } from './checked-rule.ts';
import type { DurationUnit } from './rule.ts';
import type { MadeOf, RulePhrases, TextHow } from './rule-phrases.ts';
import { calendarNames, momentFormat } from './show-moment.ts';

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
const { months, weekdays } = calendarNames('en-GB');
const where = (conditions: string | undefined) => (conditions === undefined ? '' : ` where ${conditions}`);
const number = (value: number) => value.toLocaleString('en-GB', { maximumFractionDigits: 6 });
const oneOf = (values: readonly string[]) =>
  values.length < 2 ? values.join('') : `${values.slice(0, -1).join(', ')} or ${values.at(-1)}`;

/** `the last day`, `the last 90 days`. */
function stretch(direction: 'last' | 'next', amount: number, unit: DurationUnit): string {
  return amount === 1
    ? `the ${direction} ${unitWords[unit]}`
    : `the ${direction} ${number(amount)} ${unitWords[unit]}s`;
}

function madeOf({ function: fn, column, order, isMoment }: MadeOf, rows: string): string {
  switch (fn) {
    case 'count':
      return `the number of ${rows}`;
    case 'countDistinct':
      return `the number of different ${column} among ${rows}`;
    case 'sum':
      return `the sum of ${column} over ${rows}`;
    case 'average':
      return `the average ${column} of ${rows}`;
    case 'min':
      return `the ${isMoment ? 'earliest' : 'lowest'} ${column} among ${rows}`;
    case 'max':
      return `the ${isMoment ? 'latest' : 'highest'} ${column} among ${rows}`;
    case 'first':
    case 'last':
      return `the ${fn} ${column} by ${order} among ${rows}`;
    default:
      throw new Error(`no such function: ${String(fn satisfies never)}`);
  }
}

export const englishPhrases: RulePhrases = {
  everybody: 'Everybody.',
  nobody: 'Nobody.',
  people: (conditions) => `People for whom ${conditions}.`,
  always: 'nothing is asked',
  never: 'nothing fits',
  heading: (combinator, not) =>
    `${not ? 'not ' : ''}${{ and: 'all of these', or: 'any of these', steps: 'these from the top' }[combinator]}`,
  and: ' and ',
  or: ' or ',
  not: (conditions) => `it is not so that (${conditions})`,
  step(how, conditions) {
    switch (how) {
      case 'union':
        return `, together with those for whom ${conditions}`;
      case 'intersect':
        return `, of these only those for whom ${conditions}`;
      case 'except':
        return `, except those for whom ${conditions}`;
      default:
        throw new Error(`no such step: ${String(how satisfies never)}`);
    }
  },
  oneOf,
  quoted: (text) => `“${text}”`,
  number,
  moment: momentFormat('en-GB', ', '),
  truth: (value) => (value ? 'yes' : 'no'),
  missing: (negated) => (negated ? 'has a value' : 'has no value'),
  blank: (negated) => (negated ? 'is not empty' : 'is empty'),
  text: (how, values, negated) => `${textWords[how][negated ? 1 : 0]} ${values}`,
  flag: (value) => `is ${value}`,
  compare(comparison, value, negated, isMoment) {
    if (negated) return `is not ${value}`;
    return `${(isMoment ? momentWords : numberWords)[comparison]} ${value}`;
  },
  equalsOneOf: (values, negated) => `is ${negated ? 'not ' : ''}${values}`,
  between: (from, to, negated) => `is ${negated ? 'not ' : ''}between ${from} and ${to}`,
  relative(direction, amount, unit, negated) {
    const within = amount === 0 ? 'today' : `within ${stretch(direction, amount, unit)}`;
    return `is ${negated ? 'not ' : ''}${within}`;
  },
  part: (part, numbers) =>
    part === 'month'
      ? `falls in ${oneOf(numbers.map((month) => months[month - 1] ?? ''))}`
      : `falls on a ${oneOf(numbers.map((day) => weekdays[day - 1] ?? ''))}`,
  anniversary: (days) =>
    days === 0 ? 'comes round today' : `comes round within ${stretch('next', days, 'days')}`,
  anyCase: (test) => `${test} (in upper or lower case)`,
  orMissing: (test) => `${test} (or has no value)`,
  field: (name, test) => `${name} ${test}`,
  rowsOf: (table) => `rows of ${table}`,
  match(mode, threshold, distinct, rows, conditions) {
    const counted = distinct === undefined ? rows : `different ${distinct} among ${rows}`;
    switch (mode) {
      case 'some':
        return `there are ${rows}${where(conditions)}`;
      case 'none':
        return `there are no ${rows}${where(conditions)}`;
      case 'all':
        return conditions === undefined
          ? `there are ${rows}`
          : `there are ${rows} and in all of them ${conditions}`;
      case 'atLeast':
        return `there are at least ${number(threshold)} ${counted}${where(conditions)}`;
      case 'atMost':
        return `there are at most ${number(threshold)} ${counted}${where(conditions)}`;
      case 'exactly':
        return `there are exactly ${number(threshold)} ${counted}${where(conditions)}`;
      default:
        throw new Error(`no such mode: ${String(mode satisfies never)}`);
    }
  },
  aggregate: (made, rows, conditions, test) =>
    conditions === undefined
      ? `${madeOf(made, rows)} ${test}`
      : `${madeOf(made, rows)}${where(conditions)}, ${test}`,
  segment: (names, negated) => `the segments they are in ${negated ? 'do not include' : 'include'} ${names}`,
};
