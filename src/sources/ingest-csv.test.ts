import { stringify } from 'csv-stringify/sync';
import fc from 'fast-check';
import iconv from 'iconv-lite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { PostriderError } from '../base/errors.ts';
import { loadedSources } from './loaded-source.ts';
import { SourceBench } from './ingest.fixture.ts';

let bench: SourceBench;
beforeAll(async () => {
  bench = await SourceBench.open();
});
afterAll(() => bench.close());

const good = 'id,name\n1,Ana\n2,Ion\n';

describe('a CSV file as people have it', () => {
  it.each([
    ['a byte order mark', '\ufeffid,name\n1,Ana\n'],
    ['CRLF', 'id,name\r\n1,Ana\r\n'],
    ['CR alone', 'id,name\r1,Ana\r'],
    ['no line end at the end', 'id,name\n1,Ana'],
    ['semicolons', 'id;name\n1;Ana\n'],
    ['tabs', 'id\tname\n1\tAna\n'],
    ['bars', 'id|name\n1|Ana\n'],
    ['quotes all over', '"id","name"\n"1","Ana"\n'],
    ['blanks around header names', ' id , name \n1,Ana\n'],
    [
      'UTF-16 with a mark, declared',
      iconv.encode('id,name\n1,Ana\n', 'utf-16', { addBOM: true }),
      { encoding: 'utf-16' },
    ],
    [
      'UTF-16 big endian, declared',
      iconv.encode('id,name\n1,Ana\n', 'utf-16be', { addBOM: true }),
      { encoding: 'utf-16' },
    ],
    ['windows-1252, declared', iconv.encode('id,name\n1,Ana\n', 'win1252'), { encoding: 'windows-1252' }],
    ['single quotes, declared', "'id','name'\n'1','Ana'\n", { quote: "'" }],
    ['no header, declared', '1,Ana\n', { header: false }, ['column_1', 'column_2'], 1],
  ] as [string, string | Buffer, object?, string[]?, number?][])(
    'is read: %s',
    async (_, content, config = {}, names = ['id', 'name'], line = 2) => {
      const load = await bench.csv(content, config);
      expect(load).toMatchObject({ rows: 1, rejected: 0, warnings: [] });
      expect(load.columns).toEqual([
        { name: names[0], type: 'integer' },
        { name: names[1], type: 'text' },
      ]);
      expect(await bench.rows()).toEqual([[line, 1, 'Ana']]);
    },
  );

  it('keeps what declared encodings hold', async () => {
    await bench.csv(iconv.encode('id,name\n1,Łęski\n', 'utf-16', { addBOM: true }), { encoding: 'utf-16' });
    expect(await bench.rows()).toEqual([[2, 1, 'Łęski']]);
    await bench.csv(Buffer.from('id,name\n1,Ren\xe9e \x80\x93\n', 'latin1'), { encoding: 'windows-1252' });
    expect(await bench.rows()).toEqual([[2, 1, 'Renée €“']]);
  });

  it.each([
    ['a quote inside an unquoted cell is itself', 'a,b\n6" pipe,say "hi"\n', [[2, '6" pipe', 'say "hi"']]],
    ['doubled quotes', 'a,b\n"say ""hi""",""""\n', [[2, 'say "hi"', '"']]],
    [
      'delimiters and line ends in quotes',
      'a,b\n"x,\r\ny","1\n\n2"\nlast,row\n',
      [
        [2, 'x,\r\ny', '1\n\n2'],
        [6, 'last', 'row'],
      ],
    ],
    [
      'a lone CR in quotes is a line',
      'a,b\n"x\ry",1\nlast,2\n',
      [
        [2, 'x\ry', 1],
        [4, 'last', 2],
      ],
    ],
    [
      'empty and quoted empty cells are missing',
      'a,b\n"",\n,x\n',
      [
        [2, null, null],
        [3, null, 'x'],
      ],
    ],
    ['blanks are kept in text', 'a,b\n x , y\n', [[2, ' x ', ' y']]],
    ['empty lines are no records but are counted', '\n\na,b\n\nx,y\n\n\n', [[5, 'x', 'y']]],
    ['no quotes at all, declared', 'a,b\n"x,y"\n', [[2, '"x', 'y"']], { quote: 'none' }],
    [
      'words that mean missing elsewhere are words',
      'a,b\nNULL,NA\nN/A,null\n',
      [
        [2, 'NULL', 'NA'],
        [3, 'N/A', 'null'],
      ],
    ],
  ] as [string, string, unknown[], object?][])('%s', async (_, content, rows, config = {}) => {
    const load = await bench.csv(content, config);
    expect(await bench.rows()).toEqual(rows);
    expect(load).toMatchObject({ rows: rows.length, rejected: 0 });
  });

  it('names columns that have no name, or the same one, and says so', async () => {
    const load = await bench.csv('name,,Name,name_2,name,_line\na,b,c,d,e,f\n');
    expect(load.columns.map((column) => column.name)).toEqual([
      'name',
      'column_2',
      'Name_3',
      'name_2',
      'name_4',
      '_line_2',
    ]);
    expect(load.warnings).toEqual([
      'Column 2 of crm.csv has no name and is called "column_2".',
      'Column 3 of crm.csv has a name that is taken and is called "Name_3".',
      'Column 5 of crm.csv has a name that is taken and is called "name_4".',
      'Column 6 of crm.csv has a name that is taken and is called "_line_2".',
    ]);
    expect(await bench.rows()).toEqual([[2, 'a', 'b', 'c', 'd', 'e', 'f']]);
  });

  it('reads 200 columns', async () => {
    const names = Array.from({ length: 200 }, (_, index) => `column ${index}`);
    const load = await bench.csv(`${names.join(';')}\n${names.map((_, index) => index).join(';')}\n`);
    expect(load.columns).toEqual(names.map((name) => ({ name, type: 'integer' })));
    expect(await bench.rows()).toEqual([[2, ...names.keys()]]);
  });

  it('warns of a header without rows', async () => {
    const load = await bench.csv('id,name');
    expect(load).toMatchObject({ rows: 0, rejected: 0, warnings: ['crm.csv has columns and no rows.'] });
    expect(await bench.rows()).toEqual([]);
  });
});

