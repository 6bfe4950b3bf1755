import type { ColumnType } from '../engine/engine.ts';
import { name, sql, type Sql } from '../engine/sql.ts';
import type { AggregateRule, CheckedGroup, Comparison, MatchRule, Test } from './checked-rule.ts';
import { compileTest, type CompileContext } from './compile-test.ts';
import type { Hop } from './hop.ts';

/**
 * A rule on related rows as a condition on where the rule stands, `person` or the row `related`; true or
 * false, never NULL. Both are found by a list of what leads there, never by a join, so nothing can come out
 * twice. No subquery looks at the one around it, so each may call its row `related`.
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
  const { mode, hop, group } = rule;
  switch (mode.kind) {
    case 'some':
      return isAmong(hop, startsOfAny(hop, compileGroup(group)));
    case 'none':
      return isNotAmong(hop, startsOfAny(hop, compileGroup(group)));
    case 'all': {
      const failing = startsOfAny(hop, sql`NOT ${compileGroup(group)}`);
      return sql`(${isAmong(hop, startsOfAny(hop, sql`true`))} AND ${isNotAmong(hop, failing)})`;
    }
    case 'atLeast':
    case 'atMost':
    case 'exactly': {
      const { distinct } = rule;
      const count: AggregateRule = {
        kind: 'aggregate',
        hop,
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
  const { hop } = rule;
  // Where there are no rows there is no group. Where the test holds for that, ask what fails it instead.
  return holdsForNoRows(rule)
    ? isNotAmong(hop, startsOfGroups(hop, where, sql`NOT ${holds}`))
    : isAmong(hop, startsOfGroups(hop, where, holds));
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

/** Whether a person or row without any related row passes: the counts and sums of no rows are 0, the rest is missing. */
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

/** From where a hop leads to any row like that: customers, or values of the start's column. */
function startsOfAny(hop: Hop, where: Sql): Sql {
  const { table, column, start } = hop;
  const reached = sql`SELECT ${name('related', column)} FROM ${name('source', table)} AS related
    WHERE ${name('related', column)} IS NOT NULL AND ${where}`;
  return start.kind === 'row'
    ? reached
    : sql`SELECT record.customer_id ${recordsOf(start.source)}
        WHERE ${name('target', start.column)} IN (${reached})`;
}

/**
 * From where a hop leads to rows like that which together satisfy `having`. Two records of one customer with
 * the same value would double the rows, hence DISTINCT.
 */
function startsOfGroups({ table, column, start }: Hop, where: Sql, having: Sql): Sql {
  const reached = name('related', column);
  return start.kind === 'row'
    ? sql`SELECT ${reached} FROM ${name('source', table)} AS related
        WHERE ${reached} IS NOT NULL AND ${where} GROUP BY ${reached} HAVING ${having}`
    : sql`SELECT owner.customer_id FROM ${name('source', table)} AS related
        JOIN (SELECT DISTINCT ${name('target', start.column)} AS reached, record.customer_id ${recordsOf(start.source)}) AS owner
          ON owner.reached = ${reached}
        WHERE ${where} GROUP BY owner.customer_id HAVING ${having}`;
}

function recordsOf(source: string): Sql {
  return sql`FROM ${name('source', source)} AS target
    JOIN ${name('unify', 'record')} AS record ON record.source = ${source} AND record.key = target._key`;
}

function isAmong({ start }: Hop, starts: Sql): Sql {
  if (start.kind === 'records') return sql`(person.customer_id IN (${starts}))`;
  const own = name('related', start.column);
  // NULL IN (…) is neither true nor false; a row that leads nowhere has no related rows.
  return sql`(${own} IS NOT NULL AND ${own} IN (${starts}))`;
}

function isNotAmong(hop: Hop, starts: Sql): Sql {
  return sql`(NOT ${isAmong(hop, starts)})`;
}
