import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openDuckdb } from '../engine/duckdb/duckdb-engine.ts';
import type { Cell, Engine } from '../engine/engine.ts';
import { sql } from '../engine/sql.ts';
import { proposeBypass } from './propose-bypass.ts';
import { loadFixtures, type SourceFixture } from './source-tables.fixture.ts';
import { unify, type UnifyResult } from './unify.ts';
import { unifyConfig } from './unify-config.ts';

let engine: Engine;
let folder: string;
beforeAll(async () => {
  engine = await openDuckdb({ path: ':memory:', threads: 1 });
  folder = mkdtempSync(join(tmpdir(), 'postrider-lists-'));
});
afterAll(async () => {
  await engine.close();
  rmSync(folder, { recursive: true });
});

type Person = { key: string } & Record<string, Cell>;
const columns = {
  email: 'text',
  first_name: 'text',
  last_name: 'text',
  birth_date: 'date',
  phone: 'text',
  country: 'text',
  street: 'text',
  city: 'text',
  at: 'date',
  active: 'boolean',
} as const;
const attributes = Object.fromEntries(Object.keys(columns).map((name) => [name, name]));

/** Unifies a CRM and a shop anew, with what `config` adds to their mapping; `crm` and `shop` add to the sources. */
async function run(
  people: { crm?: Person[]; shop?: Person[] },
  config: Record<string, unknown> = {},
  { crm = {}, shop = {} }: { crm?: object; shop?: object } = {},
): Promise<UnifyResult> {
  await engine.commit([sql`DROP SCHEMA IF EXISTS unify CASCADE`]);
  const fixtures: SourceFixture[] = [
    { id: 'crm', columns, rows: people.crm ?? [] },
    { id: 'shop', columns, rows: people.shop ?? [] },
  ];
  const parsed = unifyConfig.parse({
    sources: [
      { source: 'crm', attributes, ...crm },
      { source: 'shop', attributes, ...shop },
    ],
    ...config,
  });
  const loads = await loadFixtures(engine, fixtures);
  return unify(engine, parsed, loads, { now: new Date('2026-11-24T06:00:00.000Z'), folder });
}

/** People of more than one record, as their keys. */
async function joined(): Promise<string> {
  const rows = await engine.rows<{ keys: string }>(
    sql`SELECT string_agg(key, '+' ORDER BY key) AS keys FROM unify.record GROUP BY customer_id HAVING count(*) > 1 ORDER BY keys`,
  );
  return rows.map(({ keys }) => keys).join(' ');
}

async function profile(key: string): Promise<Record<string, Cell>> {
  const [row] = await engine.rows(
    sql`SELECT p.* FROM profile.profile p JOIN unify.record r ON r.customer_id = p.customer_id WHERE r.key = ${key}`,
  );
  return row as Record<string, Cell>;
}

const born = '1966-04-08';

