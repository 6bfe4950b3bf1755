import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openDuckdb } from '../engine/duckdb/duckdb-engine.ts';
import type { Cell, Engine } from '../engine/engine.ts';
import { sql } from '../engine/sql.ts';
import { loadFixtures, type SourceFixture } from './source-tables.fixture.ts';
import { unify } from './unify.ts';
import { rulesOf } from './probabilistic/score-config.ts';
import { unifyConfig, type UnifyConfig } from './unify-config.ts';

/** A record of the model; `source` is its place. Few values, so that people meet. */
interface Item {
  source: number;
  key: string;
  email: string | null;
  name: string | null;
  phone: string | null;
  at: string | null;
}
const fields = ['email', 'name', 'phone'] as const;
type Field = (typeof fields)[number];

const text = (...values: string[]) => fc.constantFrom<string | null>(null, ' ', ...values);
const item = fc.record({
  source: fc.nat(2),
  key: fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'),
  email: text('a@x', 'A@x ', 'b@x', 'c@x', 'd@x', 'n/a'),
  name: text('Ana', 'ana', 'Ion', 'Eva', 'Dan'),
  phone: text('1', '2', '3', '4', '5'),
  at: fc.constantFrom(null, '2026-01-01T00:00:00.000Z', '2026-06-01T00:00:00.000Z'),
});
const world = fc.uniqueArray(item, { selector: ({ source, key }) => `${source}${key}`, maxLength: 16 });
const ruleFields = fc.subarray([...fields], { minLength: 1, maxLength: 2 });
const rules = fc.record({
  within: fc.array(fc.record({ source: fc.nat(2), fields: ruleFields }), { maxLength: 2 }),
  across: fc.array(ruleFields, { maxLength: 2 }),
});
type Rules = typeof rules extends fc.Arbitrary<infer T> ? T : never;

function configOf({ within, across }: Rules): UnifyConfig {
  const exact = (names: Field[]) => ({ fields: Object.fromEntries(names.map((field) => [field, 'exact'])) });
  return unifyConfig.parse({
    sources: [0, 1, 2].map((place) => ({
      source: `s${place}`,
      attributes: { email: 'email', name: 'name', phone: 'phone', at: 'at' },
      deduplicate: within.filter((rule) => rule.source === place).map((rule) => exact(rule.fields)),
    })),
    match: across.map(exact),
    merge: { attributes: { phone: { mostRecent: 'at' } } },
  });
}

function fixtures(items: readonly Item[]): SourceFixture[] {
  return [0, 1, 2].map((place) => ({
    id: `s${place}`,
    columns: { email: 'text', name: 'text', phone: 'text', at: 'time' },
    rows: items.filter(({ source }) => source === place).map(({ source: _, ...row }) => row),
  }));
}

const refOf = ({ source, key }: Item) => `s${source}/${key}`;

function compared(record: Item, field: Field): string | undefined {
  const value = record[field]?.trim().toLowerCase() ?? '';
  if (value === '' || (field === 'email' && !value.includes('@'))) return undefined;
  return value;
}

/** The rules said plainly: every pair is looked at, and a group's name is walked to its end. */
function groupsByPairs(items: readonly Item[], { within, across }: Rules): string[][] {
  const leader = items.map((_, index) => index);
  const find = (index: number): number => (leader[index] === index ? index : find(leader[index] as number));
  const agree = (one: Item, other: Item, names: Field[]) =>
    names.every(
      (field) => compared(one, field) !== undefined && compared(one, field) === compared(other, field),
    );
  items.forEach((one, i) =>
    items.forEach((other, j) => {
      const joined =
        one.source === other.source
          ? within.some((rule) => rule.source === one.source && agree(one, other, rule.fields))
          : across.some((names) => agree(one, other, names));
      if (joined) leader[find(i)] = find(j);
    }),
  );
  const groups = Map.groupBy(items, (_, index) => find(index));
  return inOrder([...groups.values()].map((group) => group.map(refOf)));
}

// Thousands of small refreshes, on a machine that may be busy.
const patience = 300_000;

