import type { Cell, Row } from '../engine/engine.ts';
import type { Duration, Rule, RuleGroup, RuleValue } from './rule.ts';
import {
  attributes,
  besideAttributes,
  branchColumns,
  makerColumns,
  orderColumns,
  productColumns,
  shopColumns,
  type People,
} from './people.test-support.ts';

/**
 * What rules mean, said a second time as plainly as possible and slowly, straight from the tree as people
 * write it. It shares no code with the compiler; a difference between the two is a bug in one of them.
 */
export function evaluateRules(rules: RuleGroup, world: People, today: string, timeZone: string): string[] {
  const calendar = { today, timeZone };
  return world.people
    .filter((person) => groupHolds(rules, (rule) => personRuleHolds(rule, person, world, calendar)))
    .map((person) => String(person.customer_id))
    .toSorted();
}

interface Calendar {
  today: string;
  timeZone: string;
}

function groupHolds(group: RuleGroup, holds: (rule: Rule) => boolean): boolean {
  let inGroup = false;
  let word: string = group.combinator === 'and' ? 'intersect' : 'union';
  for (const [index, child] of group.rules.entries()) {
    if (typeof child === 'string') {
      word = child;
      continue;
    }
    const found = 'rules' in child ? groupHolds(child, holds) : holds(child);
    if (index === 0) inGroup = found;
    else if (word === 'union') inGroup = inGroup || found;
    else if (word === 'intersect') inGroup = inGroup && found;
    else inGroup = inGroup && !found;
  }
  if (group.rules.length === 0) inGroup = true;
  return group.not === true ? !inGroup : inGroup;
}

function personRuleHolds(rule: Rule, person: Row, world: People, calendar: Calendar): boolean {
  if (rule.field === 'segment') {
    const mine = world.members.filter(({ customer }) => customer === person.customer_id);
    const inAny = mine.some(({ segment }) => (rule.value as string[]).includes(segment));
    return rule.operator === 'in' ? inAny : !inAny;
  }
  if (rule.field === 'shop_orders') return rowsHold(rule, ordersOf(person, world), 'orders', world, calendar);
  if (rule.field === 'branch') return rowsHold(rule, branchesOf(person, world), 'branches', world, calendar);
  return columnHolds(rule, person, typeOf(rule.field, [...attributes, ...besideAttributes]), calendar);
}

type Table = 'shop' | 'orders' | 'products' | 'makers' | 'branches';
const columnsOf = {
  shop: shopColumns,
  orders: orderColumns,
  products: productColumns,
  makers: makerColumns,
  branches: branchColumns,
};

function recordsOf(person: Row, world: People): Row[] {
  const owned = world.owners.filter(({ customer }) => customer === person.customer_id);
  return world.shop.filter(({ _key }) => owned.some(({ key }) => key === _key));
}

/** Each order once, however many of the person's records it points to. */
function ordersOf(person: Row, world: People): Row[] {
  const records = recordsOf(person, world);
  return world.orders.filter(({ customer_no: no }) => records.some((record) => same(record.customer_no, no)));
}

function branchesOf(person: Row, world: People): Row[] {
  const records = recordsOf(person, world);
  return (world.branches ?? []).filter(({ branch_no: no }) =>
    records.some((record) => same(record.branch_no, no)),
  );
}

/** Where each relationship leads from a row, both ways; `predecessor` only to the one that is followed. */
const ways: [at: Table, field: string, own: string, to: Table, theirs: string][] = [
  ['orders', 'shop_orders', 'customer_no', 'shop', 'customer_no'],
  ['shop', 'shop_orders', 'customer_no', 'orders', 'customer_no'],
  ['orders', 'product', 'product_no', 'products', 'product_no'],
  ['products', 'product', 'product_no', 'orders', 'product_no'],
  ['products', 'maker', 'made_by', 'makers', 'code'],
  ['makers', 'maker', 'code', 'products', 'made_by'],
  ['products', 'predecessor', 'follows', 'products', 'product_no'],
  ['shop', 'branch', 'branch_no', 'branches', 'branch_no'],
  ['branches', 'branch', 'branch_no', 'shop', 'branch_no'],
];

function rowRuleHolds(rule: Rule, row: Row, table: Table, world: People, calendar: Calendar): boolean {
  const way = ways.find(([at, field]) => at === table && field === rule.field);
  if (way === undefined) return columnHolds(rule, row, typeOf(rule.field, columnsOf[table]), calendar);
  const [, , own, to, theirs] = way;
  const partners = (world[to] ?? []).filter((partner) => same(partner[theirs], row[own]));
  return rowsHold(rule, partners, to, world, calendar);
}

/** Missing is the same as nothing, not even as missing. */
function same(left: Cell | undefined, right: Cell | undefined): boolean {
  return left !== null && left !== undefined && left === right;
}

