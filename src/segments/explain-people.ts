import type { CustomerId, SegmentId } from '../base/ids.ts';
import type { Cell, Engine, Row } from '../engine/engine.ts';
import { join, name, nothing, sql, type Sql } from '../engine/sql.ts';
import { valueOfNoRows } from './aggregates.ts';
import { asOfDay } from './as-of-day.ts';
import type { Catalogue } from './catalogue.ts';
import { checkDraft, segmentsIn, type Draft } from './check-segments.ts';
import type { AggregateRule, CheckedGroup, CheckedRule, MatchRule } from './checked-rule.ts';
import { aggregateOf } from './compile-related.ts';
import { compilePersonRule, compileRelatedGroup, type CompileContext } from './compile-rules.ts';
import { describePart } from './describe-rules.ts';
import { joinGroup, type Algebra } from './group-algebra.ts';
import { keysOf, type PeopleKeys } from './people-keys.ts';
import { personRows } from './person-rows.ts';
import { leavesOf, pathOf, type Leaf } from './rule-leaves.ts';
import type { Language } from './rule-phrases.ts';
import { ensureSegmentTables } from './segment-sizes.ts';

/** Why rules hold for somebody, or do not. */
export interface Explanation {
  customerId: CustomerId;
  holds: boolean;
  rules: ExplainedRule[];
}

export interface ExplainedRule {
  /** As in `rules.rules[1]`. */
  path: string;
  /** A part of a sentence; of a group how its rules are joined. */
  text: string;
  holds: boolean;
  /** What stands there; absent of a group. */
  found?: Found;
  /** Of a group. */
  rules?: ExplainedRule[];
}

export type Found =
  /** The person's value, and the one it is compared with where that is another attribute's. */
  | { kind: 'value'; value: Cell; other?: Cell }
  /** Related rows, and how many of them satisfy the group; with `distinct`, the different values in those. */
  | { kind: 'rows'; rows: number; fitting: number }
  /** What the related rows make: null where they make nothing. */
  | { kind: 'made'; value: Cell }
  /** The segments of the rule that the person is in. */
  | { kind: 'segments'; segments: SegmentId[] };

export interface ExplainOptions {
  now: Date;
  /** IANA name. */
  timeZone: string;
  language?: Language;
  signal?: AbortSignal | undefined;
}

/**
 * Holds every rule against people, one by one: whether it holds and what stands there.
 * @param customers ids, a screenful at most; who has no profile is left out of the answer
 * @throws RulesError with all that is wrong in the rules
 */
export async function explainPeople(
  engine: Engine,
  catalogue: Catalogue,
  draft: Draft,
  customers: readonly CustomerId[],
  options: ExplainOptions,
): Promise<Explanation[]> {
  const { rules, asOf } = checkDraft(draft, catalogue);
  if (segmentsIn(rules).length > 0) await ensureSegmentTables(engine);
  const today = await asOfDay(engine, asOf, options);
  const keys = keysOf(customers);
  const context = { dialect: engine.dialect, today, timeZone: options.timeZone, keys };
  const ask = (query: Sql) => engine.rows(query, { signal: options.signal });

  const leaves = leavesOf(rules);
  const people = await askPeople(rules, leaves, customers, context, ask);
  const related = new Map<Leaf, Map<string, Row>>();
  for (const leaf of leaves) {
    const query = queryOfFound(leaf, keys, context);
    if (query === undefined) continue;
    related.set(leaf, new Map((await ask(query)).map((row) => [String(row.person), row])));
  }
  return customers.flatMap((customerId) => {
    const row = people.get(customerId);
    if (row === undefined) return [];
    const explainRule = (rule: CheckedRule, path: string): ExplainedRule => {
      const text = describePart(rule, catalogue, options.language ?? 'en');
      if (rule.kind !== 'group') {
        const index = leaves.indexOf(rule);
        const found = foundOf(rule, row, index, related.get(rule)?.get(customerId));
        return { path, text, holds: row[`r${index}`] === true, found };
      }
      const below = explainGroup(rule, path);
      return { path, text, holds: holdsOf(rule, below), rules: below };
    };
    const explainGroup = (group: CheckedGroup, path: string): ExplainedRule[] =>
      group.rules.map((rule, index) => explainRule(rule, pathOf(group, path, index)));
    const below = explainGroup(rules, 'rules');
    return [{ customerId, holds: holdsOf(rules, below), rules: below }];
  });
}

