import type { CheckedGroup } from './checked-rule.ts';

/** Statements about people that can be joined: conditions in SQL, sets of people, true and false. */
export interface Algebra<T> {
  everybody: T;
  /** Of at least one. */
  and: (parts: readonly T[]) => T;
  or: (parts: readonly T[]) => T;
  not: (part: T) => T;
}

/** A group, made of its rules. This file alone says how they are joined. */
export function joinGroup<T>(group: CheckedGroup, rules: readonly T[], algebra: Algebra<T>): T {
  const [first, ...rest] = rules;
  if (first === undefined || rest.length === 0) return wholeGroup(group, first, algebra);
  // All at once where that can be: nested conditions of a long group would be too deep for an engine.
  if (group.combinator === 'and') return wholeGroup(group, algebra.and(rules), algebra);
  if (group.combinator === 'or') return wholeGroup(group, algebra.or(rules), algebra);
  const found = rest.reduce(
    (before, rule, index) => joinNext(group, index + 1, before, rule, algebra),
    first,
  );
  return wholeGroup(group, found, algebra);
}

/**
 * What an editor shows that has a group's rules one below the other: the rules up to `index` joined, the group's `not` left
 * out.
 * @param found the same of the rules before it; absent: it is the first
 */
export function joinNext<T>(
  group: CheckedGroup,
  index: number,
  found: T | undefined,
  rule: T,
  algebra: Algebra<T>,
): T {
  if (found === undefined) return rule;
  const step = group.combinator === 'steps' ? group.steps[index] : stepOf[group.combinator];
  switch (step) {
    case 'union':
      return algebra.or([found, rule]);
    case 'intersect':
      return algebra.and([found, rule]);
    case 'except':
      return algebra.and([found, algebra.not(rule)]);
    default:
      throw new Error(`no such step: ${String(step satisfies undefined)}`);
  }
}

const stepOf = { and: 'intersect', or: 'union' } as const;

/**
 * The whole group.
 * @param found its rules joined; absent: it has none
 */
export function wholeGroup<T>(group: CheckedGroup, found: T | undefined, algebra: Algebra<T>): T {
  const joined = found ?? algebra.everybody;
  return group.not ? algebra.not(joined) : joined;
}
