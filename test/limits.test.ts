import { execFile } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { open, readdir, rm, writeFile } from 'node:fs/promises';
import { once } from 'node:events';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { openApp } from '../src/app.ts';
import { readConfig } from '../src/base/config.ts';
import { startSandbox } from '../src/sandbox/sandbox.ts';
import { Postrider } from './support/postrider-process.ts';
import { workFolder } from './support/work-folder.ts';

const main = join(import.meta.dirname, '../src/cli/main.ts');
const bash = promisify(execFile);

const small = `version: 1
sources:
  crm: { type: csv, path: people.csv, key: id }
unify:
  sources: [{ source: crm, attributes: { email: email } }]
segments:
  all: { rules: { combinator: and, rules: [] } }
`;

/** A workspace with so many people, refreshed. */
async function refreshed(people: number): Promise<{ folder: string; data: string; postrider: Postrider }> {
  const folder = await workFolder();
  const data = join(folder, 'data');
  const postrider = new Postrider(data);
  await writeFile(join(folder, 'people.csv'), csvOf(people));
  await writeFile(join(folder, 'workspace.yaml'), small);
  await postrider.do('apply', join(folder, 'workspace.yaml'));
  await postrider.do('refresh', '--until', 'segments');
  return { folder, data, postrider };
}

function csvOf(people: number): string {
  const rows = Array.from(
    { length: people },
    (_, n) => `${n},somebody-with-a-long-name-${n}@shop${n % 1000}.test`,
  );
  return ['id,email', ...rows].join('\n');
}

async function membersOf(postrider: Postrider): Promise<number | undefined> {
  const { segments } = await postrider.json<{ segments: { members: number }[] }>('segments');
  return segments[0]?.members;
}

