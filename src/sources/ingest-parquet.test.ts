import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SourceBench } from './ingest.fixture.ts';

let bench: SourceBench;
beforeAll(async () => {
  bench = await SourceBench.open();
});
afterAll(() => bench.close());

/** Files as another program writes them: an instance of its own. */
async function parquet(file: string, select: string): Promise<void> {
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  await connection.run(`COPY (${select}) TO '${join(bench.folder, file)}' (FORMAT parquet)`);
  connection.closeSync();
  instance.closeSync();
}

describe('Parquet', () => {
  it('keeps its types; wide integers, lists and structs become text', async () => {
    await parquet(
      'shop.parquet',
      `SELECT 7::SMALLINT AS n, 'x' AS "te""xt", 1.25::DECIMAL(9,2) AS sum, true AS ok, DATE '1966-04-08' AS born,
        TIMESTAMP '2026-11-24 06:00:00' AS at, TIMESTAMPTZ '2026-11-24 06:00:00+02' AS zoned, [1, 2] AS list,
        {'a': 1} AS struct, 12345678901234567890::UBIGINT AS wide, '' AS empty
      UNION ALL SELECT NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL`,
    );
    const load = await bench.ingest({ type: 'parquet', path: 'shop.parquet' });
    expect(load.columns.map((column) => column.type)).toEqual([
      'integer',
      'text',
      'number',
      'boolean',
      'date',
      'time',
      'time',
      'text',
      'text',
      'text',
      'text',
    ]);
    expect(load).toMatchObject({ rows: 2, rejected: 0, warnings: [] });
    expect(await bench.rows()).toEqual([
      [
        1,
        7,
        'x',
        1.25,
        true,
        '1966-04-08',
        '2026-11-24T06:00:00.000Z',
        '2026-11-24T04:00:00.000Z',
        '[1, 2]',
        "{'a': 1}",
        '12345678901234567890',
        null,
      ],
      [2, ...Array.from({ length: 11 }, () => null)],
    ]);
  });

  it('reads several files as one, with declared types', async () => {
    await parquet('s-1.parquet', `SELECT 1 AS id, '1.5' AS sum`);
    await parquet('s-2.parquet', `SELECT 'x' AS sum, 2 AS id UNION ALL SELECT '2', 3`);
    const load = await bench.ingest({
      type: 'parquet',
      path: 's-*.parquet',
      key: 'id',
      columns: { sum: { type: 'number' } },
    });
    expect(load).toMatchObject({ rows: 2, rejected: 1 });
    expect(await bench.rows()).toEqual([
      [1, 1, 1.5],
      [2, 3, 2],
    ]);
    expect(await bench.rejects()).toEqual([['s-2.parquet', 1, 'sum', 'not a number', 'x']]);
    await parquet('s-2.parquet', `SELECT '2' AS sum, 1 AS id`);
    await expect(bench.ingest({ type: 'parquet', path: 's-*.parquet', key: 'id' })).rejects.toThrow(
      'Row 1 of s-1.parquet and row 1 of s-2.parquet have the same "id"',
    );
    expect((await bench.rows()).length).toBe(2);
  });

  it.each([
    ['nothing', ''],
    ['something else', 'id,name\n1,Ana\n'],
  ])('refuses a file that holds %s', async (_, content) => {
    bench.write('bad.parquet', content);
    await expect(bench.ingest({ type: 'parquet', path: 'bad.parquet' })).rejects.toMatchObject({
      kind: 'input',
      code: content === '' ? 'source_file_empty' : 'source_file_unreadable',
    });
  });
});
