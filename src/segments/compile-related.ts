import type { Dialect } from '../engine/dialect.ts';
import type { ColumnType } from '../engine/engine.ts';
import { join, name, sql, type Sql } from '../engine/sql.ts';
import { valueOfNoRows } from './aggregates.ts';
import type { AggregateRule, CheckedGroup, Comparison, MatchMode, MatchRule, Test } from './checked-rule.ts';
import { compileTest, type CompileContext } from './compile-test.ts';
import type { Hop, HopStart } from './hop.ts';
import { customerKeys } from './people-keys.ts';

/** Where a rule stands is among `starts`, or, when `negated`, is not. */
export interface RelatedPart {
  /** A query of one column: keys of people, or values of the column that the hop starts from; never NULL. */
  starts: Sql;
  negated: boolean;
}

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
  const { start } = rule.hop;
  const parts = relatedParts(rule, compileGroup, context).map(({ starts, negated }) => {
    const among = isAmong(start, starts, context);
    return negated ? sql`(NOT ${among})` : among;
  });
  return parts.length === 1 ? join(parts) : sql`(${join(parts, ' AND ')})`;
}

/** The same rule as lists of what leads to its rows; it holds where all parts do. */
export function relatedParts(
  rule: MatchRule | AggregateRule,
  compileGroup: (group: CheckedGroup) => Sql,
  context: CompileContext,
): RelatedPart[] {
  return rule.kind === 'match'
    ? matchParts(rule, compileGroup, context)
    : [aggregatePart(rule, compileGroup(rule.where), context)];
}

function matchParts(
  rule: MatchRule,
  compileGroup: (group: CheckedGroup) => Sql,
  context: CompileContext,
): RelatedPart[] {
  const { hop, group } = rule;
  const mode = plainMode(rule);
  switch (mode.kind) {
    case 'some':
      return [{ starts: startsOfAny(hop, compileGroup(group), context), negated: false }];
    case 'none':
      return [{ starts: startsOfAny(hop, compileGroup(group), context), negated: true }];
    case 'all':
      return [
        { starts: startsOfAny(hop, sql`true`, context), negated: false },
        { starts: startsOfAny(hop, sql`NOT ${compileGroup(group)}`, context), negated: true },
      ];
    case 'atLeast':
    case 'atMost':
    case 'exactly': {
      const { distinct } = rule;
      const count: AggregateRule = {
        kind: 'aggregate',
        hop,
        function: distinct === undefined ? 'count' : 'countDistinct',
        column: distinct,
        order: undefined,
        where: group,
        test: { condition: countCondition(mode.kind, mode.threshold), negated: false, includeMissing: false },
      };
      return [aggregatePart(count, compileGroup(group), context)];
    }
    default:
      throw new Error(`no such mode: ${JSON.stringify(mode satisfies never)}`);
  }
}

/** Nothing has to be counted to know whether there is one. */
function plainMode({ mode, distinct }: MatchRule): MatchMode {
  if (!('threshold' in mode) || distinct !== undefined) return mode;
  if (mode.kind === 'atLeast' && mode.threshold === 1) return { kind: 'some' };
  return mode.kind !== 'atLeast' && mode.threshold === 0 ? { kind: 'none' } : mode;
}

type CountCondition = Extract<Test['condition'], { kind: 'number' | 'numbers' }>;

function countCondition(mode: 'atLeast' | 'atMost' | 'exactly', threshold: number): CountCondition {
  if (mode === 'exactly') return { kind: 'numbers', anyOf: [threshold] };
  return { kind: 'number', comparison: mode === 'atLeast' ? '>=' : '<=', value: threshold };
}

function aggregatePart(rule: AggregateRule, where: Sql, context: CompileContext): RelatedPart {
  const { hop, test } = rule;
  const { sql: value, type } = aggregateOf(rule, context.dialect);
  const holds = compileTest(test, value, type, noColumns, context);
  // Where there are no rows there is no group. Where the test holds for that, ask what fails it instead.
  const negated = holdsForNoRows(rule);
  return { starts: startsOfGroups(hop, where, negated ? sql`NOT ${holds}` : holds, context), negated };
}

function noColumns(): Sql {
  throw new Error('an aggregate is not compared with a column');
}

/** The value that a rule is about, made of rows `related`, and its type. */
export function aggregateOf(
  rule: Pick<AggregateRule, 'function' | 'column' | 'order'>,
  dialect: Dialect,
): { sql: Sql; type: ColumnType } {
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
    case 'first':
    case 'last': {
      const order = name('related', rule.order?.name ?? '');
      return { sql: dialect.atEdge(rule.function, column, order), type: rule.column?.type ?? 'text' };
    }
    default:
      throw new Error(`no such function: ${String(rule.function satisfies never)}`);
  }
}

/**
 * What a rule on aggregates is about, for everybody who has related rows that count: rows of `customer_id`, `value`.
 * Who has none is not among them.
 */
export function aggregateOfEach(
  rule: AggregateRule,
  compileGroup: (group: CheckedGroup) => Sql,
  { dialect, keys = customerKeys }: CompileContext,
): Sql {
  const { table, column, start } = rule.hop;
  if (start.kind === 'row') throw new Error('a row has no customer');
  return sql`SELECT owner.person AS customer_id, ${aggregateOf(rule, dialect).sql} AS value
    FROM ${name('source', table)} AS related
    JOIN ${keys.owners(start)} AS owner ON owner.reached = ${name('related', column)}
    WHERE ${compileGroup(rule.where)} GROUP BY owner.person`;
}

/** Whether a person or row without any related row passes: the counts and sums of no rows are 0, the rest is missing. */
function holdsForNoRows({ function: fn, test }: AggregateRule): boolean {
  const { condition, negated, includeMissing } = test;
  const isZero = valueOfNoRows(fn) === 0;
  if (condition.kind === 'missing' || condition.kind === 'blank') return isZero === negated;
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

/** From where a hop leads to any row like that. */
function startsOfAny(
  { table, column, start }: Hop,
  where: Sql,
  { keys = customerKeys }: CompileContext,
): Sql {
  const reached = sql`SELECT ${name('related', column)} FROM ${name('source', table)} AS related
    WHERE ${name('related', column)} IS NOT NULL AND ${where}`;
  return start.kind === 'row'
    ? reached
    : sql`SELECT owner.person FROM ${keys.owners(start)} AS owner WHERE owner.reached IN (${reached})`;
}

/** From where a hop leads to rows like that which together satisfy `having`. */
function startsOfGroups(
  { table, column, start }: Hop,
  where: Sql,
  having: Sql,
  { keys = customerKeys }: CompileContext,
): Sql {
  const reached = name('related', column);
  return start.kind === 'row'
    ? sql`SELECT ${reached} FROM ${name('source', table)} AS related
        WHERE ${reached} IS NOT NULL AND ${where} GROUP BY ${reached} HAVING ${having}`
    : sql`SELECT owner.person FROM ${name('source', table)} AS related
        JOIN ${keys.owners(start)} AS owner ON owner.reached = ${reached}
        WHERE ${where} GROUP BY owner.person HAVING ${having}`;
}

function isAmong(start: HopStart, starts: Sql, { keys = customerKeys }: CompileContext): Sql {
  if (start.kind === 'records') return sql`(${keys.person} IN (${starts}))`;
  const own = name('related', start.column);
  // NULL IN (…) is neither true nor false; a row that leads nowhere has no related rows.
  return sql`(${own} IS NOT NULL AND ${own} IN (${starts}))`;
}