describe('types from all values', () => {
  it.each([
    ['integer', ['1', '-20', '0', ''], [1, -20, 0, null]],
    ['integer', [' 7', '8 '], [7, 8]],
    ['text', ['01', '2'], ['01', '2']],
    ['text', ['+40', '2'], ['+40', '2']],
    ['text', ['1234567890123456'], ['1234567890123456']],
    ['number', ['1.50', '2', '-0.25'], [1.5, 2, -0.25]],
    ['text', ['1e5', '2'], ['1e5', '2']],
    ['text', ['nan', 'inf'], ['nan', 'inf']],
    ['boolean', ['true', 'FALSE', ''], [true, false, null]],
    ['text', ['true', 'yes'], ['true', 'yes']],
    ['date', ['2026-11-24', '1966-04-08', ' '], ['2026-11-24', '1966-04-08', null]],
    ['text', ['2026-11-24', '2026-02-30'], ['2026-11-24', '2026-02-30']],
    [
      'time',
      ['2026-11-24T06:00:00Z', '2026-11-24 08:00:00.5', '2026-11-24'],
      ['2026-11-24T06:00:00.000Z', '2026-11-24T08:00:00.500Z', '2026-11-24T00:00:00.000Z'],
    ],
    ['time', ['2026-11-24T08:00:00+02:00'], ['2026-11-24T06:00:00.000Z']],
    ['text', ['', ''], [null, null]],
    ['number money-comma', ['"1.234,50"', '"0,5"', '-7', ''], [1234.5, 0.5, -7, null]],
    ['number money', ['"1,234.50"', '"1,234,567"', '5'], [1234.5, 1_234_567, 5]],
    ['text', ['1.234.567', '7.654.321'], ['1.234.567', '7.654.321']],
    ['text', ['"01,5"', '"2,5"'], ['01,5', '2,5']],
    ['boolean yes/no', ['Yes', 'no', ''], [true, false, null]],
    ['boolean da/nu', ['da', 'NU'], [true, false]],
    ['text', ['NO', 'NO'], ['NO', 'NO']],
    ['integer', ['0', '1'], [0, 1]],
    ['date D.M.YYYY', ['24.11.2026', '1.2.1966', ''], ['2026-11-24', '1966-02-01', null]],
    ['date M/D/YYYY', ['1/2/2026', '01/13/2026'], ['2026-01-02', '2026-01-13']],
    ['date D/M/YYYY', ['1/2/2026', '13/01/2026'], ['2026-02-01', '2026-01-13']],
    ['date D-M-YYYY', ['1-2-2026', '31-12-2026'], ['2026-02-01', '2026-12-31']],
    ['date YYYY/M/D', ['2026/2/1'], ['2026-02-01']],
    ['text', ['13/01/2026', '01/13/2026'], ['13/01/2026', '01/13/2026']],
    ['text', ['31.02.2026'], ['31.02.2026']],
    ['time D.M.YYYY H:mm', ['24.11.2026 6:05'], ['2026-11-24T06:05:00.000Z']],
    ['time M/D/YYYY H:mm:ss', ['11/24/2026 06:05:09'], ['2026-11-24T06:05:09.000Z']],
  ] as [string, string[], unknown[]][])('%s: %j', async (type, cells, values) => {
    const load = await bench.csv(`n,cell\n${cells.map((cell, index) => `${index},${cell}`).join('\n')}\n`);
    const [column] = load.columns.slice(1);
    expect([column?.type, column?.format].filter(Boolean).join(' ')).toBe(type);
    expect(load.warnings).toEqual([]);
    expect((await bench.rows()).map((row) => row[2])).toEqual(values);
  });

  it.each([
    ['M/D/YYYY', '1/2/2026,x\n03/04/2026,y', 'D/M/YYYY or M/D/YYYY'],
    ['money', '"1,234",x\n"5,678",y', 'money or money-comma'],
  ])('stay text where nobody can tell, as with %s, and a warning says so', async (_, cells, formats) => {
    const load = await bench.csv(`cell,n\n${cells}\n`);
    expect(load.columns[0]).toEqual({ name: 'cell', type: 'text' });
    expect(load.warnings).toEqual([
      expect.stringContaining(`"cell" can be read in several ways (${formats})`),
    ]);
  });

  it('are decided by values far down a column that begins blank', async () => {
    const load = await bench.csv(`n,cell\n${'1,\n'.repeat(5000)}1,13.12.2026\n`);
    expect(load.columns[1]).toEqual({ name: 'cell', type: 'date', format: 'D.M.YYYY' });
  });

  it('looks at the last row too', async () => {
    const load = await bench.csv(`n,cell\n${'1,1\n'.repeat(5000)}1,x\n`);
    expect(load.columns[1]).toEqual({ name: 'cell', type: 'text' });
  });
});

