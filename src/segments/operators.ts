import type { ColumnType } from '../engine/engine.ts';

/** Every operator a rule can have; React Query Builder's names where it has one. */
export const operators = [
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
  'contains',
  'doesNotContain',
  'beginsWith',
  'doesNotBeginWith',
  'endsWith',
  'doesNotEndWith',
  'withinLast',
  'notWithinLast',
  'withinNext',
  'monthOf',
  'weekdayOf',
  'anniversaryWithinNext',
  'empty',
  'notEmpty',
  'null',
  'notNull',
] as const;
export type Operator = (typeof operators)[number];

const numberOperators = [
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
  'null',
  'notNull',
] as const;
const dayOperators = [
  '=',
  '!=',
  '<',
  '<=',
  '>',
  '>=',
  'between',
  'notBetween',
  'withinLast',
  'notWithinLast',
  'withinNext',
  'monthOf',
  'weekdayOf',
  'anniversaryWithinNext',
  'null',
  'notNull',
] as const;

/** What can be asked of a column of each type, in the order an editor should offer it. */
export const operatorsByType: Record<ColumnType, readonly Operator[]> = {
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
    'null',
    'notNull',
  ],
  integer: numberOperators,
  number: numberOperators,
  boolean: ['=', 'null', 'notNull'],
  date: dayOperators,
  time: dayOperators,
  texts: ['null', 'notNull'],
};

/** Each says "not …" of the operator beside it; only these can let rows without a value in. */
export const positiveOf: Partial<Record<Operator, Operator>> = {
  '!=': '=',
  notBetween: 'between',
  notIn: 'in',
  doesNotContain: 'contains',
  doesNotBeginWith: 'beginsWith',
  doesNotEndWith: 'endsWith',
  notWithinLast: 'withinLast',
  notEmpty: 'empty',
  notNull: 'null',
};
