import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SourceBench } from './ingest.fixture.ts';

let bench: SourceBench;
beforeAll(async () => {
  bench = await SourceBench.open();
});
afterAll(() => bench.close());

function json(content: string, config: object = {}) {
  bench.write('crm.json', content);
  return bench.ingest({ type: 'json', path: 'crm.json', ...config });
}

describe('a JSON file', () => {
  const items = '{"id":1,"name":"A \\"]}, [\\\\"},\n  {\n "id" : 2,\r\n "tags": ["a", {"b": [1, 2]}] }';
  const rows = [
    [1, 1, 'A "]}, [\\', null],
    [2, 2, null, '["a",{"b":[1,2]}]'],
  ];

  it.each([
    ['is a list', `[${items}]`],
    ['is a list with blanks around it', `\ufeff \n [ ${items} \n]\n `],
    [
      'is an object with a list',
      `{"page": {"lists": [1]}, "total": 2, "customers": [${items}], "next": null}`,
    ],
  ])('%s', async (_, content) => {
    const load = await json(content, { key: 'id' });
    expect(load).toMatchObject({ rows: 2, rejected: 0 });
    expect(await bench.rows()).toEqual(rows);
  });

  it('has its broken items rejected by number, and the others loaded', async () => {
    const load = await json('[{"id":1}, 7, {"id":[2}}, {"id": "a\nb"}, null, {"id":3}]');
    expect(load).toMatchObject({ rows: 2, rejected: 4 });
    expect((await bench.rows()).map((row) => row.slice(0, 2))).toEqual([
      [1, 1],
      [6, 3],
    ]);
    expect((await bench.rejects()).map((row) => [row[1], row[3]])).toEqual([
      [2, 'not a JSON object'],
      [3, 'not a JSON object'],
      [4, 'not JSON'],
      [5, 'not a JSON object'],
    ]);
  });

  it.each([
    ['nothing', ' \n', 'source_file_empty', /empty/],
    ['something else', 'id,name', 'source_json', /begins/],
    ['one value a line', '{"id":1}\n{"id":2}\n', 'source_json', /several/],
    ['an object without a list', '{"id":1}', 'source_json', /no list/],
    ['several lists', '{"a":[{"id":1}],"b":[]}', 'source_json', /several lists/],
    ['half a list', '[{"id":1},{"id":2}', 'source_json', /after item 1/],
    ['half an item', '[{"id":1},{"id":', 'source_json', /after item 1/],
    ['half a text', '[{"id":"1', 'source_json', /too soon/],
    ['a comma too many', '[{"id":1},]', 'source_json', /missing after item 1/],
    ['two commas', '[{"id":1},,{"id":2}]', 'source_json', /missing after item 1/],
    ['a brace at the end of the list', '[{"id":1}}', 'source_json', /brace after item 0/],
    ['more behind the list', '[{"id":1}] x', 'source_json', /several/],
    ['nothing usable', '[1,2]', 'source_all_rejected', /row 1/],
    ['an item without end', `[{"id":"${'x'.repeat(2_200_000)}"}]`, 'source_record_too_long', /Item 1/],
    ['a key twice', '[{"id":1},{"id":1}]', 'source_key_duplicate', /Rows 1 and 2/],
  ])('%s is an error and the last good load stays', async (_, content, code, says) => {
    await json('[{"id":7}]');
    await expect(json(content, { key: 'id' })).rejects.toMatchObject({
      kind: 'input',
      code,
      message: expect.stringMatching(says) as unknown,
    });
    expect(await bench.rows()).toEqual([[1, 7]]);
  });

  it('gives back any list, however it is written and wherever pieces end', async () => {
    const item = fc.dictionary(fc.string({ maxLength: 3 }), fc.jsonValue({ maxDepth: 2 }), {
      minKeys: 1,
      maxKeys: 3,
      noNullPrototype: true,
    });
    await fc.assert(
      fc.asyncProperty(
        fc.array(item, { minLength: 1, maxLength: 8 }),
        fc.constantFrom(undefined, 2, '\t'),
        fc.boolean(),
        fc.integer({ min: 0, max: 40 }),
        async (list, space, inObject, near) => {
          const text = JSON.stringify(inObject ? { n: 1, list } : list, null, space);
          // So that the first piece of the file ends somewhere in the list.
          const load = await json(' '.repeat((1 << 20) - near) + text);
          expect(load).toMatchObject({ rows: list.length, rejected: 0 });
          expect((await bench.rows()).map((row) => row[0])).toEqual(list.map((_, index) => index + 1));
        },
      ),
      { numRuns: 12 },
    );
  });
});
