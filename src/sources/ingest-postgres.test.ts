import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PostriderError } from '../base/errors.ts';
import { sql } from '../engine/sql.ts';
import { SourceBench } from './ingest.fixture.ts';
import { postgresPrograms, PostgresServer } from './postgres-server.fixture.ts';

describe.skipIf(postgresPrograms === undefined)('a table of PostgreSQL', () => {
  let bench: SourceBench;
  let server: PostgresServer;
  beforeAll(async () => {
    [bench, server] = await Promise.all([SourceBench.open(), PostgresServer.start()]);
    await server.run(
      `CREATE TABLE customers (id integer PRIMARY KEY, "Mail" text, tel varchar(20), born date, spent numeric(12,2),
        score double precision, agreed boolean, changed timestamptz, seen timestamp, big bigint, tags text[], more jsonb,
        note text, gone date)`,
      `INSERT INTO customers VALUES
        (1, 'ana@mail.test', '0712 345 678', '1966-04-08', 1234.50, 1e21, true, '2026-11-24 08:00+02', '2026-11-24 06:30:15.25',
          12345, '{a,b}', '{"a": 1}', 'three' || chr(10) || 'lines "and" more', NULL),
        (2, '', '007', NULL, -0.5, 0.1, false, '2026-11-20 00:00+00', NULL, NULL, NULL, NULL, 'ș', NULL)`,
    );
    bench.env.SHOP_DB = server.url;
  }, 60_000);
  afterAll(async () => {
    await server.stop();
    await bench.close();
  });

  const table = { type: 'postgres', url: '${SHOP_DB}', table: 'public.customers', key: 'id' };

  async function failure(config: object): Promise<PostriderError> {
    const error: unknown = await bench.ingest(config).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(PostriderError);
    return error as PostriderError;
  }

  it('is read with the types it has there', async () => {
    const load = await bench.ingest(table);
    expect(load).toMatchObject({
      rows: 2,
      rejected: 0,
      unchanged: false,
      files: ['public.customers'],
      dataAt: '2026-11-24T06:00:00.000Z',
      warnings: [],
    });
    expect(load.columns).toEqual([
      { name: 'id', type: 'integer' },
      { name: 'Mail', type: 'text', semantic: 'email' },
      { name: 'tel', type: 'text', semantic: 'phone' },
      { name: 'born', type: 'date', semantic: 'birth_date' },
      { name: 'spent', type: 'number' },
      { name: 'score', type: 'number' },
      { name: 'agreed', type: 'boolean' },
      { name: 'changed', type: 'time' },
      { name: 'seen', type: 'time' },
      { name: 'big', type: 'integer' },
      { name: 'tags', type: 'text' },
      { name: 'more', type: 'text' },
      { name: 'note', type: 'text' },
      { name: 'gone', type: 'date' },
    ]);
    expect(await bench.rows()).toEqual([
      [
        1,
        1,
        'ana@mail.test',
        '0712 345 678',
        '1966-04-08',
        1234.5,
        1e21,
        true,
        '2026-11-24T06:00:00.000Z',
        '2026-11-24T06:30:15.250Z',
        12345,
        '{a,b}',
        '{"a": 1}',
        'three\nlines "and" more',
        null,
      ],
      [
        2,
        2,
        null,
        '007',
        null,
        -0.5,
        0.1,
        false,
        '2026-11-20T00:00:00.000Z',
        null,
        null,
        null,
        null,
        'ș',
        null,
      ],
    ]);
  });

  it('keeps as text what does not fit a type of ours, and keeps every digit', async () => {
    await server.run(
      'CREATE TABLE odd (id integer, code bigint, day date)',
      `INSERT INTO odd VALUES (1, 1234567890123456789, '2026-11-24'), (2, 5, 'infinity')`,
    );
    const load = await bench.ingest({ ...table, table: 'odd' });
    expect(load.columns.map((column) => column.type)).toEqual(['integer', 'text', 'text']);
    expect(await bench.rows()).toEqual([
      [1, 1, '1234567890123456789', '2026-11-24'],
      [2, 2, '5', 'infinity'],
    ]);
  });

  it('may be a query, with declared columns', async () => {
    const load = await bench.ingest({
      type: 'postgres',
      url: '${SHOP_DB}',
      query:
        'SELECT n AS id, CASE n % 2 WHEN 0 THEN $$ja$$ ELSE $$nein$$ END AS ok FROM generate_series(1, 5000) AS n; ',
      key: 'id',
      columns: { ok: { type: 'boolean', format: 'ja/nein' } },
    });
    expect(load).toMatchObject({ rows: 5000, files: ['the query'] });
    expect(
      await bench.engine.rows(sql`SELECT sum(id) AS sum, count(*) AS n FROM source.crm WHERE ok`),
    ).toEqual([{ sum: 6_252_500, n: 2500 }]);
  });

  it('has no rows, and keeps its columns', async () => {
    await server.run('CREATE TABLE nothing (id integer, name text)');
    const load = await bench.ingest({ ...table, table: 'nothing' });
    expect(load).toMatchObject({ rows: 0, warnings: ['nothing has no rows.'] });
    expect(load.columns).toEqual([
      { name: 'id', type: 'integer' },
      { name: 'name', type: 'text' },
    ]);
  });

  describe('that can be read by what is new', () => {
    const growing = { ...table, table: 'growing', incremental: { column: 'changed', overlap: 10 } };
    const rows = async () =>
      (await bench.engine.rows(sql`SELECT id, name FROM source.crm ORDER BY id`)).map((row) =>
        Object.values(row),
      );

    beforeAll(() =>
      server.run(
        'CREATE TABLE growing (id integer PRIMARY KEY, name text, changed timestamptz)',
        `INSERT INTO growing VALUES (1, 'Ana', '2026-11-01'), (2, 'Ion', '2026-11-02'), (3, 'Eva', '2026-11-03')`,
      ),
    );

    it('is read so, and a row that went there stays here', async () => {
      expect(await bench.ingest(growing)).toMatchObject({ rows: 3 });
      await server.run(
        `UPDATE growing SET name = 'Ioana', changed = '2026-11-04' WHERE id = 2`,
        `INSERT INTO growing VALUES (4, 'Dan', '2026-11-02 23:55')`,
        'DELETE FROM growing WHERE id = 1',
      );
      expect(await bench.ingest(growing)).toMatchObject({ rows: 4, rejected: 0 });
      expect(await rows()).toEqual([
        [1, 'Ana'],
        [2, 'Ioana'],
        [3, 'Eva'],
        [4, 'Dan'],
      ]);
      expect(await bench.ingest(growing)).toMatchObject({ rows: 4 });
    });

    it('is read whole where something does not fit any more, or settings change', async () => {
      await server.run(
        'ALTER TABLE growing ADD COLUMN more integer',
        `INSERT INTO growing VALUES (5, 'Eu', '2026-11-05', 7)`,
      );
      expect(await bench.ingest(growing)).toMatchObject({ rows: 4 });
      expect(await rows()).toEqual([
        [2, 'Ioana'],
        [3, 'Eva'],
        [4, 'Dan'],
        [5, 'Eu'],
      ]);
      await server.run('DELETE FROM growing WHERE id = 5');
      expect(await bench.ingest({ ...growing, incremental: { column: 'id' } })).toMatchObject({ rows: 3 });
      await server.run(`INSERT INTO growing VALUES (9, 'Zoe', NULL, NULL)`);
      expect(await bench.ingest({ ...growing, incremental: { column: 'id' } })).toMatchObject({ rows: 4 });
    });

    it('is read whole where its address names something else', async () => {
      const { SHOP_DB = '' } = bench.env;
      await server.run('CREATE SCHEMA other', 'CREATE TABLE other.growing AS SELECT * FROM growing LIMIT 1');
      await bench.ingest({ ...growing, incremental: { column: 'id' } });
      bench.env.SHOP_DB = `${SHOP_DB}?options=-csearch_path%3Dother`;
      expect(await bench.ingest({ ...growing, incremental: { column: 'id' } })).toMatchObject({ rows: 1 });
      bench.env.SHOP_DB = SHOP_DB;
    });

    it.each(['smallint', 'bigint'])(
      'misses no %s that was taken before and written after another',
      async (type) => {
        await server.run(
          'DROP TABLE IF EXISTS counted',
          `CREATE TABLE counted (id ${type} PRIMARY KEY, name text)`,
        );
        await server.run(`INSERT INTO counted VALUES (6, 'Ana')`);
        const counted = { ...table, table: 'counted', incremental: { column: 'id' } };
        await bench.ingest(counted);
        await server.run(`INSERT INTO counted VALUES (5, 'Ion')`);
        expect(await bench.ingest(counted)).toMatchObject({ rows: 2 });
      },
    );

    it('needs a column that grows', async () => {
      expect(await failure({ ...growing, incremental: { column: 'name' } })).toMatchObject({
        kind: 'input',
        code: 'source_incremental_column',
      });
    });
  });

  it('is left as soon as somebody cancels, and the last good load stays', async () => {
    await bench.ingest(table);
    const cancel = new AbortController();
    const slow = { ...table, table: undefined, query: 'SELECT 1 AS id, pg_sleep(60)::text AS s' };
    const reading = bench.ingest(slow, bench.folder, { signal: cancel.signal });
    setTimeout(() => cancel.abort(new Error('cancelled')), 200);
    await expect(reading).rejects.toThrow('cancelled');
    await expect(bench.ingest(table, bench.folder, { signal: cancel.signal })).rejects.toThrow('cancelled');
    expect(await bench.rows()).toHaveLength(2);
  });

  it.each([
    ['by a function', { query: 'SELECT note() AS id' }],
    [
      'by leaving the transaction that only reads',
      {
        query: 'SELECT 1 AS id) AS x; COMMIT; DELETE FROM kept; SELECT 1 FROM (SELECT 1 AS id',
        incremental: { column: 'id' },
      },
    ],
  ])('cannot be written to, %s', async (_, config) => {
    await server.run(
      'DROP TABLE IF EXISTS kept',
      'CREATE TABLE kept (id integer)',
      'INSERT INTO kept VALUES (1)',
      `CREATE OR REPLACE FUNCTION note() RETURNS integer LANGUAGE sql AS 'INSERT INTO kept VALUES (2) RETURNING id'`,
    );
    const refused = await failure({ ...table, table: undefined, ...config });
    expect(refused).toMatchObject({ kind: 'input', code: 'source_query' });
    await bench.ingest({ ...table, table: 'kept' });
    expect(await bench.rows()).toEqual([[1, 1]]);
  });

  it.each([
    ['a missing table', { table: 'nowhere' }, 'input', 'source_query', /nowhere/],
    ['a query that is none', { table: undefined, query: 'SELEC 1' }, 'input', 'source_query', /the query/],
    [
      'a missing key column',
      { key: 'nr' },
      'input',
      'source_column_missing',
      /public\.customers has no column "nr"/,
    ],
    [
      'a repeated key',
      { key: 'gone_twice', table: 'twice' },
      'input',
      'source_key_duplicate',
      /Rows 1 and 2 of twice/,
    ],
    [
      'a cell that is no number',
      { table: undefined, query: `SELECT 1 AS id, "Mail"::integer AS n FROM customers` },
      'input',
      'source_query',
      /22P02/,
    ],
    [
      'a query that takes too long',
      { table: undefined, query: 'SELECT 1 AS id, pg_sleep(30)::text AS s', timeout: 1 },
      'remote',
      'source_database_timeout',
      /the query/,
    ],
    ['an unset variable', { url: '${NO_DB}' }, 'configuration', 'source_database_unset', /NO_DB/],
    [
      'a variable that is no address',
      { url: '${BAD_DB}' },
      'configuration',
      'source_database_url',
      /postgres:/,
    ],
    [
      'a database that is not there',
      { url: '${OTHER_DB}' },
      'configuration',
      'source_database_refused',
      /3D000/,
    ],
    [
      'a server that is not there',
      { url: '${LOST_DB}' },
      'remote',
      'source_database_unreachable',
      /ECONNREFUSED/,
    ],
  ] as const)(
    '%s is an error without data in it, and the last good load stays',
    async (_, config, kind, code, says) => {
      await server.run(
        'DROP TABLE IF EXISTS twice',
        'CREATE TABLE twice (gone_twice text)',
        `INSERT INTO twice VALUES ('k9'), ('k9')`,
      );
      bench.env.BAD_DB = 'geheim@example';
      bench.env.OTHER_DB = server.url.replace('shop@', 'shop:geheim@').replace('/postgres', '/elsewhere');
      bench.env.LOST_DB = 'postgres://shop:geheim@127.0.0.1:1/postgres';
      await bench.ingest(table);
      const error = await failure({ ...table, ...config });
      expect(error).toMatchObject({ kind, code });
      expect(error.message).toMatch(says);
      expect(`${error.message} ${error.hint} ${String(error.cause)}`).not.toMatch(/geheim|ana@mail|k9/);
      expect(error.hint).toBeTruthy();
      expect(await bench.rows()).toHaveLength(2);
    },
  );
});
