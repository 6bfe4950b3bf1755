import { suggestName } from '../base/nearest.ts';
import type { ColumnType } from '../engine/engine.ts';
import { family, type Attribute } from './catalogue.ts';
import type { Comparison, Condition, Test } from './checked-rule.ts';
import {
  anniversary,
  flag,
  moment,
  momentRange,
  number,
  numberList,
  numberRange,
  part,
  relative,
  texts,
} from './check-values.ts';
import { operatorsByType, positiveOf, type Operator } from './operators.ts';
import type { Rule } from './rule.ts';
import { complainer, type Complain, type RuleProblem } from './rule-problem.ts';

/** What a test is made for: the type of the value, and what else it may be compared with. */
export interface TestSubject {
  type: ColumnType;
  /** For messages: `"country"`. */
  label: string;
  /** Columns of the same row, for `valueSource: field`; none where the value is not a column. */
  columns: readonly Attribute[];
}

/** Operator, value and flags of a rule → its `Test`; undefined when something was wrong, which `problems` says. */
export function checkTest(
  rule: Rule,
  subject: TestSubject,
  path: string,
  problems: RuleProblem[],
): Test | undefined {
  const { operator } = rule;
  const complain = complainer(path, problems);

  if (!operatorsByType[subject.type].includes(operator)) {
    return complain(
      'operator',
      'operator_unsuited',
      `"${operator}" cannot be asked of ${subject.label}, which is ${typeWords[subject.type]}.`,
      adviceFor(operator, subject.type),
    );
  }
  const positive = positiveOf[operator];
  const negated = positive !== undefined;
  const asked = positive ?? operator;
  const aboutAbsence = asked === 'null' || asked === 'empty';

  if (rule.includeMissing === true && (!negated || aboutAbsence)) {
    complain(
      'includeMissing',
      'include_missing_unsuited',
      `"includeMissing" has no meaning with "${operator}".`,
      'It goes with the operators that say "not"; for others add a second rule with the operator "null" in an "or" group.',
    );
  }
  if (rule.ignoreCase === true && (subject.type !== 'text' || aboutAbsence)) {
    complain(
      'ignoreCase',
      'ignore_case_unsuited',
      `"ignoreCase" has no meaning here.`,
      'Leave it out; it is for text.',
    );
  }

  const condition =
    rule.valueSource === 'field' && !aboutAbsence
      ? otherColumn(rule, asked, subject, complain)
      : checkCondition(rule, asked, subject.type, complain);
  if (condition === undefined) return undefined;
  return { condition, negated, includeMissing: negated && !aboutAbsence && rule.includeMissing === true };
}

function checkCondition(
  rule: Rule,
  asked: Operator,
  type: ColumnType,
  complain: Complain,
): Condition | undefined {
  const { value } = rule;
  switch (asked) {
    case 'null':
      return { kind: 'missing' };
    case 'empty':
      // Only text can be there and yet hold nothing.
      return { kind: type === 'text' ? 'blank' : 'missing' };
    case 'in':
      return type === 'text' ? texts(rule, 'equals', complain) : numberList(value, complain);
    case 'contains':
    case 'beginsWith':
    case 'endsWith':
      return texts(rule, asked, complain);
    case '=':
    case '<':
    case '<=':
    case '>':
    case '>=':
      return comparison(rule, asked, type, complain);
    case 'between':
      return type === 'date' || type === 'time'
        ? momentRange(value, type, complain)
        : numberRange(value, complain);
    case 'withinLast':
      return relative(value, 'last', complain);
    case 'withinNext':
      return relative(value, 'next', complain);
    case 'monthOf':
      return part(value, 'month', 12, complain);
    case 'weekdayOf':
      return part(value, 'weekday', 7, complain);
    case 'anniversaryWithinNext':
      return anniversary(value, complain);
    default:
      throw new Error(`"${asked}" is a negative operator or unknown`);
  }
}

function comparison(
  rule: Rule,
  asked: Comparison,
  type: ColumnType,
  complain: Complain,
): Condition | undefined {
  switch (type) {
    case 'text':
      return texts(rule, 'equals', complain);
    case 'boolean':
      return flag(rule.value, complain);
    case 'integer':
    case 'number':
      return number(rule.value, asked, complain);
    case 'date':
    case 'time':
      return moment(rule.value, asked, type, complain);
    default:
      throw new Error(`"${asked}" does not suit ${type}`);
  }
}

function otherColumn(
  rule: Rule,
  asked: Operator,
  subject: TestSubject,
  complain: Complain,
): Condition | undefined {
  if (asked !== '=' && asked !== '<' && asked !== '<=' && asked !== '>' && asked !== '>=') {
    return complain(
      'valueSource',
      'field_comparison_unsuited',
      `"${rule.operator}" cannot compare two fields.`,
      'Use =, !=, <, <=, > or >= for that.',
    );
  }
  if (subject.columns.length === 0) {
    return complain('valueSource', 'field_comparison_unsuited', 'this can only be compared with a value.');
  }
  const column = subject.columns.find(({ name }) => name === rule.value);
  if (column === undefined) {
    return complain(
      'value',
      'unknown_field',
      'expected the name of another field of the same table.',
      suggestName(
        typeof rule.value === 'string' ? rule.value : '',
        subject.columns.map(({ name }) => name),
      ),
    );
  }
  if (family(column) !== family({ name: '', type: subject.type })) {
    return complain(
      'value',
      'value_type',
      `"${column.name}" is ${typeWords[column.type]}, ${subject.label} is ${typeWords[subject.type]}.`,
      'Compare fields of one type.',
    );
  }
  return { kind: 'column', comparison: asked, column, ignoreCase: rule.ignoreCase === true };
}

const typeWords: Record<ColumnType, string> = {
  text: 'text',
  integer: 'a number',
  number: 'a number',
  boolean: 'true or false',
  date: 'a date',
  time: 'a time',
  texts: 'a list',
};

function adviceFor(operator: Operator, type: ColumnType): string {
  const suited = `Use one of ${operatorsByType[type].join(', ')}.`;
  if (type === 'text' && ['<', '<=', '>', '>=', 'between', 'notBetween'].includes(operator)) {
    return `Text has no order here; if these are numbers or dates, give the column that type in its source. ${suited}`;
  }
  if (type === 'boolean' && operator === '!=') return 'Use = with the other of true and false.';
  return suited;
}