describe('declared types', () => {
  it.each([
    [{ type: 'text' }, { '007': '007', ' x': ' x' }],
    [
      { type: 'integer' },
      { '007': 7, '+5': 5, '1.5': 'reject', '1e3': 'reject', '9999999999999999': 'reject', x: 'reject' },
    ],
    [
      { type: 'number' },
      { '1e3': 1000, '.5': 0.5, '-2.': -2, '1,5': 'reject', nan: 'reject', '1_000': 'reject' },
    ],
    [
      { type: 'number', format: 'money' },
      {
        '"$90,000 "': 90000,
        '-$1.50': -1.5,
        '($20)': -20,
        'USD 1,234.5': 1234.5,
        '5': 5,
        '1,2': 'reject',
        '12abc34': 'reject',
        $: 'reject',
      },
    ],
    [
      { type: 'number', format: 'money-comma' },
      { '1.234,50 lei': 1234.5, '1\u00a0234,5 €': 1234.5, '0,5': 0.5, '1.5': 'reject' },
    ],
    [
      { type: 'integer', format: 'money' },
      { '"$90,000 "': 90000, '$1.50': 'reject' },
    ],
    [
      { type: 'boolean', format: 'Y/N' },
      { Y: true, n: false, true: 'reject' },
    ],
    [{ type: 'boolean' }, { True: true, false: false, '1': 'reject' }],
    [{ type: 'date' }, { '2026-11-24': '2026-11-24', '2026-1-2': 'reject', '11/24/2026': 'reject' }],
    [
      { type: 'date', format: 'M/D/YYYY' },
      {
        '04/08/1966': '1966-04-08',
        '5/14/1965': '1965-05-14',
        '14/5/1965': 'reject',
        '2/30/1965': 'reject',
        '5/14/65': 'reject',
      },
    ],
    [
      { type: 'date', format: 'DD.MM.YYYY' },
      { '24.11.2026': '2026-11-24', '1.1.2026': 'reject' },
    ],
    [
      { type: 'date', format: 'YYYYMMDD' },
      { '19151111': '1915-11-11', '19151311': 'reject' },
    ],
    [
      { type: 'date', format: 'M/D/YY' },
      { '5/14/69': '1969-05-14', '5/14/68': '2068-05-14' },
    ],
    [{ type: 'time', format: 'D/M/YYYY H:mm' }, { '24/11/2026 6:05': '2026-11-24T06:05:00.000Z' }],
  ] as [object, Record<string, unknown>][])('%j', async (declared, cases) => {
    for (const [cell, want] of Object.entries(cases)) {
      const text = cell.startsWith('"') ? cell : `"${cell}"`;
      const load = await bench.csv(`n,cell\n1,\n2,${text}\n`, { columns: { cell: declared } });
      const rows = await bench.rows();
      const got = load.rejected === 1 ? 'reject' : rows[1]?.[2];
      expect([cell, got]).toEqual([cell, want]);
      expect(rows[0]).toEqual([2, 1, null]);
    }
  });

  it('rejects a row whose cell does not fit, and says where and why', async () => {
    const load = await bench.csv('id,born,sum\n1,x,1\n2,5/14/1965,1\n3,5/14/1965,y\n4,z,y\n', {
      columns: { born: { type: 'date', format: 'M/D/YYYY' }, sum: { type: 'number' } },
    });
    expect(load).toMatchObject({ rows: 1, rejected: 3 });
    expect(await bench.rows()).toEqual([[3, 2, '1965-05-14', 1]]);
    expect(await bench.rejects()).toEqual([
      ['crm.csv', 2, 'born', 'not a date (M/D/YYYY)', 'x'],
      ['crm.csv', 4, 'sum', 'not a number', 'y'],
      ['crm.csv', 5, 'born', 'not a date (M/D/YYYY)', 'z'],
    ]);
  });
});

