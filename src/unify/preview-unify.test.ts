import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openDuckdb } from '../engine/duckdb/duckdb-engine.ts';
import type { Engine } from '../engine/engine.ts';
import { sql } from '../engine/sql.ts';
import { tableRef } from '../engine/table.ts';
import type { SourceLoad } from '../sources/loaded-source.ts';
import { previewUnify, type PreviewOptions } from './preview-unify.ts';
import { loadFixtures } from './source-tables.fixture.ts';
import { unify } from './unify.ts';
import { unifyConfig, type UnifyConfig } from './unify-config.ts';

let engine: Engine;
let loads: SourceLoad[];
const now = new Date('2026-11-24T06:00:00.000Z');
const columns = { email: 'text', phone: 'text', name: 'text' } as const;
const attributes = { email: 'email', phone: 'phone', name: 'name' };

beforeAll(async () => {
  engine = await openDuckdb({ path: ':memory:', threads: 1 });
  loads = await loadFixtures(engine, [
    {
      id: 'crm',
      columns,
      rows: [
        { key: 'c1', email: 'ana@x.ro', phone: '0722', name: 'Ana' },
        { key: 'c2', email: 'dan@x.ro', phone: '0733', name: 'Dan' },
        { key: 'c3', email: 'ion@x.ro', phone: '0744', name: 'Ion' },
      ],
    },
    {
      id: 'shop',
      columns,
      rows: [
        { key: 's1', email: 'ana@x.ro', name: 'Ana P' },
        { key: 's2', email: 'office@x.ro', phone: '0733', name: 'D' },
        { key: 's3', email: 'ion@x.ro', phone: '0744', name: 'Ion' },
      ],
    },
  ]);
});
afterAll(() => engine.close());

const address = { name: 'same address', fields: { email: 'exact' } };
const phone = { name: 'same phone', fields: { phone: 'exact' } };
const config = (match: object, crm: object = {}): UnifyConfig =>
  unifyConfig.parse({
    sources: [
      { source: 'crm', attributes, ...crm },
      { source: 'shop', attributes },
    ],
    match,
    normalise: { phone: 'digits' },
  });

const preview = <T>(current: UnifyConfig | undefined, next: UnifyConfig, look?: PreviewOptions<T>['look']) =>
  previewUnify<T | undefined>(engine, current, next, loads, {
    now,
    folders: { current: '.', next: '.' },
    look: look ?? (() => Promise.resolve(undefined)),
  });

