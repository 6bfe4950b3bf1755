import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { columnSummary, mostRepeated } from './column-summary.ts';
import { SourceBench } from './ingest.fixture.ts';
import { rejectedCsv } from './rejected-csv.ts';

let bench: SourceBench;
beforeAll(async () => {
  bench = await SourceBench.open();
});
afterAll(() => bench.close());

describe('the columns of a source', () => {
  it('are not there before it was loaded', async () => {
    await expect(columnSummary(bench.engine, bench.id)).rejects.toMatchObject({ code: 'source_not_loaded' });
  });

  it('say what stands in them', async () => {
    await bench.csv(
      'id,mail,born,vip\n1,shop@mail.test,2001-02-03,true\n2,ana@mail.test,,true\n3,shop@mail.test,1999-01-01,\n4, ,,false\n',
      { key: 'id', columns: { vip: { type: 'boolean', semantic: 'consent' } } },
    );
    const { load, columns } = await columnSummary(bench.engine, bench.id);
    expect(load.rows).toBe(4);
    expect(columns).toEqual([
      {
        name: 'id',
        type: 'integer',
        missing: 0,
        distinct: 4,
        min: 1,
        max: 4,
        mostRepeated: [],
        samples: [1, 2, 3],
      },
      {
        name: 'mail',
        type: 'text',
        semantic: 'email',
        missing: 1,
        distinct: 2,
        min: 'ana@mail.test',
        max: 'shop@mail.test',
        mostRepeated: [{ value: 'shop@mail.test', rows: 2 }],
        samples: ['shop@mail.test', 'ana@mail.test'],
      },
      {
        name: 'born',
        type: 'date',
        semantic: 'birth_date',
        missing: 2,
        distinct: 2,
        min: '1999-01-01',
        max: '2001-02-03',
        mostRepeated: [],
        samples: ['2001-02-03', '1999-01-01'],
      },
      {
        name: 'vip',
        type: 'boolean',
        semantic: 'consent',
        missing: 1,
        distinct: 2,
        min: false,
        max: true,
        mostRepeated: [{ value: true, rows: 2 }],
        samples: [true, false],
      },
    ]);
  });

  it('tell their most repeated values', async () => {
    await bench.csv(`id,tel\n${['0', '0', '0', '1', '1', '2'].map((tel, n) => `${n},t${tel}\n`).join('')}`);
    expect(await mostRepeated(bench.engine, bench.id, 'tel', 5)).toEqual([
      { value: 't0', rows: 3 },
      { value: 't1', rows: 2 },
    ]);
    expect(await mostRepeated(bench.engine, bench.id, 'tel', 1)).toHaveLength(1);
    await expect(mostRepeated(bench.engine, bench.id, 'tell', 1)).rejects.toMatchObject({
      code: 'source_column_missing',
    });
  });
});

describe('meanings of columns', () => {
  it.each([
    ['EmailAddress', 'a@mail.test', 'email'],
    ['contact', 'a@mail.test', 'email'],
    ['email', 'none', undefined],
    ['email_sent', '2026-11-24', undefined],
    ['tel', '0712 345 678', 'phone'],
    ['tel', 'after six', undefined],
    ['mobile_phone', '+40712345678', 'phone'],
    ['fname', 'Ana', 'first_name'],
    ['Prénom', 'Ana', 'first_name'],
    ['Nume de familie', 'Pop', 'last_name'],
    ['birthDate', '1966-04-08', 'birth_date'],
    ['Geburtsdatum', '8.4.1966', 'birth_date'],
    ['billing_city', 'Iași', 'city'],
    ['Straße', 'Hauptstr. 1', 'street'],
    ['zip', '12345', 'postal_code'],
    ['județ', 'Cluj', 'state'],
    ['countryCode', 'RO', 'country'],
    ['opt-in', 'yes', 'consent'],
    ['name', 'Lamp', undefined],
    ['total', '5', undefined],
  ])('%s with %s in it: %s', async (column, cell, semantic) => {
    const load = await bench.csv(`n;${column}\n1;${cell}\n`);
    expect(load.columns[1]?.semantic).toBe(semantic);
  });

  it.each([
    ['name,mail', ['full_name', 'email']],
    ['name,size', [undefined, undefined]],
    ['name,surname', ['first_name', 'last_name']],
    ['Nume,Prenume', ['last_name', 'first_name']],
  ])('take a name for what the others make of it: %s', async (header, meanings) => {
    const load = await bench.csv(`${header}\nAna,${header.includes('mail') ? 'a@mail.test' : 'Pop'}\n`);
    expect(load.columns.map((column) => column.semantic)).toEqual(meanings);
  });

  it('are as declared', async () => {
    const load = await bench.csv('mail,x\na@mail.test,y\n', {
      columns: { mail: { type: 'text', semantic: 'none' }, x: { type: 'text', semantic: 'city' } },
    });
    expect(load.columns).toEqual([
      { name: 'mail', type: 'text' },
      { name: 'x', type: 'text', semantic: 'city' },
    ]);
  });
});

it('hands out rejected rows as a file that is safe to open', async () => {
  await bench.csv('a,b\n1,2\n=1+1\n"x,""y""",3,4\n5,z\n', { columns: { b: { type: 'integer' } } });
  expect((await Array.fromAsync(rejectedCsv(bench.engine, bench.id))).join('')).toBe(
    [
      'file,line,column,reason,raw',
      "crm.csv,3,,1 cells where there are 2 columns,'=1+1",
      'crm.csv,4,,3 cells where there are 2 columns,"""x,""""y"""""",3,4"',
      'crm.csv,5,b,not an integer,z',
      '',
    ].join('\n'),
  );
});
