import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { CustomerId, SegmentId } from '../base/ids.ts';
import { openDuckdb } from '../engine/duckdb/duckdb-engine.ts';
import type { Engine } from '../engine/engine.ts';
import { sql } from '../engine/sql.ts';
import { segmentTraces } from './forget-members.ts';
import { catalogue, loadPeople, onlyPeople, person } from './people.test-support.ts';
import { fieldOverview, quickRules } from './quick-segment.ts';
import { refreshSegments } from './refresh-segments.ts';
import { memberChanges, memberSince, segmentTrend } from './segment-changes.ts';
import { segmentConfig } from './segment-config.ts';
import { segmentOverlap } from './segment-overlap.ts';

const ro = 'ro' as SegmentId;
const rules = { combinator: 'and', rules: [{ field: 'country', operator: '=', value: 'RO' }] };
let engine: Engine;
beforeAll(async () => {
  engine = await openDuckdb({ path: ':memory:' });
});
afterAll(() => engine.close());
beforeEach(async () => {
  await loadPeople(
    engine,
    onlyPeople(
      person('ana', { country: 'RO', age: 30 }),
      person('bob', { country: 'DE', age: 40 }),
      person('cy', { country: 'RO', age: 50 }),
    ),
  );
  await engine.commit([sql`DROP SCHEMA segment CASCADE`]);
});

async function refresh(day: string, segments: Record<string, unknown> = { ro: { rules } }): Promise<void> {
  const configs = Object.entries(segments).map(
    ([id, config]) => [id as SegmentId, segmentConfig.parse(config)] as const,
  );
  const known = { ...catalogue, segments: new Map(configs.map(([id]) => [id as string, { name: id }])) };
  const now = new Date(`${day}T06:00:00Z`);
  await refreshSegments(engine, new Map(configs), known, { now, timeZone: 'UTC' });
}

const move = (id: string, country: string) =>
  engine.commit([sql`UPDATE profile.profile SET country = ${country} WHERE customer_id = ${id}`]);
const page = { limit: 10, offset: 0 };

describe('who enters and leaves', () => {
  it('is noted by refresh, the first of which is no entering', async () => {
    await refresh('2026-11-01');
    await move('bob', 'RO');
    await move('cy', 'DE');
    await refresh('2026-11-02');
    await refresh('2026-11-03');
    expect(await segmentTrend(engine, ro, { limit: 10 })).toEqual([
      { members: 2, refreshedAt: '2026-11-01T06:00:00.000Z', entered: 0, left: 0 },
      { members: 2, refreshedAt: '2026-11-02T06:00:00.000Z', entered: 1, left: 1 },
      { members: 2, refreshedAt: '2026-11-03T06:00:00.000Z', entered: 0, left: 0 },
    ]);
    expect(await memberChanges(engine, ro, page)).toEqual([
      { customerId: 'bob', change: 'entered', at: '2026-11-02T06:00:00.000Z' },
      { customerId: 'cy', change: 'left', at: '2026-11-02T06:00:00.000Z' },
    ]);
    expect(await memberChanges(engine, ro, { ...page, change: 'left', limit: 1 })).toMatchObject([
      { customerId: 'cy' },
    ]);
    expect(await memberSince(engine, 'bob' as CustomerId)).toEqual(
      new Map([['ro', '2026-11-02T06:00:00.000Z']]),
    );
    expect(await memberSince(engine, 'ana' as CustomerId)).toEqual(
      new Map([['ro', '2026-11-01T06:00:00.000Z']]),
    );
  });

  it('counts people who are gone as left, and is forgotten with the segment', async () => {
    await refresh('2026-11-01');
    await engine.commit([sql`DELETE FROM profile.profile WHERE customer_id = 'cy'`]);
    await refresh('2026-11-02', { ro: { rules, state: 'inactive' } });
    expect(await memberChanges(engine, ro, page)).toMatchObject([{ customerId: 'cy', change: 'left' }]);
    await refresh('2026-11-03', {});
    expect(await memberChanges(engine, ro, page)).toEqual([]);
  });

  it('tells since when somebody is in for as long as they are', async () => {
    await refresh('2026-01-01');
    await move('bob', 'RO');
    await refresh('2026-03-01');
    await refresh('2026-09-01');
    expect(await memberChanges(engine, ro, page)).toEqual([]);
    const since = async (id: string) => (await memberSince(engine, id as CustomerId)).get(ro);
    expect([await since('bob'), await since('ana')]).toEqual([
      '2026-03-01T06:00:00.000Z',
      '2026-01-01T06:00:00.000Z',
    ]);
    // Who left and comes back is in since then only.
    await move('bob', 'DE');
    await refresh('2026-09-02');
    await refresh('2027-02-01');
    await move('bob', 'RO');
    await refresh('2027-02-02');
    expect(await since('bob')).toBe('2027-02-02T06:00:00.000Z');
  });

  it('is known for 90 days, and for an erased person no longer than they are', async () => {
    await refresh('2026-01-01');
    await move('bob', 'RO');
    await refresh('2026-01-02');
    await move('cy', 'DE');
    await refresh('2026-03-20');
    expect(await memberChanges(engine, ro, page)).toHaveLength(2);
    await refresh('2026-04-10');
    expect(await memberChanges(engine, ro, page)).toMatchObject([{ customerId: 'cy' }]);
    const { changes } = await segmentTraces(engine, ['cy']);
    await engine.commit(changes);
    expect(await memberChanges(engine, ro, page)).toEqual([]);
  });
});

