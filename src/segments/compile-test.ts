import type { Dialect } from '../engine/dialect.ts';
import type { ColumnType } from '../engine/engine.ts';
import { join, sql, type Sql } from '../engine/sql.ts';
import type { Comparison, Condition, Test } from './checked-rule.ts';
import { addToDay, spanOf, startOfDay } from './local-day.ts';
import type { PeopleKeys } from './people-keys.ts';

/** What rules are compiled for, beside the rules. */
export interface CompileContext {
  dialect: Dialect;
  /** The as-of day, in the workspace's time zone. */
  today: string;
  /** IANA name. */
  timeZone: string;
  /** Absent: people by their ids. */
  keys?: PeopleKeys;
}

/**
 * A test on `value` as a condition that is true or false, never NULL.
 * @param type of `value`
 * @param columnRef how another column of the same row is written, for comparisons of two columns
 */
export function compileTest(
  test: Test,
  value: Sql,
  type: ColumnType,
  columnRef: (column: string) => Sql,
  context: CompileContext,
): Sql {
  const { condition, negated, includeMissing } = test;
  if (condition.kind === 'missing') return negated ? sql`(${value} IS NOT NULL)` : sql`(${value} IS NULL)`;
  if (condition.kind === 'blank') {
    const blank = sql`coalesce(${context.dialect.matches(value, '^[\\s\\v\\p{Z}]*$')}, true)`;
    return negated ? sql`(NOT ${blank})` : blank;
  }
  const holds = compileCondition(condition, value, type, columnRef, context);
  return negated ? sql`coalesce(NOT (${holds}), ${bool(includeMissing)})` : sql`coalesce(${holds}, false)`;
}

type ValueCondition = Exclude<Condition, { kind: 'missing' | 'blank' }>;

/** NULL exactly when `value` (or the other column) is. */
function compileCondition(
  condition: ValueCondition,
  value: Sql,
  type: ColumnType,
  columnRef: (column: string) => Sql,
  context: CompileContext,
): Sql {
  const { dialect } = context;
  switch (condition.kind) {
    case 'text':
      return compileText(condition, value, dialect);
    case 'flag':
      return sql`${value} = ${bool(condition.value)}`;
    case 'number':
      return compare(value, condition.comparison, sql`${condition.value}`);
    case 'numbers':
      return isOneOf(value, condition.anyOf);
    case 'numberRange':
      return sql`${value} BETWEEN ${condition.from} AND ${condition.to}`;
    case 'moment':
    case 'momentRange':
    case 'relative':
      return compileSpan(spanOfCondition(condition, context), value, type, context);
    case 'part':
      return isOneOf(dialect.datePart(dateOf(value, type, context), condition.part), condition.anyOf);
    case 'anniversary':
      return compileAnniversary(condition.days, dateOf(value, type, context), context);
    case 'column': {
      const fold = (text: Sql) => (condition.ignoreCase ? dialect.foldCase(text) : text);
      return compare(fold(value), condition.comparison, fold(columnRef(condition.column.name)));
    }
    default:
      throw new Error(`no such condition: ${JSON.stringify(condition satisfies never)}`);
  }
}

function compileText(condition: Extract<Condition, { kind: 'text' }>, value: Sql, dialect: Dialect): Sql {
  // Both sides are folded by the engine: two implementations of lower case would differ somewhere.
  const fold = (text: Sql) => (condition.ignoreCase ? dialect.foldCase(text) : text);
  const subject = fold(value);
  const parts = condition.anyOf.map((text) => fold(sql`${text}`));
  switch (condition.how) {
    case 'equals':
      return sql`${subject} IN (${join(parts)})`;
    case 'contains':
      return anyOf(parts.map((part) => dialect.textHolds(subject, part, 'anywhere')));
    case 'beginsWith':
      return anyOf(parts.map((part) => dialect.textHolds(subject, part, 'start')));
    case 'endsWith':
      return anyOf(parts.map((part) => dialect.textHolds(subject, part, 'end')));
    default:
      throw new Error(`no such text condition: ${String(condition.how satisfies never)}`);
  }
}

/** Days and times as a half-open stretch: from `start` on, before `end`; open where absent. */
interface Span {
  start?: Moment;
  end?: Moment;
}
/** The same moment for both types of column. */
interface Moment {
  day: string;
  instant: Date;
}

