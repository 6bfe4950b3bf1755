import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openDuckdb } from '../../engine/duckdb/duckdb-engine.ts';
import type { Engine } from '../../engine/engine.ts';
import { sql } from '../../engine/sql.ts';
import { loadFixtures } from '../source-tables.fixture.ts';
import { unify, type UnifyResult } from '../unify.ts';
import { unifyConfig } from '../unify-config.ts';
import { replaceScratch, scratch } from '../unify-tables.ts';
import { keepPartners } from './keep-partners.ts';
import { proposeFromData } from './propose.ts';

let engine: Engine;
beforeAll(async () => {
  engine = await openDuckdb({ path: ':memory:', threads: 1 });
});
afterAll(() => engine.close());

type Row = { key: string } & Record<string, string | null>;
const columns = {
  email: 'text',
  first_name: 'text',
  last_name: 'text',
  birth_date: 'date',
  city: 'text',
} as const;
const attributes = Object.fromEntries(Object.keys(columns).map((name) => [name, name]));
const now = new Date('2026-11-24T06:00:00.000Z');

const firstNames = ['ana', 'bogdan', 'carla', 'dan', 'elena', 'florin', 'gina', 'horia', 'ioana', 'jan'];
const lastNames = [
  'popescu',
  'ionescu',
  'rossi',
  'marin',
  'dumitru',
  'stan',
  'georgescu',
  'weber',
  'nagy',
  'ilie',
  'lupu',
];
const cities = ['iasi', 'cluj', 'arad', 'brasov'];

/** Person `n` of a model: names and cities repeat, address and birthday hardly do. */
function person(n: number): Record<keyof typeof columns, string> {
  const [first, last] = [firstNames[n % 10] ?? '', lastNames[(n * 7) % 11] ?? ''];
  const day = new Date(Date.UTC(1950, 0, 1 + ((n * 211) % 18_000))).toISOString().slice(0, 10);
  return {
    email: `${first}${n}@mail.test`,
    first_name: first,
    last_name: last,
    birth_date: day,
    city: cities[n % 4] ?? '',
  };
}

const people = 120;
const crm: Row[] = Array.from({ length: people }, (_, n) => ({ key: `c${n}`, ...person(n) }));
/** Every second one is in the shop too, with a slip or a blank. */
const shop: Row[] = Array.from({ length: people / 2 }, (_, half) => {
  const n = half * 2;
  const known = person(n);
  const slips: Record<string, string | null>[] = [
    { email: null },
    { last_name: `${known.last_name.slice(0, -1)}x`, email: null },
    { city: null, first_name: null },
    { first_name: known.last_name, last_name: known.first_name, email: null },
  ];
  return { key: `s${n}`, ...known, ...slips[half % 4] };
});

const config = (match: object, more: object = {}) =>
  unifyConfig.parse({ sources: ['crm', 'shop'].map((source) => ({ source, attributes })), match, ...more });

async function run(
  match: object,
  more: object = {},
  rows: { crm: Row[]; shop: Row[] } = { crm, shop },
): Promise<UnifyResult> {
  await engine.commit([sql`DROP SCHEMA IF EXISTS unify CASCADE`]);
  const loads = await loadFixtures(engine, [
    { id: 'crm', columns, rows: rows.crm },
    { id: 'shop', columns, rows: rows.shop },
  ]);
  return unify(engine, config(match, more), loads, { now });
}

async function joined(): Promise<string[]> {
  const rows = await engine.rows<{ keys: string }>(
    sql`SELECT string_agg(key, '+' ORDER BY key) AS keys FROM unify.record GROUP BY customer_id HAVING count(*) > 1 ORDER BY keys`,
  );
  return rows.map(({ keys }) => keys);
}

const everybody = shop.map(({ key }) => `c${key.slice(1)}+${key}`).toSorted();