describe('similar values', () => {
  it.each<[string, unknown, string, string, boolean]>([
    ['a slip', { similar: 0.9 }, 'Popescu', 'Popesku', true],
    ['another name', { similar: 0.9 }, 'Popescu', 'Ionescu', false],
    ['accents and case do not count', { similar: 1 }, 'Țepeș', 'TEPES', true],
    ['high is 0.8', { similar: 'high', by: 'editDistance' }, 'abcde', 'abcdx', true],
    ['below high', { similar: 'high', by: 'editDistance' }, 'abcde', 'abcxy', false],
    ['medium is 0.6', { similar: 'medium', by: 'editDistance' }, 'abcde', 'abcxy', true],
    ['low is 0.3', { similar: 'low', by: 'editDistance' }, 'abc', 'axy', true],
    ['words in another order', { similar: 1, by: 'tokens' }, 'Ana Pop', 'pop ana', true],
    ['a word too many', { similar: 0.7, by: 'tokens' }, 'Ana Maria Pop', 'Ana Pop', true],
    ['half of the words', { similar: 0.6, by: 'tokens' }, 'Ana Pop', 'Ana Rus', false],
    ['an own form', { similar: 1, normalise: 'digits' }, 'no 17', '17 bis', true],
    ['exact in an own form', { normalise: 'digits' }, 'no 17', '17 bis', true],
    ['exact as it is', { normalise: 'asIs' }, 'Pop', 'pop', false],
    ['blank is not similar', { similar: 0 }, 'Pop', '', false],
  ])('%s: %j', async (_, last_name, one, other, together) => {
    await run(
      {
        crm: [{ key: 'c1', last_name: one, birth_date: born }],
        shop: [{ key: 's1', last_name: other, birth_date: born }],
      },
      { match: [{ fields: { last_name, birth_date: 'exact' } }] },
    );
    expect(await joined()).toBe(together ? 'c1+s1' : '');
  });

  it('says how alike the two are, and what was compared with what', async () => {
    const result = await run(
      {
        crm: [{ key: 'c1', last_name: 'Popescu', birth_date: born }],
        shop: [
          { key: 's1', last_name: 'Popesku', birth_date: born },
          { key: 's2', last_name: 'Popescu', birth_date: '1966-04-09' },
        ],
      },
      { match: [{ fields: { last_name: { similar: 0.9 }, birth_date: 'exact' } }] },
    );
    expect(result.rules).toEqual([
      { rule: 'similar last_name and same birth_date', kind: 'match', pairs: 1, joined: 1 },
    ]);
    const [link] = await engine.rows<{ similarity: number }>(sql`SELECT similarity FROM unify.link`);
    expect(link?.similarity).toBeCloseTo(0.943, 3);
  });

  it('within a source: every pair, not only those with the first', async () => {
    await run(
      {
        crm: ['Marin', 'Popescu', 'Popesku'].map((last_name, place) => ({
          key: `c${place}`,
          last_name,
          birth_date: born,
        })),
      },
      {},
      { crm: { deduplicate: [{ fields: { last_name: { similar: 0.9 }, birth_date: 'exact' } }] } },
    );
    expect(await joined()).toBe('c1+c2');
  });

  it('does not compare in blocks that are too large, says so, and goes on with the others', async () => {
    const block = (day: string, prefix: string, size: number): Person[] =>
      Array.from({ length: size }, (_, place) => ({
        key: `${prefix}${place}`,
        last_name: 'Pop',
        birth_date: day,
      }));
    const result = await run(
      { crm: [...block('1970-01-01', 'large', 6), ...block('1980-02-02', 'small', 2)] },
      { maxBlock: 5 },
      {
        crm: {
          deduplicate: [{ name: 'alike', fields: { last_name: { similar: 0.9 }, birth_date: 'exact' } }],
        },
      },
    );
    expect(await joined()).toBe('small0+small1');
    expect(result.largeBlocks).toEqual([{ rule: 'alike', records: 6, shared: { birth_date: '1970-01-01' } }]);
    const [warning] = result.warnings;
    expect(warning?.code).toBe('large_blocks');
    expect(warning?.message).not.toContain('1970');
  });
});

describe('exceptions', () => {
  it.each<[string, unknown, string, string, boolean]>([
    ['different', 'different', 'Ana', 'Eva', false],
    ['the same', 'different', 'Ana', 'ana', true],
    ['one is blank', 'different', 'Ana', '', true],
    ['equal forbids', 'exact', 'Ana', 'Ana', false],
    ['alike forbids', { similar: 0.8 }, 'Anna', 'Ana', false],
    ['not alike does not', { similar: 0.8 }, 'Ana', 'Ion', true],
    ['too unlike forbids', { different: 0.6 }, 'Ana', 'Ion', false],
    ['a slip does not', { different: 0.6 }, 'Anna', 'Ana', true],
    [
      'a nickname is not different',
      { different: 1, normalise: { as: 'name', aliases: ['nicknames'] } },
      'Bob',
      'Robert',
      true,
    ],
  ])('%s: %j', async (_, first_name, one, other, together) => {
    const twin = { last_name: 'Pop', birth_date: born };
    await run(
      { crm: [{ key: 'c1', first_name: one, ...twin }], shop: [{ key: 's1', first_name: other, ...twin }] },
      { match: [{ fields: { last_name: 'exact', birth_date: 'exact' }, unless: { first_name } }] },
    );
    expect(await joined()).toBe(together ? 'c1+s1' : '');
  });
});

