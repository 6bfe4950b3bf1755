import type { RuleFields } from '../../../api/answers.ts';
import { freshRelated } from './rule-shape.ts';

export type FieldType = RuleFields['attributes'][number]['type'] | 'segment' | 'related';

const numbers = [
  '=',
  '!=',
  '<',
  '<=',
  '>',
  '>=',
  'between',
  'notBetween',
  'in',
  'notIn',
  'empty',
  'notEmpty',
];
const days = [
  '=',
  '<',
  '<=',
  '>',
  '>=',
  'between',
  'notBetween',
  'withinLast',
  'notWithinLast',
  'withinNext',
  'notWithinNext',
  'monthOf',
  'weekdayOf',
  'anniversaryWithinNext',
  'empty',
  'notEmpty',
];
const operators: Readonly<Record<FieldType, readonly string[]>> = {
  text: [
    '=',
    '!=',
    'in',
    'notIn',
    'contains',
    'doesNotContain',
    'beginsWith',
    'doesNotBeginWith',
    'endsWith',
    'doesNotEndWith',
    'empty',
    'notEmpty',
  ],
  integer: numbers,
  number: numbers,
  boolean: ['=', 'empty', 'notEmpty'],
  date: days,
  time: days,
  texts: [],
  segment: ['in', 'notIn'],
  related: ['='],
};

/** What can be asked of a field of a type, in the order to offer it. */
export function operatorsOf(type: FieldType): readonly string[] {
  return operators[type];
}

/** Which sort of input an operator's value needs. */
export type ValueKind =
  | 'none'
  | 'text'
  | 'texts'
  | 'number'
  | 'numbers'
  | 'numberRange'
  | 'date'
  | 'dateRange'
  | 'duration'
  | 'days'
  | 'months'
  | 'weekdays'
  | 'flag'
  | 'segments'
  | 'related';

export function valueKindOf(type: FieldType, operator: string): ValueKind {
  if (type === 'related') return 'related';
  if (type === 'segment') return 'segments';
  switch (operator) {
    case 'empty':
    case 'notEmpty':
    case 'null':
    case 'notNull':
      return 'none';
    case 'withinLast':
    case 'notWithinLast':
    case 'withinNext':
    case 'notWithinNext':
      return 'duration';
    case 'anniversaryWithinNext':
      return 'days';
    case 'monthOf':
      return 'months';
    case 'weekdayOf':
      return 'weekdays';
    default:
  }
  if (type === 'boolean') return 'flag';
  const isNumber = type === 'integer' || type === 'number';
  const isDay = type === 'date' || type === 'time';
  if (operator === 'between' || operator === 'notBetween') return isNumber ? 'numberRange' : 'dateRange';
  if (operator === 'in' || operator === 'notIn') return isNumber ? 'numbers' : 'texts';
  return isNumber ? 'number' : isDay ? 'date' : 'text';
}

/** What an input of a sort holds before anybody has typed. */
export function freshValue(kind: ValueKind): unknown {
  switch (kind) {
    case 'texts':
    case 'numbers':
    case 'months':
    case 'weekdays':
    case 'segments':
      return [];
    case 'numberRange':
      return [null, null];
    case 'dateRange':
      return ['', ''];
    case 'number':
      return null;
    case 'duration':
      return { days: 30 };
    case 'days':
      return { days: 7 };
    case 'flag':
      return true;
    case 'related':
      return freshRelated();
    case 'none':
      return undefined;
    case 'text':
    case 'date':
      return '';
    default:
      throw new Error(`no such kind of value: ${String(kind satisfies never)}`);
  }
}

/** Whether a value says all that its kind needs. */
export function isFilled(kind: ValueKind, value: unknown): boolean {
  switch (kind) {
    case 'none':
    case 'flag':
    case 'related':
      return true;
    case 'text':
    case 'date':
      return typeof value === 'string' && value !== '';
    case 'number':
      return typeof value === 'number';
    case 'texts':
    case 'numbers':
    case 'months':
    case 'weekdays':
    case 'segments':
      return Array.isArray(value) && value.length > 0;
    case 'numberRange':
      return Array.isArray(value) && value.length === 2 && value.every((each) => typeof each === 'number');
    case 'dateRange':
      return Array.isArray(value) && value.length === 2 && value.every((each) => each !== '');
    case 'duration':
    case 'days':
      return Object.values(value ?? {}).some((each) => typeof each === 'number');
    default:
      throw new Error(`no such kind of value: ${String(kind satisfies never)}`);
  }
}