function rowsHold(rule: Rule, related: Row[], table: Table, world: People, calendar: Calendar): boolean {
  const columns = columnsOf[table];
  const satisfying = (group: RuleGroup) =>
    related.filter((row) => groupHolds(group, (inner) => rowRuleHolds(inner, row, table, world, calendar)));
  if (rule.aggregate !== undefined) {
    const rows = satisfying(rule.where ?? { combinator: 'and', rules: [] });
    const column = rule.aggregate.column ?? '';
    const { function: fn, by = '' } = rule.aggregate;
    const result = aggregate(fn, rows, column, by);
    const type = ['min', 'max', 'first', 'last'].includes(fn) ? typeOf(column, columns) : 'number';
    return valueHolds(rule, result, type, calendar);
  }
  const rows = satisfying(rule.value as RuleGroup);
  const n = rule.distinct === undefined ? rows.length : different(rows, rule.distinct);
  const threshold = rule.match?.threshold ?? 0;
  switch (rule.match?.mode) {
    case 'all':
      return related.length > 0 && n === related.length;
    case 'some':
    case 'any':
      return n > 0;
    case 'none':
      return n === 0;
    case 'atLeast':
      return n >= threshold;
    case 'atMost':
      return n <= threshold;
    case 'exactly':
      return n === threshold;
    default:
      throw new Error('no match mode');
  }
}

function different(rows: Row[], column: string): number {
  return new Set(rows.map((row) => row[column]).filter((cell) => cell !== null)).size;
}

function aggregate(fn: string, rows: Row[], column: string, by: string): Cell {
  const cells = rows.map((row) => row[column] ?? null).filter((cell) => cell !== null);
  const numbers = cells as number[];
  const sum = numbers.reduce((total, number) => total + number, 0);
  switch (fn) {
    case 'count':
      return rows.length;
    case 'countDistinct':
      return different(rows, column);
    case 'sum':
      return sum;
    case 'average':
      return cells.length === 0 ? null : Math.round((sum / cells.length) * 1e6) / 1e6;
    // Days and times of one form sort as texts do.
    case 'min':
      return cells.toSorted(ascending)[0] ?? null;
    case 'max':
      return cells.toSorted(ascending).at(-1) ?? null;
    case 'first':
    case 'last': {
      const filled = rows.flatMap((row) => {
        const [order = null, cell = null] = [row[by], row[column]];
        return order === null || cell === null ? [] : [{ order, cell }];
      });
      const sorted = filled.toSorted(
        (left, right) => ascending(left.order, right.order) || ascending(left.cell, right.cell),
      );
      return sorted.at(fn === 'first' ? 0 : -1)?.cell ?? null;
    }
    default:
      throw new Error(`no function ${fn}`);
  }
}

/** Texts by their characters, where JavaScript would take halves of them. */
function ascending(left: Cell, right: Cell): number {
  if (typeof left === 'string' && typeof right === 'string') {
    return Buffer.compare(Buffer.from(left), Buffer.from(right));
  }
  return (left as number) < (right as number) ? -1 : (left as number) > (right as number) ? 1 : 0;
}

function columnHolds(rule: Rule, row: Row, type: string, calendar: Calendar): boolean {
  const cell = row[rule.field] ?? null;
  if (rule.valueSource !== 'field') return valueHolds(rule, cell, type, calendar);
  const other = row[rule.value as string] ?? null;
  if (cell === null || other === null) return rule.operator === '!=' && rule.includeMissing === true;
  const [left, right] = rule.ignoreCase === true ? [lower(cell), lower(other)] : [cell, other];
  return compare(left, rule.operator, right);
}

const lower = (cell: Cell) => String(cell).toLowerCase();

function valueHolds(rule: Rule, cell: Cell, type: string, calendar: Calendar): boolean {
  switch (rule.operator) {
    case 'null':
      return cell === null;
    case 'notNull':
      return cell !== null;
    case 'empty':
      return cell === null || String(cell).trim() === '';
    case 'notEmpty':
      return cell !== null && String(cell).trim() !== '';
    default:
      break;
  }
  if (cell === null) {
    const negative =
      rule.operator === '!=' || rule.operator.startsWith('not') || rule.operator.startsWith('doesNot');
    return negative && rule.includeMissing === true;
  }
  if (type === 'text') return textHolds(rule, String(cell));
  if (type === 'date' || type === 'time') return dayHolds(rule, String(cell), type, calendar);
  if (type === 'boolean') return cell === rule.value;
  return numberHolds(rule.operator, Number(cell), rule.value as number | number[]);
}