describe('forms that are made outside of the engine', () => {
  it('telephone numbers with the country of the person, else the usual one', async () => {
    await run(
      {
        crm: [
          { key: 'c1', phone: '0721 234 567' },
          { key: 'c2', phone: '030 123456', country: 'Germany' },
        ],
        shop: [
          { key: 's1', phone: '+40721234567' },
          { key: 's2', phone: '030 123456', country: 'RO' },
          { key: 's3', phone: '0049 30 123456' },
        ],
      },
      {
        match: [{ fields: { phone: 'exact' } }],
        normalise: { phone: { as: 'phone', country: 'country', defaultCountry: 'RO' } },
      },
    );
    expect(await joined()).toBe('c1+s1 c2+s3');
  });

  it('aliases of a list, a file and a group; profiles keep what was written', async () => {
    writeFileSync(join(folder, 'names.csv'), '\uFEFFȘtefan;"Fănel"\r\n\r\nGeorgeta,Geta\r\n');
    const match = (first: string, other: string, place: number): [Person, Person] => [
      { key: `c${place}`, first_name: first, last_name: `n${place}` },
      { key: `s${place}`, first_name: other, last_name: `n${place}` },
    ];
    const pairs = [
      match('William', 'Bill', 1),
      match('ștefan', 'Fanel', 2),
      match('Ana Georgeta', 'Ana-Geta', 3),
      match('Aurel', 'Relu', 4),
      match('Ana', 'Eva', 5),
    ];
    await run(
      { crm: pairs.map(([one]) => one), shop: pairs.map(([, other]) => other) },
      {
        match: [{ fields: { first_name: 'exact', last_name: 'exact' } }],
        normalise: { first_name: { as: 'name', aliases: ['nicknames', 'names.csv', ['Aurel', 'Relu']] } },
      },
    );
    expect(await joined()).toBe('c1+s1 c2+s2 c3+s3 c4+s4');
    expect(await profile('s2')).toMatchObject({ first_name: 'ștefan' });
    expect(
      await engine.rows(sql`SELECT attribute, value, source FROM unify.alternate ORDER BY value`),
    ).toEqual(
      ['Ana-Geta', 'Bill', 'Fanel', 'Relu'].map((value) => ({
        attribute: 'first_name',
        value,
        source: 'shop',
      })),
    );
  });

  it('streets however they are shortened', async () => {
    await run(
      {
        crm: [{ key: 'c1', street: 'Str. Lungă, nr. 5', city: 'Iași' }],
        shop: [{ key: 's1', street: 'Strada Lunga 5', city: 'IASI' }],
      },
      { match: [{ fields: { street: 'exact', city: 'exact' } }] },
    );
    expect(await joined()).toBe('c1+s1');
  });
});