describe('what runs out or breaks', { timeout: 120_000 }, () => {
  it('is named where the disk is full, and the last good state stays', async () => {
    const { folder, data, postrider } = await refreshed(200);
    await writeFile(join(folder, 'people.csv'), csvOf(300_000));
    // No file may become larger than this, as on a disk that has no more room; in blocks of 1024 bytes.
    const limited = `ulimit -f 8000; exec '${process.execPath}' '${main}' refresh --until segments --data '${data}'`;
    const failed = await bash('bash', ['-c', limited]).then(
      () => undefined,
      (error: unknown) => error as { code: number; stderr: string },
    );
    expect(failed).toMatchObject({ code: 2 });
    expect(failed?.stderr).toContain('(disk_full)');
    expect(await membersOf(postrider)).toBe(200);
    await postrider.do('refresh', '--until', 'segments');
    expect(await membersOf(postrider)).toBe(300_000);
  });

  it('is told of a people file with a broken block, by its own name', async () => {
    const { data, postrider } = await refreshed(2_000);
    const file = await open(join(data, 'people.duckdb'), 'r+');
    await file.write(Buffer.alloc(20_000, 0x5a), 0, 20_000, 4096);
    await file.close();
    await rm(join(data, 'people.memory.duckdb'));
    const ended = await postrider.run(['segments']);
    expect(ended).toMatchObject({ code: 2 });
    expect(ended.stderr).toContain('(people_file_unreadable)');
    expect(await readdir(data)).toContain('people.duckdb');
  });

  it('leaves customer ids, erasures and people who stay in a segment, where there is no copy', async () => {
    const sandbox = await startSandbox({ apiKey: 'sandbox-us1' });
    onTestFinished(() => sandbox.close());
    sandbox.control.createAudience({ id: 'abc123def4', name: 'Shop' });
    const { folder, data } = await refreshed(30);
    const postrider = new Postrider(data, { MAILCHIMP_BASE_URL: sandbox.apiRoot });
    const sending = `${small}  chosen: { rules: { combinator: and, rules: [] } }
connections:
  account: { type: mailchimp, apiKey: sandbox-us1, consent: { agreedBy: ana@mail.test, date: '2026-11-24', text: v1 } }
exports:
  letter: { connection: account, audience: abc123def4, match: { email: email }, segments: [all] }
`;
    await writeFile(join(folder, 'workspace.yaml'), sending);
    await postrider.do('apply', join(folder, 'workspace.yaml'));
    await postrider.do('refresh', '--until', 'exports');
    await postrider.do('segments', 'freeze', 'chosen');
    const erased = 'somebody-with-a-long-name-3@shop3.test';
    await postrider.do('forget', erased, '--delete', '--why', 'request 17');
    const { runs } = await postrider.json<{ runs: { run: string }[] }>('runs');
    await writeFile(join(folder, 'people.csv'), csvOf(40));
    await postrider.do('refresh', '--until', 'segments');
    const people = async (segment: string) =>
      (await postrider.do('segments', 'members', segment, '--csv')).stdout
        .trim()
        .split('\n')
        .slice(1)
        .toSorted();
    const [all, chosen] = [await people('all'), await people('chosen')];
    expect([all.length, chosen.length]).toEqual([39, 29]);

    await writeFile(join(data, 'people.duckdb'), 'gone');
    const told = await postrider.do('segments');
    expect(told.stderr).toContain('there was no copy');
    expect(told.stderr).toContain('All exports are paused');
    expect(await people('all')).toEqual([]);
    await postrider.do('refresh', '--until', 'segments');
    expect(await people('all')).toEqual(all);
    expect(await people('chosen')).toEqual(chosen);

    const held = await postrider.run(['run', 'letter']);
    expect(held.stderr).toContain('(export_paused)');
    await postrider.do('resume', '--all');
    // Its tags, too, are nobody's of whom is known, and are taken on by name.
    await writeFile(join(folder, 'workspace.yaml'), sending.replace('[all] }', '[all], adoptTags: [all] }'));
    await postrider.do('apply', join(folder, 'workspace.yaml'));
    const plan = await postrider.json<{ people: object }>('plan', 'letter');
    // What is there already is found there; nobody of it is ours, and who was erased is not wanted.
    expect(plan.people).toMatchObject({ desired: 39, add: 10 });
    const undo = await postrider.run(['undo', runs[0]?.run ?? '']);
    expect(undo.stderr).toContain('(run_unknown)');
  });

  it('is replaced by the copy that a server keeps, with everything paused until somebody has looked', async () => {
    const { folder, data } = await refreshed(300);
    const config = readConfig({ POSTRIDER_DATA: data, MAILCHIMP_BASE_URL: 'http://127.0.0.1:9/3.0' });
    const sending = `${small}connections:
  account: { type: mailchimp, apiKey: unused-us1, consent: { agreedBy: ana@mail.test, date: '2026-11-24', text: v1 } }
exports:
  letter: { connection: account, audience: abc123def4, match: { email: email }, segments: [all] }
`;
    await writeFile(join(folder, 'workspace.yaml'), sending);
    const first = await openApp({ config, env: {}, user: 'ana' });
    await first.apply(join(folder, 'workspace.yaml'), { offline: true });
    await first.work({ checkpointMs: 1 });
    await vi.waitFor(async () => expect(await readdir(data)).toContain('people.checkpoint.duckdb'), 20_000);
    expect((await first.export('letter')).paused).toBeNull();
    await first.close();

    await writeFile(join(data, 'people.duckdb'), 'gone');
    const said: string[] = [];
    const progress = { count: () => undefined, say: (sentence: string) => void said.push(sentence) };
    // An opening that fails once the copy is in its place leaves the pause to the next.
    const failing = openApp({ config: { ...config, secretKey: 'no key' }, env: {}, user: 'ana' });
    await expect(failing).rejects.toMatchObject({ code: 'bad_secret_key' });
    expect((await readdir(data)).some((name) => name.includes('.broken-'))).toBe(true);
    const second = await openApp({ config, env: {}, user: 'ana', progress });
    expect((await second.segments())[0]?.members).toBe(300);
    expect((await second.export('letter')).paused).toMatchObject({
      reason: expect.stringContaining('could not be read') as string,
    });
    expect(said.join(' ')).toContain('All exports are paused');
    await second.close();
  });

  it('does not hold up a line of a hundred megabytes: it is named, and nothing is lost', async () => {
    const { folder, postrider } = await refreshed(3);
    const file = createWriteStream(join(folder, 'people.csv'));
    file.write('id,email\n1,a@shop.test\n2,"');
    for (let part = 0; part < 100; part++) if (!file.write('x'.repeat(1_000_000))) await once(file, 'drain');
    file.end('"\n');
    await once(file, 'close');
    const ended = await postrider.run(['refresh', '--until', 'segments']);
    expect(ended).toMatchObject({ code: 2 });
    expect(ended.stderr).toMatch(/line 3 of people\.csv is longer than/);
    expect(await membersOf(postrider)).toBe(3);
  });
});

it('two thousand segments over two hundred columns are found in one go', { timeout: 120_000 }, async () => {
  const folder = await workFolder();
  const columns = Array.from({ length: 200 }, (_, index) => `c${index}`);
  const rows = Array.from({ length: 1_000 }, (_, n) =>
    [n, `p${n}@shop.test`, ...columns.map((__, at) => (n * at) % 97)].join(','),
  );
  await writeFile(join(folder, 'people.csv'), [['id', 'email', ...columns].join(','), ...rows].join('\n'));
  const segments = Array.from(
    { length: 2_000 },
    (_, n) =>
      `  s${n}: { rules: { combinator: and, rules: [{ field: c${n % 200}, operator: "=", value: ${n % 97} }] } }`,
  );
  const workspace = `version: 1
sources:
  crm: { type: csv, path: people.csv, key: id }
unify:
  sources: [{ source: crm, attributes: { email: email, ${columns.map((name) => `${name}: ${name}`).join(', ')} } }]
segments:
${segments.join('\n')}
`;
  await writeFile(join(folder, 'workspace.yaml'), workspace);
  const postrider = new Postrider(join(folder, 'data'));
  await postrider.do('apply', join(folder, 'workspace.yaml'));
  await postrider.do('refresh', '--until', 'segments');
  const { segments: found } = await postrider.json<{ segments: { segment: string; members: number }[] }>(
    'segments',
  );
  expect(found).toHaveLength(2_000);
  // Column 0 is 0 for everybody, and nobody has anything else there.
  expect(found.find(({ segment }) => segment === 's0')?.members).toBe(1_000);
  expect(found.find(({ segment }) => segment === 's200')?.members).toBe(0);
});