describe('a score', () => {
  it('joins the same people over slips, blanks and exchanged names, and nobody else', async () => {
    const result = await run({ mode: 'score' });
    expect(await joined()).toEqual(everybody);
    expect(result.rules).toEqual([{ rule: 'score', kind: 'match', pairs: 60, joined: 60 }]);
  });

  it('says what it was made of: weights, and a chart that holds every pair', async () => {
    const { scores } = await run({ mode: 'score', threshold: 0.9 });
    const [report] = scores;
    expect(report).toMatchObject({
      kind: 'match',
      everything: true,
      compared: 7200,
      possible: 7200,
      threshold: 0.9,
    });
    expect(report?.fields.map(({ attribute }) => attribute)).toEqual(Object.keys(columns));
    for (const { levels } of report?.fields ?? []) {
      expect(levels[0]?.bits).toBeGreaterThan(0);
      expect(levels.at(-1)?.bits).toBeLessThan(0);
    }
    expect(report?.chart.reduce((sum, { pairs }) => sum + pairs, 0)).toBe(7200);
    const above = report?.chart.filter(({ bits }) => bits > (report.thresholdBits ?? 0));
    expect(above?.reduce((sum, { pairs }) => sum + pairs, 0)).toBe(60);
  });

  it('compares no other pairs than those of the blocks that somebody names', async () => {
    const { scores } = await run({ mode: 'score', blocks: [['email']] });
    expect(scores).toMatchObject([{ everything: false, passes: [['email']], compared: 15 }]);
    expect((await joined()).length).toBeLessThanOrEqual(15);
  });

  it('remembers how probable each link is', async () => {
    await run({ mode: 'score' });
    const links = await engine.rows<{ rule: string; similarity: number }>(
      sql`SELECT rule, similarity FROM unify.link`,
    );
    expect(links).toHaveLength(60);
    for (const { rule, similarity } of links) {
      expect(rule).toBe('score');
      expect(similarity).toBeGreaterThanOrEqual(0.95);
      expect(similarity).toBeLessThanOrEqual(1);
    }
  });

  it('comes behind rules, and joins what they leave apart', async () => {
    const { rules } = await run({ mode: 'score', rules: [{ name: 'address', fields: { email: 'exact' } }] });
    expect(rules.map(({ rule, joined: by }) => [rule, by])).toEqual([
      ['address', 15],
      ['score', 45],
    ]);
    expect(await joined()).toEqual(everybody);
  });

  it('never joins a pair that is never one person', async () => {
    await run({ mode: 'score' }, { pairs: { never: [['crm:c0', 'shop:s0']] } });
    expect(await joined()).toEqual(everybody.filter((keys) => keys !== 'c0+s0'));
  });

  it('finds the same people whatever the order of rows', async () => {
    await run({ mode: 'score' }, {}, { crm: crm.toReversed(), shop: shop.toReversed() });
    expect(await joined()).toEqual(everybody);
  });

  it('finds duplicates within one source', async () => {
    const both = [...crm, ...shop];
    await engine.commit([sql`DROP SCHEMA IF EXISTS unify CASCADE`]);
    const loads = await loadFixtures(engine, [{ id: 'crm', columns, rows: both }]);
    const own = unifyConfig.parse({
      sources: [{ source: 'crm', attributes, deduplicate: { mode: 'score' } }],
    });
    const { scores } = await unify(engine, own, loads, { now });
    expect(await joined()).toEqual(everybody);
    expect(scores).toMatchObject([{ kind: 'deduplicate', source: 'crm' }]);
  });

  it.each([
    [
      'too few fields by name',
      { mode: 'score' },
      { email: 'email', points: 'city' },
      'unify_score_fields',
      'unify.match',
    ],
    [
      'a block by no field',
      { mode: 'score', fields: { first_name: 'name', last_name: 'name' }, blocks: [['city']] },
      attributes,
      'unify_block_unknown',
      'unify.match.blocks[0]',
    ],
    [
      'a field that nobody maps',
      { mode: 'score', fields: { first_name: 'name', surname: 'name' } },
      attributes,
      'unify_attribute_unknown',
      'unify.match.fields.surname',
    ],
  ])('refuses %s', async (_, match, mapped, code, path) => {
    const loads = await loadFixtures(engine, [
      { id: 'crm', columns, rows: [] },
      { id: 'shop', columns, rows: [] },
    ]);
    const wrong = unifyConfig.parse({
      sources: ['crm', 'shop'].map((source) => ({ source, attributes: mapped })),
      match,
    });
    await expect(unify(engine, wrong, loads, { now })).rejects.toMatchObject({
      code,
      message: expect.stringContaining(path) as string,
    });
  });

  it.each([
    ['nobody', [], []],
    ['one record in one source', crm.slice(0, 1), []],
    ['two strangers, the only pair there is', crm.slice(0, 1), shop.slice(1, 2)],
  ])('joins nobody where there is %s', async (_, ofCrm, ofShop) => {
    const { scores } = await run({ mode: 'score' }, {}, { crm: ofCrm, shop: ofShop });
    expect(await joined()).toEqual([]);
    const prior = scores[0]?.prior ?? 1;
    expect(prior).toBeGreaterThan(0);
    expect(prior).toBeLessThan(1);
  });
});

