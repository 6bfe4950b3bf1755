import type { SourceLoad } from '../../api/answers.ts';

/*
 * The settings of `unify` as the server has them (docs/unify.md), of which this page changes the part that most people need.
 * All else that stands in them is kept.
 */

export type FieldTest = 'exact' | { similar?: number | string; [other: string]: unknown };

export interface UnifyRule {
  name?: string;
  fields: Record<string, FieldTest>;
  [other: string]: unknown;
}

export interface UnifySource {
  source: string;
  /** Attribute → column. */
  attributes: Record<string, string>;
  deduplicate?: UnifyRule[] | { mode: 'score' };
  [other: string]: unknown;
}

export type Preference =
  'importance' | 'mostFilled' | { mostRecent: string } | { leastRecent: string } | object;

export interface UnifySettings {
  sources: UnifySource[];
  match?: UnifyRule[] | { mode: 'score' };
  merge?: { default?: Preference; attributes?: Record<string, Preference>; [other: string]: unknown };
  [other: string]: unknown;
}

/** A source as it would join: the columns whose meaning is known, under the name of that meaning. */
export function joining({ source, columns, key }: SourceLoad): UnifySource {
  const entries = columns.flatMap(({ name, semantic }) =>
    semantic === undefined || semantic === 'none' || key.includes(name) ? [] : [[semantic, name] as const],
  );
  return { source, attributes: Object.fromEntries(entries) };
}

/** Every attribute that some source gives. */
export function attributesOf({ sources }: UnifySettings): string[] {
  return [...new Set(sources.flatMap(({ attributes }) => Object.keys(attributes)))];
}

/**
 * What a source gives once an attribute that a column fills has another name.
 * @param now its name so far; empty: it had none
 * @param name empty: the column fills it no more. A name that another column has passes to this one
 */
export function renamed(
  attributes: Readonly<Record<string, string>>,
  { column, now, name }: { column: string; now: string; name: string },
): Record<string, string> {
  // A column may fill further attributes, which stay.
  const others = Object.entries(attributes).filter(([each]) => each !== now && each !== name);
  return Object.fromEntries(name === '' ? others : [...others, [name, column]]);
}

/** The rules of a list, or none where somebody has chosen to go by scores. */
export function rulesIn(rules: UnifyRule[] | { mode: 'score' } | undefined): UnifyRule[] {
  return Array.isArray(rules) ? rules : [];
}

export const goesByScore = (rules: UnifySettings['match']): boolean =>
  rules !== undefined && !Array.isArray(rules);

/** How alike two values must be, in percent; 100: the same. */
export function likeness(test: FieldTest): number {
  if (test === 'exact') return 100;
  const { similar } = test;
  if (typeof similar === 'number') return Math.round(similar * 100);
  return { high: 80, medium: 60, low: 30 }[String(similar)] ?? 100;
}

/** A test of so many percent; what else the former one said stays. */
export function testOf(percent: number, before: FieldTest): FieldTest {
  if (percent >= 100) {
    // How alike values are means nothing where they are the same; in which form they are compared still does.
    const { similar: _, by: _by, ...form } = before === 'exact' ? {} : before;
    return Object.keys(form).length === 0 ? 'exact' : form;
  }
  return { ...(before === 'exact' ? {} : before), similar: percent / 100 };
}
