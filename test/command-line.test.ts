import { readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { startSandbox, type Sandbox } from '../src/sandbox/sandbox.ts';
import { apiKey, audience, writeNewsletterWorkspace } from './support/newsletter-workspace.ts';
import { csvOf, dirtyRows, type PersonRow } from './support/people-rows.ts';
import { documentOf, Postrider } from './support/postrider-process.ts';
import { expectRunDocument, type RunDocument } from './support/run-document.ts';
import { wholeAudience } from './support/whole-audience.ts';
import { workFolder } from './support/work-folder.ts';

interface ErrorDocument {
  error: { kind: string; code: string; message: string; hint?: string };
}

/** Exports that cannot be right, which only Mailchimp knows. */
const wrongExports = Object.fromEntries(
  ['wrong-field tagged00001 FNAM', 'no-audience nosuchlist FNAME', 'their-tag tagged00001 FNAME']
    .map((text) => text.split(' '))
    .map(([id = '', list, field]) => [
      id,
      `  ${id}:
    { connection: account, audience: "${list}", match: { email: email }, attributes: { ${field}: first_name }, segments: [${id === 'their-tag' ? 'big-spenders' : 'romania'}] }
`,
    ]),
);

const commands = ['apply', 'dump', 'refresh', 'segments', 'plan', 'run', 'release', 'runs', 'person', 'demo'];

/** What a person or a script meets at the terminal when something is not as it should be. */
describe('the command line', { timeout: 60_000 }, async () => {
  const folder = await workFolder();
  const rows = dirtyRows(400);
  let sandbox: Sandbox;
  let postrider: Postrider;
  let workspace: string;

  beforeAll(async () => {
    sandbox = await startSandbox({ apiKey });
    sandbox.control.createAudience({ id: audience, name: 'Shop' });
    await writeFile(join(folder, 'people.csv'), csvOf(rows));
    sandbox.control.createAudience({ id: 'tagged00001', name: 'Tagged', tags: ['big SPENDERS'] });
    workspace = await writeNewsletterWorkspace(folder, (text) => text + Object.values(wrongExports).join(''));
    postrider = new Postrider(join(folder, 'data'), {
      MAILCHIMP_API_KEY: apiKey,
      MAILCHIMP_BASE_URL: sandbox.apiRoot,
    });
  });
  afterAll(() => sandbox.close());

  /** A workspace file of its own, made by editing the good one. */
  async function edited(name: string, edit: (text: string) => string): Promise<string> {
    const file = join(folder, `${name}.yaml`);
    await writeFile(file, edit(await readFile(workspace, 'utf8')));
    return file;
  }

  describe('help', () => {
    it('names every command and the exit codes, in lines that fit', async () => {
      const { code, stdout } = await postrider.run(['--help']);
      expect(code).toBe(0);
      for (const command of commands) expect(stdout).toMatch(new RegExp(`^  ${command}\\b`, 'm'));
      expect(stdout).toContain('3 stopped by a brake');
      expect(stdout).toContain('First steps');
      expect(Math.max(...stdout.split('\n').map((line) => line.length))).toBeLessThanOrEqual(100);
    });

    it.each([
      { args: ['aply', 'workspace.yaml'], says: /unknown command 'aply'\n\(Did you mean apply\?\)/ },
      {
        args: ['refresh', '--until', 'tomorrow'],
        says: /Allowed choices are sources, unify, segments, exports/,
      },
    ])('refuses $args with exit code 2', async ({ args, says }) => {
      const ended = await postrider.run(args);
      expect(ended).toMatchObject({ code: 2, stdout: '' });
      expect(ended.stderr).toMatch(says);
    });
  });

  it.each([
    [['runs', '--csv'], 'options_exclude'],
    [['undo', 'r23456789', '--people'], 'options_exclude'],
    [['segments', 'quick', 'country', '--save', 'ro'], 'options_exclude'],
    [['plan', 'newsletter', '--csv', '--json'], 'options_exclude'],
    [['serve', '--port', '70000', '--json'], 'bad_usage'],
    [['run', '--json'], 'bad_usage'],
  ])('passes over nothing that it was asked for: %j', async (args, code) => {
    const ended = await postrider.run(args);
    expect(ended.code).toBe(2);
    if (args.includes('--json')) expect(documentOf(ended)).toMatchObject({ error: { code } });
    else expect(ended.stderr).toContain(`(${code})`);
  });

  describe('apply', () => {
    it('refuses YAML that is none, with the place', async () => {
      const file = await edited('syntax', (text) =>
        text.replace('path: people.csv, key: id }', 'path: people.csv, key: id'),
      );
      const ended = await postrider.run(['apply', file]);
      expect(ended).toMatchObject(
        refusal({ exit: 2, code: 'workspace_syntax', says: /syntax\.yaml:\d+:\d+ / }),
      );
    });

    it('tells everything that is wrong at once, each with its place and what to do', async () => {
      const file = await edited('wrong', (text) =>
        text
          .replace('segments: [romania', 'segmnts: [romania')
          .replace(`"${audience}"`, '1234567890')
          .replace(/^ +consent:.*\n/m, ''),
      );
      const ended = await postrider.run(['apply', file], { MAILCHIMP_API_KEY: undefined });
      const place = String.raw`wrong\.yaml:\d+:\d+ `;
      for (const problem of [
        String.raw`exports\.newsletter\.segmnts: unknown key "segmnts"\. .*"segments"`,
        String.raw`exports\.newsletter\.audience: .*quote`,
        String.raw`connections\.account\.apiKey: .*MAILCHIMP_API_KEY`,
        String.raw`connections\.account\.consent: .*docs/consent\.md`,
      ]) {
        expect(ended).toMatchObject(
          refusal({ exit: 2, code: 'workspace_invalid', says: new RegExp(place + problem) }),
        );
      }
    });

    it('refuses a segment that is not there, with the nearest one', async () => {
      const file = await edited('reference', (text) =>
        text.replace('segments: [romania', 'segments: [romnia'),
      );
      const ended = await postrider.run(['apply', file]);
      expect(ended).toMatchObject(
        refusal({
          exit: 2,
          code: 'workspace_invalid',
          says: /there is no segment "romnia"\. .*"romania"/,
        }),
      );
    });

    it('refuses a file that is not there, and tells a script in JSON', async () => {
      const args = ['apply', join(folder, 'nothing.yaml')];
      const { error } = documentOf<ErrorDocument>(await postrider.run([...args, '--json']));
      expect(error).toMatchObject({ kind: 'input', code: 'workspace_file_missing', retry: 'never' });
    });

    it('says what a dry run would change, and changes nothing', async () => {
      const created = [
        'source crm',
        'unify workspace',
        'segment romania',
        'segment big-spenders',
        'connection account',
        'export newsletter',
        'export wrong-field',
        'export no-audience',
        'export their-tag',
      ];
      const changesOf = async (...options: string[]) => {
        const document = await postrider.json<{
          dryRun: boolean;
          changes: { kind: string; id: string; change: string }[];
        }>('apply', workspace, '--offline', ...options);
        return {
          dryRun: document.dryRun,
          changes: document.changes.map(({ kind, id, change }) => `${change} ${kind} ${id}`),
        };
      };
      const all = created.map((item) => `created ${item}`);
      expect(await changesOf('--dry-run')).toEqual({ dryRun: true, changes: all });
      expect(await changesOf()).toEqual({ dryRun: false, changes: all });
      expect(await changesOf()).toEqual({ dryRun: false, changes: [] });
    });

    it('keeps what the file no longer holds, and removes it when asked', async () => {
      const file = await edited('more', (text) =>
        text.replace(
          'connections:\n',
          '  everybody: { rules: { combinator: and, rules: [] } }\nconnections:\n',
        ),
      );
      await postrider.do('apply', file, '--offline');
      const keeps = await postrider.json<{ changes: object[] }>('apply', workspace, '--offline');
      expect(keeps.changes).toEqual([{ kind: 'segment', id: 'everybody', change: 'kept' }]);
      const prunes = await postrider.json<{ changes: object[] }>('apply', workspace, '--offline', '--prune');
      expect(prunes.changes).toEqual([{ kind: 'segment', id: 'everybody', change: 'removed' }]);
    });
  });

  it.each([
    ['wrong-field', 'merge_field_unknown', /exports\.wrong-field\.attributes\.FNAM/],
    ['no-audience', 'audience_unknown', /exports\.no-audience\.audience/],
    ['their-tag', 'tag_exists', /"big SPENDERS"/],
  ])('refuses to save an export that does not fit its audience: %s', async (id, code, says) => {
    const others = Object.entries(wrongExports).filter(([other]) => other !== id);
    const file = await edited('misfit', (text) =>
      others.reduce((rest, [, wrong]) => rest.replace(wrong, ''), text),
    );
    sandbox.control.resetCounters();
    expect(await postrider.run(['apply', file, '--dry-run'])).toMatchObject(refusal({ exit: 2, code, says }));
    expect(sandbox.control.counters().writes).toBe(0);
  });

  describe('dump', () => {
    it('writes a file that says the same, and holds no secret', async () => {
      const { stdout } = await postrider.do('dump');
      expect(stdout).not.toContain('apiKey');
      const file = join(folder, 'dumped.yaml');
      await writeFile(file, stdout);
      expect((await postrider.json<{ changes: object[] }>('apply', file, '--offline')).changes).toEqual([]);

      const elsewhere = ['--data', join(folder, 'elsewhere')];
      expect(await postrider.run([...elsewhere, 'apply', file])).toMatchObject(
        refusal({
          exit: 2,
          code: 'connection_without_secret',
          says: /connections\.account/,
        }),
      );
      const withKey = join(folder, 'dumped-with-key.yaml');
      await writeFile(
        withKey,
        stdout.replace('type: mailchimp', 'type: mailchimp\n    apiKey: "${MAILCHIMP_API_KEY}"'),
      );
      const offline = [...elsewhere, 'apply', '--offline'];
      await postrider.do(...offline, withKey);
      expect((await postrider.json<{ changes: object[] }>(...offline, workspace)).changes).toEqual([]);
    });
  });

  describe('refresh', () => {
    const sizes = () =>
      postrider.json<{ segments: { segment: string; members: number; refreshedAt: string }[] }>('segments');
    const put = (changed: string) => writeFile(join(folder, 'people.csv'), changed);

    it('asks for a refresh before it plans', async () => {
      expect(await postrider.run(['plan', 'newsletter'])).toMatchObject(
        refusal({
          exit: 2,
          code: 'no_profiles',
          says: /postrider refresh/,
        }),
      );
    });

    it('leaves the last good state when a source cannot be read', async () => {
      await postrider.do('refresh');
      const good = await sizes();
      expect(good.segments.map(({ segment }) => segment).toSorted()).toEqual(['big-spenders', 'romania']);
      const [first] = rows as [PersonRow];
      const bad: { text: string | undefined; code: string; says: RegExp }[] = [
        {
          text: csvOf([...rows, { ...first, country: 'RO' }]),
          code: 'source_key_duplicate',
          says: /crm|people\.csv/,
        },
        {
          text: csvOf(rows).replace('first_name', 'given_name'),
          code: 'unify_column_missing',
          says: /no column "first_name".*\n?.*(given_name|last_name)/,
        },
        { text: undefined, code: 'source_file_missing', says: /people\.csv/ },
      ];
      for (const { text, code, says } of bad) {
        if (text === undefined) await rm(join(folder, 'people.csv'));
        else await put(text);
        const ended = await postrider.run(['refresh']);
        expect.soft(ended).toMatchObject(refusal({ exit: 2, code, says }));
        expect.soft(ended.stderr).not.toContain('This is a bug');
      }
      expect(await sizes()).toEqual(good);
      await put(csvOf(rows));
    });

    it('prints members to whoever reads them, and is done where they have seen enough', async () => {
      await postrider.do('refresh', '--until', 'segments');
      for (const form of ['--csv', '--json']) {
        const running = postrider.start(['segments', 'members', 'romania', form]);
        running.closeOutput();
        expect(await running.end).toMatchObject({ code: 0, stderr: '' });
      }
    });

    it('sets broken rows aside and says how many', async () => {
      await put(csvOf(rows).replace('\nc000002,', '\nc000002,one cell too many,'));
      const { sources } = await postrider.json<{ sources: object[] }>('refresh');
      expect(sources).toMatchObject([{ rows: rows.length - 1, rejected: 1 }]);
      await put(csvOf(rows));
      await postrider.do('refresh');
    });
  });

  it.each([
    { args: ['run', 'newsleter'], code: 'export_unknown', says: /no export "newsleter".*\n.*"newsletter"/ },
    { args: ['segments', 'romnia'], code: 'segment_unknown', says: /no segment "romnia".*\n.*"romania"/ },
  ])('refuses $args and says what is there', async ({ args, code, says }) => {
    expect(await postrider.run(args)).toMatchObject(refusal({ exit: 2, code, says }));
  });

  it.each([
    {
      id: 'wrong-field',
      what: 'a merge field that is not there',
      code: 'merge_field_unknown',
      says: /FNAM.*\n.*"FNAME"/,
    },
    {
      id: 'no-audience',
      what: 'an audience that is not there',
      code: 'mailchimp_resource_not_found',
      says: /audience/i,
    },
    {
      id: 'their-tag',
      what: 'a tag that somebody else made',
      code: 'tag_exists',
      says: /"big SPENDERS".*\n.*adoptTags/,
    },
  ])('refuses an export to $what', async ({ id, code, says }) => {
    expect(await postrider.run(['plan', id])).toMatchObject(refusal({ exit: 2, code, says }));
  });

  describe('one process at a time', () => {
    it('turns a second one away from the data folder, and lets it in when the first was killed', async () => {
      sandbox.control.setLatency({ kind: 'fixed', ms: 1500 });
      sandbox.control.resetCounters();
      const first = postrider.start(['plan', 'newsletter']);
      await vi.waitFor(() => expect(sandbox.control.counters().requests).toBeGreaterThan(0), {
        timeout: 30_000,
        interval: 10,
      });
      expect(await postrider.run(['segments'])).toMatchObject(
        refusal({
          exit: 1,
          code: 'data_in_use',
          says: /in use by process \d+/,
        }),
      );
      await first.kill();
      sandbox.control.setLatency({ kind: 'none' });
      await postrider.do('segments');
    });
  });

  describe('plans, runs and brakes', () => {
    it('carries a stored plan out once, and no other one', async () => {
      const plan = await postrider.json<RunDocument>('plan', 'newsletter');
      const run = await postrider.json<RunDocument>('run', 'newsletter', '--plan', plan.run);
      expectRunDocument(run);
      expect(run).toMatchObject({
        run: plan.run,
        status: 'succeeded',
        people: { desired: plan.people.desired },
      });
      expect(await postrider.run(['run', 'newsletter', '--plan', plan.run])).toMatchObject(
        refusal({
          exit: 1,
          code: 'plan_used',
          says: /carried out already/,
        }),
      );
    });

    it('stops at a brake before the first write, with exit code 3, until somebody says why', async () => {
      await writeFile(join(folder, 'people.csv'), csvOf(rows.slice(0, 200)));
      await postrider.do('refresh');
      const before = wholeAudience(sandbox, audience);
      sandbox.control.resetCounters();
      const stopped = await postrider.run(['run', 'newsletter', '--json']);
      const document = documentOf<RunDocument>(stopped);
      expectRunDocument(document);
      expect(stopped.code).toBe(3);
      expect(document).toMatchObject({ status: 'stopped', brake: { code: 'too_many_leavers' } });
      expect(document.people.leave).toBeGreaterThan(50);
      expect(sandbox.control.counters().writes).toBe(0);
      expect(wholeAudience(sandbox, audience)).toEqual(before);

      const released = await postrider.json<RunDocument>(
        'release',
        document.run,
        'half of the list was bought',
        '--by',
        'Ana',
      );
      expectRunDocument(released);
      expect(released).toMatchObject({
        run: document.run,
        status: 'succeeded',
        people: { leave: document.people.leave },
      });
      expect(await postrider.run(['release', document.run, 'again'])).toMatchObject(
        refusal({
          exit: 1,
          code: 'run_not_stopped',
          says: /succeeded/,
        }),
      );
      const { runs } = await postrider.json<{ runs: { run: string; release: object | null }[] }>('runs');
      expect(runs.find(({ run }) => run === document.run)?.release).toMatchObject({
        by: 'Ana',
        why: 'half of the list was bought',
      });
    });

    it('sends a canary to so many people and lets nobody go', async () => {
      await writeFile(join(folder, 'people.csv'), csvOf(dirtyRows(900).slice(100)));
      await postrider.do('refresh');
      const canary = await postrider.json<RunDocument>('run', 'newsletter', '--limit', '5');
      expectRunDocument(canary);
      expect(canary.status).toBe('succeeded');
      expect(canary.people.add + canary.people.update).toBe(5);
      expect(canary.people.leave).toBe(0);
      expect(canary.people.keptOut['beyond_limit']).toBeGreaterThan(300);
    });

    it('tells for a person what it tells for a script', async () => {
      const { stdout } = await postrider.do('plan', 'newsletter', '--people');
      expect(stdout).toMatch(/Plan of newsletter, run \w+: nothing has been sent\./);
      expect(stdout).toMatch(/people are wanted in the audience/);
      expect(stdout).toMatch(/^\+ add +person\d+@shop\.test/m);
      expect(stdout).not.toContain('\u001b[');
      expect((await postrider.do('person', 'person120@shop.test')).stdout).toContain('subscribed');
    });
  });

  it('says that the API key is not accepted any more', async () => {
    sandbox.control.revokeToken({ token: apiKey });
    const ended = await postrider.run(['plan', 'newsletter']);
    expect(ended).toMatchObject({ code: 2, stdout: '' });
    expect(ended.stderr).toMatch(/key/i);
  });

  describe('whatever happened above', () => {
    const everything = () => postrider.ended.map((ended) => ({ ...ended, command: ended.args.join(' ') }));

    it('never shows a stack trace or calls an ordinary mistake a bug', () => {
      for (const { command, stdout, stderr } of everything()) {
        expect(stdout + stderr, command).not.toMatch(/^\s+at .*[:(]|node:internal|This is a bug/m);
      }
      expect(everything().length).toBeGreaterThan(35);
    });

    it('never writes the API key anywhere in clear', async () => {
      for (const { command, stdout, stderr } of everything())
        expect(stdout + stderr, command).not.toContain(apiKey);
      const holders: string[] = [];
      let files = 0;
      for (const data of ['data', 'elsewhere']) {
        for (const entry of await readdir(join(folder, data), { recursive: true, withFileTypes: true })) {
          if (!entry.isFile()) continue;
          files++;
          const content = await readFile(join(entry.parentPath, entry.name));
          if (content.includes(apiKey) || content.includes(apiKey.split('-')[0] ?? apiKey))
            holders.push(entry.name);
        }
      }
      expect(files).toBeGreaterThan(100);
      expect(holders).toEqual([]);
    });

    it('keeps its data folder to its owner', async () => {
      expect((await stat(join(folder, 'data'))).mode & 0o077).toBe(0);
    });

    it('never puts people on standard error', () => {
      for (const { command, stderr } of everything()) {
        expect(stderr, command).not.toMatch(/person\d+|shop\.test|Ștefan|Müller/i);
      }
    });
  });
});

/** How a command ends that is refused: nothing on standard output, words and their code on standard error. */
function refusal({ exit, code, says }: { exit: number; code: string; says: RegExp }) {
  const words = new RegExp(`${says.source}[^]*\\(${code}\\)`, says.flags);
  return { code: exit, stdout: '', stderr: expect.stringMatching(words) as string };
}
