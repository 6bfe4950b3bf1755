import { createSecretKey } from 'node:crypto';
import { mkdirSync, rmSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { secretKeyOf } from '../connections/seal.ts';
import { sql } from '../engine/sql.ts';
import { suppressionKeyOf } from '../suppression/suppression-key.ts';
import { openSuppression, suppress, type Suppression } from '../suppression/suppression-list.ts';
import { ensureSuppressionTables } from '../suppression/suppression-tables.ts';
import { SourceBench } from './ingest.fixture.ts';

let bench: SourceBench;
beforeAll(async () => {
  bench = await SourceBench.open();
});
afterAll(() => bench.close());
beforeEach(() => {
  for (const folder of ['changes', 'deletions']) {
    rmSync(join(bench.folder, folder), { recursive: true, force: true });
    mkdirSync(join(bench.folder, folder));
  }
});

const config = { type: 'csv', path: 'crm.csv', key: 'id', changes: 'changes/*.csv', deletions: 'deletions' };
const people = async () =>
  (await bench.rows())
    .map(([, id, ...rest]) => [id, ...rest])
    .toSorted((a, b) => Number(a[0]) - Number(b[0]));
/** Rows that were read before this is called say so, and those that are read again do not. */
const mark = () => bench.engine.commit([sql`UPDATE source.crm SET name = name || '!'`]);

describe('files that did not change', () => {
  it('are not read again', async () => {
    const first = await bench.csv('id,name\n1,Ana\n');
    expect(first).toMatchObject({
      unchanged: false,
      dataAt: expect.stringMatching(/^20\d\d-.*Z$/) as unknown,
    });
    await mark();
    expect(await bench.ingest({ type: 'csv', path: 'crm.csv' })).toEqual({ ...first, unchanged: true });
    expect(await people()).toEqual([[1, 'Ana!']]);
  });

  it.each([
    ['another content', () => bench.write('crm.csv', 'id,name\n2,Ion\n'), {}],
    ['another time', () => utimesSync(join(bench.folder, 'crm.csv'), 1, 1), {}],
    ['another key', () => undefined, { key: 'id' }],
    ['another type', () => undefined, { columns: { id: { type: 'text' } } }],
  ] as [string, () => void, object][])('are with %s', async (_, change, settings) => {
    await bench.csv('id,name\n1,Ana\n');
    change();
    expect(await bench.ingest({ type: 'csv', path: 'crm.csv', ...settings })).toMatchObject({
      unchanged: false,
    });
  });

  it('are not with another name for people', async () => {
    await bench.csv('id,name\n1,Ana\n');
    expect(await bench.ingest({ type: 'csv', path: 'crm.csv', name: 'CRM' })).toMatchObject({
      unchanged: true,
    });
  });

  it('tell how old the data are', async () => {
    bench.write('a-1.csv', 'id\n1\n');
    bench.write('a-2.csv', 'id\n2\n');
    utimesSync(join(bench.folder, 'a-1.csv'), 1_700_000_000, 1_700_000_000);
    utimesSync(join(bench.folder, 'a-2.csv'), 1_600_000_000, 1_600_000_000);
    expect(await bench.ingest({ type: 'csv', path: 'a-*.csv' })).toMatchObject({
      dataAt: '2023-11-14T22:13:20.000Z',
      loadedAt: '2026-11-24T06:00:00.000Z',
    });
  });
});

describe('files of changes and deletions', () => {
  const start = () => bench.csv('id,name,age\n1,Ana,30\n2,Ion,40\n3,Eva,50\n', config);

  it('are folded in once, and the rest is not read again', async () => {
    await start();
    await mark();
    bench.write('changes/1.csv', 'age;name;id\n41;Ioan;2\n20;Dan;4\n21;Dana;4\n');
    bench.write('deletions/2.csv', 'id\n3\n9\n');
    const load = await bench.ingest(config);
    expect(load).toMatchObject({
      rows: 3,
      rejected: 0,
      unchanged: false,
      files: ['crm.csv', 'changes/1.csv', 'deletions/2.csv'],
    });
    const now = [
      [1, 'Ana!', 30],
      [2, 'Ioan', 41],
      [4, 'Dana', 21],
    ];
    expect(await people()).toEqual(now);
    expect(await bench.ingest(config)).toEqual({ ...load, unchanged: true });
    rmSync(join(bench.folder, 'changes/1.csv'));
    expect(await bench.ingest(config)).toMatchObject({ unchanged: true });
    expect(await people()).toEqual(now);
  });

  it('have the last word by name, a deletion after the changes of the same name', async () => {
    await start();
    bench.write('changes/1.csv', 'id,name,age\n1,first,1\n2,first,1\n3,first,1\n');
    bench.write('deletions/1.csv', 'id\n2\n3\n');
    bench.write('changes/2.csv', 'id,name,age\n3,second,2\n');
    await bench.ingest(config);
    expect(await people()).toEqual([
      [1, 'first', 1],
      [3, 'second', 2],
    ]);
  });

  it.each([
    ['a value of another type', 'id,name,age\n2,Ion,forty\n', [[2, 'Ion', 'forty']]],
    ['a decimal among whole numbers', 'id,name,age\n2,Ion,40.5\n', [[2, 'Ion', 40.5]]],
  ])('with %s, everything is read again with a type that fits', async (_, content, rows) => {
    await start();
    bench.write('changes/1.csv', content);
    bench.write('deletions/1.csv', 'id\n1\n3\n');
    await bench.ingest(config);
    expect(await people()).toEqual(rows);
  });

  it('set their own bad rows aside, which change nothing', async () => {
    const declared = { ...config, columns: { age: { type: 'integer' } } };
    await bench.csv('id,name,age\n1,Ana,30\n2,Ion,x\n', declared);
    bench.write('changes/1.csv', 'id,name,age\n1,Anna,y\n1\n3,Eva,50\n');
    expect(await bench.ingest(declared)).toMatchObject({ rows: 2, rejected: 3 });
    expect(await people()).toEqual([
      [1, 'Ana', 30],
      [3, 'Eva', 50],
    ]);
    expect((await bench.rejects()).map((row) => row.slice(0, 4))).toEqual([
      ['changes/1.csv', 2, 'age', 'not an integer'],
      ['changes/1.csv', 3, null, '1 cells where there are 3 columns'],
      ['crm.csv', 3, 'age', 'not an integer'],
    ]);
  });

  it('are not the files of all rows, though the pattern of these fits them', async () => {
    bench.write('deletions/1.csv', 'id\n1\n');
    const alone = { ...config, changes: undefined, path: 'd*/*.csv', deletions: 'deletions/*.csv' };
    await expect(bench.ingest(alone)).rejects.toMatchObject({ code: 'source_file_missing' });
  });

  it.each([
    ['another column', 'id,name,size\n1,Ana,3\n', 'source_column_missing'],
    ['a blank key', 'id,name,age\n,Ana,3\n', 'source_key_blank'],
    ['nothing in it', '', 'source_file_empty'],
    ['no usable row', 'id,name,age\n1\n', 'source_all_rejected'],
  ])('with %s stop the refresh, and the last good load stays', async (_, content, code) => {
    await start();
    bench.write('changes/1.csv', content);
    await expect(bench.ingest(config)).rejects.toMatchObject({ code });
    expect(await people()).toHaveLength(3);
    bench.write('changes/1.csv', 'id,name,age\n4,Dan,20\n');
    expect(await bench.ingest(config)).toMatchObject({ rows: 4 });
  });

  it('add to the count of rows that are left out as those of erased people', async () => {
    const key = suppressionKeyOf(secretKeyOf(createSecretKey(Buffer.alloc(32, 1))));
    const things = ['ana@acme.test', 'eva@acme.test'].map(
      (address) => ({ kind: 'address', address }) as const,
    );
    await ensureSuppressionTables(bench.engine);
    await bench.engine.commit(suppress(key, 'e1', things, new Date(0)));
    const list = (await openSuppression(bench.engine, key)) as Suppression;
    const keptOut = { list, links: { addressColumns: new Map(), pointers: [] } };
    const ingest = () => bench.ingest(config, bench.folder, { keptOut });
    bench.write('crm.csv', 'id,email\n1,ana@acme.test\n2,ion@acme.test\n');
    expect(await ingest()).toMatchObject({ rows: 1, suppressed: 1 });
    bench.write('changes/1.csv', 'id,email\n3,eva@acme.test\n4,dan@acme.test\n');
    expect(await ingest()).toMatchObject({ rows: 2, suppressed: 2 });
    bench.write('changes/2.csv', 'id,email\n5,zoe@acme.test\n');
    expect(await ingest()).toMatchObject({ rows: 3, suppressed: 2 });
  });

  it('that are gone when everything is read again are missed, unless there is a new file of all rows', async () => {
    await start();
    bench.write('changes/1.csv', 'id,name,age\n1,Anna,31\n');
    await bench.ingest(config);
    rmSync(join(bench.folder, 'changes/1.csv'));
    const load = await bench.ingest({ ...config, columns: { age: { type: 'integer' } } });
    expect(load.warnings).toEqual([expect.stringContaining('1 file of changes')]);
    bench.write('changes/1.csv', 'id,name,age\n1,Anna,31\n');
    await bench.ingest(config);
    rmSync(join(bench.folder, 'changes/1.csv'));
    expect(await start()).toMatchObject({ rows: 3, warnings: [] });
  });

  it('lead to the same, read as they come or all at once', { timeout: 60_000 }, async () => {
    const row = fc.tuple(
      fc.integer({ min: 1, max: 6 }),
      fc.constantFrom('a', 'b', ''),
      fc.constantFrom('1', '2.5', 'x', ''),
    );
    const file = fc.record({
      kind: fc.constantFrom('changes', 'deletions'),
      name: fc.integer({ min: 1, max: 5 }),
      rows: fc.array(row, { maxLength: 4 }),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(file, { minLength: 1, maxLength: 4 }), async (files) => {
        for (const folder of ['changes', 'deletions']) {
          rmSync(join(bench.folder, folder), { recursive: true });
          mkdirSync(join(bench.folder, folder));
        }
        // Every age is there from the start, so that whole and piecemeal reads see the same types.
        await bench.csv('id,name,age\n1,Ana,30\n2,Ion,\n3,Eva,50\n', config);
        for (const { kind, name, rows } of files) {
          const lines = rows.map((cells) => `${cells.join(',')}\n`).join('');
          bench.write(`${kind}/${name}.csv`, `id,name,age\n${lines}`);
          await bench.ingest(config);
        }
        const asTheyCame = await people();
        const count = (await bench.ingest(config)).rows;
        expect(count).toBe(asTheyCame.length);
        await bench.engine.commit([sql`DELETE FROM source_load.source`]);
        await bench.ingest(config);
        expect(await people()).toEqual(asTheyCame);
      }),
      { numRuns: 10 },
    );
  });
});
