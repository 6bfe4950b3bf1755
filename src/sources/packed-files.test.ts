import { randomBytes } from 'node:crypto';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SourceBench } from './ingest.fixture.ts';

let bench: SourceBench;
beforeAll(async () => {
  bench = await SourceBench.open();
});
afterAll(() => bench.close());

const half = (from: number) =>
  Array.from({ length: 20_000 }, (_, index) => `${from + index},${randomBytes(60).toString('hex')}\n`).join(
    '',
  );
const packings = [
  ['gzip', gzipSync],
  ['zstd', zstdCompressSync],
] as const;

describe.each(packings)('%s', (_, pack) => {
  it('is seen by content, whatever the name, and its parts are all read', async () => {
    const [one, two] = [`id,code\n${half(0)}`, half(20_000)];
    await bench.csv(one + two);
    const plain = await bench.rows();
    const load = await bench.csv(Buffer.concat([pack(one), pack(two)]), { key: 'id' });
    expect(load).toMatchObject({ rows: 40_000, rejected: 0, files: ['crm.csv'] });
    expect(await bench.rows()).toEqual(plain);
  });

  it.each([
    ['jsonl', '{"id":1,"name":"Ana"}\n{"id":2,"name":"Ion"}\n'],
    ['json', '[{"id":1,"name":"Ana"},{"id":2,"name":"Ion"}]'],
  ])('holds %s too', async (type, text) => {
    bench.write(`crm.${type}`, pack(text));
    await bench.ingest({ type, path: `crm.${type}` });
    expect((await bench.rows()).map((row) => row.slice(1))).toEqual([
      [1, 'Ana'],
      [2, 'Ion'],
    ]);
  });

  it('refuses a file that was cut off, and the last good load stays', async () => {
    await bench.csv('id\n7\n');
    const whole = pack(`id,code\n${half(0)}`);
    for (const length of [20, whole.length - 3]) {
      await expect(bench.csv(whole.subarray(0, length))).rejects.toMatchObject({
        kind: 'input',
        code: 'source_file_unreadable',
      });
    }
    expect(await bench.rows()).toEqual([[2, 7]]);
  });

  it('refuses a file of nothing', async () => {
    await expect(bench.csv(pack(''))).rejects.toMatchObject({ code: 'source_file_empty' });
  });
});
