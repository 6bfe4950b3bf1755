import type { Engine } from '../engine/engine.ts';
import { join, name, renderSql, sql, type Sql } from '../engine/sql.ts';
import { asOfDay } from './as-of-day.ts';
import type { Catalogue } from './catalogue.ts';
import { checkDraft, segmentsIn, type Draft } from './check-segments.ts';
import type { AggregateRule, CheckedGroup, MatchRule } from './checked-rule.ts';
import { relatedParts } from './compile-related.ts';
import { compilePersonRule, compileRelatedGroup, type CompileContext } from './compile-rules.ts';
import { joinNext, wholeGroup, type Algebra } from './group-algebra.ts';
import { customersOf, withPeopleNumbers, type PeopleNumbers } from './people-numbers.ts';
import { PeopleSet, setAlgebra, setSize } from './people-set.ts';
import { besideIn, personRows } from './person-rows.ts';
import { leavesOf, pathOf, peopleStartsIn, type Leaf } from './rule-leaves.ts';
import { ensureSegmentTables } from './segment-sizes.ts';

export interface LiveCounts {
  /** Profiles there are. */
  everybody: number;
  /** Those whom the rules hold for. */
  people: number;
  /** Every rule and group below the whole, in the order in which they stand. */
  rules: RuleCount[];
  /** The ids of some of those people. */
  first: string[];
}

export interface RuleCount {
  /** As in `rules.rules[1]`. */
  path: string;
  /** Whom it holds for by itself. */
  people: number;
  /** Whom it finds with the rules above it in the same group, the group's `not` left out. */
  running: number;
}

export interface CountOptions {
  now: Date;
  /** IANA name; days are days there. */
  timeZone: string;
  /** Aborted when nobody wants the counts any more, as the rules have been changed. */
  signal?: AbortSignal | undefined;
  /** How many of the people to name; none when absent. */
  first?: number;
}

/**
 * Counts, exactly, whom rules hold for that are being edited: the whole, every rule by itself, and how many are
 * left after each. Other segments are taken as they were last refreshed. Every condition is asked of the engine
 * once, as a set of people, and not again as long as the data stand still: an editor that changes one rule
 * waits for that one only.
 * @throws RulesError with all that is wrong in the rules; what `signal` says when it is aborted
 */
export async function liveCounts(
  engine: Engine,
  catalogue: Catalogue,
  draft: Draft,
  options: CountOptions,
): Promise<LiveCounts> {
  const { timeZone, signal, first = 0 } = options;
  const { rules, asOf } = checkDraft(draft, catalogue);
  if (segmentsIn(rules).length > 0) await ensureSegmentTables(engine);
  const today = await asOfDay(engine, asOf, options);
  return withPeopleNumbers(engine, peopleStartsIn(rules), async (numbers) => {
    const context = { dialect: engine.dialect, today, timeZone, keys: numbers.keys };
    const algebra = setAlgebra(numbers.people);
    const counting = new Counting(engine, numbers, context, algebra, signal);
    const sets = await counting.setsOf(leavesOf(rules));
    const counted: RuleCount[] = [];
    const whole = countGroup(rules, 'rules', algebra, sets, counted);
    return {
      everybody: numbers.people,
      people: whole.size,
      rules: counted,
      first: await customersOf(engine, whole.first(first)),
    };
  });
}

/** The set of a group, its rules' counts added to `counted`. */
function countGroup(
  group: CheckedGroup,
  path: string,
  algebra: Algebra<PeopleSet>,
  leaves: ReadonlyMap<Leaf, PeopleSet>,
  counted: RuleCount[],
): PeopleSet {
  let found: PeopleSet | undefined;
  for (const [index, rule] of group.rules.entries()) {
    const at = pathOf(group, path, index);
    const count: RuleCount = { path: at, people: 0, running: 0 };
    counted.push(count);
    const set =
      rule.kind === 'group'
        ? countGroup(rule, at, algebra, leaves, counted)
        : (leaves.get(rule) as PeopleSet);
    found = joinNext(group, index, found, set, algebra);
    count.people = set.size;
    count.running = found.size;
  }
  return wholeGroup(group, found, algebra);
}

/** Sets of people that conditions hold for, found in as few questions as possible and remembered. */
class Counting {
  readonly #engine: Engine;
  readonly #numbers: PeopleNumbers;
  readonly #context: CompileContext;
  readonly #algebra: Algebra<PeopleSet>;
  readonly #signal: AbortSignal | undefined;