function holdsOf(group: CheckedGroup, rules: readonly ExplainedRule[]): boolean {
  return joinGroup(
    group,
    rules.map(({ holds }) => holds),
    truth,
  );
}

const truth: Algebra<boolean> = {
  everybody: true,
  and: (parts) => parts.every(Boolean),
  or: (parts) => parts.some(Boolean),
  not: (part) => !part,
};

/**
 * Of each of these people, by id: whether every leaf holds, as `r0`, and what it is about: values, as `v0`
 * and `o0`, or whether they are in each of its segments, as `s0_0`.
 */
async function askPeople(
  rules: CheckedGroup,
  leaves: readonly Leaf[],
  customers: readonly string[],
  context: CompileContext,
  ask: (query: Sql) => Promise<Row[]>,
): Promise<Map<string, Row>> {
  const columns = leaves.flatMap((leaf, index) => {
    const column = (prefix: string, value: Sql, at?: number) =>
      sql`${value} AS ${name(`${prefix}${index}${at === undefined ? '' : `_${at}`}`)}`;
    const holds = column('r', compilePersonRule(leaf, context));
    if (leaf.kind === 'segment') {
      const memberships = leaf.segments.map((segment, at) =>
        column('s', compilePersonRule({ kind: 'segment', negated: false, segments: [segment] }, context), at),
      );
      return [holds, ...memberships];
    }
    if (leaf.kind !== 'field') return [holds];
    const { condition } = leaf.test;
    return [
      holds,
      column('v', name('person', leaf.column.name)),
      ...(condition.kind === 'column' ? [column('o', name('person', condition.column.name))] : []),
    ];
  });
  const rows = await ask(sql`SELECT ${join([sql`person.customer_id`, ...columns])}
    FROM ${personRows(rules)} AS person WHERE list_contains(${customers}, person.customer_id)`);
  return new Map(rows.map((row) => [String(row.customer_id), row]));
}

/** A query of what there is beside the profile that a rule is about, a row for each `person` who has any. */
function queryOfFound(leaf: Leaf, keys: PeopleKeys, context: CompileContext): Sql | undefined {
  switch (leaf.kind) {
    case 'field':
    case 'segment':
      return undefined;
    case 'match': {
      const { distinct } = leaf;
      const counted = distinct === undefined ? sql`*` : sql`DISTINCT ${name('related', distinct.name)}`;
      const fits = compileRelatedGroup(leaf.group, context);
      return ofRelated(
        leaf,
        keys,
        sql`count(*) AS rows, count(${counted}) FILTER (WHERE ${fits}) AS fitting`,
      );
    }
    case 'aggregate': {
      const value = sql`${aggregateOf(leaf, context.dialect).sql} AS value`;
      return ofRelated(leaf, keys, value, sql`WHERE ${compileRelatedGroup(leaf.where, context)}`);
    }
    default:
      throw new Error(`no such rule: ${JSON.stringify(leaf satisfies never)}`);
  }
}

function ofRelated({ hop }: MatchRule | AggregateRule, keys: PeopleKeys, columns: Sql, where = nothing): Sql {
  const { start, table, column } = hop;
  if (start.kind !== 'records') throw new Error('a rule about people starts at their records');
  return sql`SELECT owner.person, ${columns} FROM ${name('source', table)} AS related
    JOIN ${keys.owners(start)} AS owner ON owner.reached = ${name('related', column)}
    ${where} GROUP BY owner.person`;
}

function foundOf(leaf: Leaf, person: Row, index: number, found: Row | undefined): Found {
  switch (leaf.kind) {
    case 'field': {
      const value = person[`v${index}`] ?? null;
      return leaf.test.condition.kind === 'column'
        ? { kind: 'value', value, other: person[`o${index}`] ?? null }
        : { kind: 'value', value };
    }
    case 'match':
      return { kind: 'rows', rows: Number(found?.rows ?? 0), fitting: Number(found?.fitting ?? 0) };
    case 'aggregate':
      return { kind: 'made', value: found?.value ?? valueOfNoRows(leaf.function) };
    case 'segment':
      return {
        kind: 'segments',
        segments: leaf.segments.filter((_, segment) => person[`s${index}_${segment}`] === true),
      };
    default:
      throw new Error(`no such rule: ${JSON.stringify(leaf satisfies never)}`);
  }
}