describe('records that cannot be read', () => {
  it.each([
    [
      'too few and too many cells',
      'a,b\n1,2\n1\n1,2,3\n3,4\n',
      [
        [2, 1, 2],
        [5, 3, 4],
      ],
      [
        [3, '1 cells where there are 2 columns', '1'],
        [4, '3 cells where there are 2 columns', '1,2,3'],
      ],
    ],
    [
      'the line of a record is its first',
      'a,b\n"x\ny\nz"\nlast,row\n',
      [[5, 'last', 'row']],
      [[2, '1 cells where there are 2 columns', '"x\ny\nz"']],
    ],
    [
      'a quote that never closes',
      'a,b\n1,x\n2,"open\n3,y\n4,z\n',
      [
        [2, 1, 'x'],
        [4, 3, 'y'],
        [5, 4, 'z'],
      ],
      [[3, 'a quote that never closes', '2,"open']],
    ],
    [
      'an open quote that meets another',
      'a,b\n1,"open\n2,"y"\n3,"z"\n',
      [
        [3, 2, 'y'],
        [4, 3, 'z'],
      ],
      [[2, 'text after a closing quote', '1,"open']],
    ],
    [
      'text after a closing quote',
      'a,b\n1,"x" y\n2,z\n',
      [[3, 2, 'z']],
      [[2, 'text after a closing quote', '1,"x" y']],
    ],
    [
      'the inside of a broken cell is not taken for a record',
      'a,b\n1,"x\ny"z,3\n4,5\n',
      [[4, 4, 5]],
      [
        [2, 'text after a closing quote', '1,"x'],
        [3, 'a quote in a cell, after one that does not close', 'y"z,3'],
      ],
    ],
  ] as [string, string, unknown[][], unknown[][]][])('%s', async (_, content, rows, rejects) => {
    const load = await bench.csv(content);
    expect(await bench.rows()).toEqual(rows);
    expect(await bench.rejects()).toEqual(
      rejects.map(([line, reason, raw]) => ['crm.csv', line, null, reason, raw]),
    );
    expect(load).toMatchObject({ rows: rows.length, rejected: rejects.length });
  });

  it('finds an open quote in a file of several megabytes and loses nothing but its line', async () => {
    const lines = Array.from({ length: 200_000 }, (_, index) => `${index},name ${index}`);
    lines[70_000] = '70000,"name';
    const load = await bench.csv(`id,name\n${lines.join('\n')}\n`);
    expect(load).toMatchObject({ rows: 199_999, rejected: 1 });
    expect(await bench.rejects()).toEqual([
      ['crm.csv', 70_002, null, 'a quote that never closes', '70000,"name'],
    ]);
  });

  it('keeps lines right over the pieces in which a file is read', async () => {
    const record = (index: number) =>
      index % 3 === 0 ? `${index},"x\r\n${index},"` : `${index},ț${'y'.repeat(index % 40)}`;
    const count = 60_000;
    await bench.csv(
      `id,name\r\n${Array.from({ length: count }, (_, index) => record(index)).join('\r\n')}\r\n`,
    );
    const rows = await bench.rows();
    expect(rows.length).toBe(count);
    let line = 2;
    const wrong = rows.filter(([at, id, name], index) => {
      const want = [line, index, index % 3 === 0 ? `x\r\n${index},` : `ț${'y'.repeat(index % 40)}`];
      line += index % 3 === 0 ? 2 : 1;
      return at !== want[0] || id !== want[1] || name !== want[2];
    });
    expect(wrong).toEqual([]);
  });
});