describe('a preview', () => {
  beforeEach(async () => {
    await unify(engine, config([address]), loads, { now });
  });

  it('counts who would be joined, and shows them side by side with the rule that does it', async () => {
    const { before, after, merges, splits } = await preview(config([address]), config([address, phone]));
    expect([before, after]).toEqual([
      { records: 6, people: 4 },
      { records: 6, people: 3 },
    ]);
    expect(splits).toEqual({ people: 0, into: 0, samples: [] });
    expect(merges).toEqual({
      people: 1,
      of: 2,
      samples: [
        {
          rule: 'same phone',
          similarity: null,
          one: { source: 'crm', key: 'c2', values: { email: 'dan@x.ro', phone: '0733', name: 'Dan' } },
          other: { source: 'shop', key: 's2', values: { email: 'office@x.ro', phone: '0733', name: 'D' } },
        },
      ],
    });
  });

  it('counts who would be parted, with the rule that joins them now', async () => {
    const { merges, splits } = await preview(config([address, phone]), config([phone]));
    expect(merges.people).toBe(0);
    expect(splits).toMatchObject({ people: 1, into: 2 });
    expect(splits.samples.map(({ rule, one, other }) => [rule, one.key, other.key])).toEqual([
      ['same address', 'c1', 's1'],
    ]);
  });

  it('says what each rule does that no other rule would', async () => {
    const { rules } = await preview(config([]), config([address, phone]));
    expect(rules.map(({ rule, pairs, joined, onlyByThis }) => [rule, pairs, joined, onlyByThis])).toEqual([
      // Ion is found by both: the first joins him, and without it the other would.
      ['same address', 2, 2, 1],
      ['same phone', 2, 1, 1],
    ]);
  });

  it('counts a score beside rules', async () => {
    const score = {
      mode: 'score',
      rules: [address],
      fields: { email: 'email', phone: 'phone', name: 'name' },
    };
    const { rules, scores } = await preview(config([address]), config(score));
    expect(rules.map(({ rule }) => rule)).toEqual(['same address', 'score']);
    expect(scores).toHaveLength(1);
  });

  it('is empty where nothing changes', async () => {
    const { merges, splits, records } = await preview(config([address]), config([address]));
    expect([merges.people, splits.people, records]).toEqual([0, 0, { added: 0, removed: 0 }]);
  });

  it('counts records that are read on one side only', async () => {
    const { records, merges, splits } = await preview(
      config([address]),
      config([address], { where: { name: ['Ana', 'Dan'] } }),
    );
    expect(records).toEqual({ added: 0, removed: 1 });
    expect([merges.people, splits.people]).toEqual([0, 0]);
  });

  it('goes without another side before the first refresh', async () => {
    const result = await preview(undefined, config([address]));
    expect(result.before).toBeUndefined();
    expect(result).toMatchObject({ after: { records: 6, people: 4 }, records: { added: 6, removed: 0 } });
  });

  it('shows what mends a configuration that does not fit any more', async () => {
    const unfit = config([address], { attributes: { ...attributes, phone: 'tel' } });
    const { before, after, warnings } = await preview(unfit, config([address]));
    expect([before, after.people]).toEqual([undefined, 4]);
    expect(warnings).toEqual([
      { code: 'current_unfit', message: expect.stringContaining('no column "tel"') as string },
    ]);
    await expect(preview(config([address]), unfit)).rejects.toMatchObject({ code: 'unify_column_missing' });
  });

  it('lets a later stage look at the people of both sides', async () => {
    const { looked } = await preview(config([]), config([address]), async ({ current, next }) =>
      Promise.all(
        [current, next].map(async (people) => {
          const [row] =
            people === undefined
              ? []
              : await engine.rows<{ n: number }>(sql`SELECT count(*) AS n FROM ${tableRef(people.profile)}`);
          return row?.n;
        }),
      ),
    );
    expect(looked).toEqual([6, 4]);
  });

  it.each([
    ['when it is done', config([phone]), undefined, undefined],
    ['when what looks fails', config([phone]), () => Promise.reject(new Error('broken')), 'broken'],
    ['when the new rules are wrong', config([{ fields: { nobody: 'exact' } }]), undefined, 'nobody'],
  ])('leaves everything as it was %s', async (_, next, look, fails) => {
    const state = async () => ({
      records: await engine.rows(sql`SELECT * FROM unify.record ORDER BY source, key`),
      links: await engine.rows(sql`SELECT * FROM unify.link ORDER BY source, key`),
      profiles: await engine.rows(sql`SELECT * FROM profile.profile ORDER BY customer_id`),
      customers: await engine.rows(sql`SELECT * FROM unify.customer ORDER BY customer_id`),
      tables: await engine.rows(
        sql`SELECT table_schema, table_name FROM information_schema.tables ORDER BY ALL`,
      ),
    });
    const before = await state();
    const attempt = preview(config([address]), next, look);
    if (fails === undefined) await expect(attempt).resolves.toMatchObject({ after: { people: 4 } });
    else await expect(attempt).rejects.toThrow(fails);
    expect(await state()).toEqual(before);
  });

  it('takes away what a killed one has left, at the next refresh', async () => {
    await engine.commit([
      sql`CREATE SCHEMA unify_preview`,
      sql`CREATE TABLE unify_preview.next_value AS SELECT 'ana@x.ro' AS email`,
    ]);
    await unify(engine, config([address]), loads, { now });
    expect(
      await engine.rows(
        sql`SELECT table_name FROM information_schema.tables WHERE table_schema = 'unify_preview'`,
      ),
    ).toEqual([]);
  });
});