describe('values that agree with nothing', () => {
  const people = {
    crm: [
      { key: 'c1', email: 'test@x.ro', phone: '0000 000 000', country: 'DE' },
      { key: 'c2', email: 'ana@x.ro', phone: '0721 234 567' },
    ],
    shop: [
      { key: 's1', email: 'TEST@x.ro ', phone: '+40721234567' },
      { key: 's2', phone: '0000000000', country: 'DE' },
    ],
  };
  it('from a list and from a file, however they are written', async () => {
    writeFileSync(join(folder, 'dummies.csv'), '000-000-0000\n');
    const result = await run(people, {
      match: [{ fields: { email: 'exact' } }, { fields: { phone: 'exact' } }],
      normalise: { phone: { as: 'phone', country: 'country', defaultCountry: 'RO' } },
      bypass: { email: ['Test@X.ro'], phone: 'dummies.csv' },
    });
    expect(await joined()).toBe('c2+s1');
    expect(result.bypassed).toEqual([
      { attribute: 'email', records: 2 },
      { attribute: 'phone', records: 2 },
    ]);
    // Not to agree is not to be unknown: the person is still found by the address.
    expect(
      await engine.rows(sql`SELECT count(*) AS n FROM unify.address WHERE address = 'test@x.ro'`),
    ).toEqual([{ n: 2 }]);
  });

  it('are proposed where many people of different names share them', async () => {
    const shared = (place: number, more: object): Person => ({
      key: `k${place}`,
      first_name: `Name${place}`,
      ...more,
    });
    const crm = [0, 1, 2, 3, 4].map((place) => shared(place, { phone: '000 000', email: `e${place}@x.ro` }));
    const family = [5, 6, 7, 8, 9].map((place) => ({
      ...shared(place, { phone: '0721' }),
      first_name: 'Ana',
    }));
    const loads = await loadFixtures(engine, [
      { id: 'crm', columns, rows: [...crm, ...family] },
      { id: 'shop', columns, rows: [shared(10, { phone: '000-000' })] },
    ]);
    const config = {
      sources: [
        { source: 'crm', attributes },
        { source: 'shop', attributes },
      ],
    };
    expect(await proposeBypass(engine, unifyConfig.parse(config), loads)).toEqual([
      { attribute: 'phone', value: '000000', records: 6, names: 6 },
    ]);
    const listed = unifyConfig.parse({ ...config, bypass: { phone: ['(000) 000'] } });
    expect(await proposeBypass(engine, listed, loads)).toEqual([]);
    // What is listed takes up no place.
    expect(await proposeBypass(engine, listed, loads, { records: 1, names: 1, limit: 1 })).toMatchObject([
      { value: '0721' },
    ]);
    const [first, second] = config.sources;
    const fewer = unifyConfig.parse({ sources: [{ ...first, where: { email: 'e0@x.ro' } }, second] });
    expect(await proposeBypass(engine, fewer, loads)).toEqual([]);
  });
});

describe('large groups', () => {
  const people = Array.from({ length: 4 }, (_, place) => ({
    key: `c${place}`,
    phone: '1',
    email: place < 2 ? 'a@x.ro' : null,
  }));
  const rules = {
    deduplicate: [{ fields: { email: 'exact' } }, { name: 'phone', fields: { phone: 'exact' } }],
  };
  it('are listed and not made, and what earlier rules made stays; allowed by their id they are', async () => {
    const result = await run({ crm: people }, { maxGroup: 3 }, { crm: rules });
    expect(await joined()).toBe('c0+c1');
    const [group] = result.largeGroups;
    expect(result.largeGroups).toEqual([
      { id: group?.id, rule: 'phone', records: 4, examples: ['crm:c0', 'crm:c1', 'crm:c2'] },
    ]);
    expect(result.warnings[0]).toMatchObject({ code: 'large_groups' });
    expect(result.warnings[0]?.message).toContain(group?.id);
    expect(result.rules.map((rule) => [rule.pairs, rule.joined])).toEqual([
      [1, 1],
      [6, 0],
    ]);

    const allowed = await run({ crm: people }, { maxGroup: 3, allowGroups: [group?.id] }, { crm: rules });
    expect(await joined()).toBe('c0+c1+c2+c3');
    expect(allowed.largeGroups).toEqual([]);
    await run({ crm: people }, { maxGroup: 4 }, { crm: rules });
    expect(await joined()).toBe('c0+c1+c2+c3');
  });
});

