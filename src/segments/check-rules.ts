import type { SegmentId } from '../base/ids.ts';
import { suggestName } from '../base/nearest.ts';
import type { Column } from '../engine/engine.ts';
import { segmentField, type Catalogue, type Relationship } from './catalogue.ts';
import { checkRelated, type CheckRows } from './check-related.ts';
import { checkTest } from './check-test.ts';
import type { CheckedGroup, CheckedRule, SegmentRule } from './checked-rule.ts';
import { isRuleGroup, type Rule, type RuleGroup } from './rule.ts';
import { complainer, refuseKeys, type RuleProblem } from './rule-problem.ts';

/**
 * Checks a rule tree against what exists. The tree that comes back is complete only when `problems` is
 * empty; rules that are wrong are left out of it.
 * @param path where the tree stands, as in `segments.big-spenders.rules`
 */
export function checkRules(
  rules: RuleGroup,
  catalogue: Catalogue,
  path: string,
): { rules: CheckedGroup; problems: RuleProblem[] } {
  const problems: RuleProblem[] = [];
  const group = checkGroup(
    rules,
    { catalogue, columns: catalogue.attributes, related: undefined },
    path,
    problems,
  );
  return { rules: group, problems };
}

/** Whose columns the fields name: the profile's, or those of a related table. */
interface Scope {
  catalogue: Catalogue;
  columns: readonly Column[];
  related: Relationship | undefined;
}

function checkGroup(group: RuleGroup, scope: Scope, path: string, problems: RuleProblem[]): CheckedGroup {
  const rules = group.rules.flatMap((child, index) => {
    const at = `${path}.rules[${index}]`;
    const checked = isRuleGroup(child)
      ? checkGroup(child, scope, at, problems)
      : checkRule(child, scope, at, problems);
    return checked === undefined ? [] : [checked];
  });
  return { kind: 'group', combinator: group.combinator, not: group.not === true, rules };
}

function checkRule(rule: Rule, scope: Scope, path: string, problems: RuleProblem[]): CheckedRule | undefined {
  const { catalogue, related } = scope;
  const column = scope.columns.find(({ name }) => name === rule.field);
  if (column !== undefined) {
    refuseKeys(rule, notForColumns, 'is for relationships', complainer(path, problems));
    const subject = { type: column.type, label: `"${column.name}"`, columns: scope.columns };
    const test = checkTest(rule, subject, path, problems);
    return test === undefined ? undefined : { kind: 'field', column, test };
  }
  if (related === undefined && rule.field === segmentField) {
    return checkSegments(rule, catalogue, path, problems);
  }
  const relationship = related === undefined ? catalogue.relationships.get(rule.field) : undefined;
  if (relationship !== undefined) {
    const relatedScope = { catalogue, columns: relationship.columns, related: relationship };
    const checkRows: CheckRows = (group, key) => checkGroup(group, relatedScope, `${path}.${key}`, problems);
    return checkRelated(rule, relationship, checkRows, path, problems);
  }

  const columnNames = scope.columns.map(({ name }) => name);
  problems.push({
    code: 'unknown_field',
    path: `${path}.field`,
    message:
      related === undefined
        ? `there is no attribute or relationship "${rule.field}".`
        : `"${related.table}" has no column "${rule.field}".`,
    hint: suggestName(
      rule.field,
      related === undefined ? [...columnNames, ...catalogue.relationships.keys(), segmentField] : columnNames,
    ),
  });
  return undefined;
}

function checkSegments(
  rule: Rule,
  catalogue: Catalogue,
  path: string,
  problems: RuleProblem[],
): SegmentRule | undefined {
  refuseKeys(rule, notForSegments, 'has no meaning for segments', complainer(path, problems));
  if (rule.operator !== 'in' && rule.operator !== 'notIn') {
    problems.push({
      code: 'operator_unsuited',
      path: `${path}.operator`,
      message: `"${rule.operator}" cannot be asked of segments.`,
      hint: 'Use in or notIn.',
    });
    return undefined;
  }
  const { value } = rule;
  if (!Array.isArray(value) || value.length === 0) {
    problems.push({
      code: 'value_type',
      path: `${path}.value`,
      message: 'expected a list of segments.',
      hint: 'Write their ids as ["big-spenders"].',
    });
    return undefined;
  }
  value.forEach((id, index) => {
    if (catalogue.segments.has(String(id))) return;
    problems.push({
      code: 'unknown_segment',
      path: `${path}.value[${index}]`,
      message: `there is no segment "${id}".`,
      hint: suggestName(String(id), [...catalogue.segments.keys()]),
    });
  });
  return { kind: 'segment', negated: rule.operator === 'notIn', segments: value.map(String) as SegmentId[] };
}

const notForColumns = ['match', 'distinct', 'aggregate', 'where'] as const;
const notForSegments = [...notForColumns, 'ignoreCase', 'includeMissing', 'valueSource'] as const;
