import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CustomerId } from '../base/ids.ts';
import { openDuckdb } from '../engine/duckdb/duckdb-engine.ts';
import type { Engine } from '../engine/engine.ts';
import { checkRules } from './check-rules.ts';
import { compileRules } from './compile-rules.ts';
import { evaluateRules } from './evaluate-rules.test-support.ts';
import { explainPeople, type ExplainedRule, type Explanation } from './explain-people.ts';
import { liveCounts } from './live-count.ts';
import { withPeopleNumbers } from './people-numbers.ts';
import { catalogue, idsOf, loadPeople, type People } from './people.test-support.ts';
import { anyPath, anyPeople, anyRules, anyToday } from './random-rules.test-support.ts';
import { isRuleGroup, ruleGroup, type Rule, type RuleGroup } from './rule.ts';

// `npm run test:long` asks for thousands of worlds with six trees each.
const numRuns = Number(process.env.SEGMENT_RUNS ?? 50);
const timeZone = 'Europe/Bucharest';
const sixOf = <T>(arbitrary: fc.Arbitrary<T>) => fc.array(arbitrary, { minLength: 6, maxLength: 6 });
let engine: Engine;

beforeAll(async () => {
  engine = await openDuckdb({ path: ':memory:', threads: 1 });
});
afterAll(() => engine.close());

async function whoIs(rules: RuleGroup, today: string): Promise<string[]> {
  const { rules: checked, problems } = checkRules(ruleGroup.parse(rules), catalogue, 'rules');
  expect(problems).toEqual([]);
  return idsOf(engine, compileRules(checked, { dialect: engine.dialect, today, timeZone }));
}

describe('any rules over any people', () => {
  it('find the same people in the engine as by hand', async () => {
    await fc.assert(
      fc.asyncProperty(anyPeople, sixOf(anyRules), anyToday, async (world, trees, today) => {
        await loadPeople(engine, world);
        for (const rules of trees) {
          expect(await whoIs(rules, today)).toEqual(evaluateRules(rules, world, today, timeZone));
        }
      }),
      { numRuns },
    );
  }, 3_600_000);

  it('find the same people over several relationships in a row', async () => {
    await fc.assert(
      fc.asyncProperty(anyPeople, sixOf(anyPath), anyToday, async (world, paths, today) => {
        await loadPeople(engine, world);
        for (const path of paths) {
          const rules: RuleGroup = { combinator: 'and', rules: [path] };
          expect(await whoIs(rules, today)).toEqual(evaluateRules(rules, world, today, timeZone));
        }
      }),
      { numRuns: Math.ceil(numRuns / 3) },
    );
  }, 3_600_000);

  it('are explained to each person as they hold', async () => {
    await fc.assert(
      fc.asyncProperty(anyPeople, sixOf(anyRules), anyToday, async (world, trees, today) => {
        await loadPeople(engine, world);
        for (const rules of trees) {
          expect(await explained(rules, world, today)).toEqual(explainedByHand(rules, world, today));
        }
      }),
      { numRuns: Math.ceil(numRuns / 5) },
    );
  }, 3_600_000);

  it('find the same people by their numbers, and count them rule by rule', async () => {
    await fc.assert(
      fc.asyncProperty(anyPeople, sixOf(anyRules), anyToday, async (world, trees, today) => {
        await loadPeople(engine, world);
        for (const rules of trees) {
          const { first, ...counts } = await counted(rules, today);
          expect(counts).toEqual(countedByHand(rules, world, today));
          const found = evaluateRules(rules, world, today, timeZone);
          expect(first).toHaveLength(Math.min(3, found.length));
          expect(found).toEqual(expect.arrayContaining(first));
          expect(await whoIsByNumber(rules, today)).toEqual(found);
        }
      }),
      { numRuns: Math.ceil(numRuns / 3) },
    );
  }, 3_600_000);
});

/** The counts of everybody, the whole and each rule, and the first three people. */
async function counted(rules: RuleGroup, today: string) {
  const options = { now: new Date(), timeZone, first: 3 };
  return liveCounts(engine, catalogue, { rules, asOf: today }, options);
}

function countedByHand(rules: RuleGroup, world: People, today: string) {
  const many = (part: RuleGroup) => evaluateRules(part, world, today, timeZone).length;
  return {
    everybody: world.people.length,
    people: many(rules),
    rules: everyRuleIn(rules, 'rules').map(({ path, rule, upTo }) => ({
      path,
      people: many({ combinator: 'and', rules: [rule] }),
      running: many(upTo),
    })),
  };
}

/** Whatever was numbered for the counts is numbered still. */
function whoIsByNumber(rules: RuleGroup, today: string): Promise<string[]> {
  const { rules: checked } = checkRules(rules, catalogue, 'rules');
  return withPeopleNumbers(engine, [], ({ keys }) =>
    idsOf(engine, compileRules(checked, { dialect: engine.dialect, today, timeZone, keys })),
  );
}

/** Whom the whole and each rule hold for, by path. */
async function explained(rules: RuleGroup, world: People, today: string): Promise<Record<string, string[]>> {
  const ids = world.people.map((row) => String(row.customer_id) as CustomerId);
  const options = { now: new Date(), timeZone };
  const people = await explainPeople(engine, catalogue, { rules, asOf: today }, ids, options);
  const holding = (holds: (person: Explanation) => boolean) =>
    people.filter(holds).map(({ customerId }) => customerId);
  return Object.fromEntries([
    ['rules', holding(({ holds }) => holds)],
    ...everyRuleIn(rules, 'rules').map(({ path }) => [
      path,
      holding((person) => everyExplained(person.rules).some((each) => each.path === path && each.holds)),
    ]),
  ]) as Record<string, string[]>;
}

function explainedByHand(rules: RuleGroup, world: People, today: string): Record<string, string[]> {
  const who = (part: RuleGroup) => evaluateRules(part, world, today, timeZone);
  return Object.fromEntries([
    ['rules', who(rules)],
    ...everyRuleIn(rules, 'rules').map(({ path, rule }) => [path, who({ combinator: 'and', rules: [rule] })]),
  ]) as Record<string, string[]>;
}

function everyExplained(rules: readonly ExplainedRule[]): ExplainedRule[] {
  return rules.flatMap((rule) => [rule, ...everyExplained(rule.rules ?? [])]);
}

function everyRuleIn(
  group: RuleGroup,
  path: string,
): { path: string; rule: Rule | RuleGroup; upTo: RuleGroup }[] {
  return group.rules.flatMap((child, index) => {
    if (typeof child === 'string') return [];
    const at = `${path}.rules[${index}]`;
    const upTo = { ...group, not: false, rules: group.rules.slice(0, index + 1) };
    return [{ path: at, rule: child, upTo }, ...(isRuleGroup(child) ? everyRuleIn(child, at) : [])];
  });
}
