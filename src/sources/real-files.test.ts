import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { stringify } from 'csv-stringify/sync';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sql } from '../engine/sql.ts';
import { SourceBench } from './ingest.fixture.ts';

/** Data none of us wrote, read where it lies. */
const data = join(import.meta.dirname, '../../../shared/data');

let bench: SourceBench;
beforeAll(async () => {
  bench = await SourceBench.open();
});
afterAll(() => bench.close());

const spectrum = join(data, 'csv-spectrum');
describe.skipIf(!existsSync(spectrum))('csv-spectrum', () => {
  const names = existsSync(spectrum)
    ? readdirSync(join(spectrum, 'csvs')).map((file) => basename(file, '.csv'))
    : [];

  it.each(names)('%s', async (name) => {
    const wanted = JSON.parse(readFileSync(join(spectrum, 'json', `${name}.json`), 'utf8')) as Record<
      string,
      string
    >[];
    const keys = Object.keys(wanted[0] ?? {});
    const columns = Object.fromEntries(keys.map((key) => [key, { type: 'text' }]));
    const load = await bench.ingest({ type: 'csv', path: join(spectrum, 'csvs', `${name}.csv`), columns });
    expect(load).toMatchObject({ rows: wanted.length, rejected: 0, warnings: [] });
    expect(load.columns.map((column) => column.name)).toEqual(keys);
    expect((await bench.rows()).map((row) => row.slice(1))).toEqual(
      wanted.map((record) => Object.values(record).map((text) => (text === '' ? null : text))),
    );
  });
});

const naughty = join(data, 'blns/blns.json');
describe.skipIf(!existsSync(naughty))('the big list of naughty strings', () => {
  const strings = existsSync(naughty) ? (JSON.parse(readFileSync(naughty, 'utf8')) as string[]) : [];

  it('as values', async () => {
    const load = await bench.csv(
      stringify([['n', 'text'], ...strings.map((text, index) => [String(index), text])]),
      {
        delimiter: ',',
        columns: { text: { type: 'text' } },
      },
    );
    expect(load).toMatchObject({ rows: strings.length, rejected: 0 });
    // The engine's JavaScript side drops U+FEFF at the start of any text it hands out, so that one is asked in SQL.
    expect((await bench.rows()).map((row) => row[2])).toEqual(
      strings.map((text) => (text === '' ? null : text.replace(/^\uFEFF/, ''))),
    );
    const marks = strings.filter((text) => text.startsWith('\uFEFF')).length;
    expect(
      await bench.engine.rows(sql`SELECT count(*) AS n FROM source.crm WHERE unicode(text) = 65279`),
    ).toEqual([{ n: marks }]);
  });

  it('as headers', async () => {
    const load = await bench.csv(stringify([strings, strings.map((_, index) => `v${index}`)]), {
      delimiter: ',',
    });
    expect(load).toMatchObject({ rows: 1, rejected: 0 });
    expect((await bench.rows())[0]).toEqual([expect.any(Number), ...strings.map((_, index) => `v${index}`)]);
    const plain = new Set(strings.map((text) => text.trim()));
    const renamed = load.columns.filter((column) => !plain.has(column.name));
    expect(load.warnings.length).toBeGreaterThanOrEqual(renamed.length);
    expect(load.columns[strings.indexOf('undefined')]?.name).toBe('undefined');
  });
});

