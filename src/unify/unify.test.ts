import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openDuckdb } from '../engine/duckdb/duckdb-engine.ts';
import type { Cell, Engine } from '../engine/engine.ts';
import { sql } from '../engine/sql.ts';
import { loadFixtures, type SourceFixture } from './source-tables.fixture.ts';
import { unify, type UnifyResult } from './unify.ts';
import { rulesOf } from './probabilistic/score-config.ts';
import { unifyConfig, type UnifyConfig } from './unify-config.ts';

let engine: Engine;
beforeEach(async () => {
  engine = await openDuckdb({ path: ':memory:', threads: 1 });
});
afterEach(() => engine.close());

const now = new Date('2026-11-24T06:00:00.000Z');
const crm = (rows: SourceFixture['rows']): SourceFixture => ({
  id: 'crm',
  columns: { mail: 'text', fname: 'text', tel: 'text', changed: 'time', born: 'date', points: 'integer' },
  rows,
});
const shop = (rows: SourceFixture['rows']): SourceFixture => ({
  id: 'shop',
  columns: { email: 'text', first: 'text', phone: 'text', seen: 'time', dob: 'date', score: 'number' },
  rows,
});
const attributes = {
  crm: { email: 'mail', first_name: 'fname', phone: 'tel', updated_at: 'changed', birth_date: 'born' },
  shop: { email: 'email', first_name: 'first', phone: 'phone', updated_at: 'seen', birth_date: 'dob' },
};
const base: UnifyConfig = unifyConfig.parse({
  sources: [
    { source: 'crm', attributes: attributes.crm, deduplicate: [{ fields: { email: 'exact' } }] },
    { source: 'shop', attributes: attributes.shop },
  ],
  match: [{ name: 'same address', fields: { email: 'exact' } }],
});

async function run(fixtures: SourceFixture[], config: UnifyConfig = base, at = now): Promise<UnifyResult> {
  return unify(engine, config, await loadFixtures(engine, fixtures), { now: at });
}

/** People as sorted lists of `source key`. */
async function people(): Promise<string[][]> {
  const rows = await engine.rows<{ members: string[] }>(
    sql`SELECT list(source || ' ' || key ORDER BY source, key) AS members FROM unify.record GROUP BY customer_id ORDER BY members`,
  );
  return rows.map((row) => row.members);
}

async function idOf(key: string): Promise<Cell | undefined> {
  const [row] = await engine.rows(sql`SELECT customer_id FROM unify.record WHERE key = ${key}`);
  return row?.customer_id;
}

async function profileOf(key: string) {
  const [row] = await engine.rows(
    sql`SELECT p.* FROM profile.profile p JOIN unify.record r ON r.customer_id = p.customer_id WHERE r.key = ${key}`,
  );
  return row;
}

