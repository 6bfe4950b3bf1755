import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Column, Engine } from './engine.ts';
import { createTable } from './table.ts';
import { name, sql } from './sql.ts';

/** What every engine must do. Call it in a test file beside the implementation. */
export function engineSuite(label: string, open: () => Promise<Engine>): void {
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

    it('binds values of every sort, lists too', async () => {
      const texts = ["O'Brien; drop table x", 'nobody'];
      const [row] = await engine.rows(
        sql`SELECT count(*) AS n FROM ${full} WHERE list_contains(${texts}, text) AND number > ${1} AND flag = ${true}`,
      );
      expect(row).toEqual({ n: 1 });
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
      expect(JSON.parse(String(row?.whole))).toEqual({ FNAME: 'Ana', 'A/B~"': 'x' });
    });

    it('folds an address as Mailchimp does', async () => {
      const [row] = await engine.rows(
        sql`SELECT ${engine.dialect.foldAddress(sql`${'\t\u00a0Ana@Example.RO \n'}`)} AS a`,
      );
      expect(row).toEqual({ a: 'ana@example.ro' });
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
  });
}
