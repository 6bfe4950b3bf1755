import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startSandbox, type Sandbox } from '../src/sandbox/sandbox.ts';
import { workFolder } from './support/work-folder.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const section =
  readFileSync(join(root, 'README.md'), 'utf8')
    .split(/^## /m)
    .find((part) => part.startsWith('With your own data')) ?? '';
const blocks = [...section.matchAll(/^```sh\n([\s\S]*?)^```/gm)].map(([, text = '']) => text);

/** What the README tells people to type is typed, in an empty folder, with a local Mailchimp of the test's own. */
describe('the README, with one’s own data', { timeout: 120_000 }, () => {
  let sandbox: Sandbox;
  let folder: string;
  beforeAll(async () => {
    folder = await workFolder();
    sandbox = await startSandbox({ apiKey: 'sandbox-us1' });
    sandbox.control.createAudience({ id: 'abc123def4', name: 'Sample shop' });
  });
  afterAll(() => sandbox.close());

  // The local Mailchimp is in this process, which must not stand still meanwhile.
  const type = async (block: string): Promise<string> => {
    const own = `node ${JSON.stringify(join(root, 'src/cli/main.ts'))}`;
    const text = block
      .replaceAll('npm run -s postrider --', own)
      .replaceAll('http://127.0.0.1:4601/3.0', sandbox.apiRoot);
    const env = {
      PATH: process.env.PATH ?? '',
      MAILCHIMP_BASE_URL: sandbox.apiRoot,
      MAILCHIMP_API_KEY: 'sandbox-us1',
    };
    const { stdout } = await promisify(execFile)('bash', ['-euo', 'pipefail', '-c', text], {
      cwd: folder,
      env,
    });
    return stdout;
  };

  it('has the blocks that are typed here', () => {
    expect(blocks.length).toBeGreaterThanOrEqual(4);
    expect(blocks[1]).toContain('export MAILCHIMP_BASE_URL');
  });

  it('makes the files, applies them, and shows the plan that it prints', async () => {
    await type(blocks[0] ?? '');
    await type(blocks[1] ?? '');
    const shown = await type(blocks[2] ?? '');
    for (const line of [
      '3  people are wanted in the audience',
      '2  would be added',
      '1  rejected: not a valid e-mail address',
    ]) {
      expect(shown).toContain(line);
      expect(section).toContain(line);
    }
    expect(sandbox.control.counters({}).writes).toBe(0);
  });

  it('carries it out, and tells of one person', async () => {
    const shown = await type(blocks[3] ?? '');
    expect(shown).toMatch(/ana@mail\.test/);
    const { members } = sandbox.control.audienceState({ audience: 'abc123def4', count: 10 });
    expect(members.map(({ address, tags }) => [address, tags])).toEqual([
      ['ana@mail.test', ['Romania']],
      ['bogdan@mail.test', ['Romania']],
    ]);
  });
});
