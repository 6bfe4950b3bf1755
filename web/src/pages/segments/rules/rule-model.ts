import type { RuleFields } from '../../../api/answers.ts';

/*
 * Rules as the server has them (docs/segments.md) and as the editor needs them. They differ in one thing: what a rule over
 * related rows asks of how many of them stands beside its group there, and inside of its value here, because an editor
 * changes a rule's value as one.
 */

export interface Rule {
  id?: string;
  field: string;
  operator: string;
  value?: unknown;
  match?: { mode: string; threshold?: number | null };
  distinct?: string;
  [other: string]: unknown;
}
export interface Group {
  id?: string;
  combinator?: string;
  not?: boolean;
  rules: (Rule | Group | string)[];
}

/** What a rule over related rows has for a value in the editor. */
export interface Related {
  mode: MatchMode;
  threshold: number;
  distinct?: string;
  group: Group;
}

export const matchModes = ['some', 'none', 'all', 'atLeast', 'atMost', 'exactly'] as const;
export type MatchMode = (typeof matchModes)[number];

export const emptyGroup = (): Group => ({ combinator: 'and', rules: [] });

export type FieldType = RuleFields['attributes'][number]['type'] | 'segment' | 'related';

/** Something that can be asked. */
export interface AskedField {
  name: string;
  label: string;
  type: FieldType;
  /** Of `related`: the source whose rows it leads to. */
  table?: string;
}

/** Where a group of rules stands: at people, or at the rows of a source. */
export type Place = 'person' | { table: string };

/** What can be asked at a place. */
export function fieldsAt(all: RuleFields, place: Place): AskedField[] {
  const columns =
    place === 'person'
      ? all.attributes
      : (all.tables.find(({ source }) => source === place.table)?.columns ?? []);
  const own = columns
    .filter(({ type }) => operatorsOf(type).length > 0)
    .map(({ name, type }): AskedField => ({ name, label: name, type }));
  const related = all.relationships.flatMap(({ id, name, from, to }): AskedField[] => {
    const table = targetOf(all, place, tableOf(from), tableOf(to));
    return table === undefined ? [] : [{ name: id, label: name, type: 'related', table }];
  });
  const segments: AskedField[] =
    place === 'person' && all.segments.length > 0
      ? [{ name: 'segment', label: 'segment', type: 'segment' }]
      : [];
  return [...own, ...related, ...segments];
}

/** Where a relationship leads from a place; undefined where it does not begin there. */
function targetOf(all: RuleFields, place: Place, from: string, to: string): string | undefined {
  const isUnified = (source: string) => all.tables.some((each) => each.source === source && each.unified);
  if (place === 'person') return isUnified(to) ? from : isUnified(from) ? to : undefined;
  return place.table === from ? to : place.table === to ? from : undefined;
}

const tableOf = (path: string): string => path.slice(0, path.lastIndexOf('.'));

const numbers = [
  '=',
  '!=',
  '<',
  '<=',
  '>',
  '>=',
  'between',
  'notBetween',
  'in',
  'notIn',
  'empty',
  'notEmpty',
];
const days = [
  '=',
  '<',
  '<=',
  '>',
  '>=',
  'between',
  'notBetween',
  'withinLast',
  'notWithinLast',
  'withinNext',
  'notWithinNext',
  'monthOf',
  'weekdayOf',
  'anniversaryWithinNext',
  'empty',
  'notEmpty',
];
const operators: Readonly<Record<FieldType, readonly string[]>> = {
  text: [
    '=',
    '!=',
    'in',
    'notIn',
    'contains',
    'doesNotContain',
    'beginsWith',
    'doesNotBeginWith',
    'endsWith',
    'doesNotEndWith',
    'empty',
    'notEmpty',
  ],
  integer: numbers,
  number: numbers,
  boolean: ['=', 'empty', 'notEmpty'],
  date: days,
  time: days,
  texts: [],
  segment: ['in', 'notIn'],
  related: ['='],
};

/** What can be asked of a field of a type, in the order to offer it. */
export function operatorsOf(type: FieldType): readonly string[] {
  return operators[type];
}