it('proposes rules that find most of them, and leaves people as they are', async () => {
  await run([]);
  const before = await engine.rows(sql`SELECT * FROM unify.record ORDER BY source, key`);
  const proposals = await proposeFromData(
    engine,
    config([]),
    await loadFixtures(engine, [
      { id: 'crm', columns, rows: crm },
      { id: 'shop', columns, rows: shop },
    ]),
    '.',
  );
  expect(proposals.map(({ score: { kind, source } }) => [kind, source])).toEqual([
    ['deduplicate', 'crm'],
    ['deduplicate', 'shop'],
    ['match', undefined],
  ]);
  const rules = proposals[2]?.rules ?? [];
  expect(rules.reduce((sum, { adds }) => sum + adds, 0)).toBeGreaterThan(0.7);
  expect(await engine.rows(sql`SELECT * FROM unify.record ORDER BY source, key`)).toEqual(before);
  await run(rules.map(({ fields }) => ({ fields })));
  const found = await joined();
  expect(found.length).toBeGreaterThan(40);
  expect(everybody).toEqual(expect.arrayContaining(found));
});

it('one to one takes the best pair first, as one by one would', async () => {
  // Few degrees of likeness, so that there are ties; records under 100 are of one source, the others of the next.
  const link = fc.record({ head: fc.nat(5), n: fc.integer({ min: 100, max: 105 }), bits: fc.nat(4) });
  await engine.commit([sql`CREATE SCHEMA IF NOT EXISTS unify_work`]);
  await fc.assert(
    fc.asyncProperty(
      fc.uniqueArray(link, { selector: ({ head, n }) => `${head} ${n}`, maxLength: 20 }),
      async (links) => {
        const rows = links.map(
          ({ n, head, bits }) => sql`SELECT ${n} AS n, ${head} AS head, ${bits} AS bits`,
        );
        await engine.commit([
          replaceScratch('score_record', sql`SELECT range AS n, range // 100 AS position FROM range(0, 200)`),
          replaceScratch('score_link', sql`SELECT 0 AS n, 0 AS head, 0 AS bits WHERE false`),
          ...rows.map((row) => sql`INSERT INTO ${scratch('score_link')} ${row}`),
        ]);
        await keepPartners(engine);
        const taken = new Set<number>();
        const greedy = links
          .toSorted((a, b) => b.bits - a.bits || a.head - b.head || a.n - b.n)
          .filter(({ n, head }) => {
            if (taken.has(n) || taken.has(head)) return false;
            taken.add(n).add(head);
            return true;
          })
          .map(({ n, head }) => `${head} ${n}`);
        const kept = await engine.rows<{ n: number; head: number }>(
          sql`SELECT n, head FROM ${scratch('score_link')}`,
        );
        expect(kept.map(({ n, head }) => `${head} ${n}`).toSorted()).toEqual(greedy.toSorted());
      },
    ),
    { numRuns: 25 },
  );
});