describe('pairs made by hand', () => {
  const people = {
    crm: ['c1', 'c2', 'c3'].map((key) => ({ key, email: 'a@x.ro' })),
    shop: [{ key: 's1' }, { key: 'x:y' }],
  };
  const rules = { crm: { deduplicate: [{ name: 'email', fields: { email: 'exact' } }] } };

  it('always one person, also over a colon in the key and from a file; a record that is not here waits', async () => {
    writeFileSync(join(folder, 'always.csv'), 'record,other\ncrm:c1,shop:x:y\ncrm:gone,shop:s1\n');
    const result = await run(people, { pairs: { always: 'always.csv' } });
    expect(await joined()).toBe('c1+x:y');
    expect(result.warnings.map(({ code }) => code)).toEqual(['pairs_without_records']);
    expect(await engine.rows(sql`SELECT rule FROM unify.link`)).toEqual([{ rule: 'always one person' }]);
  });

  it.each<[string, unknown, string]>([
    ['the first of three apart from the second', [['crm:c1', 'crm:c2']], 'c1+c3'],
    [
      'the first apart from both',
      [
        ['crm:c1', ['crm', 'c2']],
        ['crm:c3', 'crm:c1'],
      ],
      'c2+c3',
    ],
    [
      'all apart',
      [
        ['crm:c1', 'crm:c2'],
        ['crm:c2', 'crm:c3'],
        ['crm:c1', 'crm:c3'],
      ],
      '',
    ],
  ])('never one person: %s', async (_, never, expected) => {
    await run(people, { pairs: { never } }, rules);
    expect(await joined()).toBe(expected);
  });

  it('the more alike two are, the stronger is what joins them', async () => {
    await run(
      {
        crm: [
          { key: 'c1', last_name: 'Popescu', city: 'Iași' },
          { key: 'c2', last_name: 'Popesku', city: 'Iași' },
          { key: 'c3', last_name: 'Popesk', city: 'Iași' },
        ],
      },
      { pairs: { never: [['crm:c1', 'crm:c3']] } },
      { crm: { deduplicate: [{ fields: { last_name: { similar: 0.8 }, city: 'exact' } }] } },
    );
    // c2 is nearer to c3 than to c1.
    expect(await joined()).toBe('c2+c3');
  });

  it('what an earlier rule joined is stronger than what a later one joins', async () => {
    await run(
      {
        crm: [
          { key: 'c1', email: 'a@x.ro', phone: '1' },
          { key: 'c2', email: 'b@x.ro', phone: '1' },
        ],
        shop: [{ key: 's1', email: 'b@x.ro', phone: '1' }],
      },
      {
        match: [{ fields: { email: 'exact' } }, { fields: { phone: 'exact' } }],
        pairs: { never: [['crm:c1', 'crm:c2']] },
      },
    );
    expect(await joined()).toBe('c2+s1');
  });

  it.each<[string, string, unknown]>([
    ['unify_pair_source', 'unify.pairs.never[0]', { never: [['crn:1', 'shop:1']] }],
    [
      'unify_pair_conflict',
      'unify.pairs.never[0]',
      { always: [['crm:1', 'shop:1']], never: [['shop:1', 'crm:1']] },
    ],
    ['unify_pair_invalid', 'broken.csv, line 2', { never: 'broken.csv' }],
    ['unify_list_unreadable', 'unify.pairs.never', { never: 'absent.csv' }],
    // A device may give text without end.
    ['unify_list_unreadable', 'unify.pairs.never', { never: '/dev/null' }],
  ])('%s at %s', async (code, place, pairs) => {
    writeFileSync(join(folder, 'broken.csv'), 'crm:1,shop:2\ncrm:1\n');
    await expect(run(people, { pairs })).rejects.toMatchObject({
      kind: 'input',
      code,
      message: expect.stringContaining(`(${place})`) as string,
    });
  });
});

describe('which records count', () => {
  it.each<[string, Record<string, unknown>, string[]]>([
    ['a value, whatever its case', { country: 'ro' }, ['c1']],
    ['any of several', { country: ['RO', 'DE'] }, ['c1', 'c2']],
    ['a blank', { country: null }, ['c3']],
    ['several columns at once', { country: ['RO', 'DE', null], active: true }, ['c2', 'c3']],
    ['a date', { at: '2026-01-02' }, ['c2']],
  ])('only rows with %s', async (_, where, expected) => {
    const result = await run(
      {
        crm: [
          { key: 'c1', country: 'RO ', active: false, at: '2026-01-01' },
          { key: 'c2', country: 'DE', active: true, at: '2026-01-02' },
          { key: 'c3', country: ' ', active: true },
        ],
      },
      {},
      { crm: { where } },
    );
    const rows = await engine.rows(sql`SELECT key FROM unify.record ORDER BY key`);
    expect(rows.map(({ key }) => key)).toEqual(expected);
    expect(result.records).toBe(expected.length);
  });

  it('people of a source that is matchedOnly are left out unless another source has them', async () => {
    const result = await run(
      {
        crm: [{ key: 'c1', email: 'a@x.ro' }, { key: 'c2' }],
        shop: [
          { key: 's1', email: 'a@x.ro' },
          { key: 's2', email: 'b@x.ro' },
          { key: 's3', email: 'b@x.ro' },
        ],
      },
      { match: [{ fields: { email: 'exact' } }] },
      { shop: { include: 'matchedOnly', deduplicate: [{ fields: { email: 'exact' } }] } },
    );
    expect(await joined()).toBe('c1+s1');
    expect(result).toMatchObject({ profiles: 2, matched: 2 });
    expect(result.perSource[1]).toEqual({
      source: 'shop',
      records: 3,
      duplicates: 1,
      matched: 1,
      leftOut: 2,
    });
  });
});