describe('who is one person', () => {
  it.each<[string, string, string, boolean]>([
    ['upper case and outer blanks do not matter', 'Ana@Example.RO', ' ana@example.ro ', true],
    ['different addresses', 'ana@example.ro', 'anna@example.ro', false],
    ['blank', ' ', ' ', false],
    ['no address at all', 'n/a', 'n/a', false],
    ['nothing after the @', 'none@', 'none@', false],
    ['nothing before the @', '@example.ro', '@example.ro', false],
    ['two @', 'a@b@c', 'a@b@c', false],
    ['a blank inside', 'a b@example.ro', 'a b@example.ro', false],
  ])('by address: %s', async (_, one, other, together) => {
    await run([crm([{ key: 'c1', mail: one }]), shop([{ key: 's1', email: other }])]);
    expect(await people()).toEqual(together ? [['crm c1', 'shop s1']] : [['crm c1'], ['shop s1']]);
  });

  it.each<[string, Record<string, Cell>, Record<string, Cell>, boolean]>([
    ['all fields agree', { fname: 'Ana ', born: '1966-04-08' }, { first: 'ANA', dob: '1966-04-08' }, true],
    ['one differs', { fname: 'Ana', born: '1966-04-08' }, { first: 'Ana', dob: '1966-04-09' }, false],
    ['one is blank in both', { fname: 'Ana' }, { first: 'Ana' }, false],
  ])('by two fields: %s', async (_, one, other, together) => {
    const config = {
      ...base,
      match: [{ fields: { first_name: 'exact' as const, birth_date: 'exact' as const } }],
    };
    await run([crm([{ key: 'c1', ...one }]), shop([{ key: 's1', ...other }])], config);
    expect(await people()).toHaveLength(together ? 1 : 2);
  });

  it('joins over others: address here, telephone there', async () => {
    const config: UnifyConfig = { ...base, match: [...rulesOf(base.match), { fields: { phone: 'exact' } }] };
    await run(
      [
        crm([
          { key: 'c1', mail: 'a@x.ro' },
          { key: 'c2', mail: 'b@x.ro', tel: '1' },
        ]),
        shop([
          { key: 's1', email: 'a@x.ro', phone: '1' },
          { key: 's2', email: 'z@x.ro' },
        ]),
      ],
      config,
    );
    expect(await people()).toEqual([['crm c1', 'crm c2', 'shop s1'], ['shop s2']]);
  });

  it('joins within a source by its own rules only', async () => {
    const result = await run([
      crm([
        { key: 'c1', mail: 'a@x.ro' },
        { key: 'c2', mail: 'A@x.ro' },
      ]),
      shop([
        { key: 's1', email: 'b@x.ro' },
        { key: 's2', email: 'b@x.ro' },
      ]),
    ]);
    expect(await people()).toEqual([['crm c1', 'crm c2'], ['shop s1'], ['shop s2']]);
    expect(result).toMatchObject({ records: 4, duplicates: 1, matched: 0, profiles: 3 });
  });

  it.each<[string, (place: number) => number]>([
    ['in the order of keys', (place) => place],
    ['against it', (place) => 999 - place],
    ['in no order', (place) => (place * 389) % 1000],
  ])('follows a chain of a thousand links %s', async (_, order) => {
    // Each record shares its address with one neighbour and its telephone with the other.
    const rows = Array.from({ length: 1000 }, (_unused, place) => ({
      key: `c${String(order(place)).padStart(4, '0')}`,
      mail: `${Math.floor(place / 2)}@x.ro`,
      tel: String(Math.floor((place + 1) / 2)),
    }));
    await run([crm(rows), shop([])], {
      ...base,
      maxGroup: 1000,
      sources: [
        {
          source: 'crm',
          attributes: attributes.crm,
          deduplicate: [{ fields: { email: 'exact' } }, { fields: { phone: 'exact' } }],
        },
      ],
      match: [],
    });
    expect(await people()).toHaveLength(1);
  });

  it('counts who was found in another source', async () => {
    const result = await run([
      crm([{ key: 'c1', mail: 'a@x.ro' }, { key: 'c2', mail: 'a@x.ro' }, { key: 'c3' }]),
      shop([
        { key: 's1', email: 'a@x.ro' },
        { key: 's2', email: 'b@x.ro' },
      ]),
    ]);
    expect(result.perSource).toEqual([
      { source: 'crm', records: 3, duplicates: 1, matched: 2, leftOut: 0 },
      { source: 'shop', records: 2, duplicates: 0, matched: 1, leftOut: 0 },
    ]);
    expect(result.profiles).toBe(3);
  });
});