describe('what segments have in common', () => {
  it('is counted for every combination', async () => {
    await refresh('2026-11-01', {
      ro: { rules },
      old: { rules: { combinator: 'and', rules: [{ field: 'age', operator: '>=', value: 40 }] } },
      all: { rules: { combinator: 'and', rules: [] } },
    });
    const overlap = (...ids: string[]) => segmentOverlap(engine, ids as SegmentId[]);
    expect(await overlap('ro', 'old')).toEqual([
      { segments: ['old'], people: 1 },
      { segments: ['old', 'ro'], people: 1 },
      { segments: ['ro'], people: 1 },
    ]);
    expect(await overlap('all', 'ro', 'old')).toEqual([
      { segments: ['all', 'old'], people: 1 },
      { segments: ['all', 'old', 'ro'], people: 1 },
      { segments: ['all', 'ro'], people: 1 },
    ]);
    await expect(overlap('ro', 'ro')).rejects.toMatchObject({ code: 'overlap_segments' });
    await expect(overlap('a', 'b', 'c', 'd', 'e', 'f')).rejects.toMatchObject({ code: 'overlap_segments' });
  });
});

describe('a segment of one value', () => {
  it('begins with what stands in the field', async () => {
    expect(await fieldOverview(engine, catalogue, 'country')).toMatchObject({
      type: 'text',
      top: [
        { value: 'RO', people: 2 },
        { value: 'DE', people: 1 },
      ],
      percentiles: [],
      missing: 0,
    });
    const { percentiles, top } = await fieldOverview(engine, catalogue, 'age');
    expect(top).toEqual([]);
    expect(percentiles.map(({ value }) => value)).toEqual([30, 30, 30, 40, 50, 50, 50]);
  });

  it.each([
    ['country', 'RO', { operator: '=', value: 'RO' }],
    ['age', '40', { operator: '>=', value: 40 }],
    ['age', '<= 40', { operator: '<=', value: 40 }],
    ['vip', 'true', { operator: '=', value: true }],
  ])('of %s %s', (field, value, rule) => {
    expect(quickRules(catalogue, field, value)).toEqual({ combinator: 'and', rules: [{ field, ...rule }] });
  });

  it.each([
    ['age', 'old'],
    ['age', ''],
    ['vip', 'yes'],
  ])('cannot be of %s %s', (field, value) => {
    expect(() => quickRules(catalogue, field, value)).toThrow(
      expect.objectContaining({ code: 'quick_value' }),
    );
  });
});
