import type { SegmentId } from '../base/ids.ts';
import type { Column } from '../engine/engine.ts';
import type { Attribute } from './catalogue.ts';
import type { Hop } from './hop.ts';
import type { AggregateFunction, DurationUnit, SetWord } from './rule.ts';

/**
 * The rule tree after `check-rules.ts`: every name is found, every value has the type it needs.
 *
 * What it means: a group is a statement about one row (a person, or a related row) that is true or false,
 * never unknown. A group without rules is true. `not` turns a group round, so a person is always in
 * exactly one of a group and its `not`.
 */
export type CheckedRule = CheckedGroup | FieldRule | MatchRule | AggregateRule | SegmentRule;

export type CheckedGroup = JoinedGroup | SteppedGroup;

export interface JoinedGroup {
  kind: 'group';
  combinator: 'and' | 'or';
  not: boolean;
  rules: CheckedRule[];
}

/**
 * Taken from the top: the first rule finds people, and each further one adds its own (`union`), leaves only
 * those that it holds for as well (`intersect`), or takes its own out (`except`).
 */
export interface SteppedGroup {
  kind: 'group';
  combinator: 'steps';
  not: boolean;
  rules: CheckedRule[];
  /** Of each rule; of the first one it is `union`, as if nobody had been found before. */
  steps: SetWord[];
}

/** A column of the row itself; of a person also an attribute kept beside the profile. */
export interface FieldRule {
  kind: 'field';
  column: Attribute;
  test: Test;
}

/**
 * How many of the related rows of a person, or of a row, satisfy `group`, against the mode. Without related
 * rows `all` is false and `none` is true. With `distinct`, different values of that column are counted
 * instead of rows, and rows without a value there do not count.
 */
export interface MatchRule {
  kind: 'match';
  hop: Hop;
  mode: MatchMode;
  distinct: Column | undefined;
  group: CheckedGroup;
}
export type MatchMode =
  { kind: 'all' | 'some' | 'none' } | { kind: 'atLeast' | 'atMost' | 'exactly'; threshold: number };

/**
 * A value made of the related rows that satisfy `where`. Cells without a value are left out. Of no rows,
 * `count`, `countDistinct` and `sum` are 0; the others are missing. Sums and averages are compared after
 * rounding to six decimals, so that 0.1 + 0.2 is 0.3. `first` and `last` are the cell of `column` in the row
 * with the lowest or highest cell of `order`; of several such rows, the lowest or highest of their cells.
 */
export interface AggregateRule {
  kind: 'aggregate';
  hop: Hop;
  function: AggregateFunction;
  /** Absent exactly for `count`. */
  column: Column | undefined;
  /** Present exactly for `first` and `last`. */
  order: Column | undefined;
  where: CheckedGroup;
  test: Test;
}

/** Member of any of these (`in`), or of none (`notIn`). */
export interface SegmentRule {
  kind: 'segment';
  negated: boolean;
  segments: SegmentId[];
}

/**
 * A condition on one value. A missing value satisfies it only when the condition is `missing` or `blank`
 * (not negated), or `includeMissing` says so: a person without a country is not "country is not RO".
 */
export interface Test {
  condition: Condition;
  negated: boolean;
  includeMissing: boolean;
}

export type Comparison = '=' | '<' | '<=' | '>' | '>=';

export type Condition =
  | { kind: 'missing' }
  /** Missing, or text of nothing but spaces. */
  | { kind: 'blank' }
  | {
      kind: 'text';
      how: 'equals' | 'contains' | 'beginsWith' | 'endsWith';
      anyOf: string[];
      ignoreCase: boolean;
    }
  | { kind: 'flag'; value: boolean }
  | { kind: 'number'; comparison: Exclude<Comparison, '='>; value: number }
  | { kind: 'numbers'; anyOf: number[] }
  /** Both ends belong to it. */
  | { kind: 'numberRange'; from: number; to: number }
  /**
   * Days and times as texts. A text covers all of what it names: a day the whole day, a minute the whole
   * minute, in the workspace's time zone unless the text has its own.
   */
  | { kind: 'moment'; comparison: Comparison; value: string }
  | { kind: 'momentRange'; from: string; to: string }
  /** Whole days from that long before the as-of day (or after it) to the as-of day; both ends belong to it. */
  | { kind: 'relative'; direction: 'last' | 'next'; amount: number; unit: DurationUnit }
  /** Months from 1; weekdays from 1 = Monday. */
  | { kind: 'part'; part: 'month' | 'weekday'; anyOf: number[] }
  /**
   * Month and day come round within so many days from the as-of day, both ends included; the year does
   * not matter. 29 February comes round on the 28th in years that have no 29th.
   */
  | { kind: 'anniversary'; days: number }
  | { kind: 'column'; comparison: Comparison; column: Attribute; ignoreCase: boolean };