describe('errors leave the last good load', () => {
  const cases: [string, string | Buffer | undefined, object, string, RegExp][] = [
    ['a missing file', undefined, { path: 'nowhere.csv' }, 'source_file_missing', /nowhere\.csv/],
    ['a pattern without files', undefined, { path: 'nowhere*.csv' }, 'source_file_missing', /nowhere/],
    ['an empty file', '', {}, 'source_file_empty', /crm\.csv/],
    ['a byte order mark alone', '\ufeff', {}, 'source_file_empty', /crm\.csv/],
    ['blank lines alone', '\n\r\n', {}, 'source_file_empty', /crm\.csv/],
    ['a missing key column', 'ids,name\n1,x\n', { key: 'id' }, 'source_column_missing', /"id"/],
    [
      'a missing declared column',
      good,
      { columns: { born: { type: 'date' } } },
      'source_column_missing',
      /"born"/,
    ],
    ['a blank key', 'id,name\n1,x\n ,y\n', { key: 'id' }, 'source_key_blank', /"id".*line 3 of crm\.csv/],
    [
      'a repeated key',
      'id,name\nq7,x\nq8,y\nq7,z\n',
      { key: 'id' },
      'source_key_duplicate',
      /Lines 2 and 4 of crm\.csv .*"id"/,
    ],
    [
      'a repeated key of two columns',
      'a,b\n1,2\n1,3\n1,2\n',
      { key: ['a', 'b'] },
      'source_key_duplicate',
      /Lines 2 and 4 .*"a" and "b"/,
    ],
    [
      'UTF-16 undeclared',
      iconv.encode('id,name\n', 'utf-16', { addBOM: true }),
      {},
      'source_encoding',
      /not UTF-8/,
    ],
    [
      'UTF-16 without a mark',
      iconv.encode('id,name\n', 'utf-16le', { addBOM: false }),
      {},
      'source_encoding',
      /not UTF-8/,
    ],
    [
      'windows-1252 undeclared',
      Buffer.from('id,name\n1,Ana\n2,Ren\xe9e\n', 'latin1'),
      {},
      'source_encoding',
      /line 3/,
    ],
    ['UTF-8 declared as UTF-16', good, { encoding: 'utf-16' }, 'source_encoding', /utf-16/],
    [
      'UTF-8 declared as windows-1252',
      `\ufeff${good}`,
      { encoding: 'windows-1252' },
      'source_encoding',
      /UTF-8/,
    ],
    ['an open quote in the header', 'id,"name\n1,x\n', {}, 'source_quotes', /header/],
    ['nothing but open quotes', `id,name\n${'a","b\n'.repeat(3000)}`, {}, 'source_quotes', /More than 1000/],
    ['a file without line ends', 'x'.repeat(1_500_000), {}, 'source_record_too_long', /line 1/],
    ['no usable row', 'id,name\n1\n', {}, 'source_all_rejected', /line 2: 1 cells/],
    [
      'no usable cell',
      'id,name\n1,x\n',
      { columns: { name: { type: 'date' } } },
      'source_all_rejected',
      /line 2: not a date/,
    ],
  ];

  it.each(cases)('%s', async (_, content, config, code, message) => {
    const { unchanged: _unchanged, ...before } = await bench.csv(good, { key: 'id' });
    if (content !== undefined) bench.write('crm.csv', content);
    const error = await bench.ingest({ type: 'csv', path: 'crm.csv', ...config }).then(
      () => undefined,
      (thrown: PostriderError) => thrown,
    );
    expect(error).toMatchObject({ kind: 'input', code });
    expect(error?.message).toMatch(message);
    expect(error?.message).not.toMatch(/q7/);
    expect(error?.hint).toBeTruthy();
    expect(await bench.rows()).toEqual([
      [2, 1, 'Ana'],
      [3, 2, 'Ion'],
    ]);
    expect(await loadedSources(bench.engine)).toEqual([before]);
  });
});

