import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { SegmentId } from '../base/ids.ts';
import { openDuckdb } from '../engine/duckdb/duckdb-engine.ts';
import type { Engine } from '../engine/engine.ts';
import { sql } from '../engine/sql.ts';
import { tablesIn } from '../engine/tables-in.ts';
import { unlistedCounts, unlistedLines } from './member-list.ts';
import { catalogue, loadPeople, onlyPeople, person } from './people.test-support.ts';
import { previewSegments } from './preview-segments.ts';
import { refreshSegments } from './refresh-segments.ts';
import type { Rule } from './rule.ts';
import { segmentConfig } from './segment-config.ts';
import { segmentSizes } from './segment-sizes.ts';
import { lookAtTests, testResults } from './segment-tests.ts';

const folder = mkdtempSync(join(tmpdir(), 'postrider-'));
const options = { now: new Date('2026-11-24T06:00:00Z'), timeZone: 'UTC', folder };
const romanian: Rule = { field: 'country', operator: '=', value: 'RO' };
const inSegment = (...ids: string[]): Rule => ({ field: 'segment', operator: 'in', value: ids });
const having = (...rules: Rule[]) => ({ rules: { combinator: 'and', rules } });
let engine: Engine;

beforeAll(async () => {
  engine = await openDuckdb({ path: ':memory:' });
});
afterAll(async () => {
  await engine.close();
  rmSync(folder, { recursive: true });
});
beforeEach(async () => {
  await loadPeople(
    engine,
    onlyPeople(
      person('ana', { country: 'RO' }),
      person('bob', { country: 'DE' }),
      person('cy', { country: 'RO' }),
    ),
  );
  await engine.commit([
    sql`DROP SCHEMA segment CASCADE`,
    sql`CREATE OR REPLACE TABLE unify.address AS SELECT * FROM (VALUES
      ('ana@acme.test', 'ana'), ('home@acme.test', 'ana'), ('home@acme.test', 'bob')) AS a (address, customer_id)`,
    sql`CREATE OR REPLACE TABLE unify.previous_id AS SELECT 'cyril' AS was, 'cy' AS customer_id`,
  ]);
});

function parsed(segments: Record<string, unknown>) {
  const configs = Object.entries(segments).map(
    ([id, config]) => [id as SegmentId, segmentConfig.parse(config)] as const,
  );
  const names = new Map(configs.map(([id]) => [id as string, { name: id }]));
  return { map: new Map(configs), known: { ...catalogue, segments: names } };
}

async function refresh(segments: Record<string, unknown>, only?: string[]) {
  const { map, known } = parsed(segments);
  await refreshSegments(engine, map, known, {
    ...options,
    ...(only === undefined ? {} : { only: only as SegmentId[] }),
  });
  return members();
}

async function members(): Promise<Record<string, string>> {
  const rows = await engine.rows<{ segment: string; people: string }>(sql`
    SELECT segment, string_agg(customer_id, ' ' ORDER BY customer_id) AS people
    FROM segment.member GROUP BY segment ORDER BY segment`);
  return Object.fromEntries(rows.map(({ segment, people }) => [segment, people]));
}

const moveBob = () =>
  engine.commit([sql`UPDATE profile.profile SET country = 'RO' WHERE customer_id = 'bob'`]);