describe('unification, whatever the records and rules', () => {
  let engine: Engine;
  let other: Engine;
  beforeAll(async () => {
    engine = await openDuckdb({ path: ':memory:', threads: 1 });
    other = await openDuckdb({ path: ':memory:', threads: 2 });
  });
  afterAll(async () => {
    await engine.close();
    await other.close();
  });

  async function forget(...engines: Engine[]): Promise<void> {
    for (const each of engines) {
      await each.commit([
        sql`DROP SCHEMA IF EXISTS unify CASCADE`,
        sql`DROP SCHEMA IF EXISTS profile CASCADE`,
      ]);
    }
  }

  /** One refresh on day `day`; new ids are made of the day and the most important record, to be comparable. */
  async function refresh(
    on: Engine,
    items: readonly Item[],
    config: UnifyConfig,
    day: number,
  ): Promise<Map<string, string>> {
    const loads = await loadFixtures(on, fixtures(items));
    const now = new Date(Date.UTC(2026, 0, 1 + day));
    await unify(on, config, loads, { now, newId: sql`concat(${`day${day}-`}, label)` });
    const rows = await on.rows<{ ref: string; id: string }>(
      sql`SELECT source || '/' || key AS ref, customer_id AS id FROM unify.record ORDER BY ref`,
    );
    expect(rows).toHaveLength(new Set(rows.map((row) => row.ref)).size);
    return new Map(rows.map(({ ref, id }) => [ref, id]));
  }

  function groupsOf(ids: Map<string, string>): string[][] {
    const groups = Map.groupBy(ids.entries(), ([, id]) => id);
    return inOrder([...groups.values()].map((group) => group.map(([ref]) => ref)));
  }

  it(
    'groups as looking at every pair does, and every record is in exactly one person',
    async () => {
      await fc.assert(
        fc.asyncProperty(world, rules, async (items, byRules) => {
          await forget(engine);
          const ids = await refresh(engine, items, configOf(byRules), 0);
          expect(groupsOf(ids)).toEqual(groupsByPairs(items, byRules));
          const profiles = await engine.rows(
            sql`SELECT customer_id FROM profile.profile ORDER BY customer_id`,
          );
          expect(profiles.map((row) => row.customer_id)).toEqual([...new Set(ids.values())].toSorted());
        }),
        { numRuns: 60 },
      );
    },
    patience,
  );

  it(
    'takes each value of a profile from the record that comes first by the rule',
    async () => {
      await fc.assert(
        fc.asyncProperty(world, rules, async (items, byRules) => {
          await forget(engine);
          const ids = await refresh(engine, items, configOf(byRules), 0);
          const profiles = await engine.rows(sql`SELECT * FROM profile.profile`);
          for (const profile of profiles) {
            const own = items
              .filter((record) => ids.get(refOf(record)) === profile.customer_id)
              .toSorted(byImportance);
            const latest = own.toSorted(
              (a, b) => (b.at ?? '').localeCompare(a.at ?? '') || byImportance(a, b),
            );
            const first = (among: Item[], field: Field): Cell =>
              among.map((record) => record[field]).find((value) => filled(value)) ?? null;
            expect(profile).toMatchObject({
              email: first(own, 'email'),
              name: first(own, 'name'),
              phone: first(latest, 'phone'),
            });
          }
        }),
        { numRuns: 40 },
      );
    },
    patience,
  );

  it(
    'gives the same people and ids for rows in any order, refresh after refresh',
    async () => {
      await fc.assert(
        fc.asyncProperty(
          fc.array(world, { minLength: 1, maxLength: 3 }),
          rules,
          fc.nat(),
          async (worlds, byRules, seed) => {
            await forget(engine, other);
            for (const [day, items] of worlds.entries()) {
              const turned = [
                ...items.slice(seed % (items.length + 1)),
                ...items.slice(0, seed % (items.length + 1)),
              ].toReversed();
              const ids = await refresh(engine, items, configOf(byRules), day);
              expect(await refresh(other, turned, configOf(byRules), day)).toEqual(ids);
              const all = sql`SELECT * FROM profile.profile ORDER BY customer_id`;
              expect(await other.rows(all)).toEqual(await engine.rows(all));
            }
          },
        ),
        { numRuns: 15 },
      );
    },
    patience,
  );

  it(
    'keeps ids: of people whose records are the same ones, of those who return, and never one id for two',
    async () => {
      await fc.assert(
        fc.asyncProperty(
          world,
          fc.array(world, { minLength: 1, maxLength: 3 }),
          rules,
          async (start, changes, byRules) => {
            await forget(engine);
            let before = await refresh(engine, start, configOf(byRules), 0);
            let items = start;
            const everyId = new Set(before.values());
            for (const [index, change] of changes.entries()) {
              // Half of what was stays as it is, changed or new records come on top, the rest is gone.
              const kept = items.filter(
                (record, place) => place % 2 === index % 2 && !change.some((c) => refOf(c) === refOf(record)),
              );
              items = [...kept, ...change];
              const after = await refresh(engine, items, configOf(byRules), index + 1);
              const unchanged = groupsOf(after).filter((group) =>
                groupsOf(before).some((old) => String(old) === String(group)),
              );
              expect(unchanged.map((group) => after.get(String(group[0])))).toEqual(
                unchanged.map((group) => before.get(String(group[0]))),
              );
              // A new id is for those alone whose records had no id that is still to be had.
              const taken = new Set(after.values());
              const strangers = groupsOf(after).filter(
                (group) => !everyId.has(after.get(String(group[0])) as string),
              );
              expect(
                strangers.flat().filter((ref) => before.has(ref) && !taken.has(before.get(ref) as string)),
              ).toEqual([]);
              for (const id of after.values()) everyId.add(id);
              before = after;
            }
            const again = await refresh(engine, items, configOf(byRules), 9);
            expect(again).toEqual(before);
            const stray = await engine.rows(
              sql`SELECT was FROM unify.previous_id WHERE was IN (SELECT customer_id FROM profile.profile)`,
            );
            expect(stray).toEqual([]);
          },
        ),
        { numRuns: 20 },
      );
    },
    patience,
  );

  it(
    'keeps apart what is never one person, and joins what always is unless that cannot be',
    async () => {
      const pairs = fc.array(fc.tuple(fc.nat(15), fc.nat(15)), { maxLength: 3 });
      await fc.assert(
        fc.asyncProperty(world, rules, pairs, pairs, async (items, byRules, wantedApart, wantedTogether) => {
          await forget(engine);
          const named = (places: readonly (readonly [number, number])[]) =>
            places.flatMap(([a, b]) => {
              const [one, other] = [items[a], items[b]];
              return one === undefined || other === undefined || one === other
                ? []
                : [[refOf(one), refOf(other)] as const];
            });
          const never = named(wantedApart);
          const always = named(wantedTogether).filter(
            (pair) => !never.some((other) => String(pair.toSorted()) === String(other.toSorted())),
          );
          const asWritten = (list: readonly (readonly string[])[]) =>
            list.map((pair) => pair.map((ref) => ref.replace('/', ':')));
          const config = unifyConfig.parse({
            ...configOf(byRules),
            pairs: { always: asWritten(always), never: asWritten(never) },
          });
          const ids = await refresh(engine, items, config, 0);
          for (const [one, other] of never) expect(ids.get(one)).not.toBe(ids.get(other));
          if (never.length === 0) {
            for (const [one, other] of always) expect(ids.get(one)).toBe(ids.get(other));
          }
        }),
        { numRuns: 15 },
      );
    },
    patience,
  );

  it(
    'takes a rule of wholly similar values for a rule of equal ones, and rules in any order for the same people',
    async () => {
      const by = fc.constantFrom('jaroWinkler', 'editDistance');
      await fc.assert(
        fc.asyncProperty(world, rules, by, async (items, byRules, method) => {
          const exact = configOf(byRules);
          const alike = ({ fields: names }: { fields: Record<string, unknown> }) => ({
            fields: Object.fromEntries(
              Object.keys(names).map((field, place) => [
                field,
                place === 0 ? 'exact' : { similar: 1, by: method },
              ]),
            ),
          });
          const similar = unifyConfig.parse({
            ...exact,
            sources: exact.sources.map((source) => ({
              ...source,
              deduplicate: rulesOf(source.deduplicate).map(alike).toReversed(),
            })),
            match: rulesOf(exact.match).map(alike).toReversed(),
          });
          await forget(engine, other);
          const people = groupsOf(await refresh(engine, items, exact, 0));
          expect(groupsOf(await refresh(other, items, similar, 0))).toEqual(people);
        }),
        { numRuns: 15 },
      );
    },
    patience,
  );
});

function inOrder(groups: string[][]): string[][] {
  return groups.map((group) => group.toSorted()).toSorted((a, b) => String(a).localeCompare(String(b)));
}

function filled(value: string | null): boolean {
  return value !== null && value.trim() !== '';
}

function byImportance(a: Item, b: Item): number {
  const count = (record: Item) => [record.email, record.name, record.phone, record.at].filter(filled).length;
  return a.source - b.source || count(b) - count(a) || a.key.localeCompare(b.key);
}
