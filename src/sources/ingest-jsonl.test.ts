import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { PostriderError } from '../base/errors.ts';
import { SourceBench } from './ingest.fixture.ts';

let bench: SourceBench;
beforeAll(async () => {
  bench = await SourceBench.open();
});
afterAll(() => bench.close());

function jsonl(content: string, config: object = {}) {
  bench.write('crm.jsonl', content);
  return bench.ingest({ type: 'jsonl', path: 'crm.jsonl', ...config });
}

describe('JSON lines', () => {
  it('keyed by an id are refused before every key becomes a column', async () => {
    const lines = Array.from({ length: 2_001 }, (_, n) => JSON.stringify({ [`k${n}`]: n }));
    await expect(jsonl(lines.join('\n'))).rejects.toMatchObject({ code: 'source_too_many_columns' });
  });

  it('become rows with the types that JSON has', async () => {
    const lines = [
      {
        id: 1,
        name: 'Ana',
        code: '007',
        sum: 1.5,
        ok: true,
        born: '1966-04-08',
        at: '2026-11-24T08:00:00+02:00',
        tags: ['a'],
        long: 1,
      },
      { id: 2, name: '', sum: 2, ok: null, 'A/B~"': { x: 1 }, long: '1' },
    ];
    const load = await jsonl(lines.map((line) => JSON.stringify(line)).join('\n\r\n'), { key: 'id' });
    expect(load.columns).toEqual([
      { name: 'id', type: 'integer' },
      { name: 'name', type: 'text' },
      { name: 'code', type: 'text' },
      { name: 'sum', type: 'number' },
      { name: 'ok', type: 'boolean' },
      { name: 'born', type: 'date', semantic: 'birth_date' },
      { name: 'at', type: 'time' },
      { name: 'tags', type: 'text' },
      { name: 'long', type: 'text' },
      { name: 'A/B~"', type: 'text' },
    ]);
    expect(await bench.rows()).toEqual([
      [1, 1, 'Ana', '007', 1.5, true, '1966-04-08', '2026-11-24T06:00:00.000Z', '["a"]', '1', null],
      [3, 2, null, null, 2, null, null, null, null, '1', '{"x":1}'],
    ]);
  });

  it('keeps every digit of a long number', async () => {
    await jsonl('{"id":12345678901234567890}\n{"id":1}\n');
    expect(await bench.rows()).toEqual([
      [1, '12345678901234567890'],
      [2, '1'],
    ]);
  });

  it('rejects what is no object, and what does not fit a declaration', async () => {
    const load = await jsonl('{"a":"1/2/2026"}\n[1]\n{"a":\nnull\n{"a":"x"}\n\u001f\n', {
      columns: { a: { type: 'date', format: 'D/M/YYYY' } },
    });
    expect(load).toMatchObject({ rows: 1, rejected: 5 });
    expect(await bench.rows()).toEqual([[1, '2026-02-01']]);
    expect(await bench.rejects()).toEqual([
      ['crm.jsonl', 2, null, 'not a JSON object', '[1]'],
      ['crm.jsonl', 3, null, 'not a JSON object', '{"a":'],
      ['crm.jsonl', 4, null, 'not a JSON object', 'null'],
      ['crm.jsonl', 5, 'a', 'not a date (D/M/YYYY)', 'x'],
      ['crm.jsonl', 6, null, 'not JSON', '\u001f'],
    ]);
  });

  it('names keys that differ only in case apart', async () => {
    const load = await jsonl('{"Mail":"a","mail":"b"}\n');
    expect(load.columns.map((column) => column.name)).toEqual(['Mail', 'mail_2']);
    expect(await bench.rows()).toEqual([[1, 'a', 'b']]);
  });

  it.each([
    ['an empty file', ' \n\n', {}, 'source_file_empty'],
    ['a list over many lines', '[\n{"a":1},\n{"a":2}\n]', {}, 'source_not_lines'],
    ['a list on one line', ' [{"a":1},{"a":2}]', {}, 'source_not_lines'],
    ['no usable line', 'x\n{', {}, 'source_all_rejected'],
    ['a missing key column', '{"a":1}\n', { key: 'id' }, 'source_column_missing'],
    ['a blank key', '{"id":1}\n{"id":null}\n', { key: 'id' }, 'source_key_blank'],
    ['a repeated key', '{"id":1}\n{"id":1}\n', { key: 'id' }, 'source_key_duplicate'],
    ['another encoding', Buffer.from('{"a":"\xe9"}', 'latin1'), {}, 'source_encoding'],
  ] as [string, string, object, string][])(
    '%s is an error and the last good load stays',
    async (_, content, config, code) => {
      await jsonl('{"id":7}\n');
      await expect(jsonl(content, config)).rejects.toMatchObject({
        kind: 'input',
        code,
      } satisfies Partial<PostriderError>);
      expect(await bench.rows()).toEqual([[1, 7]]);
    },
  );
});
