import type { ColumnType } from '../engine/engine.ts';
import { name, sql, type Sql } from '../engine/sql.ts';
import type { Relationship } from './catalogue.ts';
import type { AggregateRule, CheckedGroup, Comparison, MatchRule, Test } from './checked-rule.ts';
import { compileTest, type CompileContext } from './compile-test.ts';

/**
 * A rule on related rows as a condition on `person`. People are found by a list of customers, never by a
 * join, so nobody can come out twice.
 * @param compileGroup a group over the columns of the row `related`
 */
export function compileRelated(
  rule: MatchRule | AggregateRule,
  compileGroup: (group: CheckedGroup) => Sql,
  context: CompileContext,
): Sql {
  return rule.kind === 'match'
    ? compileMatch(rule, compileGroup, context)
    : compileAggregate(rule, compileGroup(rule.where), context);
}

function compileMatch(
  rule: MatchRule,
  compileGroup: (group: CheckedGroup) => Sql,
  context: CompileContext,
): Sql {
  const { mode, relationship, group } = rule;
  switch (mode.kind) {
    case 'some':
      return isAmong(ownersOfAny(relationship, compileGroup(group)));
    case 'none':
      return isNotAmong(ownersOfAny(relationship, compileGroup(group)));
    case 'all': {
      const failing = ownersOfAny(relationship, sql`NOT ${compileGroup(group)}`);
      return sql`(${isAmong(ownersOfAny(relationship, sql`true`))} AND ${isNotAmong(failing)})`;
    }
    case 'atLeast':
    case 'atMost':
    case 'exactly': {
      const { distinct } = rule;
      const count: AggregateRule = {
        kind: 'aggregate',
        relationship,
        function: distinct === undefined ? 'count' : 'countDistinct',
        column: distinct,
        where: group,
        test: { condition: countCondition(mode.kind, mode.threshold), negated: false, includeMissing: false },
      };
      return compileAggregate(count, compileGroup(group), context);
    }
    default:
      throw new Error(`no such mode: ${JSON.stringify(mode satisfies never)}`);
  }
}

type CountCondition = Extract<Test['condition'], { kind: 'number' | 'numbers' }>;

function countCondition(mode: 'atLeast' | 'atMost' | 'exactly', threshold: number): CountCondition {
  if (mode === 'exactly') return { kind: 'numbers', anyOf: [threshold] };
  return { kind: 'number', comparison: mode === 'atLeast' ? '>=' : '<=', value: threshold };
}

function compileAggregate(rule: AggregateRule, where: Sql, context: CompileContext): Sql {
  const { sql: value, type } = aggregateOf(rule);
  const noColumns = (): Sql => {
    throw new Error('an aggregate is not compared with a column');
  };
  const holds = compileTest(rule.test, value, type, noColumns, context);
  const perPerson = (having: Sql) =>
    sql`${ownersOfEach(rule.relationship, where)} GROUP BY owner.customer_id HAVING ${having}`;
  // People without rows are in no group. Where the test holds for them, ask who fails it instead.
  return holdsForNoRows(rule) ? isNotAmong(perPerson(sql`NOT ${holds}`)) : isAmong(perPerson(holds));
}

function aggregateOf(rule: AggregateRule): { sql: Sql; type: ColumnType } {
  const column = name('related', rule.column?.name ?? '');
  switch (rule.function) {
    case 'count':
      return { sql: sql`count(*)`, type: 'integer' };
    case 'countDistinct':
      return { sql: sql`count(DISTINCT ${column})`, type: 'integer' };
    case 'sum':
      return { sql: sql`round(coalesce(sum(${column}), 0), 6)`, type: 'number' };
    case 'average':
      return { sql: sql`round(avg(${column}), 6)`, type: 'number' };
    case 'min':
      return { sql: sql`min(${column})`, type: rule.column?.type ?? 'number' };
    case 'max':
      return { sql: sql`max(${column})`, type: rule.column?.type ?? 'number' };
    default:
      throw new Error(`no such function: ${String(rule.function satisfies never)}`);
  }
}

/** Whether a person without any row passes: the counts and sums of no rows are 0, the rest is missing. */
function holdsForNoRows({ function: fn, test }: AggregateRule): boolean {
  const { condition, negated, includeMissing } = test;
  const isZero = fn === 'count' || fn === 'countDistinct' || fn === 'sum';
  if (condition.kind === 'missing') return isZero === negated;
  return isZero ? zeroSatisfies(condition) !== negated : includeMissing;
}

function zeroSatisfies(condition: Test['condition']): boolean {
  switch (condition.kind) {
    case 'numbers':
      return condition.anyOf.includes(0);
    case 'numberRange':
      return condition.from <= 0 && 0 <= condition.to;
    case 'number':
      return satisfies(0, condition.comparison, condition.value);
    default:
      throw new Error(`"${condition.kind}" is not a condition on numbers`);
  }
}

function satisfies(left: number, comparison: Comparison, right: number): boolean {
  switch (comparison) {
    case '=':
      return left === right;
    case '<':
      return left < right;
    case '<=':
      return left <= right;
    case '>':
      return left > right;
    case '>=':
      return left >= right;
    default:
      throw new Error(`no such comparison: ${String(comparison satisfies never)}`);
  }
}

/** The customers who have a related row like that. */
function ownersOfAny(relationship: Relationship, where: Sql): Sql {
  const { table, from, to } = relationship;
  return sql`SELECT record.customer_id ${recordsOf(to.source)}
    WHERE target.${name(to.column)} IN (
      SELECT related.${name(from)} FROM ${name('source', table)} AS related WHERE ${where}
    )`;
}

/**
 * The customers of related rows like that, once per row. Two records of one customer with the same value
 * would double the rows, hence DISTINCT.
 */
function ownersOfEach(relationship: Relationship, where: Sql): Sql {
  const { table, from, to } = relationship;
  return sql`SELECT owner.customer_id FROM ${name('source', table)} AS related
    JOIN (SELECT DISTINCT target.${name(to.column)} AS reached, record.customer_id ${recordsOf(to.source)}) AS owner
      ON owner.reached = related.${name(from)}
    WHERE ${where}`;
}

function recordsOf(source: string): Sql {
  return sql`FROM ${name('source', source)} AS target
    JOIN ${name('unify', 'record')} AS record ON record.source = ${source} AND record.key = target._key`;
}

function isAmong(customers: Sql): Sql {
  return sql`(person.customer_id IN (${customers}))`;
}

function isNotAmong(customers: Sql): Sql {
  return sql`(person.customer_id NOT IN (${customers}))`;
}