describe('the state of a segment', () => {
  it('keeps the members of an inactive one, whatever its rules say by now', async () => {
    await refresh({ ro: having(romanian) });
    await moveBob();
    const wrong = { ...having({ field: 'nobody', operator: '=', value: 1 }), state: 'inactive' };
    expect(await refresh({ ro: wrong, also: having(inSegment('ro')) })).toEqual({
      ro: 'ana cy',
      also: 'ana cy',
    });
    expect(await refresh({ ro: having(romanian) })).toEqual({ ro: 'ana bob cy' });
  });

  it('drops the members of an inactive one who are gone', async () => {
    await refresh({ ro: having(romanian) });
    await engine.commit([sql`DELETE FROM profile.profile WHERE customer_id = 'ana'`]);
    expect(await refresh({ ro: { ...having(romanian), state: 'inactive' } })).toEqual({ ro: 'cy' });
    expect((await segmentSizes(engine)).map((size) => size.members)).toEqual([1]);
  });

  it('computes no draft, and forgets the members it had before', async () => {
    await refresh({ ro: having(romanian) });
    const wrong = { ...having({ field: 'nobody', operator: '=', value: 1 }), state: 'draft' };
    expect(await refresh({ ro: wrong, all: having() })).toEqual({ all: 'ana bob cy' });
    expect((await segmentSizes(engine)).map((size) => size.segment)).toEqual(['all']);
  });

  it('refuses rules about a draft: "in none of these" would hold for everybody', async () => {
    const draft = { ...having(romanian), state: 'draft' };
    const not = { ...inSegment('ro'), operator: 'notIn' } as Rule;
    await expect(refresh({ ro: draft, other: having(not) })).rejects.toMatchObject({
      code: 'segment_draft',
      message: expect.stringContaining('segments.other.rules'),
    });
  });

  it('refuses rules about an inactive one that was never computed', async () => {
    const inactive = { ...having(romanian), state: 'inactive' };
    await expect(refresh({ ro: inactive, other: having(inSegment('ro')) })).rejects.toMatchObject({
      code: 'segment_not_computed',
    });
  });

  it.each(['draft', 'inactive'])('refuses to refresh one by hand that is %s', async (state) => {
    await expect(refresh({ ro: { ...having(romanian), state } }, ['ro'])).rejects.toMatchObject({
      code: 'segment_not_active',
    });
  });

  it('is minded when other people are only looked at', async () => {
    await refresh({ ro: having(romanian), list: having() });
    const { map, known } = parsed({
      ro: { ...having(romanian), state: 'inactive' },
      list: { members: 'not-read.csv' },
      draft: { ...having(), state: 'draft' },
      also: having(inSegment('ro')),
      now: having(romanian),
      held: { heldOutOf: 'part' },
      part: { ...having(romanian), holdOut: { share: '50%' }, state: 'inactive' },
    });
    // Without Cy, and with Bob in Romania: nobody else sees that.
    await engine.commit([
      sql`CREATE TABLE profile.other AS
        SELECT * REPLACE ('RO' AS country) FROM profile.profile WHERE customer_id <> 'cy'`,
    ]);
    const people = {
      profile: { schema: 'profile', table: 'other' },
      record: { schema: 'unify', table: 'record' },
      member: { schema: 'profile', table: 'ahead' },
    };
    const sizes = await previewSegments(engine, map, known, people, options);
    await engine.commit([sql`DROP TABLE profile.ahead`, sql`DROP TABLE profile.other`]);
    expect(Object.fromEntries(sizes)).toEqual({
      ro: 1,
      list: 2,
      draft: 0,
      also: 1,
      now: 2,
      held: 0,
      part: 0,
    });
    expect(await members()).toEqual({ ro: 'ana cy', list: 'ana bob cy' });
  });
});

it('refreshes one by hand with the dynamic ones that depend on it, and no other', async () => {
  const segments = {
    ro: { ...having(romanian), type: 'static' },
    again: having(inSegment('ro')),
    twice: having(inSegment('again')),
    frozen: { ...having(inSegment('ro')), type: 'static' },
    behind: having(inSegment('frozen')),
    apart: having(romanian),
  };
  await refresh(segments);
  await moveBob();
  expect(await refresh(segments, ['ro'])).toEqual({
    ro: 'ana bob cy',
    again: 'ana bob cy',
    twice: 'ana bob cy',
    frozen: 'ana cy',
    behind: 'ana cy',
    apart: 'ana cy',
  });
});