const works = join(data, 'adventureworks');
describe.skipIf(!existsSync(works))('AdventureWorks', () => {
  const customers = {
    type: 'csv',
    path: 'AdventureWorks_Customers.csv',
    key: 'CustomerKey',
    columns: {
      BirthDate: { type: 'date', format: 'M/D/YYYY' },
      AnnualIncome: { type: 'number', format: 'money' },
      HomeOwner: { type: 'boolean', format: 'Y/N' },
    },
  };

  it('reads all customers, with both spellings of dates and money as text', async () => {
    const load = await bench.ingest(customers, works);
    expect(load).toMatchObject({ rows: 18_148, rejected: 0, warnings: [], key: ['CustomerKey'] });
    expect(load.columns).toEqual([
      { name: 'CustomerKey', type: 'integer' },
      { name: 'Prefix', type: 'text' },
      { name: 'FirstName', type: 'text', semantic: 'first_name' },
      { name: 'LastName', type: 'text', semantic: 'last_name' },
      { name: 'BirthDate', type: 'date', format: 'M/D/YYYY', semantic: 'birth_date' },
      { name: 'MaritalStatus', type: 'text' },
      { name: 'Gender', type: 'text', semantic: 'gender' },
      { name: 'EmailAddress', type: 'text', semantic: 'email' },
      { name: 'AnnualIncome', type: 'number', format: 'money' },
      { name: 'TotalChildren', type: 'integer' },
      { name: 'EducationLevel', type: 'text' },
      { name: 'Occupation', type: 'text' },
      { name: 'HomeOwner', type: 'boolean', format: 'Y/N' },
    ]);
    const rows = await bench.rows();
    expect(rows.slice(0, 2)).toEqual([
      [
        2,
        11000,
        'MR.',
        'JON',
        'YANG',
        '1966-04-08',
        'M',
        'M',
        'jon24@adventure-works.com',
        90000,
        2,
        'Bachelors',
        'Professional',
        true,
      ],
      [
        3,
        11001,
        'MR.',
        'EUGENE',
        'HUANG',
        '1965-05-14',
        'S',
        'M',
        'eugene10@adventure-works.com',
        60000,
        3,
        'Bachelors',
        'Professional',
        false,
      ],
    ]);
    expect(rows.at(-1)?.[0]).toBe(18_149);
  });

  it.each([
    ['gzip', gzipSync],
    ['zstd', zstdCompressSync],
  ])('reads all customers the same out of %s', async (_, pack) => {
    const ask = sql`SELECT count(*) AS n, sum(hash(r)) AS hash FROM (SELECT * EXCLUDE (_file) FROM source.crm) AS r`;
    await bench.ingest(customers, works);
    const plain = await bench.engine.rows(ask);
    bench.write(customers.path, pack(readFileSync(join(works, customers.path))));
    await bench.ingest(customers);
    expect(await bench.engine.rows(ask)).toEqual(plain);
  });

  it('reads all products', async () => {
    const load = await bench.ingest(
      { type: 'csv', path: 'AdventureWorks_Products.csv', key: 'ProductKey' },
      works,
    );
    expect(load).toMatchObject({ rows: 293, rejected: 0, warnings: [] });
    expect(load.columns.slice(-2)).toEqual([
      { name: 'ProductCost', type: 'number' },
      { name: 'ProductPrice', type: 'number' },
    ]);
  });

  it('reads three files of sales as one, for which order and line are almost a key', async () => {
    const date = { type: 'date', format: 'M/D/YYYY' };
    const sales = {
      type: 'csv',
      path: 'AdventureWorks_Sales_*.csv',
      columns: { OrderDate: date, StockDate: date },
    };
    await expect(
      bench.ingest({ ...sales, key: ['OrderNumber', 'OrderLineItem'] }, works),
    ).rejects.toMatchObject({
      code: 'source_key_duplicate',
      message: expect.stringMatching(
        /have the same "OrderNumber" and "OrderLineItem"; 4 keys are/,
      ) as unknown,
    });
    const load = await bench.ingest(sales, works);
    expect(load).toMatchObject({ rows: 56_046, rejected: 0 });
    expect(load.files).toEqual([2017, 2018, 2019].map((year) => `AdventureWorks_Sales_${year}.csv`));
    expect(
      await bench.engine.rows(
        sql`SELECT min("OrderDate") AS first, max("OrderDate") AS last, count(_key) AS keys FROM source.crm`,
      ),
    ).toEqual([{ first: '2017-01-01', last: expect.stringMatching(/^2019-/) as unknown, keys: 0 }]);
  });
});

const febrl = join(data, 'febrl4');
it.skipIf(!existsSync(febrl))('FEBRL 4, with a blank after every comma', async () => {
  const load = await bench.ingest({ type: 'csv', path: 'dataset4a.csv', key: 'rec_id' }, febrl);
  expect(load).toMatchObject({ rows: 5000, rejected: 0, warnings: [] });
  expect(load.columns.map((column) => column.name)).toContain('given_name');
  expect(load.columns.find((column) => column.name === 'soc_sec_id')?.type).toBe('integer');
});