function spanOfCondition(
  condition: Extract<Condition, { kind: 'moment' | 'momentRange' | 'relative' }>,
  { today, timeZone }: CompileContext,
): Span {
  const wholeDays = (first: string, last: string): Span => {
    const after = addToDay(last, 1, 'days');
    return {
      start: { day: first, instant: startOfDay(first, timeZone) },
      end: { day: after, instant: startOfDay(after, timeZone) },
    };
  };
  const covered = (text: string): { start: Moment; end: Moment } => {
    const span = spanOf(text, timeZone);
    if (span === undefined) throw new Error('a date was not checked');
    const day = text.slice(0, 10);
    return { start: { day, instant: span.start }, end: { day: addToDay(day, 1, 'days'), instant: span.end } };
  };
  switch (condition.kind) {
    case 'momentRange':
      return { start: covered(condition.from).start, end: covered(condition.to).end };
    case 'relative':
      return condition.direction === 'last'
        ? wholeDays(addToDay(today, -condition.amount, condition.unit), today)
        : wholeDays(today, addToDay(today, condition.amount, condition.unit));
    case 'moment': {
      const { start, end } = covered(condition.value);
      switch (condition.comparison) {
        case '=':
          return { start, end };
        case '<':
          return { end: start };
        case '<=':
          return { end };
        case '>':
          return { start: end };
        case '>=':
          return { start };
        default:
          throw new Error(`no such comparison: ${String(condition.comparison satisfies never)}`);
      }
    }
    default:
      throw new Error(`no such condition: ${JSON.stringify(condition satisfies never)}`);
  }
}

function compileSpan({ start, end }: Span, value: Sql, type: ColumnType, { dialect }: CompileContext): Sql {
  const bound = (moment: Moment): Sql =>
    type === 'date'
      ? dialect.tryCast(sql`${moment.day}`, 'date')
      : dialect.tryCast(sql`${moment.instant.toISOString().replace('T', ' ').replace('Z', '')}`, 'time');
  const sides = [
    ...(start === undefined ? [] : [sql`${value} >= ${bound(start)}`]),
    ...(end === undefined ? [] : [sql`${value} < ${bound(end)}`]),
  ];
  return join(sides, ' AND ');
}

function compileAnniversary(days: number, date: Sql, { dialect, today }: CompileContext): Sql {
  // Everybody comes round; still NULL where there is no date.
  if (days >= 365) return sql`nullif(${date} IS NOT NULL, false)`;
  const monthAndDay = sql`(${dialect.datePart(date, 'month')} * 100 + ${dialect.datePart(date, 'day')})`;
  const from = monthDay(today);
  const lastDay = addToDay(today, days, 'days');
  // 29 February stands between the 28th and 1 March, so a stretch that goes on past the 28th holds it.
  const endsOnLeapless28th = monthDay(lastDay) === 228 && monthDay(addToDay(lastDay, 1, 'days')) === 301;
  const to = endsOnLeapless28th ? 229 : monthDay(lastDay);
  const overNewYear = lastDay.slice(0, 4) !== today.slice(0, 4);
  return overNewYear
    ? sql`(${monthAndDay} >= ${from} OR ${monthAndDay} <= ${to})`
    : sql`${monthAndDay} BETWEEN ${from} AND ${to}`;
}

function monthDay(day: string): number {
  return Number(day.slice(5, 7)) * 100 + Number(day.slice(8, 10));
}

function dateOf(value: Sql, type: ColumnType, { dialect, timeZone }: CompileContext): Sql {
  return type === 'time' ? dialect.localDate(value, timeZone) : value;
}

function compare(left: Sql, comparison: Comparison, right: Sql): Sql {
  switch (comparison) {
    case '=':
      return sql`${left} = ${right}`;
    case '<':
      return sql`${left} < ${right}`;
    case '<=':
      return sql`${left} <= ${right}`;
    case '>':
      return sql`${left} > ${right}`;
    case '>=':
      return sql`${left} >= ${right}`;
    default:
      throw new Error(`no such comparison: ${String(comparison satisfies never)}`);
  }
}

function isOneOf(value: Sql, numbers: readonly number[]): Sql {
  return sql`${value} IN (${join(numbers.map((item) => sql`${item}`))})`;
}

function anyOf(conditions: readonly Sql[]): Sql {
  return sql`(${join(conditions, ' OR ')})`;
}

function bool(value: boolean): Sql {
  return value ? sql`true` : sql`false`;
}
