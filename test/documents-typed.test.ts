import { execFile } from 'node:child_process';
import { globSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startSandbox, type Sandbox } from '../src/sandbox/sandbox.ts';
import {
  startTestPostgres,
  testPostgresAvailable,
  type LocalPostgres,
} from '../src/store/test-support/local-postgres.ts';
import { Postrider, type RunningCommand } from './support/postrider-process.ts';
import { freePort } from './support/free-port.ts';
import { apiKey, audience, mergeFields, writeNewsletterWorkspace } from './support/newsletter-workspace.ts';
import { makeToken, ownerVariables } from './support/running-server.ts';
import { workFolder } from './support/work-folder.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const blocks = globSync('docs/**/*.md', { cwd: root }).flatMap((page) =>
  [...readFileSync(join(root, page), 'utf8').matchAll(/^```sh\n([\s\S]*?)^```/gm)].map(([, text = '']) => ({
    page: page.replace('docs/', ''),
    text,
  })),
);

/** Blocks that are not typed here, with the place that does, or why nobody can. */
const elsewhere: Readonly<Record<string, string>> = {
  'npm install -g postrider\npostrider serve': 'test/package.test.ts installs and starts the package',
  'postrider backup before.tar\nnpm install': 'the same, and the backup is typed below',
  'mkdir postrider && cd postrider': 'the same',
  'docker build': 'no engine for containers',
  'export POSTGRES_PASSWORD': 'no engine for containers',
  'createuser postrider': 'asks for a password; test/standby.test.ts serves from PostgreSQL',
  'npm run bench': 'takes hours in all',
  'npm run soak': 'takes ten minutes',
  'npm run demo': 'goes on until Ctrl-C; the test of the demo runs it',
  'export SHOP_DB': 'sets a variable',
  'export MAILCHIMP_BASE_URL': 'sets variables',
};

/** A run as `runs --json` lists it. */
interface ListedRun {
  run: string;
  status: string;
}

/**
 * What the pages tell people to type is typed, in a shell, in the order in which it makes sense, in one folder with one
 * local Mailchimp. Only what stands for something else is filled in: names of runs, folders, addresses, ports.
 */
