import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { SegmentId } from '../base/ids.ts';
import { openDuckdb } from '../engine/duckdb/duckdb-engine.ts';
import type { Engine } from '../engine/engine.ts';
import { sql } from '../engine/sql.ts';
import { catalogue, loadPeople, onlyPeople, person } from './people.test-support.ts';
import { refreshSegments } from './refresh-segments.ts';
import { segmentConfig } from './segment-config.ts';
import { usageOf } from './segment-usage.ts';

let engine: Engine;
beforeAll(async () => {
  engine = await openDuckdb({ path: ':memory:' });
  const people = Array.from({ length: 2_000 }, (_, index) =>
    person(`p${index}`, { country: index % 2 === 0 ? 'RO' : 'DE' }),
  );
  await loadPeople(engine, onlyPeople(...people));
});
afterAll(() => engine.close());

const romanian = { combinator: 'and', rules: [{ field: 'country', operator: '=', value: 'RO' }] };
const everybody = { combinator: 'and', rules: [] };

async function refresh(
  segments: Record<string, unknown>,
  only?: SegmentId[],
): Promise<Record<string, string[]>> {
  const configs = Object.entries(segments).map(
    ([id, config]) => [id as SegmentId, segmentConfig.parse(config)] as const,
  );
  const known = { ...catalogue, segments: new Map(configs.map(([id]) => [id as string, { name: id }])) };
  await refreshSegments(engine, new Map(configs), known, {
    now: new Date('2026-11-24T06:00:00Z'),
    timeZone: 'UTC',
    ...(only === undefined ? {} : { only }),
  });
  const rows = await engine.rows<{ segment: string; people: string[] }>(sql`
    SELECT segment, list(customer_id ORDER BY customer_id) AS people FROM segment.member GROUP BY segment`);
  return Object.fromEntries(rows.map(({ segment, people }) => [segment, people]));
}

describe('a hold-out', () => {
  it('parts a segment in two, about as its share says', async () => {
    const { all, rest, held } = await refresh({
      all: { rules: romanian },
      rest: { rules: romanian, holdOut: { share: '10%' } },
      held: { heldOutOf: 'rest' },
    });
    expect([...(rest ?? []), ...(held ?? [])].toSorted()).toEqual(all?.toSorted());
    // Of a thousand people drawn with one in ten, four deviations to either side.
    expect(held?.length).toBeGreaterThan(60);
    expect(held?.length).toBeLessThan(140);
  });

  it('keeps the same people out when the segment grows, and others by another seed', async () => {
    const holdOut = { share: '20%' };
    const few = await refresh({ s: { rules: romanian, holdOut }, held: { heldOutOf: 's' } });
    const many = await refresh({ s: { rules: everybody, holdOut }, held: { heldOutOf: 's' } });
    expect(many.held).toEqual(expect.arrayContaining(few.held ?? []));
    const other = { share: '20%', seed: 'autumn' };
    const others = await refresh({ s: { rules: romanian, holdOut: other }, held: { heldOutOf: 's' } });
    expect(others.held).not.toEqual(few.held);
  });

  it('keeps out all of a smaller share with a larger one', async () => {
    const shares = fc.tuple(fc.integer({ min: 1, max: 98 }), fc.integer({ min: 1, max: 98 }));
    await fc.assert(
      fc.asyncProperty(shares, async ([one, other]) => {
        const heldWith = async (share: number) =>
          (
            await refresh({
              s: { rules: everybody, holdOut: { share: `${share}%` } },
              held: { heldOutOf: 's' },
            })
          ).held ?? [];
        const [small, large] = [await heldWith(Math.min(one, other)), await heldWith(Math.max(one, other))];
        expect(large).toEqual(expect.arrayContaining(small));
      }),
      { numRuns: 5 },
    );
  });

  it('follows when the segment is refreshed alone, and counts as a use of it', async () => {
    const holdOut = { share: '30%' };
    const few = await refresh({ s: { rules: romanian, holdOut }, held: { heldOutOf: 's' } });
    const segments = { s: { rules: everybody, holdOut }, held: { heldOutOf: 's' } };
    const all = await refresh(segments, ['s' as SegmentId]);
    expect(all.held?.length).toBeGreaterThan(few.held?.length ?? 0);
    const configs = Object.entries(segments).map(
      ([id, config]) => [id, segmentConfig.parse(config)] as const,
    );
    expect(usageOf('s' as SegmentId, { segments: configs, exports: [] })).toEqual({
      segments: ['held'],
      exports: [],
    });
  });

  it('is found together with its segment, whichever stands first and is asked for', async () => {
    const holdOut = { share: '30%' };
    const few = { held: { heldOutOf: 's' }, s: { rules: romanian, holdOut } };
    const many = { held: { heldOutOf: 's' }, s: { rules: everybody, holdOut } };
    for (const asked of ['s', 'held']) {
      await refresh(few);
      const { held = [], s = [] } = await refresh(many, [asked as SegmentId]);
      expect([...held, ...s]).toHaveLength(2_000);
    }
  });

  it.each([
    ['static', { type: 'static' }],
    ['inactive', { state: 'inactive' }],
  ])('stands still while its segment is %s', async (_, still) => {
    const segment = { rules: romanian, holdOut: { share: '30%' } };
    const held = { heldOutOf: 's' };
    const before = await refresh({ s: segment, held });
    const after = await refresh({ s: { ...segment, rules: everybody, ...still }, held });
    expect(after).toEqual(before);
  });

  it('of an inactive segment whose rules no longer fit is nobody new, and not a share of everybody', async () => {
    const rules = { combinator: 'and', rules: [{ field: 'nobody', operator: '=', value: 'RO' }] };
    const inactive = { rules, holdOut: { share: '10%' }, state: 'inactive' };
    await refresh({});
    expect(await refresh({ s: inactive, held: { heldOutOf: 's' } })).toEqual({});
    await expect(
      refresh({ s: inactive, held: { heldOutOf: 's' } }, ['held' as SegmentId]),
    ).rejects.toMatchObject({
      code: 'segment_not_active',
      message: expect.stringContaining('held out of "s", which is inactive') as string,
    });
  });

  it.each([
    [{ held: { heldOutOf: 'gone' } }, 'there is no segment "gone"'],
    [{ s: { rules: everybody }, held: { heldOutOf: 's' } }, 'holds nobody out'],
    [
      { s: { rules: everybody, holdOut: { share: '5%' }, state: 'draft' }, held: { heldOutOf: 's' } },
      'is a draft',
    ],
  ])('has to be there: %j', async (segments, says) => {
    await expect(refresh(segments)).rejects.toThrow(says);
  });

  it.each(['0%', '100%', '10', 'ten', '-1%', '150%'])('has no share of %s', (share) => {
    expect(segmentConfig.safeParse({ rules: everybody, holdOut: { share } }).success).toBe(false);
  });
});
