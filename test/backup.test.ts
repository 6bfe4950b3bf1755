import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { appendFile, copyFile, mkdir, readdir, readFile, stat, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { extract, pack } from 'tar-stream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { restoreBackup } from '../src/app/restore-backup.ts';
import { systemClock } from '../src/base/clock.ts';
import { readConfig } from '../src/base/config.ts';
import { startSandbox, type Sandbox } from '../src/sandbox/sandbox.ts';
import { apiKey, audience, writeNewsletterWorkspace } from './support/newsletter-workspace.ts';
import { csvOf, dirtyRows } from './support/people-rows.ts';
import { documentOf, Postrider } from './support/postrider-process.ts';
import { workFolder } from './support/work-folder.ts';

/** A backup is worth what can be restored of it. */
describe('backup and restore', { timeout: 60_000 }, async () => {
  const folder = await workFolder();
  const data = join(folder, 'data');
  const file = join(folder, 'backup.tar');
  let sandbox: Sandbox;
  let postrider: Postrider;
  let environment: Record<string, string>;
  let segments: string;

  beforeAll(async () => {
    sandbox = await startSandbox({ apiKey });
    sandbox.control.createAudience({ id: audience, name: 'Shop' });
    environment = { MAILCHIMP_API_KEY: apiKey, MAILCHIMP_BASE_URL: sandbox.apiRoot };
    postrider = new Postrider(data, environment);
    await writeFile(join(folder, 'people.csv'), csvOf(dirtyRows(200)));
    await postrider.do('apply', await writeNewsletterWorkspace(folder));
    await postrider.do('refresh', '--until', 'segments');
    await postrider.do('run', 'newsletter');
    segments = (await postrider.do('segments', '--json')).stdout;
  });
  afterAll(() => sandbox.close());

  it('makes one file, for its owner only, and without the key unless that is asked for', async () => {
    const made = await postrider.do('backup', file, '--json');
    expect(documentOf(made)).toMatchObject({ file, withKey: false });
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    const key = (await readFile(join(data, 'secret.key'), 'utf8')).trim();
    const text = await readFile(file, 'latin1');
    expect(text).not.toContain(key);
    expect(text).not.toContain(apiKey);
    const withKey = join(folder, 'with-key.tar');
    await postrider.do('backup', withKey, '--with-key');
    expect(await readFile(withKey, 'latin1')).toContain(key);
  });

  it('restores into an empty folder with the key beside it: the same people, plans and secrets', async () => {
    const other = join(folder, 'other');
    const there = new Postrider(other, environment);
    const without = await there.run(['restore', file, '--yes']);
    expect(without).toMatchObject({ code: 2 });
    expect(without.stderr).toContain('(backup_other_key)');
    await copyFile(join(data, 'secret.key'), join(other, 'secret.key'));
    const restored = documentOf(await there.do('restore', file, '--yes', '--json'));
    expect(restored).toMatchObject({ before: null, erasedAgain: 0 });
    expect((await there.do('segments', '--json')).stdout).toBe(segments);
    expect(documentOf(await there.do('runs', '--json'))).toMatchObject({ runs: [{ status: 'succeeded' }] });
    // Nothing is sent before somebody has looked.
    const run = await there.run(['run', 'newsletter']);
    expect(run.stderr).toContain('(export_paused)');
    const plan = documentOf(await there.do('plan', 'newsletter', '--json'));
    expect(plan).toMatchObject({ people: { add: 0, update: 0, leave: 0 } });
    await there.do('resume', '--all');
    await there.do('run', 'newsletter');
  });

  it('brings nobody back who was erased since, and keeps what was there', async () => {
    const person = 'person1@shop.test';
    await postrider.do('forget', person, '--archive', '--why', 'request 17');
    const restored = documentOf<{ before: string; erasedAgain: number }>(
      await postrider.do('restore', file, '--yes', '--json'),
    );
    expect(restored.erasedAgain).toBeGreaterThan(0);
    expect((await stat(join(restored.before, 'people.duckdb'))).size).toBeGreaterThan(0);
    const found = await postrider.run(['person', person, '--json']);
    expect(found.stdout).not.toContain('"customerId"');
    await postrider.do('resume', '--all');
    await postrider.do('refresh', '--until', 'segments');
    expect((await postrider.run(['person', person, '--json'])).stdout).not.toContain('"customerId"');
  });

  it('pauses, and brings nobody back, where it was killed before it had done so', async () => {
    const person = 'person2@shop.test';
    await postrider.do('forget', person, '--archive', '--why', 'request 18');
    await restoreBackup(readConfig({ POSTRIDER_DATA: data }), file, systemClock);
    const run = await postrider.run(['run', 'newsletter']);
    expect(run.stderr).toContain('(export_paused)');
    expect((await postrider.run(['person', person, '--json'])).stdout).not.toContain('"customerId"');
    await postrider.do('resume', '--all');
    await postrider.do('run', 'newsletter');
  });

  it.each([
    ['cut off', async (copy: string) => truncate(copy, (await stat(copy)).size - 10_000)],
    [
      'damaged',
      async (copy: string) => {
        const bytes = await readFile(copy);
        const at = bytes.indexOf('people.duckdb') + 4_096;
        bytes[at] = (bytes[at] ?? 0) ^ 0xff;
        await writeFile(copy, bytes);
      },
    ],
    ['something else', async (copy: string) => writeFile(copy, 'id,email\n1,ana@shop.test\n')],
  ])('leaves what is there when the file is %s', async (_, spoil) => {
    const copy = join(folder, 'spoilt.tar');
    await copyFile(file, copy);
    await spoil(copy);
    const shown = async () => (await postrider.do('segments', '--json')).stdout;
    const files = async () => ({
      names: (await readdir(data)).toSorted(),
      people: createHash('sha256')
        .update(await readFile(join(data, 'people.duckdb')))
        .digest('hex'),
    });
    const [before, there] = [await shown(), await files()];
    const ended = await postrider.run(['restore', copy, '--yes']);
    expect(ended).toMatchObject({ code: 2 });
    expect(ended.stderr).toMatch(/\(backup_(incomplete|unreadable)\)/);
    expect(await files()).toEqual(there);
    expect(await shown()).toBe(before);
  });

  it('asks before it puts an old state in place of a new one', async () => {
    const ended = await postrider.run(['restore', file]);
    expect(ended).toMatchObject({ code: 2 });
    expect(ended.stderr).toContain('(restore_unconfirmed)');
  });

  it('takes uploads along', async () => {
    await mkdir(join(data, 'uploads', 'shop'), { recursive: true });
    await appendFile(join(data, 'uploads', 'shop', 'a.csv'), 'id\n1\n');
    const withUploads = join(folder, 'uploads.tar');
    await postrider.do('backup', withUploads);
    await postrider.do('restore', withUploads, '--yes');
    expect(await readFile(join(data, 'uploads', 'shop', 'a.csv'), 'utf8')).toBe('id\n1\n');
  });

  it.each(['../evil.csv', 'uploads/../../evil.csv', 'uploads/shop/../../../../evil.csv', 'evil.csv'])(
    'is led by no name in a file to a place that is not its own: %s',
    async (name) => {
      const evil = join(folder, 'evil.tar');
      await copyWithOneMore(file, evil, name);
      const ended = await postrider.run(['restore', evil, '--yes']);
      expect(ended).toMatchObject({ code: 2 });
      expect(ended.stderr).toContain('holds what no backup of Postrider holds');
      const names = await readdir(folder, { recursive: true });
      expect(names.filter((each) => each.endsWith('evil.csv'))).toEqual([]);
    },
  );
});

/** A tar with everything that the other one holds, and a file of the given name. */
async function copyWithOneMore(from: string, to: string, name: string): Promise<void> {
  const entries = extract();
  const read = pipeline(createReadStream(from), entries);
  const packed = pack();
  const written = pipeline(packed, createWriteStream(to));
  packed.entry({ name }, 'id\n1\n');
  for await (const entry of entries) packed.entry({ name: entry.header.name }, await buffer(entry));
  packed.finalize();
  await Promise.all([read, written]);
}
