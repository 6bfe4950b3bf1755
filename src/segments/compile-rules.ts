import { join, name, sql, type Sql } from '../engine/sql.ts';
import type { CheckedGroup, CheckedRule, SegmentRule } from './checked-rule.ts';
import { compileRelated } from './compile-related.ts';
import { joinGroup, type Algebra } from './group-algebra.ts';
import { customerKeys } from './people-keys.ts';
import { personRows } from './person-rows.ts';
import { compileTest, type CompileContext } from './compile-test.ts';

export type { CompileContext } from './compile-test.ts';

/**
 * Checked rules as a query for the `customer_id` of everybody they hold for, each once. Rules without any
 * condition hold for everybody. Other segments are taken as they were last refreshed.
 */
export function compileRules(rules: CheckedGroup, context: CompileContext): Sql {
  const { join: joined } = context.keys ?? customerKeys;
  return sql`SELECT person.customer_id FROM ${personRows(rules)} AS person ${joined} WHERE ${compileGroup(rules, 'person', context)}`;
}

/** One rule as a condition on the row `person` of `personRows`; true or false, never NULL. */
export function compilePersonRule(rule: CheckedRule, context: CompileContext): Sql {
  return compileRule(rule, 'person', context);
}

/** A group over the row `related` of a source. */
export function compileRelatedGroup(group: CheckedGroup, context: CompileContext): Sql {
  return compileGroup(group, 'related', context);
}

function compileGroup(group: CheckedGroup, row: string, context: CompileContext): Sql {
  const rules = group.rules.map((rule) => compileRule(rule, row, context));
  return joinGroup(group, rules, conditions);
}

const conditions: Algebra<Sql> = {
  everybody: sql`true`,
  and: (parts) => sql`(${join(parts, ' AND ')})`,
  or: (parts) => sql`(${join(parts, ' OR ')})`,
  not: (part) => sql`(NOT ${part})`,
};

function compileRule(rule: CheckedRule, row: string, context: CompileContext): Sql {
  switch (rule.kind) {
    case 'group':
      return compileGroup(rule, row, context);
    case 'field': {
      const columnRef = (column: string) => name(row, column);
      return compileTest(rule.test, columnRef(rule.column.name), rule.column.type, columnRef, context);
    }
    case 'match':
    case 'aggregate':
      return compileRelated(rule, (group) => compileRelatedGroup(group, context), context);
    case 'segment':
      return compileSegments(rule);
    default:
      throw new Error(`no such rule: ${JSON.stringify(rule satisfies never)}`);
  }
}

function compileSegments({ segments, negated }: SegmentRule): Sql {
  const members = sql`SELECT member.customer_id FROM ${name('segment', 'member')} AS member
    WHERE member.segment IN (${join(segments.map((id) => sql`${id}`))})`;
  return negated ? sql`(person.customer_id NOT IN (${members}))` : sql`(person.customer_id IN (${members}))`;
}