describe('which value a profile takes', () => {
  const pair = (one: Record<string, Cell>, other: Record<string, Cell>) => [
    crm([{ key: 'c1', mail: 'a@x.ro', ...one }]),
    shop([{ key: 's1', email: 'a@x.ro', ...other }]),
  ];
  const early = '2026-01-01T00:00:00.000Z';
  const late = '2026-06-01T00:00:00.000Z';

  it.each<
    [string, 'importance' | 'mostRecent' | 'leastRecent', Record<string, Cell>, Record<string, Cell>, Cell]
  >([
    ['the first source', 'importance', { tel: '1' }, { phone: '2' }, '1'],
    ['not a blank', 'importance', { tel: ' ' }, { phone: '2' }, '2'],
    ['unchanged, blanks and all', 'importance', { tel: ' 1 ' }, { phone: '2' }, ' 1 '],
    ['nothing where all are blank', 'importance', { tel: '' }, { phone: null }, null],
    ['the latest', 'mostRecent', { tel: '1', changed: early }, { phone: '2', seen: late }, '2'],
    [
      'the latest that is not blank',
      'mostRecent',
      { tel: '1', changed: early },
      { phone: '', seen: late },
      '1',
    ],
    ['a dated one before one without a date', 'mostRecent', { tel: '1' }, { phone: '2', seen: early }, '2'],
    [
      'the first source among equals',
      'mostRecent',
      { tel: '1', changed: late },
      { phone: '2', seen: late },
      '1',
    ],
    ['the earliest', 'leastRecent', { tel: '1', changed: late }, { phone: '2', seen: early }, '2'],
    ['a dated one here too', 'leastRecent', { tel: '1' }, { phone: '2', seen: late }, '2'],
  ])('%s (%s)', async (_, how, one, other, expected) => {
    const preference =
      how === 'importance'
        ? how
        : how === 'mostRecent'
          ? { mostRecent: 'updated_at' }
          : { leastRecent: 'updated_at' };
    await run(pair(one, other), { ...base, merge: { attributes: { phone: preference } } });
    expect((await profileOf('c1'))?.phone).toBe(expected);
  });

  it('within a source that of the most filled record, then of the smallest key', async () => {
    await run([
      crm([
        { key: 'c1', mail: 'a@x.ro', fname: 'First' },
        { key: 'c2', mail: 'a@x.ro', fname: 'Filled', born: '1966-04-08' },
        { key: 'c4', mail: 'b@x.ro', fname: 'Later key' },
        { key: 'c3', mail: 'b@x.ro', fname: 'Smaller key' },
      ]),
      shop([]),
    ]);
    expect(await profileOf('c1')).toMatchObject({ first_name: 'Filled', birth_date: '1966-04-08' });
    expect(await profileOf('c3')).toMatchObject({ first_name: 'Smaller key' });
  });

  it('with the type of its columns, or one that holds them all', async () => {
    const config: UnifyConfig = {
      sources: [
        { source: 'crm', attributes: { points: 'points', day: 'born', odd: 'born' } },
        { source: 'shop', attributes: { points: 'score', day: 'seen', odd: 'score' } },
      ],
    };
    const result = await run(
      [crm([{ key: 'c1', points: 3, born: '1966-04-08' }]), shop([{ key: 's1', score: 1.5, seen: late }])],
      config,
    );
    expect(await profileOf('c1')).toMatchObject({
      points: 3,
      day: '1966-04-08T00:00:00.000Z',
      odd: '1966-04-08',
    });
    expect(await profileOf('s1')).toMatchObject({ points: 1.5, day: late, odd: '1.5' });
    expect(
      await engine.rows(sql`SELECT position, name, type, is_email FROM profile.attribute ORDER BY position`),
    ).toEqual([
      { position: 0, name: 'points', type: 'number', is_email: false },
      { position: 1, name: 'day', type: 'time', is_email: false },
      { position: 2, name: 'odd', type: 'text', is_email: false },
    ]);
    expect(result.warnings.map((warning) => warning.code)).toEqual(['mixed_types']);
  });
});

