import type { SegmentId } from '../base/ids.ts';
import { suggestName } from '../base/nearest.ts';
import { segmentField, type Attribute, type Catalogue } from './catalogue.ts';
import { checkHop } from './check-hop.ts';
import { checkRelated, type CheckRows } from './check-related.ts';
import { checkTest } from './check-test.ts';
import type { CheckedGroup, CheckedRule, SegmentRule } from './checked-rule.ts';
import { hopsFrom, type Place } from './hop.ts';
import { isRuleGroup, type Rule, type RuleGroup, type SetWord } from './rule.ts';
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
    { catalogue, columns: catalogue.attributes, place: { kind: 'person' } },
    path,
    problems,
  );
  return { rules: group, problems };
}

/** Whose columns the fields name: the profile's, or those of a table. */
interface Scope {
  catalogue: Catalogue;
  columns: readonly Attribute[];
  place: Place;
}

function checkGroup(group: RuleGroup, scope: Scope, path: string, problems: RuleProblem[]): CheckedGroup {
  const rules: CheckedRule[] = [];
  const steps: SetWord[] = [];
  let step: SetWord = 'union';
  for (const [index, child] of group.rules.entries()) {
    if (typeof child === 'string') {
      step = child;
      continue;
    }
    const at = `${path}.rules[${index}]`;
    const checked = isRuleGroup(child)
      ? checkGroup(child, scope, at, problems)
      : checkRule(child, scope, at, problems);
    if (checked === undefined) continue;
    rules.push(checked);
    steps.push(step);
  }
  const { combinator } = group;
  const common = { kind: 'group', not: group.not === true, rules } as const;
  return combinator === undefined ? { ...common, combinator: 'steps', steps } : { ...common, combinator };
}

function checkRule(rule: Rule, scope: Scope, path: string, problems: RuleProblem[]): CheckedRule | undefined {
  const { catalogue, place } = scope;
  const column = scope.columns.find(({ name }) => name === rule.field);
  if (column !== undefined) {
    refuseKeys(rule, notForColumns, 'is for relationships', complainer(path, problems));
    const subject = { type: column.type, label: `"${column.name}"`, columns: scope.columns };
    const test = checkTest(rule, subject, path, problems);
    return test === undefined ? undefined : { kind: 'field', column, test };
  }
  if (place.kind === 'person' && rule.field === segmentField) {
    return checkSegments(rule, catalogue, path, problems);
  }
  const relationship = catalogue.relationships.get(rule.field);
  if (relationship !== undefined) {
    const hop = checkHop(relationship, place, catalogue, `${path}.field`, problems);
    if (hop === undefined) return undefined;
    const rows: Scope = { catalogue, columns: hop.columns, place: { kind: 'row', table: hop.table } };
    const checkRows: CheckRows = (group, key) => checkGroup(group, rows, `${path}.${key}`, problems);
    return checkRelated(rule, hop, checkRows, path, problems);
  }

  const known = [
    ...scope.columns.map((column) => column.name),
    ...hopsFrom(place, catalogue).map((hop) => hop.relationship.id),
  ];
  problems.push({
    code: 'unknown_field',
    path: `${path}.field`,
    message:
      place.kind === 'person'
        ? `there is no attribute or relationship "${rule.field}".`
        : `"${place.table}" has no column "${rule.field}", and no relationship is called that.`,
    hint: suggestName(rule.field, place.kind === 'person' ? [...known, segmentField] : known),
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