  constructor(
    engine: Engine,
    numbers: PeopleNumbers,
    context: CompileContext,
    algebra: Algebra<PeopleSet>,
    signal: AbortSignal | undefined,
  ) {
    this.#engine = engine;
    this.#numbers = numbers;
    this.#context = context;
    this.#algebra = algebra;
    this.#signal = signal;
  }

  async setsOf(leaves: readonly Leaf[]): Promise<Map<Leaf, PeopleSet>> {
    const sets = await this.#setsOfPeople(
      leaves.filter((leaf) => leaf.kind === 'field' || leaf.kind === 'segment'),
    );
    for (const leaf of leaves) {
      if (leaf.kind === 'match' || leaf.kind === 'aggregate') sets.set(leaf, await this.#setOfRelated(leaf));
    }
    return sets;
  }

  /** All conditions on people themselves in one look at them. */
  async #setsOfPeople(leaves: readonly Leaf[]): Promise<Map<Leaf, PeopleSet>> {
    const sets = new Map<Leaf, PeopleSet>();
    const wanted: { leaf: Leaf; condition: Sql; key: string | undefined }[] = [];
    for (const leaf of leaves) {
      const condition = compilePersonRule(leaf, this.#context);
      // What stands beside the profiles changes without them.
      const key = leaf.kind === 'segment' || besideIn(leaf).length > 0 ? undefined : this.#key(condition);
      const known = key === undefined ? undefined : this.#remembered(key);
      if (known === undefined) wanted.push({ leaf, condition, key });
      else sets.set(leaf, known);
    }
    if (wanted.length === 0) return sets;

    const { keys, people } = this.#numbers;
    const columns = wanted.map(
      ({ condition }, index) => sql`${this.#set(keys.person, condition)} AS ${name(`r${index}`)}`,
    );
    const rules = {
      kind: 'group',
      combinator: 'and',
      not: false,
      rules: wanted.map(({ leaf }) => leaf),
    } as const;
    const [row] = await this.#ask<Record<string, string | null>>(
      sql`SELECT ${join(columns)} FROM ${personRows(rules)} AS person ${keys.join}`,
    );
    for (const [index, { leaf, key }] of wanted.entries()) {
      sets.set(leaf, this.#remember(key, PeopleSet.decode(row?.[`r${index}`] ?? null, people)));
    }
    return sets;
  }

  async #setOfRelated(rule: MatchRule | AggregateRule): Promise<PeopleSet> {
    const { keys } = this.#numbers;
    const algebra = this.#algebra;
    const compileGroup = (group: CheckedGroup) => compileRelatedGroup(group, this.#context);
    const sets: PeopleSet[] = [];
    for (const { starts, negated } of relatedParts(rule, compileGroup, { ...this.#context, keys })) {
      const key = this.#key(starts);
      const set = this.#remembered(key) ?? this.#remember(key, await this.#setOf(starts));
      sets.push(negated ? algebra.not(set) : set);
    }
    return algebra.and(sets);
  }

  async #setOf(numbers: Sql): Promise<PeopleSet> {
    const [row] = await this.#ask<{ people: string | null }>(
      sql`SELECT ${this.#set(sql`start.person`, sql`true`)} AS people FROM (${numbers}) AS start`,
    );
    return PeopleSet.decode(row?.people ?? null, this.#numbers.people);
  }

  #set(numbers: Sql, when: Sql): Sql {
    return this.#engine.dialect.numberSet(numbers, when, setSize(this.#numbers.people));
  }

  #ask<T>(query: Sql): Promise<T[]> {
    return this.#engine.rows<T>(query, { signal: this.#signal });
  }

  #key(query: Sql): string {
    const { text, values } = renderSql(query, this.#engine.dialect.quoteName);
    return JSON.stringify([text, values]);
  }

  #remembered(key: string): PeopleSet | undefined {
    const { sets } = this.#numbers;
    const set = sets.get(key);
    if (set === undefined) return undefined;
    // The least lately asked for stands first.
    sets.delete(key);
    sets.set(key, set);
    return set;
  }

  #remember(key: string | undefined, set: PeopleSet): PeopleSet {
    if (key === undefined) return set;
    const { sets } = this.#numbers;
    sets.set(key, set);
    for (const oldest of sets.keys()) {
      if (sets.size <= mostSets) break;
      sets.delete(oldest);
    }
    return set;
  }
}

// Of a million people each takes 125 kB.
const mostSets = 64;
