import type { RuleFields } from '../../../api/answers.ts';
import { isFilled, operatorsOf, valueKindOf, type FieldType } from './field-types.ts';
import { relatedOf, saidOfRows } from './related-rows.ts';
import { emptyGroup, isGroup, type Group, type Related, type Rule } from './rule-shape.ts';

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
  const columns = place === 'person' ? all.attributes : columnsOf(all, place.table);
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

/** The columns of a source. */
export function columnsOf(all: RuleFields, table: string): RuleFields['tables'][number]['columns'] {
  return all.tables.find(({ source }) => source === table)?.columns ?? [];
}

/** Where a relationship leads from a place; undefined where it does not begin there. */
function targetOf(all: RuleFields, place: Place, from: string, to: string): string | undefined {
  const isUnified = (source: string) => all.tables.some((each) => each.source === source && each.unified);
  if (place === 'person') return isUnified(to) ? from : isUnified(from) ? to : undefined;
  return place.table === from ? to : place.table === to ? from : undefined;
}

const tableOf = (path: string): string => path.slice(0, path.lastIndexOf('.'));

/**
 * Whether the editor shows everything that a group says, and would say all of it again. What it cannot — fields
 * compared with fields, steps within a group, a field that is gone — is edited in a workspace file, and kept as it is
 * here.
 */
export function isEditable(group: Group, all: RuleFields): boolean {
  return isShown(group) && countOf(fromEditor(toEditor(group), all)) === countOf(group);
}

function isShown(group: Group): boolean {
  return (
    group.combinator !== undefined &&
    group.rules.every((node) => {
      if (typeof node === 'string') return false;
      if (isGroup(node)) return isShown(node);
      if (node.valueSource === 'field') return false;
      if (node.aggregate !== undefined) return node.where === undefined || isShown(node.where);
      return !isGroupValue(node.value) || isShown(node.value);
    })
  );
}

/** How many rules and groups stand in a group, those over related rows among them; of the editor or of the server. */
export function countOf(group: Group): number {
  return group.rules.reduce<number>((sum, node) => {
    if (typeof node === 'string') return sum;
    if (isGroup(node)) return sum + 1 + countOf(node);
    const { value, where } = node;
    const inner = where ?? (isRelated(value) ? value.group : isGroupValue(value) ? value : emptyGroup());
    return sum + 1 + countOf(inner);
  }, 0);
}

function isRelated(value: unknown): value is Related {
  return typeof value === 'object' && value !== null && 'group' in value;
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
      const { match: _, distinct: _distinct, aggregate, where, value, ...rule } = node;
      const conditions = aggregate === undefined ? value : (where ?? emptyGroup());
      if (!isGroupValue(conditions)) return inList(node);
      return { ...rule, operator: '=', value: relatedOf(inList(node), toEditor(conditions)) };
    }),
  };
}

/** A rule over a single month or weekday with it in the list that its input holds; every other rule as it is. */
function inList(rule: Rule): Rule {
  const { operator, value } = rule;
  const isList = operator === 'monthOf' || operator === 'weekdayOf';
  return isList && typeof value === 'number' ? { ...rule, value: [value] } : rule;
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
  const hasCase = kind === 'related' || (field.type === 'text' && kind !== 'none');
  const kept = {
    ...(rule.ignoreCase === true && hasCase ? { ignoreCase: true } : {}),
    ...(rule.includeMissing === true ? { includeMissing: true } : {}),
  };
  if (kind === 'related') {
    const related = value as Related;
    const table = field.table ?? '';
    return saidOfRows(name, related, {
      rows: fromEditor(related.group, all, { table }),
      columns: columnsOf(all, table),
      kept,
    });
  }
  if (!isFilled(kind, value)) return undefined;
  return { field: name, operator, ...(kind === 'none' ? {} : { value }), ...kept };
}

/**
 * How the server names the place of a rule, as in `rules.rules[0].rules[1]`.
 * @param base the place of the group that the path begins in
 */
export function placeOf(path: readonly number[], base: string): string {
  return `${base}${path.map((index) => `.rules[${index}]`).join('')}`;
}