describe('a list of members', () => {
  const write = (text: string) => writeFileSync(join(folder, 'people.csv'), text);
  const list = { members: 'people.csv' };

  it('takes addresses, ids and old ids from the first column, and tells the lines that name nobody', async () => {
    write('\uFEFFemail;name\r\n" ANA@acme.test ";x\r\ncyril\r\n\r\nnobody@acme.test\r\n;ana\r\nana,y\r\nzoe');
    expect(await refresh({ list, also: having(inSegment('list')) })).toEqual({
      list: 'ana cy',
      also: 'ana cy',
    });
    expect([...(await unlistedCounts(engine))]).toEqual([['list', 2]]);
    expect(await unlistedLines(engine, 'list' as SegmentId, 10)).toEqual([5, 8]);
    expect(await unlistedLines(engine, 'list' as SegmentId, 1)).toEqual([5]);
    // No address of the file stays.
    expect((await tablesIn(engine, 'segment')).has('listed')).toBe(false);
  });

  it('takes everybody who has an address', async () => {
    write('home@acme.test\n');
    expect(await refresh({ list })).toEqual({ list: 'ana bob' });
  });

  it('is read again in every refresh where the segment is dynamic, and by hand where it is static', async () => {
    write('ana');
    const frozen = { ...list, type: 'static' };
    await refresh({ list, frozen });
    write('bob');
    expect(await refresh({ list, frozen })).toEqual({ list: 'bob', frozen: 'ana' });
    expect(await refresh({ list, frozen }, ['frozen'])).toEqual({ list: 'bob', frozen: 'bob' });
  });

  it('that cannot be read leaves everything as it was', async () => {
    write('ana');
    await refresh({ list });
    for (const file of ['gone.csv', '/dev/null'])
      await expect(refresh({ list: { members: file } })).rejects.toMatchObject({
        code: 'segment_list_unreadable',
        message: expect.stringContaining('segments.list.members'),
      });
    expect(await members()).toEqual({ list: 'ana' });
  });
});

describe('tests of a segment', () => {
  const results = async () =>
    (await testResults(engine)).map(({ position, people, passed }) => [position, people, passed]);

  it.each([
    [{ is: 'in', address: 'Ana@Acme.test' }, 1, true],
    [{ is: 'out', address: 'ana@acme.test' }, 1, false],
    [{ is: 'in', id: 'bob' }, 1, false],
    [{ is: 'out', id: 'bob' }, 1, true],
    [{ is: 'in', id: 'cyril' }, 1, true],
    [{ is: 'in', address: 'home@acme.test' }, 2, true],
    [{ is: 'out', address: 'home@acme.test' }, 2, false],
    [{ is: 'in', address: 'nobody@acme.test' }, 0, false],
    [{ is: 'out', address: 'nobody@acme.test' }, 0, true],
  ] as const)('%j', async (test, people, passed) => {
    await refresh({ ro: { ...having(romanian), tests: [test] } });
    expect(await results()).toEqual([[0, people, passed]]);
  });

  it('are looked at all at once, and leave no address behind', async () => {
    const tests = [
      { is: 'in', address: 'ana@acme.test' },
      { is: 'in', id: 'bob' },
    ];
    const one = parsed({ ro: { ...having(romanian), tests: tests.slice(0, 1) } }).map;
    const many = parsed({ ro: { ...having(romanian), tests }, all: { ...having(), tests } });
    expect(lookAtTests(engine, many.map)).toHaveLength(lookAtTests(engine, one).length);
    await refreshSegments(engine, many.map, many.known, options);
    expect((await testResults(engine)).map(({ segment, passed }) => [segment, passed])).toEqual([
      ['all', true],
      ['all', true],
      ['ro', true],
      ['ro', false],
    ]);
    expect((await tablesIn(engine, 'segment')).has('asked')).toBe(false);
  });

  it('are looked at for segments that keep their members, and not for drafts', async () => {
    const tests = [{ is: 'in', id: 'ana' }];
    await refresh({ ro: having(romanian) });
    await engine.commit([sql`DELETE FROM profile.profile WHERE customer_id = 'ana'`]);
    await refresh({
      ro: { ...having(romanian), state: 'inactive', tests },
      draft: { ...having(), state: 'draft', tests },
    });
    expect(await testResults(engine)).toEqual([
      { segment: 'ro', position: 0, is: 'in', people: 0, passed: false },
    ]);
    await refresh({ ro: having(romanian) });
    expect(await results()).toEqual([]);
  });

  it('have no results before the first refresh', async () => {
    expect(await testResults(engine)).toEqual([]);
    expect(await unlistedCounts(engine)).toEqual(new Map());
  });
});
