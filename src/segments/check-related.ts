import { suggestName } from '../base/nearest.ts';
import type { Column, ColumnType } from '../engine/engine.ts';
import { checkTest } from './check-test.ts';
import type { AggregateRule, CheckedGroup, MatchMode, MatchRule } from './checked-rule.ts';
import type { Hop } from './hop.ts';
import { isRuleGroup, type AggregateFunction, type Rule, type RuleGroup } from './rule.ts';
import { complainer, refuseKeys, type Complain, type RuleProblem } from './rule-problem.ts';

/** Checks the group under a key of the rule against the rows that the rule speaks of. */
export type CheckRows = (group: RuleGroup, key: 'value' | 'where') => CheckedGroup;

/** A rule whose field is a relationship; undefined when something was wrong, which `problems` says. */
export function checkRelated(
  rule: Rule,
  hop: Hop,
  checkRows: CheckRows,
  path: string,
  problems: RuleProblem[],
): MatchRule | AggregateRule | undefined {
  return rule.aggregate === undefined
    ? checkMatch(rule, hop, checkRows, path, problems)
    : checkAggregate(rule, hop, checkRows, path, problems);
}

const notForMatch = ['where', 'ignoreCase', 'includeMissing', 'valueSource'] as const;

function checkMatch(
  rule: Rule,
  hop: Hop,
  checkRows: CheckRows,
  path: string,
  problems: RuleProblem[],
): MatchRule | undefined {
  const complain = complainer(path, problems);
  refuseKeys(rule, notForMatch, 'has no meaning with "match"', complain);
  if (rule.operator !== '=') {
    complain(
      'operator',
      'operator_unsuited',
      `a relationship with "match" has the operator "=".`,
      'Say "none" with match: { mode: none }.',
    );
  }
  if (!isRuleGroup(rule.value)) {
    return complain(
      'value',
      'value_type',
      `expected a group of rules over "${hop.table}".`,
      'An empty one, { combinator: and, rules: [] }, takes all rows.',
    );
  }
  const group = checkRows(rule.value, 'value');
  const mode = checkMode(rule, complain);
  const distinct =
    rule.distinct === undefined
      ? undefined
      : checkRelatedColumn(rule.distinct, hop, `${path}.distinct`, problems);
  if (mode === undefined) return undefined;
  if (rule.distinct !== undefined && !('threshold' in mode)) {
    complain(
      'distinct',
      'distinct_unsuited',
      `"distinct" has no meaning with "${mode.kind}".`,
      'It goes with atLeast, atMost and exactly.',
    );
  }
  return { kind: 'match', hop, mode, distinct, group };
}

function checkMode(rule: Rule, complain: Complain): MatchMode | undefined {
  if (rule.match === undefined) {
    return complain(
      'match',
      'match_missing',
      'how many related rows must satisfy the rules is not said.',
      'Add match: { mode: some }, or atLeast with a threshold, or an aggregate.',
    );
  }
  const { mode, threshold } = rule.match;
  switch (mode) {
    case 'all':
    case 'some':
    case 'none':
      // An editor leaves the threshold of the mode it had before; it means nothing.
      return { kind: mode };
    case 'any':
      return { kind: 'some' };
    case 'atLeast':
    case 'atMost':
    case 'exactly':
      return typeof threshold === 'number' && Number.isSafeInteger(threshold) && threshold >= 0
        ? { kind: mode, threshold }
        : complain(
            'match',
            'bad_threshold',
            `"${mode}" needs a threshold, a whole number from 0.`,
            'Shares of rows are not supported.',
          );
    default:
      throw new Error(`no such mode: ${String(mode satisfies never)}`);
  }
}

