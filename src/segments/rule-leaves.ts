import type { SourceColumn } from './catalogue.ts';
import type { CheckedGroup, CheckedRule } from './checked-rule.ts';

/** A rule that is no group. */
export type Leaf = Exclude<CheckedRule, CheckedGroup>;

/** The rules about people themselves, in their order; not those inside rules on related rows. */
export function leavesOf(rule: CheckedRule): Leaf[] {
  return rule.kind === 'group' ? rule.rules.flatMap(leavesOf) : [rule];
}

/** Columns of people's records from which rules lead to related rows; as often as they do. */
export function peopleStartsIn(rules: CheckedGroup): SourceColumn[] {
  return leavesOf(rules).flatMap((leaf) =>
    (leaf.kind === 'match' || leaf.kind === 'aggregate') && leaf.hop.start.kind === 'records'
      ? [leaf.hop.start]
      : [],
  );
}

/** Where the rule with this index stands: in a stepped group words are between the rules. */
export function pathOf(group: CheckedGroup, path: string, index: number): string {
  return `${path}.rules[${group.combinator === 'steps' ? index * 2 : index}]`;
}