describe('which value wins', () => {
  const one = { key: 'c1', email: 'a@x.ro', phone: '1', street: 'Lungă 5', city: 'Iași', at: '2026-01-01' };
  const other = {
    key: 's1',
    email: 'a@x.ro',
    phone: '2',
    street: null,
    city: 'Cluj',
    country: 'RO',
    first_name: 'Ana',
    at: '2026-02-02',
  };
  const match = [{ fields: { email: 'exact' } }];

  it.each<[string, object, Record<string, Cell>]>([
    ['importance', {}, { phone: '1', street: 'Lungă 5', city: 'Iași', country: 'RO' }],
    [
      'the usual rule is mostFilled',
      { default: 'mostFilled' },
      { phone: '2', city: 'Cluj', street: 'Lungă 5' },
    ],
    ['the usual rule is the most recent', { default: { mostRecent: 'at' } }, { phone: '2', city: 'Cluj' }],
    ['the most filled record', { attributes: { phone: 'mostFilled' } }, { phone: '2', city: 'Iași' }],
    [
      'another order of sources',
      { attributes: { phone: { order: ['shop', 'crm'] } } },
      { phone: '2', city: 'Iași' },
    ],
    [
      'an order that names one',
      { attributes: { phone: { order: ['shop'] }, street: { order: ['shop'] } } },
      { phone: '2', street: 'Lungă 5' },
    ],
    [
      'a group from one record',
      { groups: { address: ['street', 'city', 'country'] } },
      { street: 'Lungă 5', city: 'Iași', country: null, phone: '1' },
    ],
    [
      'a group by its own rule',
      { groups: { address: { attributes: ['street', 'city', 'country'], prefer: { mostRecent: 'at' } } } },
      { street: null, city: 'Cluj', country: 'RO', phone: '1' },
    ],
  ])('%s', async (_, merge, expected) => {
    await run({ crm: [one], shop: [other] }, { match, merge });
    expect(await profile('c1')).toMatchObject(expected);
  });

  it('a group passes over a record in which all of it is blank, and counts only itself for mostFilled', async () => {
    const groups = { address: { attributes: ['street', 'city', 'country'], prefer: 'mostFilled' } };
    await run({ crm: [{ ...one, city: null }], shop: [other] }, { match, merge: { groups } });
    expect(await profile('c1')).toMatchObject({ street: null, city: 'Cluj', country: 'RO' });
    await run(
      { crm: [{ key: 'c1', email: 'a@x.ro' }], shop: [other] },
      { match, merge: { groups: { address: ['street', 'city'] } } },
    );
    expect(await profile('c1')).toMatchObject({ city: 'Cluj' });
  });

  it.each([
    ['mostFilled', '1'],
    [{ mostRecent: 'at' }, '2'],
    [{ leastRecent: 'at' }, '1'],
  ])('within a source by its winner %j', async (winner, phone) => {
    const deduplicate = [{ fields: { email: 'exact' } }];
    await run(
      { crm: [one, { ...other, key: 'c2', first_name: null, country: null }] },
      {},
      { crm: { deduplicate, winner } },
    );
    expect(await profile('c1')).toMatchObject({ phone });
  });
});
