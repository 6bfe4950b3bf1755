import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { SegmentId } from '../base/ids.ts';
import { openDuckdb } from '../engine/duckdb/duckdb-engine.ts';
import type { Engine } from '../engine/engine.ts';
import { sql } from '../engine/sql.ts';
import { tablesIn } from '../engine/tables-in.ts';
import { attributes, catalogue, loadPeople, person } from './people.test-support.ts';
import { refreshSegments } from './refresh-segments.ts';
import type { Rule } from './rule.ts';
import { segmentConfig, type SegmentConfig } from './segment-config.ts';
import { memberPage, segmentMembers } from './segment-members.ts';
import { segmentTrend } from './segment-changes.ts';
import { segmentSizes } from './segment-sizes.ts';

const now = new Date('2026-03-31T22:30:00Z');
const timeZone = 'Europe/Bucharest';
let engine: Engine;

beforeEach(async () => {
  engine = await openDuckdb({ path: ':memory:' });
  await loadPeople(engine, {
    people: [
      person('ana', { country: 'RO', age: 30, born: '1990-04-01' }),
      person('bob', { country: 'DE', age: 40, born: '1980-03-31' }),
      person('cy', { country: 'RO', age: 50 }),
    ],
    shop: [],
    owners: [],
    orders: [{ ordered_at: '2026-03-30T21:00:00.000Z' }, { ordered_at: '2020-01-01T00:00:00.000Z' }],
    members: [],
  });
  await engine.commit([sql`DROP SCHEMA segment CASCADE`]);
});
afterEach(() => engine.close());

function segment(rules: Rule[], more: Partial<SegmentConfig> = {}): SegmentConfig {
  return segmentConfig.parse({ rules: { combinator: 'and', rules }, ...more });
}
const romanians = segment([{ field: 'country', operator: '=', value: 'RO' }]);
const within = (...ids: string[]): Rule => ({ field: 'segment', operator: 'in', value: ids });

function refresh(segments: Record<string, SegmentConfig>, only?: string[]) {
  const map = new Map(Object.entries(segments)) as Map<SegmentId, SegmentConfig>;
  const known = { ...catalogue, segments: new Map([...map.keys()].map((id) => [id, { name: id }])) };
  return refreshSegments(engine, map, known, {
    now,
    timeZone,
    ...(only === undefined ? {} : { only: only as SegmentId[] }),
  });
}

async function members(): Promise<Record<string, string[]>> {
  const rows = await engine.rows<{ segment: string; customer_id: string }>(
    sql`SELECT segment, customer_id FROM segment.member ORDER BY segment, customer_id`,
  );
  return Object.groupBy(rows, (row) => row.segment) as never;
}
async function membersOf(id: string): Promise<string[]> {
  return ((await members())[id] ?? []).map((row) => (row as unknown as { customer_id: string }).customer_id);
}

