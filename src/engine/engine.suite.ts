import { createHmac } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Column, Engine } from './engine.ts';
import { createTable } from './table.ts';
import { tablesIn } from './tables-in.ts';
import { name, sql, type Sql } from './sql.ts';

/**
 * What every engine must do. Call it in a test file beside the implementation.
 * @param open a new engine, or one on a file that another has written
 */
export function engineSuite(label: string, open: (path?: string) => Promise<Engine>): void {
  describe(`engine: ${label}`, () => {
    let engine: Engine;
    const table = { schema: 'suite', table: 'people with "quotes"' };
    const full = name(table.schema, table.table);
    const columns: Column[] = [
      { name: 'id', type: 'integer' },
      { name: 'text', type: 'text' },
      { name: 'number', type: 'number' },
      { name: 'flag', type: 'boolean' },
      { name: 'day', type: 'date' },
      { name: 'at', type: 'time' },
      { name: 'tags', type: 'texts' },
    ];
    const first = [
      1,
      "O'Brien; drop table x",
      1.5,
      true,
      '1966-04-08',
      '2026-11-24T06:00:00.000Z',
      ['a', 'b'],
    ];

    beforeAll(async () => {
      engine = await open();
      await engine.commit([
        sql`CREATE SCHEMA suite`,
        createTable(engine.dialect, table, columns),
        {
          into: table,
          columns,
          rows: [first, [2, null, null, null, null, null, null], [3, '', 0, false, null, null, []]],
        },
      ]);
    });
    afterAll(() => engine.close());

    it('gives back what was appended, cell by cell', async () => {
      const rows = await engine.rows(sql`SELECT * FROM ${full} ORDER BY id`);
      expect(rows.map((row) => Object.values(row))).toEqual([
        first,
        [2, null, null, null, null, null, null],
        [3, '', 0, false, null, null, []],
      ]);
    });

    it('gives back whatever text, number or time was appended', async () => {
      const naughty = ['', ' ', '\\', '"', "'", '\\ud83d', 'a\u0000b', '\u2028', '😀', 'NULL', '[null]', '{'];
      // A byte order mark at its very start is lost when DuckDB's client reads a text.
      const anyText = fc.string({ unit: 'grapheme' }).filter((each) => !each.startsWith('\ufeff'));
      const text = fc.option(fc.oneof(fc.constantFrom(...naughty), anyText));
      const at = fc.date({ noInvalidDate: true, min: new Date('0001-01-01'), max: new Date('9999-12-31') });
      const cells = fc.tuple(
        fc.maxSafeInteger(),
        text,
        // A minus zero comes back as the zero it equals.
        fc.oneof(fc.double({ noNaN: true }), fc.constantFrom(NaN, 2 ** 53, 1e21)).map((number) => number + 0),
        fc.option(fc.boolean()),
        fc.option(at.map((date) => date.toISOString().slice(0, 10))),
        fc.option(at.map((date) => date.toISOString())),
        fc.option(
          fc.array(
            text.map((each) => each ?? ''),
            { maxLength: 3 },
          ),
        ),
      );
      await fc.assert(
        fc.asyncProperty(fc.array(cells, { minLength: 1, maxLength: 30 }), async (rows) => {
          const into = { schema: 'suite', table: 'echo' };
          await engine.commit([
            sql`DROP TABLE IF EXISTS suite.echo`,
            createTable(engine.dialect, into, columns),
            { into, columns, rows },
          ]);
          const echo = await engine.rows(sql`SELECT * FROM suite.echo`);
          expect(echo.map((row) => Object.values(row))).toEqual(rows);
        }),
        { numRuns: 40 },
      );
    });

    it('appends more rows than fit one statement, in their order', async () => {
      const into = { schema: 'suite', table: 'long' };
      const column: Column[] = [{ name: 'n', type: 'integer' }];
      const rows = Array.from({ length: 25_000 }, (_, n) => [n]);
      await engine.commit([createTable(engine.dialect, into, column), { into, columns: column, rows }]);
      expect(await engine.rows(sql`SELECT count(*) AS n, count(DISTINCT n) AS each FROM suite.long`)).toEqual(
        [{ n: 25_000, each: 25_000 }],
      );
    });

    it('leaves columns NULL that rows to append do not speak of', async () => {
      const into = { schema: 'suite', table: 'partly' };
      await engine.commit([
        createTable(engine.dialect, into, columns),
        { into, columns: [columns[1] as Column, columns[0] as Column], rows: [['half \ud83d', 7]] },
        { into, columns, rows: [] },
      ]);
      // Half of a surrogate pair is no text: it becomes U+FFFD.
      expect(await engine.rows(sql`SELECT * FROM suite.partly`)).toMatchObject([
        { id: 7, text: 'half \ufffd', number: null, at: null, tags: null },
      ]);
    });

    it('takes times with an offset for what they are', async () => {
      const into = { schema: 'suite', table: 'times' };
      const column: Column[] = [{ name: 'at', type: 'time' }];
      await engine.commit([
        createTable(engine.dialect, into, column),
        { into, columns: column, rows: [['2026-11-24T08:00:00+02:00']] },
      ]);
      expect(await engine.rows(sql`SELECT * FROM suite.times`)).toEqual([{ at: '2026-11-24T06:00:00.000Z' }]);
    });

    it.each<[Column['type'], string | number]>([
      ['integer', 1.5],
      ['integer', 1e21],
      ['integer', 'one'],
      ['date', 'soon'],
      ['time', 'soon'],
    ])('refuses a cell that is no %s: %s', async (type, cell) => {
      const into = { schema: 'suite', table: `no ${type}` };
      const column: Column[] = [{ name: 'n', type }];
      const changes = [createTable(engine.dialect, into, column), { into, columns: column, rows: [[cell]] }];
      await expect(engine.commit(changes)).rejects.toThrow();
    });

    it('binds values of every sort, lists too', async () => {
      const texts = ["O'Brien; drop table x", 'nobody'];
      const [row] = await engine.rows(
        sql`SELECT count(*) AS n FROM ${full} WHERE list_contains(${texts}, text) AND number > ${1} AND flag = ${true}`,
      );
      expect(row).toEqual({ n: 1 });
      expect(await engine.rows(sql`SELECT ${1e21} AS large, ${-3} AS small, ${null} AS none`)).toEqual([
        { large: 1e21, small: -3, none: null },
      ]);
    });

    it('takes what goes ahead before what waits', async () => {
      await engine.commit([sql`CREATE TABLE suite.turn AS SELECT 'first' AS name, 0 AS place`]);
      const take = (turn: string) => sql`INSERT INTO suite.turn SELECT ${turn}, count(*) FROM suite.turn`;
      await Promise.all([
        engine.commit([take('at work')]),
        engine.commit([take('waits')]),
        engine.commit([take('ahead')], { ahead: true }),
      ]);
      const turns = await engine.rows(sql`SELECT name FROM suite.turn ORDER BY place`);
      const names = turns.map(({ name }) => name);
      expect(names.indexOf('ahead')).toBeLessThan(names.indexOf('waits'));
      expect(names).toHaveLength(4);
    });

    it('repeats a statement within small steps, whatever happens to its table meanwhile', async () => {
      const append = (n: number) => engine.commit([sql`INSERT INTO suite.step VALUES (${n})`]);
      await engine.commit([sql`CREATE TABLE suite.step (n INTEGER)`]);
      await engine.inSmallSteps(async () => {
        await append(1);
        await engine.commit([sql`DROP TABLE suite.step`, sql`CREATE TABLE suite.step (n INTEGER, m TEXT)`]);
        await expect(append(2)).rejects.toThrow();
        await engine.commit([sql`DROP TABLE suite.step`, sql`CREATE TABLE suite.step (n INTEGER)`]);
        await append(3);
      });
      expect(await engine.rows(sql`SELECT n FROM suite.step`)).toEqual([{ n: 3 }]);
    });

    it('commits all changes of a call or none', async () => {
      await expect(
        engine.commit([sql`DELETE FROM ${full}`, sql`INSERT INTO ${full} SELECT 'not a number'`]),
      ).rejects.toThrow();
      expect(await engine.rows(sql`SELECT count(*) AS n FROM ${full}`)).toEqual([{ n: 3 }]);
    });

    it('queues writers that come at once', async () => {
      await engine.commit([sql`CREATE TABLE suite.counter AS SELECT 0 AS n`]);
      await Promise.all(
        Array.from({ length: 20 }, () => engine.commit([sql`UPDATE suite.counter SET n = n + 1`])),
      );
      expect(await engine.rows(sql`SELECT n FROM suite.counter`)).toEqual([{ n: 20 }]);
    });

    it('of writers that come at once refuses the one to blame, and keeps the others', async () => {
      await engine.commit([sql`CREATE TABLE suite.together (n INTEGER)`]);
      const put = (n: Sql) => engine.commit([sql`INSERT INTO suite.together SELECT ${n}`]);
      const ends = await Promise.allSettled([put(sql`1`), put(sql`2`), put(sql`'no number'`), put(sql`4`)]);
      expect(ends.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'rejected', 'fulfilled']);
      expect(await engine.rows(sql`SELECT n FROM suite.together ORDER BY n`)).toEqual([
        { n: 1 },
        { n: 2 },
        { n: 4 },
      ]);
    });

    it('does small steps side by side, and lets their error through', async () => {
      const step = (n: number) => engine.inSmallSteps(() => engine.rows(sql`SELECT ${n} + 1 AS n`));
      const more = engine.commit([sql`CREATE TABLE suite.meanwhile AS SELECT 1 AS n`]);
      expect(await Promise.all([step(1), step(2)])).toEqual([[{ n: 2 }], [{ n: 3 }]]);
      await more;
      const fails = () => engine.rows(sql`SELECT * FROM suite.nothing`);
      await expect(engine.inSmallSteps(fails)).rejects.toThrow('nothing');
      await engine.checkpoint();
    });

    it('streams one snapshot while somebody writes', async () => {
      await engine.commit([sql`CREATE TABLE suite.many AS SELECT range AS n FROM range(10000)`]);
      let seen = 0;
      for await (const page of engine.pages(sql`SELECT n FROM suite.many`)) {
        if (seen === 0) await engine.commit([sql`DELETE FROM suite.many`]);
        seen += page.length;
      }
      expect(seen).toBe(10_000);
    });

    it('reads and writes JSON members, leaving out what is missing', async () => {
      const { dialect } = engine;
      const object = dialect.jsonObject([
        { key: 'FNAME', value: sql`'Ana'` },
        { key: 'LNAME', value: sql`NULL` },
        { key: 'A/B~"', value: sql`'x'` },
      ]);
      const [row] = await engine.rows(
        sql`SELECT ${dialect.jsonText(object, 'FNAME')} AS f, ${dialect.jsonText(object, 'LNAME')} AS l,
          ${dialect.jsonText(object, 'A/B~"')} AS odd, ${object} AS whole`,
      );
      expect(row).toMatchObject({ f: 'Ana', l: null, odd: 'x' });
      const texts = dialect.jsonTexts(object, ['A/B~"', 'LNAME', 'FNAME']);
      expect(await engine.rows(sql`SELECT ${texts} AS texts`)).toEqual([{ texts: ['x', null, 'Ana'] }]);
      expect(JSON.parse(String(row?.whole))).toEqual({ FNAME: 'Ana', 'A/B~"': 'x' });
    });

    it.each(['ana@acme.test', 'ană@acme.test', ''])(
      'makes the keyed digest of %j as RFC 2104 says',
      async (text) => {
        const key = new Uint8Array(32).map((_, index) => index * 7);
        const [row] = await engine.rows(
          sql`SELECT ${engine.dialect.keyedDigest(sql`${text}`, key)} AS digest`,
        );
        expect(row).toEqual({ digest: createHmac('sha256', key).update(text).digest('hex') });
      },
    );

    it.each([
      ['1;"Ana@Acme.test";x', ['ana@acme.test']],
      ['{"mail":"a+b@x.ro","to":["<c@d.e>"]}', ['a+b@x.ro', 'c@d.e']],
      ['nobody @ home', []],
      ['Write to Ana@Acme.test. Or to ion@acme.test...', ['ana@acme.test', 'ion@acme.test']],
      ['ana@acme.test\u00a0tel\u0001', ['ana@acme.test']],
    ])('finds the addresses in %j', async (text, found) => {
      const [row] = await engine.rows(sql`SELECT ${engine.dialect.addressesIn(sql`${text}`)} AS found`);
      expect(row).toEqual({ found });
    });

    it('hands out columns as one JSON object, and nothing of no rows', async () => {
      const people = engine.dialect.jsonColumns([
        { key: 'id', value: sql`id` },
        { key: 'a "text"', value: sql`text` },
        { key: 'tags', value: sql`tags` },
        { key: 'fields', value: sql`CASE id WHEN 1 THEN '{"FNAME":"Ana"}' END`, isJson: true },
      ]);
      const read = async (where: Sql) => {
        const [row] = await engine.rows(sql`SELECT ${people} AS people FROM ${full} WHERE ${where}`);
        return row?.people ?? null;
      };
      const both = JSON.parse(String(await read(sql`id < 3`))) as Record<string, unknown[]> & {
        id: number[];
      };
      const of = (id: number) =>
        Object.fromEntries(Object.entries(both).map(([key, all]) => [key, all[both.id.indexOf(id)]]));
      expect(both.id).toHaveLength(2);
      expect(of(1)).toEqual({ id: 1, 'a "text"': first[1], tags: ['a', 'b'], fields: { FNAME: 'Ana' } });
      expect(of(2)).toEqual({ id: 2, 'a "text"': null, tags: null, fields: null });
      expect(await read(sql`id > 3`)).toBeNull();
    });

    it('has the rows of all columns in one order, however many threads aggregate them', async () => {
      const columns = engine.dialect.jsonColumns([
        { key: 'n', value: sql`n` },
        { key: 'odd', value: sql`CASE WHEN n % 2 = 1 THEN 'o' || n END` },
        { key: 'list', value: sql`[n::VARCHAR]` },
        { key: 'json', value: sql`CASE WHEN n % 3 = 0 THEN '{"n":' || n || '}' END`, isJson: true },
      ]);
      await engine.commit([
        sql`CREATE TABLE many AS SELECT range AS n FROM range(400000) ORDER BY hash(range)`,
      ]);
      const [row] = await engine.rows(sql`SELECT ${columns} AS all FROM many WHERE n % 7 <> 0`);
      const { n, odd, list, json } = JSON.parse(String(row?.all)) as {
        n: number[];
        odd: unknown[];
        list: unknown[];
        json: unknown[];
      };
      expect(n).toHaveLength(400_000 - Math.ceil(400_000 / 7));
      expect(odd).toEqual(n.map((each) => (each % 2 === 1 ? `o${each}` : null)));
      expect(list).toEqual(n.map((each) => [String(each)]));
      expect(json).toEqual(n.map((each) => (each % 3 === 0 ? { n: each } : null)));
    });

    it('folds an address as Mailchimp does, whatever blanks are around it', async () => {
      const { dialect } = engine;
      const blanks = Array.from({ length: 0x1_0000 }, (_, n) => String.fromCharCode(n)).filter(
        (sign) => sign.trim() === '',
      );
      const typed = blanks.map((blank) => `${blank}Ana@Example.RO${blank}`);
      const rows = await engine.rows(
        sql`SELECT DISTINCT ${dialect.foldAddress(sql`typed`)} AS a FROM unnest(${typed}) AS given(typed)`,
      );
      expect(rows).toEqual([{ a: 'ana@example.ro' }]);
      // And no blank of any kind belongs to an address that stands in a text.
      const found = await engine.rows(
        sql`SELECT DISTINCT ${dialect.addressesIn(sql`typed`)} AS found FROM unnest(${typed}) AS given(typed)`,
      );
      expect(found).toEqual([{ found: ['ana@example.ro'] }]);
    });

    it('goes by UTC, whatever the zone of the machine is', async () => {
      const [row] = await engine.rows(
        sql`SELECT CAST(TIMESTAMPTZ '2026-11-24 06:00:00+00' AS TIMESTAMP) AS at`,
      );
      expect(row).toEqual({ at: '2026-11-24T06:00:00.000Z' });
    });

    describe('files', () => {
      const folder = mkdtempSync(join(tmpdir(), 'postrider-engine-files-'));
      afterAll(() => rmSync(folder, { recursive: true }));

      it.each([
        [
          'quoted',
          ';',
          '"',
          '1;"a ""b"";\r\nc";x\n2;"";\n3; y ;NULL\n',
          ['a "b";\r\nc', null, ' y '],
          ['x', null, 'NULL'],
        ],
        [
          'unquoted',
          '\u001f',
          null,
          '1\u001f{"a":"b"}\u001fx\n2\u001f\u001f\n3\u001f"\u001f\'\n',
          ['{"a":"b"}', null, '"'],
          ['x', null, "'"],
        ],
      ])('reads a %s CSV file as it is declared', async (kind, delimiter, quote, content, first, second) => {
        const path = join(folder, `it's ${kind}.csv`);
        writeFileSync(path, content);
        const rows = await engine.rows(
          sql`SELECT n, a, b FROM ${engine.dialect.fileRows({
            format: 'csv',
            path,
            columns: [
              { name: 'n', type: 'integer' },
              { name: 'a', type: 'text' },
              { name: 'b', type: 'text' },
            ],
            delimiter,
            quote,
            multiline: quote !== null,
          })} ORDER BY n`,
        );
        expect(rows).toEqual(first.map((a, index) => ({ n: index + 1, a, b: second[index] })));
      });
    });

    it.each([
      ['2026-11-24T08:00:00+02:00', '2026-11-24T06:00:00.000Z'],
      ['2026-11-24T08:00:00-0530', '2026-11-24T13:30:00.000Z'],
      ['2026-11-24 08:00:00.25Z', '2026-11-24T08:00:00.250Z'],
      ['2026-11-24 08:00', '2026-11-24T08:00:00.000Z'],
      ['2026-11-24', '2026-11-24T00:00:00.000Z'],
      ['2026-02-30', null],
      ['soon', null],
    ])('reads the instant %s', async (text, at) => {
      expect(await engine.rows(sql`SELECT ${engine.dialect.instant(sql`${text}`)} AS at`)).toEqual([{ at }]);
    });

    it('reads times by a pattern and takes parts of a text out', async () => {
      const { dialect } = engine;
      const [row] = await engine.rows(
        sql`SELECT ${dialect.parseTime(sql`'5/14/1965'`, '%m/%d/%Y')} AS fits, ${dialect.parseTime(sql`'x'`, '%m/%d/%Y')} AS no,
          ${dialect.remove(sql`'$90,000 '`, '[^0-9]')} AS digits`,
      );
      expect(row).toEqual({ fits: '1965-05-14T00:00:00.000Z', no: null, digits: '90000' });
    });

    it('folds letters for comparing', async () => {
      const { dialect } = engine;
      const [row] = await engine.rows(
        sql`SELECT ${dialect.stripAccents(sql`'șşțâîäøß'`)} AS plain, ${dialect.composed(sql`${'e\u0301'}`)} = ${'\u00e9'} AS composed,
          ${dialect.replaceAll(sql`'a--b-c'`, '-+', '\\1 ')} AS replaced`,
      );
      expect(row).toEqual({ plain: 'sstaiaøß', composed: true, replaced: 'a\\1 b\\1 c' });
    });

    it.each<['jaroWinkler' | 'editDistance' | 'tokens', string, string, number]>([
      ['jaroWinkler', 'martha', 'marhta', 0.961],
      ['jaroWinkler', 'ana', 'ana', 1],
      ['jaroWinkler', 'ana', 'xyz', 0],
      ['editDistance', 'popescu', 'popesku', 0.857],
      ['editDistance', 'ana', 'ana', 1],
      ['editDistance', 'ana', 'maria', 0.4],
      ['tokens', 'ana maria pop', 'pop ana maria', 1],
      ['tokens', 'ana ana pop', 'pop ana maria', 0.8],
      ['tokens', 'ana', 'ion', 0],
    ])('tells how alike two texts are by %s: %s, %s', async (by, one, other, expected) => {
      const [row] = await engine.rows<{ alike: number }>(
        sql`SELECT ${engine.dialect.similarity(by, sql`${one}`, sql`${other}`)} AS alike`,
      );
      expect(row?.alike).toBeCloseTo(expected, 3);
    });

    it('gives a query up that nobody wants any more, and answers the next', async () => {
      const endless = sql`SELECT count(*) AS n FROM range(100000000000) AS a(i) WHERE hash(a.i) % 7 = 3`;
      const superseded = new AbortController();
      const asked = engine.rows(endless, { signal: superseded.signal });
      setTimeout(() => superseded.abort(new Error('superseded')), 20);
      await expect(asked).rejects.toThrow('superseded');
      await expect(engine.rows(endless, { signal: superseded.signal })).rejects.toThrow('superseded');
      expect(await engine.rows(sql`SELECT 1 AS n`, { signal: new AbortController().signal })).toEqual([
        { n: 1 },
      ]);
    });

    it('takes the value at an edge, the lowest or highest of those at the same', async () => {
      const { dialect } = engine;
      const [row] = await engine.rows(sql`
        SELECT ${dialect.atEdge('first', sql`v`, sql`o`)} AS first, ${dialect.atEdge('last', sql`v`, sql`o`)} AS last
        FROM (VALUES (1, 'b'), (1, 'a'), (2, 'y'), (2, 'z'), (3, NULL), (NULL, 'x'), (0, NULL)) AS t(o, v)`);
      expect(row).toEqual({ first: 'a', last: 'z' });
      const [none] = await engine.rows(
        sql`SELECT ${dialect.atEdge('last', sql`v`, sql`o`)} AS last FROM (VALUES (NULL, 'x')) AS t(o, v)`,
      );
      expect(none).toEqual({ last: null });
    });

    it('takes the value at a share of the values, and none of none', async () => {
      const at = (share: number) => engine.dialect.percentile(sql`n`, share);
      const [row] = await engine.rows(
        sql`SELECT ${at(0)} AS low, ${at(0.5)} AS middle, ${at(1)} AS high FROM (VALUES (4), (1), (9), (NULL), (2), (3)) AS t(n)`,
      );
      expect(row).toEqual({ low: 1, middle: 3, high: 9 });
      expect(await engine.rows(sql`SELECT ${at(0.5)} AS none FROM (VALUES (1)) AS t(n) WHERE n > 1`)).toEqual(
        [{ none: null }],
      );
    });

    it('puts numbers into a set, one bit each', async () => {
      const set = (when: Sql) => engine.dialect.numberSet(sql`n`, when, 16);
      const [row] = await engine.rows(
        sql`SELECT ${set(sql`n <> 7`)} AS some, ${set(sql`n > 20`)} AS none
          FROM (VALUES (9), (0), (7), (15), (0)) AS t(n)`,
      );
      expect(row?.none).toBeNull();
      expect([...Buffer.from(String(row?.some), 'base64')]).toEqual([0b1000_0000, 0b0100_0001]);
    });

    it('tells a table that was made anew from the one before it', async () => {
      const ids = async () => {
        const rows = await engine.rows<{ name: string; id: number }>(
          sql`SELECT name, id FROM ${engine.dialect.tableIds(['remade'])} AS t`,
        );
        return new Map(rows.map(({ name: table, id }) => [table, id]));
      };
      await engine.commit([sql`CREATE SCHEMA remade`, sql`CREATE TABLE remade.t AS SELECT 1 AS n`]);
      const before = await ids();
      await engine.commit([sql`INSERT INTO remade.t VALUES (2)`]);
      expect(await ids()).toEqual(before);
      await engine.commit([
        sql`CREATE TABLE remade.next AS SELECT 1 AS n`,
        sql`DROP TABLE remade.t`,
        sql`ALTER TABLE remade.next RENAME TO t`,
      ]);
      const after = await ids();
      expect([...after.keys()]).toEqual(['remade.t']);
      expect(after.get('remade.t')).not.toBe(before.get('remade.t'));
    });

    it('tells JSON objects, their keys and the kinds of their members', async () => {
      const { dialect } = engine;
      const json = sql`'{"t":"x","i":-3,"n":1.5,"b":false,"z":null,"l":[1],"o":{}}'`;
      const keys = ['t', 'i', 'n', 'b', 'z', 'l', 'o', 'absent'];
      const [row] = await engine.rows(
        sql`SELECT ${dialect.jsonKeys(json)} AS keys, ${dialect.isJsonObject(json)} AS yes, ${dialect.isJsonObject(sql`'[1]'`)} AS list,
          ${dialect.isJsonObject(sql`'{"a":'`)} AS cut`,
      );
      expect(row).toEqual({ keys: keys.slice(0, -1), yes: true, list: false, cut: false });
      const kinds = [];
      for (const key of keys) {
        kinds.push((await engine.rows(sql`SELECT ${dialect.jsonKind(json, key)} AS kind`))[0]?.kind);
      }
      expect(kinds).toEqual(['text', 'integer', 'number', 'boolean', null, 'other', 'other', null]);
    });

    it('copies everything as it is at one moment, while others write', async () => {
      const folder = mkdtempSync(join(tmpdir(), 'postrider-engine-'));
      const path = join(folder, "a copy's file.db");
      await engine.commit([
        sql`CREATE SCHEMA copied`,
        sql`CREATE TABLE copied.t (n INTEGER, list VARCHAR[])`,
      ]);
      await engine.commit([sql`INSERT INTO copied.t VALUES (1, ${['a', 'b']})`]);
      const writing = Promise.all(
        [2, 3, 4].map((n) => engine.commit([sql`INSERT INTO copied.t VALUES (${n}, NULL)`])),
      );
      await engine.copyTo(path);
      await writing;
      await expect(engine.copyTo(path)).rejects.toThrow();
      const copy = await open(path);
      const [first] = await copy.rows(sql`SELECT n, list FROM copied.t ORDER BY n LIMIT 1`);
      expect(first).toEqual({ n: 1, list: ['a', 'b'] });
      await copy.close();
      rmSync(folder, { recursive: true });
      expect(await engine.rows(sql`SELECT count(*) AS n FROM copied.t`)).toEqual([{ n: 4 }]);
    });

    it('copies some tables alone, with the rows that are asked for', async () => {
      const folder = mkdtempSync(join(tmpdir(), 'postrider-engine-'));
      const path = join(folder, 'some.db');
      await engine.commit([
        sql`CREATE SCHEMA copied_some`,
        sql`CREATE TABLE copied_some.t (n INTEGER, list VARCHAR[])`,
        sql`CREATE TABLE copied_some.other (n INTEGER)`,
        sql`INSERT INTO copied_some.t VALUES (1, ${['a']}), (2, NULL), (3, NULL)`,
      ]);
      const t = { schema: 'copied_some', table: 't' };
      await engine.copyTo(path, [
        { table: t, rows: sql`SELECT * FROM copied_some.t WHERE n < ${3}` },
        { table: { schema: 'bare', table: 't' }, rows: sql`SELECT * FROM copied_some.t WHERE false` },
      ]);
      await expect(
        engine.copyTo(path, [{ table: t, rows: sql`SELECT * FROM copied_some.t` }]),
      ).rejects.toThrow();
      const copy = await open(path);
      expect(await copy.rows(sql`SELECT n, list FROM copied_some.t ORDER BY n`)).toEqual([
        { n: 1, list: ['a'] },
        { n: 2, list: null },
      ]);
      expect([...(await tablesIn(copy, 'copied_some')).keys()]).toEqual(['t']);
      expect([...(await tablesIn(copy, 'bare'))]).toEqual([['t', ['n', 'list']]]);
      await copy.close();
      rmSync(folder, { recursive: true });
    });

    it('tells that a table was made, changed or removed, and nothing of rows', async () => {
      const after = async (statement: Sql) => {
        const before = engine.tablesVersion;
        await engine.commit([statement]);
        return engine.tablesVersion !== before;
      };
      expect(await after(sql`CREATE SCHEMA versions`)).toBe(true);
      expect(await after(sql`CREATE TABLE versions.t (n INTEGER)`)).toBe(true);
      expect([...(await tablesIn(engine, 'versions'))]).toEqual([['t', ['n']]]);
      expect(await after(sql`INSERT INTO versions.t VALUES (1)`)).toBe(false);
      expect(await after(sql`ALTER TABLE versions.t ADD COLUMN m INTEGER`)).toBe(true);
      expect([...(await tablesIn(engine, 'versions'))]).toEqual([['t', ['n', 'm']]]);
      expect(await after(sql`DROP TABLE versions.t`)).toBe(true);
      expect([...(await tablesIn(engine, 'versions'))]).toEqual([]);
      await expect(
        engine.commit([sql`CREATE TABLE versions.t (n INTEGER)`, sql`SELECT nonsense`]),
      ).rejects.toThrow();
      expect([...(await tablesIn(engine, 'versions'))]).toEqual([]);
    });
  });
}
