import type { ColumnType } from '../engine/engine.ts';
import type { Catalogue } from './catalogue.ts';
import type { AggregateRule, CheckedGroup, CheckedRule, MatchRule, Test } from './checked-rule.ts';
import type { Hop } from './hop.ts';
import { rulePhrases, type Language, type RulePhrases } from './rule-phrases.ts';

/** Checked rules as one sentence, so that somebody can read who is in a segment. */
export function describeRules(rules: CheckedGroup, catalogue: Catalogue, language: Language = 'en'): string {
  const phrases = rulePhrases[language];
  if (rules.rules.length === 0) return rules.not ? phrases.nobody : phrases.everybody;
  return phrases.people(describeGroup(rules, catalogue, phrases));
}

/** One rule as a part of a sentence; of a group only how its rules are joined. */
export function describePart(rule: CheckedRule, catalogue: Catalogue, language: Language): string {
  const phrases = rulePhrases[language];
  return rule.kind === 'group'
    ? phrases.heading(rule.combinator, rule.not)
    : describeRule(rule, catalogue, phrases);
}

function describeGroup(group: CheckedGroup, catalogue: Catalogue, phrases: RulePhrases): string {
  if (group.rules.length === 0) return group.not ? phrases.never : phrases.always;
  const parts = group.rules.map((rule) => {
    const text = describeRule(rule, catalogue, phrases);
    // "a and b or c" can be read two ways.
    return group.rules.length > 1 && rule.kind === 'group' && !rule.not && rule.rules.length > 1
      ? `(${text})`
      : text;
  });
  const joined =
    group.combinator === 'steps'
      ? parts.reduce((text, part, index) => text + phrases.step(group.steps[index] ?? 'union', part))
      : parts.join(group.combinator === 'and' ? phrases.and : phrases.or);
  return group.not ? phrases.not(joined) : joined;
}

function describeRule(rule: CheckedRule, catalogue: Catalogue, phrases: RulePhrases): string {
  switch (rule.kind) {
    case 'group':
      return describeGroup(rule, catalogue, phrases);
    case 'field':
      return phrases.field(rule.column.name, describeTest(rule.test, rule.column.type, phrases));
    case 'match':
      return describeMatch(rule, catalogue, phrases);
    case 'aggregate':
      return describeAggregate(rule, catalogue, phrases);
    case 'segment': {
      const names = rule.segments.map((id) => phrases.quoted(catalogue.segments.get(id)?.name ?? id));
      return phrases.segment(phrases.oneOf(names), rule.negated);
    }
    default:
      throw new Error(`no such rule: ${JSON.stringify(rule satisfies never)}`);
  }
}

function describeMatch(rule: MatchRule, catalogue: Catalogue, phrases: RulePhrases): string {
  const { mode, distinct, hop, group } = rule;
  const threshold = 'threshold' in mode ? mode.threshold : 0;
  return phrases.match(
    mode.kind,
    threshold,
    distinct?.name,
    rowsOf(hop, phrases),
    conditionsOf(group, catalogue, phrases),
  );
}

function describeAggregate(rule: AggregateRule, catalogue: Catalogue, phrases: RulePhrases): string {
  const { column, order, hop, where, test } = rule;
  const keepsType = ['min', 'max', 'first', 'last'].includes(rule.function);
  const type = (keepsType ? column?.type : undefined) ?? 'number';
  return phrases.aggregate(
    {
      function: rule.function,
      column: column?.name ?? '',
      order: order?.name ?? '',
      isMoment: type === 'date' || type === 'time',
    },
    rowsOf(hop, phrases),
    conditionsOf(where, catalogue, phrases),
    describeTest(test, type, phrases),
  );
}

function rowsOf({ relationship, table, named }: Hop, phrases: RulePhrases): string {
  return named ? relationship.name : phrases.rowsOf(table);
}

function conditionsOf(group: CheckedGroup, catalogue: Catalogue, phrases: RulePhrases): string | undefined {
  if (group.rules.length === 0 && !group.not) return undefined;
  return `(${describeGroup(group, catalogue, phrases)})`;
}

function describeTest(test: Test, type: ColumnType, phrases: RulePhrases): string {
  const { condition, includeMissing } = test;
  const text = describeCondition(test, type, phrases);
  const cased = 'ignoreCase' in condition && condition.ignoreCase ? phrases.anyCase(text) : text;
  return includeMissing ? phrases.orMissing(cased) : cased;
}

function describeCondition({ condition, negated }: Test, type: ColumnType, phrases: RulePhrases): string {
  const isMoment = type === 'date' || type === 'time';
  const numbers = (values: readonly number[]) => phrases.oneOf(values.map(phrases.number));
  switch (condition.kind) {
    case 'missing':
      return phrases.missing(negated);
    case 'blank':
      return phrases.blank(negated);
    case 'text':
      return phrases.text(condition.how, phrases.oneOf(condition.anyOf.map(phrases.quoted)), negated);
    case 'flag':
      return phrases.flag(phrases.truth(condition.value));
    case 'number':
      return phrases.compare(condition.comparison, phrases.number(condition.value), negated, false);
    case 'numbers':
      return phrases.equalsOneOf(numbers(condition.anyOf), negated);
    case 'numberRange':
      return phrases.between(phrases.number(condition.from), phrases.number(condition.to), negated);
    case 'moment':
      return phrases.compare(condition.comparison, phrases.moment(condition.value), negated, true);
    case 'momentRange':
      return phrases.between(phrases.moment(condition.from), phrases.moment(condition.to), negated);
    case 'relative':
      return phrases.relative(condition.direction, condition.amount, condition.unit, negated);
    case 'part':
      return phrases.part(condition.part, condition.anyOf);
    case 'anniversary':
      return phrases.anniversary(condition.days);
    case 'column':
      return phrases.compare(condition.comparison, condition.column.name, negated, isMoment);
    default:
      throw new Error(`no such condition: ${JSON.stringify(condition satisfies never)}`);
  }
}