function textHolds(rule: Rule, cell: string): boolean {
  const fold = (text: string) => (rule.ignoreCase === true ? text.toLowerCase() : text);
  const subject = fold(cell);
  const values = (Array.isArray(rule.value) ? rule.value : [rule.value]).map((value) =>
    fold(value as string),
  );
  const [first = ''] = values;
  switch (rule.operator) {
    case '=':
    case 'in':
      return values.includes(subject);
    case '!=':
    case 'notIn':
      return !values.includes(subject);
    case 'contains':
      return subject.includes(first);
    case 'doesNotContain':
      return !subject.includes(first);
    case 'beginsWith':
      return subject.startsWith(first);
    case 'doesNotBeginWith':
      return !subject.startsWith(first);
    case 'endsWith':
      return subject.endsWith(first);
    case 'doesNotEndWith':
      return !subject.endsWith(first);
    default:
      throw new Error(`no text operator ${rule.operator}`);
  }
}

function numberHolds(operator: string, cell: number, value: number | number[]): boolean {
  const list = [value].flat();
  const [from = 0, to = 0] = list;
  switch (operator) {
    case 'in':
      return list.includes(cell);
    case 'notIn':
      return !list.includes(cell);
    case 'between':
      return from <= cell && cell <= to;
    case 'notBetween':
      return cell < from || cell > to;
    default:
      return compare(cell, operator, from);
  }
}

function dayHolds(rule: Rule, cell: string, type: 'date' | 'time', { today, timeZone }: Calendar): boolean {
  const day = type === 'date' ? cell : dayIn(timeZone, cell);
  // A value with a time of day is compared up to its own last digit, both in UTC.
  const shown = (value: unknown) =>
    String(value).length > 10 ? cell.slice(0, String(value).length - 1) : day;
  const given = (value: unknown) => String(value).replace('Z', '');
  const { operator, value } = rule;
  switch (operator) {
    case 'between':
    case 'notBetween': {
      const [from, to] = value as string[];
      const between = shown(from) >= given(from) && shown(to) <= given(to);
      return between === (operator === 'between');
    }
    case 'withinLast':
      return later(today, value, -1) <= day && day <= today;
    case 'notWithinLast':
      return day < later(today, value, -1) || day > today;
    case 'withinNext':
      return today <= day && day <= later(today, value, 1);
    case 'notWithinNext':
      return day < today || day > later(today, value, 1);
    case 'monthOf':
      return [value].flat().includes(Number(day.slice(5, 7)));
    case 'weekdayOf':
      return [value].flat().includes(new Date(day).getUTCDay() || 7);
    case 'anniversaryWithinNext':
      return Array.from({ length: ((value as Duration).days ?? 0) + 1 }, (_, n) =>
        later(today, { days: n }, 1),
      ).some((coming) => comesRoundOn(day, coming));
    default:
      return compare(shown(value), operator, given(value));
  }
}

function comesRoundOn(day: string, coming: string): boolean {
  const leapYear = new Date(Date.UTC(Number(coming.slice(0, 4)), 1, 29)).getUTCDate() === 29;
  const observed = day.endsWith('-02-29') && !leapYear ? '02-28' : day.slice(5);
  return observed === coming.slice(5);
}

function dayIn(timeZone: string, instant: string): string {
  return new Date(instant).toLocaleDateString('sv-SE', { timeZone });
}

/** Counts days one by one; lands on the last day of a month that is too short. */
function later(day: string, value: RuleValue | undefined, sign: 1 | -1): string {
  const { days = 0, weeks = 0, months = 0, years = 0 } = value as Duration;
  const moved = new Date(day);
  if (months + years > 0) {
    const month = moved.getUTCFullYear() * 12 + moved.getUTCMonth() + sign * (months + 12 * years);
    moved.setUTCDate(1);
    moved.setUTCFullYear(Math.floor(month / 12), month % 12);
    const wanted = Number(day.slice(8));
    for (let date = 2; date <= wanted; date += 1) {
      const next = new Date(moved);
      next.setUTCDate(date);
      if (next.getUTCDate() === date) moved.setTime(next.getTime());
    }
  }
  for (let n = 0; n < days + 7 * weeks; n += 1) moved.setUTCDate(moved.getUTCDate() + sign);
  return moved.toISOString().slice(0, 10);
}

function compare(left: Cell, operator: string, right: Cell): boolean {
  switch (operator) {
    case '=':
      return left === right;
    case '!=':
      return left !== right;
    case '<':
      return (left as number) < (right as number);
    case '<=':
      return (left as number) <= (right as number);
    case '>':
      return (left as number) > (right as number);
    case '>=':
      return (left as number) >= (right as number);
    default:
      throw new Error(`no comparison ${operator}`);
  }
}

function typeOf(field: string, columns: { name: string; type: string }[]): string {
  const column = columns.find(({ name }) => name === field);
  if (column === undefined) throw new Error(`no column ${field}`);
  return column.type;
}
