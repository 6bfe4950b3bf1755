/*
 * Rules as the server has them (docs/segments.md) and as the editor needs them. They differ in one thing: what a rule over
 * related rows asks of them stands beside its group there, and inside of its value here, because an editor changes a rule's
 * value as one.
 */

export interface Rule {
  id?: string;
  field: string;
  operator: string;
  value?: unknown;
  match?: { mode: string; threshold?: number | null };
  distinct?: string;
  aggregate?: { function: string; column?: string; by?: string };
  where?: Group;
  [other: string]: unknown;
}
export interface Group {
  id?: string;
  combinator?: string;
  not?: boolean;
  rules: (Rule | Group | string)[];
}

export const emptyGroup = (): Group => ({ combinator: 'and', rules: [] });

export const isGroup = (node: Rule | Group): node is Group => 'rules' in node;

/** Of how many related rows the conditions must hold. */
export const rowCounts = ['some', 'none', 'all', 'atLeast', 'atMost', 'exactly'] as const;
/** What is made of the related rows for which the conditions hold, to be compared with a value. */
export const rowValues = ['count', 'countDistinct', 'sum', 'average', 'min', 'max', 'first', 'last'] as const;
export type RowValue = (typeof rowValues)[number];

/** What a rule over related rows has for a value in the editor. */
export interface Related {
  asks: (typeof rowCounts)[number] | RowValue;
  /** With a number: of how many rows, or of how many different values of `distinct`. */
  threshold: number;
  distinct?: string;
  /** Of a value that is made: of which column, and by which one the rows are in order. */
  column?: string;
  by?: string;
  /** How it is compared, and with what. */
  operator: string;
  compared?: unknown;
  /** The conditions of the rows. */
  group: Group;
}

export const freshRelated = (group: Group = emptyGroup()): Related => ({
  asks: 'some',
  threshold: 2,
  operator: '>=',
  compared: null,
  group,
});
