import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { findFiles } from './find-files.ts';
import { fileEndings } from './source-config.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'postrider-files-'));
  mkdirSync(join(folder, 'in [1]/deeper'), { recursive: true });
  mkdirSync(join(folder, 'none.csv'));
  for (const file of ['b.csv', 'a.csv.gz', 'c.TXT', 'd.json', 'e.tsv.zst', 'deeper/f.csv', '.hidden.csv'])
    writeFileSync(join(folder, 'in [1]', file), file);
});
afterAll(() => rmSync(folder, { recursive: true }));

const shown = async (path: string) =>
  (await findFiles(folder, path, fileEndings('csv'))).map((file) => file.shown);

it.each([
  ['a file', 'in [1]/d.json', ['in [1]/d.json']],
  ['a folder: its files of the type, packed ones too', 'in [1]', ['a.csv.gz', 'b.csv', 'e.tsv.zst']],
  ['a folder with a slash', 'in [1]/', ['a.csv.gz', 'b.csv', 'e.tsv.zst']],
  ['a pattern', 'in*/*.csv', ['b.csv']],
  ['a pattern over folders', '**/*.csv', ['b.csv', 'deeper/f.csv']],
])('finds %s, by name', async (_, path, files) => {
  expect(await shown(path)).toEqual(files.map((file) => (file.startsWith('in') ? file : `in [1]/${file}`)));
});

it.each([
  ['nowhere.csv', /There is no file nowhere\.csv/],
  ['none.csv', /No file fits none\.csv/],
  ['*.parquet', /No file fits/],
])('refuses %s', async (path, says) => {
  await expect(shown(path)).rejects.toMatchObject({
    code: 'source_file_missing',
    message: expect.stringMatching(says) as unknown,
  });
});

it('tells a file from another one that takes its place', async () => {
  const stamp = async () => (await findFiles(folder, 'x.csv'))[0]?.stamp;
  writeFileSync(join(folder, 'x.csv'), 'one');
  const before = await stamp();
  expect(await stamp()).toBe(before);
  writeFileSync(join(folder, 'y.csv'), 'two');
  renameSync(join(folder, 'y.csv'), join(folder, 'x.csv'));
  expect(await stamp()).not.toBe(before);
});
