import type { CheckedGroup, Comparison, Condition, SteppedGroup } from './checked-rule.ts';
import { englishPhrases } from './rule-phrases-en.ts';
import { romanianPhrases } from './rule-phrases-ro.ts';
import type { AggregateFunction, DurationUnit } from './rule.ts';

export const languages = ['en', 'ro'] as const;
export type Language = (typeof languages)[number];

/**
 * Every piece of a sentence about rules, in one language. Names come in as they are to be shown; another
 * language is another table. Names of fields and rows are people's own words, so that nothing in a sentence
 * may bend to their gender or number.
 */
export interface RulePhrases {
  everybody: string;
  nobody: string;
  people: (conditions: string) => string;
  /** Of a group without rules within others. */
  always: string;
  never: string;
  /** Stands above the rules of a group that are listed below each other. */
  heading: (combinator: CheckedGroup['combinator'], not: boolean) => string;
  and: string;
  or: string;
  not: (conditions: string) => string;
  /** What a rule does to the people of the conditions before it. */
  step: (how: SteppedGroup['steps'][number], conditions: string) => string;
  /** A last member joined with "or": `a, b or c`. */
  oneOf: (values: readonly string[]) => string;
  quoted: (text: string) => string;
  number: (value: number) => string;
  /** `YYYY-MM-DD`, with a time of day and a zone or without. */
  moment: (text: string) => string;
  truth: (value: boolean) => string;
  /** Without its subject, as in `is at least 100`. */
  missing: (negated: boolean) => string;
  blank: (negated: boolean) => string;
  text: (how: TextHow, values: string, negated: boolean) => string;
  flag: (value: string) => string;
  compare: (comparison: Comparison, value: string, negated: boolean, isMoment: boolean) => string;
  equalsOneOf: (values: string, negated: boolean) => string;
  between: (from: string, to: string, negated: boolean) => string;
  relative: (direction: 'last' | 'next', amount: number, unit: DurationUnit, negated: boolean) => string;
  /** Months and weekdays from 1 = January and Monday. */
  part: (part: 'month' | 'weekday', numbers: readonly number[]) => string;
  anniversary: (days: number) => string;
  anyCase: (test: string) => string;
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
  aggregate: (made: MadeOf, rows: string, where: string | undefined, test: string) => string;
  segment: (names: string, negated: boolean) => string;
}
export type TextHow = Extract<Condition, { kind: 'text' }>['how'];
export type MatchWord = 'all' | 'some' | 'none' | 'atLeast' | 'atMost' | 'exactly';
export interface MadeOf {
  function: AggregateFunction;
  /** Empty for `count`. */
  column: string;
  /** Empty but for `first` and `last`. */
  order: string;
  isMoment: boolean;
}

export const rulePhrases: Readonly<Record<Language, RulePhrases>> = {
  en: englishPhrases,
  ro: romanianPhrases,
};