/** Which sort of input an operator's value needs. */
export type ValueKind =
  | 'none'
  | 'text'
  | 'texts'
  | 'number'
  | 'numbers'
  | 'numberRange'
  | 'date'
  | 'dateRange'
  | 'duration'
  | 'days'
  | 'months'
  | 'weekdays'
  | 'flag'
  | 'segments'
  | 'related';

export function valueKindOf(type: FieldType, operator: string): ValueKind {
  if (type === 'related') return 'related';
  if (type === 'segment') return 'segments';
  switch (operator) {
    case 'empty':
    case 'notEmpty':
    case 'null':
    case 'notNull':
      return 'none';
    case 'withinLast':
    case 'notWithinLast':
    case 'withinNext':
    case 'notWithinNext':
      return 'duration';
    case 'anniversaryWithinNext':
      return 'days';
    case 'monthOf':
      return 'months';
    case 'weekdayOf':
      return 'weekdays';
    default:
  }
  if (type === 'boolean') return 'flag';
  const isNumber = type === 'integer' || type === 'number';
  const isDay = type === 'date' || type === 'time';
  if (operator === 'between' || operator === 'notBetween') return isNumber ? 'numberRange' : 'dateRange';
  if (operator === 'in' || operator === 'notIn') return isNumber ? 'numbers' : 'texts';
  return isNumber ? 'number' : isDay ? 'date' : 'text';
}

/** What an input of a sort holds before anybody has typed. */
export function freshValue(kind: ValueKind): unknown {
  switch (kind) {
    case 'texts':
    case 'numbers':
    case 'months':
    case 'weekdays':
    case 'segments':
      return [];
    case 'numberRange':
      return [null, null];
    case 'dateRange':
      return ['', ''];
    case 'number':
      return null;
    case 'duration':
      return { days: 30 };
    case 'days':
      return { days: 7 };
    case 'flag':
      return true;
    case 'related':
      return { mode: 'some', threshold: 2, group: emptyGroup() } satisfies Related;
    case 'none':
      return undefined;
    case 'text':
    case 'date':
      return '';
    default:
      throw new Error(`no such kind of value: ${String(kind satisfies never)}`);
  }
}

const isGroup = (node: Rule | Group): node is Group => 'rules' in node;

/**
 * Whether the editor shows everything that a group says. What it cannot show — values made of related rows, fields
 * compared with fields, steps within a group — is edited in a workspace file, and kept as it is here.
 */
export function isEditable(group: Group): boolean {
  return (
    group.combinator !== undefined &&
    group.rules.every((node) => {
      if (typeof node === 'string') return false;
      if (isGroup(node)) return isEditable(node);
      if (node.aggregate !== undefined || node.valueSource === 'field') return false;
      return !isGroupValue(node.value) || isEditable(node.value);
    })
  );
}

function isGroupValue(value: unknown): value is Group {
  return typeof value === 'object' && value !== null && 'rules' in value;
}

/** The server's rules for the editor. */
export function toEditor(group: Group): Group {
  return {
    ...group,
    rules: group.rules.map((node) => {
      if (typeof node === 'string') return node;
      if (isGroup(node)) return toEditor(node);
      if (!isGroupValue(node.value)) return node;
      const { match, distinct, value, ...rule } = node;
      const related: Related = {
        mode: (match?.mode === 'any' ? 'some' : (match?.mode ?? 'some')) as MatchMode,
        threshold: match?.threshold ?? 2,
        ...(distinct === undefined ? {} : { distinct }),
        group: toEditor(value),
      };
      return { ...rule, value: related };
    }),
  };
}

/**
 * What the editor holds for the server: without its own ids, and without rules that are not filled in yet.
 * @param place where the group stands
 */
export function fromEditor(group: Group, all: RuleFields, place: Place = 'person'): Group {
  const fields = new Map(fieldsAt(all, place).map((field) => [field.name, field]));
  const rules = group.rules.flatMap((node): (Rule | Group)[] => {
    if (typeof node === 'string') return [];
    if (isGroup(node)) return [fromEditor(node, all, place)];
    const field = fields.get(node.field);
    if (field === undefined) return [];
    const rule = saidOf(node, field, all);
    return rule === undefined ? [] : [rule];
  });
  return { combinator: group.combinator ?? 'and', ...(group.not === true ? { not: true } : {}), rules };
}