it('does not mistake attributes for columns of its own, nor for columns of the source', async () => {
  const config = unifyConfig.parse({
    sources: [
      {
        source: 'crm',
        // The first two are swapped on purpose.
        attributes: {
          fname: 'tel',
          tel: 'fname',
          Label: 'mail',
          n: 'mail',
          key: 'mail',
          address: 'mail',
          head: 'changed',
        },
        deduplicate: [{ fields: { Label: 'exact', n: 'exact' } }],
      },
      { source: 'shop', attributes: { Label: 'email', source: 'first', position: 'phone', was: 'email' } },
    ],
    match: [{ fields: { Label: 'exact' } }],
    merge: { attributes: { key: { mostRecent: 'head' } } },
    emails: ['Label', 'address', 'n'],
  });
  await run(
    [crm([{ key: 'c1', mail: 'a@x.ro', fname: 'Ana', tel: '1' }]), shop([{ key: 's1', email: 'A@x.ro' }])],
    config,
  );
  expect(await people()).toEqual([['crm c1', 'shop s1']]);
  expect(await profileOf('c1')).toMatchObject({
    fname: '1',
    tel: 'Ana',
    Label: 'a@x.ro',
    key: 'a@x.ro',
    was: 'A@x.ro',
  });
  expect(await engine.rows(sql`SELECT address FROM unify.address`)).toEqual([{ address: 'a@x.ro' }]);
});

