import type { CheckedGroup } from './checked-rule.ts';

/** Statements about people that can be joined: conditions in SQL, sets of people, true and false. */
export interface Algebra<T> {
  everybody: T;
  /** Of at least one. */
  and: (parts: readonly T[]) => T;
  or: (parts: readonly T[]) => T;
  not: (part: T) => T;
}

/** A group, made of its rules; the one place that says how they are joined. */
export function joinGroup<T>(group: CheckedGroup, rules: readonly T[], algebra: Algebra<T>): T {
  const joined = joinRules(group, rules, algebra);
  return group.not ? algebra.not(joined) : joined;
}

/**
 * The first so many rules of a group, and the group's `not` left out: what has been found when an editor shows
 * its rules one below the other.
 */
export function joinRules<T>(group: CheckedGroup, rules: readonly T[], algebra: Algebra<T>): T {
  const [first, ...rest] = rules;
  if (first === undefined) return algebra.everybody;
  switch (group.combinator) {
    case 'and':
      return rest.length === 0 ? first : algebra.and(rules);
    case 'or':
      return rest.length === 0 ? first : algebra.or(rules);
    case 'steps':
      return rest.reduce((found, rule, index) => {
        const step = group.steps[index + 1];
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
      }, first);
    default:
      throw new Error(`no such group: ${JSON.stringify(group satisfies never)}`);
  }
}