/** A rule as the server takes it; undefined while something of it is missing. */
function saidOf(rule: Rule, field: AskedField, all: RuleFields): Rule | undefined {
  const { field: name, operator, value } = rule;
  const kind = valueKindOf(field.type, operator);
  const kept = {
    ...(rule.ignoreCase === true && field.type === 'text' && kind !== 'none' ? { ignoreCase: true } : {}),
    ...(rule.includeMissing === true ? { includeMissing: true } : {}),
  };
  if (kind === 'related') {
    const { mode, threshold, distinct, group } = value as Related;
    const counts = mode === 'atLeast' || mode === 'atMost' || mode === 'exactly';
    return {
      field: name,
      operator: '=',
      match: counts ? { mode, threshold } : { mode },
      ...(distinct === undefined || !counts ? {} : { distinct }),
      value: fromEditor(group, all, { table: field.table ?? '' }),
    };
  }
  if (!isFilled(kind, value)) return undefined;
  return { field: name, operator, ...(kind === 'none' ? {} : { value }), ...kept };
}

function isFilled(kind: ValueKind, value: unknown): boolean {
  switch (kind) {
    case 'none':
    case 'flag':
    case 'related':
      return true;
    case 'text':
    case 'date':
      return typeof value === 'string' && value !== '';
    case 'number':
      return typeof value === 'number';
    case 'texts':
    case 'numbers':
    case 'months':
    case 'weekdays':
    case 'segments':
      return Array.isArray(value) && value.length > 0;
    case 'numberRange':
      return Array.isArray(value) && value.length === 2 && value.every((each) => typeof each === 'number');
    case 'dateRange':
      return Array.isArray(value) && value.length === 2 && value.every((each) => each !== '');
    case 'duration':
    case 'days':
      return Object.values(value ?? {}).some((each) => typeof each === 'number');
    default:
      throw new Error(`no such kind of value: ${String(kind satisfies never)}`);
  }
}

/**
 * How the server names the place of a rule, as in `rules.rules[0].rules[1]`.
 * @param base the place of the group that the path begins in
 */
export function placeOf(path: readonly number[], base: string): string {
  return `${base}${path.map((index) => `.rules[${index}]`).join('')}`;
}

/** What a step does to the people whom the steps above it have found. */
export const setWords = ['union', 'intersect', 'except'] as const;
export type SetWord = (typeof setWords)[number];

/** A group of rules, taken after those above it; the first one has none above it. */
export interface Step {
  word: SetWord;
  group: Group;
}

export const firstStep = (group: Group = emptyGroup()): Step => ({ word: 'union', group });

/** The server's rules as steps from the top; undefined where they say what the editor does not show. */
export function stepsOf(rules: Group): Step[] | undefined {
  if (rules.combinator !== undefined) return isEditable(rules) ? [firstStep(toEditor(rules))] : undefined;
  if (rules.not === true) return undefined;
  const steps: Step[] = [];
  let word: SetWord = 'union';
  for (const node of rules.rules) {
    if (typeof node === 'string') {
      word = node as SetWord;
      continue;
    }
    const group = isGroup(node) ? node : { combinator: 'and', rules: [node] };
    if (!isEditable(group)) return undefined;
    steps.push({ word, group: toEditor(group) });
  }
  return steps.length === 0 ? [firstStep()] : steps;
}

/** What the steps say to the server: one group as it is, several with a word between each two. */
export function fromSteps(steps: readonly Step[], all: RuleFields): Group {
  const [first] = steps;
  if (first === undefined || steps.length === 1) return fromEditor(first?.group ?? emptyGroup(), all);
  return {
    rules: steps.flatMap(({ word, group }, index) => [
      ...(index === 0 ? [] : [word]),
      fromEditor(group, all),
    ]),
  };
}

/** The place of a step, as the server names it: words are counted. */
export function placeOfStep(index: number, steps: number): string {
  return steps === 1 ? 'rules' : `rules.rules[${index * 2}]`;
}