describe('what the documents tell people to type', { timeout: 240_000 }, () => {
  const typed = new Set<string>();
  let sandbox: Sandbox;
  let postgres: LocalPostgres | undefined;
  let folder: string;
  let port: number;

  beforeAll(async () => {
    folder = await workFolder();
    port = await freePort();
    sandbox = await startSandbox({ apiKey });
    sandbox.control.createAudience({
      id: audience,
      name: 'Sample shop',
      mergeFields: mergeFields.map((tag) => ({ tag, name: tag, type: 'text' })),
    });
    if (testPostgresAvailable) postgres = await startTestPostgres();
    mkdirSync(join(folder, 'backups'));
    await writeNewsletterWorkspace(folder);
    await writeFile(join(folder, 'new.yaml'), readFileSync(join(folder, 'workspace.yaml')));
    await customers(24);
  });
  afterAll(async () => {
    await sandbox.close();
    await postgres?.stop();
  });

  /** Ana is the first of them. */
  async function customers(count: number, city = 'RO'): Promise<void> {
    const rows = Array.from({ length: count }, (_, index) => {
      const name = index === 0 ? 'ana' : `person${index}`;
      return `${index + 1},${name}@mail.test,${name},Pop,${index % 2 === 0 ? city : 'IT'},${index * 100}`;
    });
    await writeFile(
      join(folder, 'people.csv'),
      `${['id,email,first_name,last_name,country,spent', ...rows].join('\n')}\n`,
    );
  }

  /** The one block of a page that begins like this. */
  function block(page: string, begins: string): string {
    const found = blocks.filter((each) => each.page === page && each.text.startsWith(begins));
    expect(found, `${page}: ${begins}`).toHaveLength(1);
    const text = found[0]?.text ?? '';
    typed.add(`${page}\n${text}`);
    return text;
  }

  /** Types it; `postrider serve` and `listen` get a moment and then Ctrl-C. */
  async function type(text: string, env: Readonly<Record<string, string>> = {}): Promise<string> {
    const postrider = `node ${JSON.stringify(join(root, 'src/cli/main.ts'))}`;
    const shell = `
      # Until it says where it listens, then what a terminal sends for Ctrl-C; it must end well.
      for_a_moment() {
        ${postrider} "$@" > said.txt 2>&1 & local at=$!
        for _ in $(seq 600); do grep -q -i -e listen -e 'standing by' said.txt && break; kill -0 $at || { cat said.txt; return 1; }; sleep 0.05; done
        kill -INT $at; wait $at
      }
      postrider() {
        case "$1 \${2:-}" in serve*|webhooks\\ listen) for_a_moment "$@" ;; *) ${postrider} "$@" ;; esac
      }
      ${text
        .replaceAll('npm run -s postrider --', 'postrider')
        .replaceAll('/backups/', `${join(folder, 'backups')}/`)
        .replaceAll(/--port \d+/g, `--port ${port}`)
        .replaceAll(/127\.0\.0\.1:(?:4600|4700)/g, `127.0.0.1:${port}`)
        .replaceAll('port: 4700', `port: ${port}`)}`;
    const { stdout } = await promisify(execFile)('bash', ['-euo', 'pipefail', '-c', shell], {
      cwd: folder,
      env: {
        PATH: process.env.PATH ?? '',
        HOME: folder,
        POSTRIDER_DATA: join(folder, 'data'),
        POSTRIDER_PORT: String(port),
        MAILCHIMP_BASE_URL: sandbox.apiRoot,
        MAILCHIMP_API_KEY: apiKey,
        ...env,
      },
    });
    return stdout;
  }

  const json = async <Document>(command: string): Promise<Document> =>
    JSON.parse(await type(`postrider ${command} --json`)) as Document;
  const latest = async (status: string): Promise<string> =>
    (await json<{ runs: ListedRun[] }>('runs')).runs.find((each) => each.status === status)?.run ?? 'none';
  const members = () => sandbox.control.audienceState({ audience, count: 100 }).members;
  const lines = (text: string) => text.trim().split('\n');

  it('brings a workspace in', async () => {
    const shown = await type(block('workspace-file.md', 'npm run -s postrider -- apply workspace.yaml'));
    expect(shown).toContain('newsletter');
    expect(shown).toContain('version: 1');
  });

  it('reads sources, and shows what is in them', async () => {
    const shown = await type(block('sources.md', 'npm run -s postrider -- refresh --until sources'));
    expect(shown).toContain('first_name');
    expect(readFileSync(join(folder, 'rejected.csv'), 'utf8')).toMatch(/line/);
  });

  it('proposes and previews rules', async () => {
    await type('postrider refresh --until segments');
    const shown = await type(block('matching.md', 'npm run -s postrider -- unify propose'));
    expect(shown).toContain('email');
  });

  it('says why somebody is in a segment', async () => {
    const shown = await type(block('segment-rules.md', 'npm run -s postrider -- segments why'));
    expect(shown).toContain('does not fit Big spenders');
  });

  it('sends with a refresh', async () => {
    await type(block('guides/schedules.md', 'postrider refresh --until exports'));
    // Every other one of 24 is of Romania, and seven of the others have spent a thousand.
    expect(members()).toHaveLength(19);
  });

  it('makes webhooks, listens and removes them', async () => {
    const [create = '', listen = '', list = '', remove = ''] = lines(
      block('live-facts.md', 'postrider webhooks create'),
    );
    // Nobody but this machine can be called from here.
    await type(create.replace('https://postrider.example.com', `http://127.0.0.1:${port}`));
    await type(listen);
    const { webhooks } = await json<{ webhooks: { id: string }[] }>('webhooks list');
    expect(webhooks).toHaveLength(1);
    await type(list);
    await type(remove.replace('5f2c8a1b90', webhooks[0]?.id ?? ''));
    expect((await json<{ webhooks: object[] }>('webhooks list')).webhooks).toEqual([]);
  });

  it('backs up', async () => {
    await type(block('guides/back-up.md', 'postrider backup /backups/postrider.tar'));
    await type(block('guides/back-up.md', 'postrider backup /backups/postrider-$(date'));
    expect(readdirSync(join(folder, 'backups'))).toHaveLength(2);
  });

  it('releases what a brake has stopped', async () => {
    await customers(12);
    await type('postrider refresh --until segments');
    await type('postrider run newsletter || [ $? -eq 3 ]');
    const stopped = await latest('stopped');
    await type(block('guides/brakes-and-undo.md', 'postrider runs').replaceAll('r6n5p74qz2c6', stopped));
    expect(members().filter(({ tags }) => tags.length > 0).length).toBeLessThan(19);
  });

  it('cancels and undoes', async () => {
    const released = await latest('succeeded');
    const { run: planned } = await json<{ run: string }>('plan newsletter');
    const [cancel = '', ...undo] = lines(block('guides/brakes-and-undo.md', 'postrider cancel'));
    await type(cancel.replace('r6n5p74qz2c6', planned));
    expect(await latest('cancelled')).toBe(planned);
    await type(undo.join('\n').replaceAll('r6n5p74qz2c6', released));
    expect(members().filter(({ tags }) => tags.length > 0)).toHaveLength(19);
  });

  it('undoes exactly the plan that was looked at', async () => {
    await type('postrider resume newsletter');
    const runs: string[] = [];
    for (const city of ['IT', 'RO']) {
      await customers(24, city);
      await type('postrider refresh --until segments');
      const { run } = await json<{ run: string }>('plan newsletter');
      await type(`postrider run newsletter --plan ${run} || postrider release ${run} "a trial"`);
      runs.unshift(run);
    }
    const [look = '', exactly = '', atOnce = ''] = lines(block('undo.md', 'postrider undo RUN'));
    const [last = '', first = ''] = runs;
    await type(look.replace('RUN', last));
    const plan = await latest('planned');
    await type(exactly.replace('RUN', last).replace('PLAN', plan));
    expect(await latest('succeeded')).toBe(plan);
    await type(atOnce.replace('RUN', first));
    expect(await latest('succeeded')).not.toBe(plan);
  });

  it('forgets a person, shows the receipt, and lets them in again', async () => {
    const shown = await type(block('erasure.md', 'npm run -s postrider -- forget'));
    expect(shown).toContain('1 deleted');
    expect(shown).toContain('Lifted');
    expect(members().map(({ address }) => address)).not.toContain('ana@mail.test');
  });

  it('forgets on behalf of a privacy officer', async () => {
    await type('postrider refresh --until segments');
    expect(await type(block('guides/erasure-requests.md', 'postrider forget'))).toContain('request 17');
  });

  it('goes back to a backup', async () => {
    expect(await type(block('guides/back-up.md', 'postrider restore'))).toContain('Plan of newsletter');
    await type(block('configuration.md', 'postrider backup'));
    expect((await json<{ runs: ListedRun[] }>('runs')).runs.length).toBeGreaterThan(1);
  });

  it('serves', async () => {
    await type(block('server.md', 'postrider serve\n'));
    expect(readFileSync(join(folder, 'said.txt'), 'utf8')).toContain('Postrider listens at');
    await type(block('guides/mailchimp-app.md', 'export MAILCHIMP_CLIENT_ID').replace('…', 'a'.repeat(40)));
  });

  describe('with a server that goes on', () => {
    let server: RunningCommand;
    let token: string;
    beforeAll(async () => {
      const served = new Postrider(join(folder, 'data'), {
        MAILCHIMP_BASE_URL: sandbox.apiRoot,
        MAILCHIMP_API_KEY: apiKey,
        ...ownerVariables,
        POSTRIDER_OWNER_EMAIL: 'irina@example.com',
      });
      server = served.start(['serve', '--port', String(port)]);
      await server.untilSays('Postrider listens at');
      token = await makeToken(served, 'look,refresh.run,sources.edit,data.push');
    });
    afterAll(() => server.kill());

    const asks = (text: string) =>
      type(
        text
          .replaceAll('…', '-H "Authorization: Bearer $POSTRIDER_TOKEN" -H "Content-Type: application/json"')
          .replaceAll('curl ', 'curl -s --fail-with-body '),
        {
          POSTRIDER_TOKEN: token,
          RUN_ID: '17',
        },
      );

    it('gives somebody more permissions than the role has', async () => {
      const shown = await type(block('guides/erasure-requests.md', 'postrider users permit'));
      expect(shown).toContain('irina@example.com');
    });

    it('answers programs', async () => {
      expect(await asks(block('server.md', 'curl -H'))).toContain('newsletter');
      expect(await asks(block('server.md', 'curl -X POST -H'))).toMatch(/"kind":"refresh"/);
    });

    it('takes rows by HTTP', async () => {
      expect(
        await asks(block('server.md', 'curl -X PUT').replaceAll('sources/crm', 'sources/pushed')),
      ).toContain('2026');
    });

    it('has another one stand by', async () => {
      const text = block('server.md', 'postrider serve --standby');
      await type(text.replace('standby', `standby --port ${await freePort()}`));
      expect(readFileSync(join(folder, 'said.txt'), 'utf8')).toContain('Standing by');
    });
  });

  it('starts a local Mailchimp, and controls it', async () => {
    const start = block('sandbox.md', 'npm exec -- node').replace(
      'npm exec --',
      `cd ${JSON.stringify(root)}; exec`,
    );
    const [seed = '', act = '', fault = ''] = ['seed-members', 'act', 'add-fault'].map((operation) =>
      block('sandbox.md', `curl -s -X POST http://127.0.0.1:4700/sandbox/${operation}`),
    );
    const shown = await type(`(${start}) & at=$!; trap 'kill $at' EXIT
      until curl -s -o none http://127.0.0.1:4700/; do sleep 0.1; done
      ${[seed, act, fault].join('\n')}`);
    expect(shown).toContain('sandbox-us1');
    expect(shown).toContain('"unsubscribed"');
  });

  // The last, since the settings are on that server from then on.
  it.skipIf(!testPostgresAvailable)('moves to PostgreSQL', async () => {
    const database = (await postgres?.createDatabase()) ?? '';
    const text = block('guides/postgresql.md', 'postrider backup before.tar');
    await type(
      text.replace('postgres://postrider:PASSWORD@db.example.com/postrider', JSON.stringify(database)),
    );
    expect(readFileSync(join(folder, 'before.tar')).length).toBeGreaterThan(10_000);
  });

  it('types every block there is, or says why not', () => {
    const reasons = Object.keys(elsewhere);
    const missing = blocks.filter(
      ({ page, text }) =>
        !typed.has(`${page}\n${text}`) && !reasons.some((begins) => text.startsWith(begins)),
    );
    expect(missing).toEqual([]);
    expect(reasons.filter((begins) => !blocks.some(({ text }) => text.startsWith(begins)))).toEqual([]);
  });
});
