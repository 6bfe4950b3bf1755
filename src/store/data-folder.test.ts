import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { lockDataFolder } from './data-folder.ts';

/** A process that takes the lock, says `held` or the error's code, and keeps it until its input says otherwise. */
const holderScript = `
  const { lockDataFolder } = await import(${JSON.stringify(join(import.meta.dirname, 'data-folder.ts'))});
  await lockDataFolder(process.argv[1]).then(() => console.log('held'), (error) => console.log(error.code));
  process.stdin.on('data', (line) => process.exit(0));
`;

describe('lockDataFolder', () => {
  let parent: string;
  let folder: string;
  const children: ChildProcess[] = [];

  beforeEach(() => {
    parent = mkdtempSync(join(tmpdir(), 'postrider-lock-'));
    folder = join(parent, 'new', 'data');
  });
  afterEach(async () => {
    await Promise.all(children.splice(0).map(kill));
    rmSync(parent, { recursive: true, force: true });
  });

  async function startHolder(): Promise<{ child: ChildProcess; answer: string }> {
    const child = spawn(process.execPath, ['--input-type=module', '-e', holderScript, folder], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    children.push(child);
    const [answer] = (await once(createInterface(child.stdout), 'line')) as [string];
    return { child, answer };
  }

  it('makes the folder for its owner only, and leaves nothing in it when released', async () => {
    const lock = await lockDataFolder(folder);
    expect(statSync(folder).mode & 0o777).toBe(0o700);
    expect(statSync(join(folder, 'lock')).mode & 0o777).toBe(0o600);
    lock.release();
    lock.release();
    expect(readdirSync(folder)).toEqual([]);
  });

  it('names the process that has it, since when, and what to do', async () => {
    const { child, answer } = await startHolder();
    expect(answer).toBe('held');
    const since = (JSON.parse(readFileSync(join(folder, 'lock'), 'utf8')) as { since: string }).since;
    await expect(lockDataFolder(folder)).rejects.toMatchObject({
      kind: 'conflict',
      code: 'data_in_use',
      message: expect.stringMatching(`process ${child.pid} since ${since}`) as string,
      hint: expect.stringContaining('--data') as string,
    });
  });

  it('is not given twice within one process either', async () => {
    const lock = await lockDataFolder(folder);
    await expect(lockDataFolder(folder)).rejects.toMatchObject({ code: 'data_in_use' });
    lock.release();
    (await lockDataFolder(folder)).release();
  });

  it('is free after a holder that ended in its own way', async () => {
    const { child } = await startHolder();
    child.stdin?.write('end\n');
    await once(child, 'exit');
    expect(readdirSync(folder)).toEqual([]);
  });

  it('is taken over from a holder that was killed', async () => {
    const { child } = await startHolder();
    await kill(child);
    expect(readdirSync(folder)).toEqual(['lock']);
    const lock = await lockDataFolder(folder);
    expect(readdirSync(folder)).toEqual(['lock']);
    lock.release();
  });

  it('goes to exactly one of many who find a dead holder at once', async () => {
    const { child } = await startHolder();
    await kill(child);
    const answers = await Promise.all(Array.from({ length: 6 }, startHolder));
    expect(answers.map((each) => each.answer).toSorted()).toEqual([
      ...Array<string>(5).fill('data_in_use'),
      'held',
    ]);
    expect(readdirSync(folder)).toEqual(['lock']);
  });

  it('is taken over although its process id belongs to somebody else by now', async () => {
    const lock = await lockDataFolder(folder);
    change({ started: 'another start', token: 'another-token' });
    (await lockDataFolder(folder)).release();
    expect(readdirSync(folder)).toEqual([]);
    lock.release();
  });

  it('is taken over although the one before died while taking over', async () => {
    const lock = await lockDataFolder(folder);
    change({ started: 'another start', token: 'dead' });
    writeFileSync(join(folder, 'lock.dead'), readFileSync(join(folder, 'lock')));
    (await lockDataFolder(folder)).release();
    expect(readdirSync(folder)).toEqual([]);
    lock.release();
  });

  it.each([
    { seconds: 5, outcome: 'held' },
    { seconds: 120, outcome: 'free' },
  ])(
    'counts a holder elsewhere that was silent for $seconds s as: $outcome',
    async ({ seconds, outcome }) => {
      const lock = await lockDataFolder(folder);
      change({ place: 'another machine', token: 'elsewhere' });
      const touched = new Date(Date.now() - seconds * 1000);
      utimesSync(join(folder, 'lock'), touched, touched);
      const result = await lockDataFolder(folder).then(
        (taken) => (taken.release(), 'free'),
        () => 'held',
      );
      expect(result).toBe(outcome);
      lock.release();
    },
  );

  it('takes a file that is no lock for abandoned', async () => {
    (await lockDataFolder(folder)).release();
    writeFileSync(join(folder, 'lock'), '{"pid":');
    (await lockDataFolder(folder)).release();
    expect(readdirSync(folder)).toEqual([]);
  });

  it('never removes the lock of the one who took over', async () => {
    const lock = await lockDataFolder(folder);
    change({ token: 'of somebody else' });
    lock.release();
    expect(readdirSync(folder)).toEqual(['lock']);
  });

  it('says so when the folder cannot be used', async () => {
    writeFileSync(join(parent, 'file'), '');
    await expect(lockDataFolder(join(parent, 'file', 'data'))).rejects.toMatchObject({
      kind: 'configuration',
      code: 'data_folder_unusable',
    });
  });

  function change(fields: Record<string, string>): void {
    const file = join(folder, 'lock');
    const record = JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown>;
    writeFileSync(file, JSON.stringify({ ...record, ...fields }));
  }
});

async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGKILL');
  await ended;
}