describe('ids over refreshes', () => {
  const day = (n: number) => new Date(now.getTime() + n * 86_400_000);
  const refresh = (n: number, records: [string, string][]) =>
    run([crm(records.map(([key, mail]) => ({ key, mail }))), shop([])], base, day(n));
  const previous = () => engine.rows(sql`SELECT customer_id, was FROM unify.previous_id ORDER BY was`);

  it('stay, and first_seen with them, whatever else changes', async () => {
    await refresh(0, [['c1', 'a@x.ro']]);
    const id = await idOf('c1');
    await refresh(1, [
      ['c0', 'new@x.ro'],
      ['c1', 'other@x.ro'],
    ]);
    expect(await idOf('c1')).toBe(id);
    expect(await profileOf('c1')).toMatchObject({ first_seen: day(0).toISOString(), email: 'other@x.ro' });
    expect(await profileOf('c0')).toMatchObject({ first_seen: day(1).toISOString() });
  });

  it('a merge keeps the oldest and remembers the other; a split gives both their own back', async () => {
    await refresh(0, [['c2', 'b@x.ro']]);
    await refresh(1, [
      ['c1', 'a@x.ro'],
      ['c2', 'b@x.ro'],
    ]);
    const [younger, older] = [await idOf('c1'), await idOf('c2')];
    await refresh(2, [
      ['c1', 'b@x.ro'],
      ['c2', 'b@x.ro'],
    ]);
    expect([await idOf('c1'), await idOf('c2')]).toEqual([older, older]);
    expect(await previous()).toEqual([{ customer_id: older, was: younger }]);
    await refresh(3, [
      ['c1', 'a@x.ro'],
      ['c2', 'b@x.ro'],
    ]);
    expect([await idOf('c1'), await idOf('c2')]).toEqual([younger, older]);
    expect(await previous()).toEqual([]);
  });

  it('a split into equal sides leaves the id with the most important record', async () => {
    await refresh(0, [
      ['c1', 'a@x.ro'],
      ['c2', 'a@x.ro'],
    ]);
    const id = await idOf('c1');
    await refresh(1, [
      ['c1', 'b@x.ro'],
      ['c2', 'a@x.ro'],
    ]);
    expect(await idOf('c1')).toBe(id);
    expect(await idOf('c2')).not.toBe(id);
    expect(await previous()).toEqual([]);
  });

  it('a split leaves the id with the larger side, however important the other is', async () => {
    await refresh(0, [
      ['c1', 'a@x.ro'],
      ['c2', 'a@x.ro'],
      ['c3', 'a@x.ro'],
    ]);
    const id = await idOf('c1');
    await refresh(1, [
      ['c1', 'b@x.ro'],
      ['c2', 'a@x.ro'],
      ['c3', 'a@x.ro'],
    ]);
    expect([await idOf('c2'), await idOf('c3')]).toEqual([id, id]);
    expect(await idOf('c1')).not.toBe(id);
  });

  it('a person who was joined by mistake gets the old id back', async () => {
    await refresh(0, [['c1', 'a@x.ro']]);
    await refresh(1, [
      ['c1', 'a@x.ro'],
      ['c2', 'b@x.ro'],
    ]);
    const ids = [await idOf('c1'), await idOf('c2')];
    await refresh(2, [
      ['c1', 'a@x.ro'],
      ['c2', 'a@x.ro'],
    ]);
    expect(await previous()).toEqual([{ customer_id: ids[0], was: ids[1] }]);
    await refresh(3, [
      ['c1', 'a@x.ro'],
      ['c2', 'b@x.ro'],
    ]);
    expect([await idOf('c1'), await idOf('c2')]).toEqual(ids);
    expect(await previous()).toEqual([]);
  });

  it('one id moves on while the rest of its person keeps it', async () => {
    await refresh(0, [['c9', 'a@x.ro']]);
    await refresh(1, [
      ['c1', 'b@x.ro'],
      ['c2', 'b@x.ro'],
      ['c9', 'a@x.ro'],
    ]);
    const [older, younger] = [await idOf('c9'), await idOf('c1')];
    await refresh(2, [
      ['c1', 'a@x.ro'],
      ['c2', 'b@x.ro'],
      ['c9', 'a@x.ro'],
    ]);
    expect(await idOf('c1')).toBe(older);
    expect(await idOf('c2')).toBe(younger);
  });

  it('a person who departs and returns is known again', async () => {
    await refresh(0, [
      ['c1', 'a@x.ro'],
      ['c2', 'b@x.ro'],
    ]);
    const id = await idOf('c1');
    await refresh(1, [['c2', 'b@x.ro']]);
    expect(await idOf('c1')).toBeUndefined();
    expect(await engine.rows(sql`SELECT key, customer_id, gone_since FROM unify.departed`)).toEqual([
      { key: 'c1', customer_id: id, gone_since: day(1).toISOString() },
    ]);
    await refresh(2, [['c2', 'b@x.ro']]);
    await refresh(3, [
      ['c1', 'elsewhere@x.ro'],
      ['c2', 'b@x.ro'],
    ]);
    expect(await idOf('c1')).toBe(id);
    expect(await profileOf('c1')).toMatchObject({ first_seen: day(0).toISOString() });
    expect(await engine.rows(sql`SELECT * FROM unify.departed`)).toEqual([]);
  });

  it('who returns does not take the id from who stayed', async () => {
    await refresh(0, [
      ['c1', 'a@x.ro'],
      ['c2', 'a@x.ro'],
    ]);
    const id = await idOf('c2');
    await refresh(1, [['c2', 'a@x.ro']]);
    await refresh(2, [
      ['c1', 'b@x.ro'],
      ['c2', 'a@x.ro'],
    ]);
    expect(await idOf('c2')).toBe(id);
    expect(await idOf('c1')).not.toBe(id);
  });

  it('earlier ids follow their person through later merges', async () => {
    await refresh(0, [['c1', '1@x.ro']]);
    await refresh(1, [
      ['c1', '1@x.ro'],
      ['c2', '2@x.ro'],
    ]);
    await refresh(2, [
      ['c1', '1@x.ro'],
      ['c2', '2@x.ro'],
      ['c3', '3@x.ro'],
    ]);
    const [one, two, three] = [await idOf('c1'), await idOf('c2'), await idOf('c3')];
    await refresh(3, [
      ['c1', '1@x.ro'],
      ['c2', '2@x.ro'],
      ['c3', '2@x.ro'],
    ]);
    await refresh(4, [
      ['c1', '1@x.ro'],
      ['c2', '1@x.ro'],
      ['c3', '1@x.ro'],
    ]);
    expect(new Set(await previous())).toEqual(
      new Set([
        { customer_id: one, was: two },
        { customer_id: one, was: three },
      ]),
    );
  });
});