describe('refreshing segments', () => {
  it('finds the same people of many rules on rows as of few', async () => {
    await engine.commit([
      sql`INSERT INTO source.shop (_key, customer_no) VALUES ('k1', 1), ('k2', 2), ('k3', 1)`,
      sql`INSERT INTO unify.record VALUES ('shop', 'k1', 'ana'), ('shop', 'k2', 'bob'), ('shop', 'k3', 'ana')`,
      sql`INSERT INTO source.orders (customer_no, total) VALUES (1, 5), (1, 7), (2, 9)`,
    ]);
    const orders = { field: 'shop_orders', operator: '=' } as const;
    const rules: Rule[] = [
      { ...orders, match: { mode: 'exactly', threshold: 2 }, value: { combinator: 'and', rules: [] } },
      { ...orders, value: 12, aggregate: { function: 'sum', column: 'total' } },
      { ...orders, match: { mode: 'none' }, value: { combinator: 'and', rules: [] } },
    ];
    const few = Object.fromEntries(rules.map((rule, index) => [`few${index}`, segment([rule])]));
    await refresh(few);
    const expected = await Promise.all(rules.map((_, index) => membersOf(`few${index}`)));
    expect(expected).toEqual([['ana'], ['ana'], ['cy']]);
    const many = rules.map((rule) => segment(Array.from({ length: 4 }, () => rule)));
    await refresh({ ...few, ...Object.fromEntries(many.map((config, index) => [`many${index}`, config])) });
    expect(await Promise.all(rules.map((_, index) => membersOf(`many${index}`)))).toEqual(expected);
    expect(await tablesIn(engine, 'segment_work')).not.toEqual(new Map());
  });

  it('finds members, counts them and remembers when', async () => {
    const sizes = await refresh({ everybody: segment([]), romanians });
    expect(sizes).toEqual([
      { segment: 'everybody', members: 3, refreshedAt: now.toISOString() },
      { segment: 'romanians', members: 2, refreshedAt: now.toISOString() },
    ]);
    expect(await membersOf('romanians')).toEqual(['ana', 'cy']);
    expect(await segmentSizes(engine)).toEqual(sizes);
  });

  it('goes by what segments depend on, in whatever order they are written', async () => {
    await refresh({
      third: segment([within('second'), { field: 'age', operator: '>', value: 40 }]),
      second: segment([within('first')]),
      first: romanians,
    });
    expect(await membersOf('third')).toEqual(['cy']);
  });

  it('refuses segments that depend on themselves, with the way round', async () => {
    const problem = refresh({
      a: segment([within('b')]),
      b: segment([within('c')]),
      c: segment([within('a')]),
    });
    await expect(problem).rejects.toMatchObject({
      code: 'segment_cycle',
      message: expect.stringContaining('a → b → c → a'),
    });
    await expect(refresh({ a: segment([within('a')]) })).rejects.toMatchObject({ code: 'segment_cycle' });
  });

  it('leaves everything as it was when one segment is wrong', async () => {
    await refresh({ romanians });
    const wrong = segment([{ field: 'nobody', operator: '=', value: 'x' }]);
    await expect(refresh({ romanians: segment([]), wrong })).rejects.toMatchObject({
      kind: 'input',
      code: 'unknown_field',
    });
    expect(await membersOf('romanians')).toEqual(['ana', 'cy']);
  });

  it('forgets segments that are gone and people who are gone', async () => {
    await refresh({ romanians, frozen: segment([], { type: 'static' }) });
    await engine.commit([sql`DELETE FROM profile.profile WHERE customer_id = 'ana'`]);
    const sizes = await refresh({ frozen: segment([], { type: 'static' }) });
    expect(sizes.map(({ segment, members }) => [segment, members])).toEqual([['frozen', 2]]);
    expect(Object.keys(await members())).toEqual(['frozen']);
  });

  it('keeps the members of a static segment until it is refreshed by hand', async () => {
    const frozen = segment([{ field: 'country', operator: '=', value: 'RO' }], { type: 'static' });
    await refresh({ frozen });
    await engine.commit([sql`UPDATE profile.profile SET country = 'RO' WHERE customer_id = 'bob'`]);
    await refresh({ frozen });
    expect(await membersOf('frozen')).toEqual(['ana', 'cy']);
    await refresh({ frozen }, ['frozen']);
    expect(await membersOf('frozen')).toEqual(['ana', 'bob', 'cy']);
    const history = await segmentTrend(engine, 'frozen' as SegmentId, { limit: 10 });
    // All at one instant, so in no order.
    expect(history.map((size) => size.members).toSorted((a, b) => a - b)).toEqual([2, 2, 3]);
  });

  // It is 1 April in Bucharest; the newest order is of 31 March there.
  it.each([
    ['now', ['ana']],
    ['2026-03-31', ['bob']],
    [{ newest: 'orders.ordered_at' }, ['bob']],
  ] as const)('counts from %j', async (asOf, expected) => {
    const birthday: Rule = { field: 'born', operator: 'anniversaryWithinNext', value: { days: 0 } };
    await refresh({ birthday: segment([birthday], { asOf }) });
    expect(await membersOf('birthday')).toEqual(expected);
  });

  it('does not count from a date that cannot be meant', async () => {
    await engine.commit([sql`UPDATE source.orders SET ordered_at = '9999-12-31 00:00:00'`]);
    const config = segment([], { asOf: { newest: 'orders.ordered_at' } });
    await expect(refresh({ config })).rejects.toMatchObject({ code: 'as_of_unusable' });
    await expect(
      refresh({ config: segment([], { asOf: { newest: 'orders.status' } }) }),
    ).rejects.toMatchObject({
      code: 'value_type',
      problems: [expect.objectContaining({ path: 'segments.config.asOf.newest' })],
    });
  });
});

describe('members', () => {
  async function read(request: Parameters<typeof segmentMembers>[2]) {
    const rows = [];
    for await (const page of segmentMembers(engine, attributes, request)) rows.push(...page);
    return rows;
  }

  it('come with the attributes asked for, in order', async () => {
    await refresh({ romanians });
    const id = 'romanians' as SegmentId;
    expect(await read({ segment: id, attributes: ['age', 'country'] })).toEqual([
      { customer_id: 'ana', age: 30, country: 'RO' },
      { customer_id: 'cy', age: 50, country: 'RO' },
    ]);
    expect(await read({ segment: id, attributes: ['age'], limit: 1 })).toEqual([
      { customer_id: 'ana', age: 30 },
    ]);
    expect(Object.keys((await read({ segment: id }))[0] ?? {})).toHaveLength(attributes.length + 1);
  });

  it('come page by page to the last, also past some who left since they were found', async () => {
    await refresh({ all: segment([]) });
    await engine.commit([sql`DELETE FROM profile.profile WHERE customer_id = 'ana'`]);
    const asked = { segment: 'all' as SegmentId, limit: 1 };
    const first = await memberPage(engine, attributes, asked);
    const second = await memberPage(engine, attributes, { ...asked, cursor: first.next });
    const people = [...first.items, ...second.items].map((row) => row.customer_id);
    expect([people, second.next]).toEqual([['bob', 'cy'], undefined]);
  });

  it('are refused with an attribute that does not exist', async () => {
    const request = { segment: 'romanians' as SegmentId, attributes: ['contry'] };
    expect(() => segmentMembers(engine, attributes, request)).toThrow(
      expect.objectContaining({ code: 'unknown_field', hint: 'Did you mean "country"?' }),
    );
  });
});

it('knows no sizes before the first refresh', async () => {
  expect(await segmentSizes(engine)).toEqual([]);
});
