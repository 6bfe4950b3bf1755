import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { CustomerId } from '../base/ids.ts';
import { openDuckdb } from '../engine/duckdb/duckdb-engine.ts';
import type { Engine } from '../engine/engine.ts';
import { sql } from '../engine/sql.ts';
import { loadFixtures } from '../unify/source-tables.fixture.ts';
import { unify } from '../unify/unify.ts';
import { unifyConfig } from '../unify/unify-config.ts';
import { personStory } from './person-story.ts';
import { readProfileShape } from './profile-shape.ts';
import { findPeople } from './profile-search.ts';

let engine: Engine;
beforeEach(async () => {
  engine = await openDuckdb({ path: ':memory:', threads: 1 });
});
afterEach(() => engine.close());

const config = unifyConfig.parse({
  sources: [
    {
      source: 'crm',
      attributes: { email: 'mail', phone: 'tel' },
      deduplicate: [{ name: 'twice in the crm', fields: { email: 'exact' } }],
    },
    { source: 'shop', attributes: { email: 'mail', phone: 'tel', born: 'born' } },
  ],
  match: [{ name: 'same address', fields: { email: 'exact' } }, { fields: { phone: 'exact' } }],
});

async function refresh(day: number, lastMail: string): Promise<void> {
  const loads = await loadFixtures(engine, [
    {
      id: 'crm',
      columns: { mail: 'text', tel: 'text' },
      rows: [
        { key: 'c1', mail: 'Ana@x.ro', tel: '07' },
        { key: 'c2', mail: 'ana@x.ro' },
        { key: 'c3', mail: lastMail },
      ],
    },
    {
      id: 'shop',
      columns: { mail: 'text', tel: 'text', born: 'date' },
      rows: [
        { key: 's1', mail: 'other@x.ro', tel: '07', born: '1966-04-08' },
        { key: 's2', mail: 'none' },
      ],
    },
  ]);
  await unify(engine, config, loads, { now: new Date(Date.UTC(2026, 10, 24 + day)) });
}

describe("one person's story", () => {
  it('tells the fields, the rows they came from, and why these are one person', async () => {
    await refresh(0, 'eva@x.ro');
    const [ana] = await findPeople(engine, ' ANA@x.ro ');
    expect(await personStory(engine, ana as CustomerId)).toEqual({
      customerId: ana,
      firstSeen: '2026-11-24T00:00:00.000Z',
      fields: [
        { name: 'email', type: 'text', value: 'Ana@x.ro' },
        { name: 'phone', type: 'text', value: '07' },
        { name: 'born', type: 'date', value: '1966-04-08' },
      ],
      addresses: ['ana@x.ro', 'other@x.ro'],
      records: [
        { source: 'crm', key: 'c1', file: 'crm.csv', line: 2, row: { mail: 'Ana@x.ro', tel: '07' } },
        { source: 'crm', key: 'c2', file: 'crm.csv', line: 3, row: { mail: 'ana@x.ro', tel: null } },
        {
          source: 'shop',
          key: 's1',
          file: 'shop.csv',
          line: 2,
          row: { mail: 'other@x.ro', tel: '07', born: '1966-04-08' },
        },
      ],
      links: [
        {
          rule: 'twice in the crm',
          source: 'crm',
          key: 'c2',
          withSource: 'crm',
          withKey: 'c1',
          similarity: null,
        },
        {
          rule: 'same phone',
          source: 'shop',
          key: 's1',
          withSource: 'crm',
          withKey: 'c1',
          similarity: null,
        },
      ],
      alternates: [{ attribute: 'email', value: 'other@x.ro', source: 'shop' }],
      previousIds: [],
    });
  });

  it('names the ids that became part of it, and is found by them', async () => {
    await refresh(0, 'eva@x.ro');
    const [eva] = await findPeople(engine, 'eva@x.ro');
    await refresh(1, 'ana@x.ro');
    const [ana] = await findPeople(engine, 'ana@x.ro');
    const was = (await personStory(engine, ana as CustomerId))?.previousIds;
    // Both were first seen together, so the smaller id stays and may be either.
    const [gone] = was ?? [];
    expect(was).toEqual([{ was: gone?.was, since: '2026-11-25T00:00:00.000Z' }]);
    expect([ana, gone?.was]).toContain(eva);
    expect(await findPeople(engine, String(gone?.was))).toEqual([ana]);
  });

  it('says when a row is not in its source any more', async () => {
    await refresh(0, 'eva@x.ro');
    const [eva] = await findPeople(engine, 'eva@x.ro');
    await engine.commit([sql`DELETE FROM source.crm WHERE _key = 'c3'`]);
    expect((await personStory(engine, eva as CustomerId))?.records).toEqual([
      { source: 'crm', key: 'c3', file: null, line: null, row: null },
    ]);
    await engine.commit([sql`DROP TABLE source.crm`]);
    expect((await personStory(engine, eva as CustomerId))?.records).toHaveLength(1);
  });
});

describe('the search', () => {
  it.each([
    ['an address of a record that the profile does not show', 'other@x.ro', 1],
    ['nobody', 'nobody@x.ro', 0],
    ['what is no address', 'none', 0],
    ['nothing', '', 0],
  ])('%s', async (_, text, found) => {
    await refresh(0, 'eva@x.ro');
    expect(await findPeople(engine, text)).toHaveLength(found);
  });

  it('finds by id; nobody has a made-up one', async () => {
    await refresh(0, 'eva@x.ro');
    const [eva] = await findPeople(engine, 'eva@x.ro');
    expect(await findPeople(engine, eva as string)).toEqual([eva]);
    expect(await personStory(engine, 'made-up' as CustomerId)).toBeUndefined();
  });

  it('says so before anything was unified', async () => {
    await expect(findPeople(engine, 'ana@x.ro')).rejects.toMatchObject({
      kind: 'configuration',
      code: 'no_profiles',
    });
  });
});

describe('the shape of profiles', () => {
  it('is that of the mapping', async () => {
    await refresh(0, 'eva@x.ro');
    expect(await readProfileShape(engine)).toEqual({
      attributes: [
        { name: 'email', type: 'text' },
        { name: 'phone', type: 'text' },
        { name: 'born', type: 'date' },
      ],
      emails: ['email'],
    });
  });
});