describe('several files as one source', () => {
  it('takes them by name, in any order of columns, and tells file and line', async () => {
    bench.write('part-b.csv', 'name;id\nIon;2\nx\n');
    bench.write('part-a.csv', 'id,name\n1,Ana\n');
    const load = await bench.ingest({ type: 'csv', path: 'part-*.csv', key: 'id' });
    expect(load).toMatchObject({ rows: 2, rejected: 1, files: ['part-a.csv', 'part-b.csv'] });
    expect(await bench.rows()).toEqual([
      [2, 1, 'Ana'],
      [2, 2, 'Ion'],
    ]);
    expect(await bench.rejects()).toEqual([
      ['part-b.csv', 3, null, '1 cells where there are 2 columns', 'x'],
    ]);
    bench.write('part-b.csv', 'name;id\nIon;1\n');
    await expect(bench.ingest({ type: 'csv', path: 'part-*.csv', key: 'id' })).rejects.toThrow(
      'Line 2 of part-a.csv and line 2 of part-b.csv have the same "id"; 1 key is there more than once.',
    );
    bench.write('part-b.csv', 'id,name,more\n2,Ion,x\n');
    await expect(bench.ingest({ type: 'csv', path: 'part-*.csv' })).rejects.toMatchObject({
      code: 'source_header',
    });
    bench.write('part-b.csv', 'id\n2\n');
    await expect(bench.ingest({ type: 'csv', path: 'part-*.csv' })).rejects.toMatchObject({
      code: 'source_column_missing',
    });
  });
});

it('gives back any table in any dialect', { timeout: 120_000 }, async () => {
  const cell = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 8 }),
    fc.string({
      unit: fc.constantFrom('"', ',', ';', '\t', '|', '\n', '\r', 'a', ' ', '\u00a0', 'ț', '\\', "'", '#'),
      maxLength: 8,
    }),
    fc.constant(''),
  );
  // NUL is refused with the file, what is no Unicode (half a surrogate pair) cannot be written at all, and the
  // engine's JavaScript side drops U+FEFF at the start of a text when it hands it out.
  const writable = cell.map((text) => text.replaceAll(/\0|^\uFEFF+/g, '').toWellFormed());
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 2, max: 6 }).chain((width) =>
        fc.array(fc.array(writable, { minLength: width, maxLength: width }), {
          minLength: 1,
          maxLength: 12,
        }),
      ),
      fc.record({
        delimiter: fc.constantFrom(',', ';', '\t', '|'),
        record_delimiter: fc.constantFrom('\n', '\r\n', '\r'),
        quoted: fc.boolean(),
        bom: fc.boolean(),
        quote: fc.constantFrom('"', "'"),
        eof: fc.boolean(),
      }),
      async (rows, dialect) => {
        const names = (rows[0] as string[]).map((_, index) => `h${index}`);
        const columns = Object.fromEntries(names.map((name) => [name, { type: 'text' }]));
        const load = await bench.csv(
          stringify([names, ...rows], { ...dialect, escape: dialect.quote, quoted_match: /[\r\n]/ }),
          {
            delimiter: dialect.delimiter === '\t' ? 'tab' : dialect.delimiter,
            quote: dialect.quote,
            columns,
          },
        );
        expect(load).toMatchObject({ rows: rows.length, rejected: 0 });
        expect((await bench.rows()).map((row) => row.slice(1))).toEqual(
          rows.map((row) => row.map((text) => (text === '' ? null : text))),
        );
      },
    ),
    { numRuns: 60 },
  );
});