function checkAggregate(
  rule: Rule,
  hop: Hop,
  checkRows: CheckRows,
  path: string,
  problems: RuleProblem[],
): AggregateRule | undefined {
  const complain = complainer(path, problems);
  refuseKeys(rule, ['match', 'distinct'], 'has no meaning with "aggregate"', complain);
  const { function: fn, column: columnName, by } = rule.aggregate ?? { function: 'count' };
  const where = checkRows(rule.where ?? everything, 'where');
  if (fn === 'count' && columnName !== undefined) {
    return complain(
      'aggregate',
      'aggregate_column',
      '"count" counts rows and has no column.',
      'Use countDistinct to count the different values of a column.',
    );
  }
  if (fn !== 'count' && columnName === undefined) {
    return complain(
      'aggregate',
      'aggregate_column',
      `"${fn}" needs a column of "${hop.table}".`,
      `Add one: aggregate: { function: ${fn}, column: … }.`,
    );
  }
  const column =
    columnName === undefined
      ? undefined
      : checkRelatedColumn(columnName, hop, `${path}.aggregate.column`, problems);
  if (columnName !== undefined && column === undefined) return undefined;
  const order = checkOrder(fn, by, hop, path, problems);
  if (order === 'wrong') return undefined;
  const type = aggregateType(fn, column);
  if (type === undefined) {
    return complain(
      'aggregate',
      'aggregate_type',
      `"${fn}" cannot be made of "${columnName}", which is ${column?.type}.`,
      'sum and average need numbers; min and max need numbers, dates or times; lists can only be counted.',
    );
  }
  const subject = { type, label: `the ${fn} of "${hop.relationship.id}"`, columns: [] };
  const test = checkTest(rule, subject, path, problems);
  return test === undefined
    ? undefined
    : { kind: 'aggregate', hop, function: fn, column, order, where, test };
}

/** The column that says which row is the first and which the last; undefined where nothing needs one. */
function checkOrder(
  fn: AggregateFunction,
  by: string | undefined,
  hop: Hop,
  path: string,
  problems: RuleProblem[],
): Column | undefined | 'wrong' {
  const complain = complainer(path, problems);
  const ordered = fn === 'first' || fn === 'last';
  if (!ordered && by === undefined) return undefined;
  if (!ordered) {
    complain(
      'aggregate',
      'aggregate_order',
      `"by" has no meaning with "${fn}".`,
      'It goes with first and last.',
    );
    return 'wrong';
  }
  if (by === undefined) {
    complain(
      'aggregate',
      'aggregate_order',
      `which row is the ${fn} is not said.`,
      'Add by: and a column of numbers, dates or times that orders the rows.',
    );
    return 'wrong';
  }
  const column = checkRelatedColumn(by, hop, `${path}.aggregate.by`, problems);
  if (column === undefined) return 'wrong';
  if (hasOrder(column)) return column;
  complain(
    'aggregate',
    'aggregate_type',
    `"${by}" cannot order rows, being ${column.type}.`,
    'Name a column of numbers, dates or times.',
  );
  return 'wrong';
}

function hasOrder({ type }: Column): boolean {
  return type === 'integer' || type === 'number' || type === 'date' || type === 'time';
}

const everything: RuleGroup = { combinator: 'and', rules: [] };

function aggregateType(fn: AggregateFunction, column: Column | undefined): ColumnType | undefined {
  switch (fn) {
    case 'count':
    case 'countDistinct':
      return 'integer';
    case 'sum':
    case 'average':
      return column?.type === 'integer' || column?.type === 'number' ? 'number' : undefined;
    case 'min':
    case 'max':
      return column !== undefined && hasOrder(column) ? column.type : undefined;
    case 'first':
    case 'last':
      return column?.type === 'texts' ? undefined : column?.type;
    default:
      throw new Error(`no such function: ${String(fn satisfies never)}`);
  }
}

function checkRelatedColumn(
  columnName: string,
  hop: Hop,
  path: string,
  problems: RuleProblem[],
): Column | undefined {
  const column = hop.columns.find(({ name }) => name === columnName);
  if (column === undefined) {
    problems.push({
      code: 'unknown_field',
      path,
      message: `"${hop.table}" has no column "${columnName}".`,
      hint: suggestName(
        columnName,
        hop.columns.map(({ name }) => name),
      ),
    });
  }
  return column;
}
