import { cp, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { SandboxModes } from '../src/sandbox/modes.ts';
import { startSandbox, type Sandbox } from '../src/sandbox/sandbox.ts';
import { expectedAudience } from './support/expected-audience.ts';
import {
  apiKey,
  audience,
  mergeFields,
  wantedOf,
  writeNewsletterWorkspace,
} from './support/newsletter-workspace.ts';
import { csvOf, dirtyRows, peopleOfRows } from './support/people-rows.ts';
import { Postrider } from './support/postrider-process.ts';
import { expectRunDocument, type RunDocument } from './support/run-document.ts';
import { fold, held, inOrder, wholeAudience } from './support/whole-audience.ts';
import { workFolder } from './support/work-folder.ts';

/** What must hold whatever Mailchimp's mood, and what must hold over several runs. */
describe('over time', { timeout: 60_000 }, async () => {
  const folder = await workFolder();
  const rows = dirtyRows(1500);
  const wanted = wantedOf(peopleOfRows(rows));
  const real = wanted.filter(({ email }) => fold(email).endsWith('@shop.test'));
  const sandboxes: Sandbox[] = [];

  beforeAll(async () => {
    await writeFile(join(folder, 'people.csv'), csvOf(rows));
    const postrider = new Postrider(join(folder, 'refreshed'), { MAILCHIMP_API_KEY: apiKey });
    // Most of the list comes and goes in these tests.
    const unbraked = (text: string) => `${text}    limits: { leavers: 100% }\n`;
    await postrider.do('apply', await writeNewsletterWorkspace(folder, unbraked));
    await postrider.do('refresh');
  });
  afterEach(async () => {
    for (const sandbox of sandboxes.splice(0)) await sandbox.close();
  });

  async function newWorld(name: string, modes: Partial<SandboxModes>) {
    const sandbox = await startSandbox({ apiKey, modes });
    sandboxes.push(sandbox);
    sandbox.control.createAudience({
      id: audience,
      name: 'Shop',
      mergeFields: [{ tag: 'SCORE', name: 'Score', type: 'number' }],
    });
    sandbox.control.seedMembers({
      audience,
      members: real.slice(0, 200).map(({ email, fields }, index) => ({
        address: fold(email),
        tags: ['Old tool'],
        mergeFields: index % 2 === 0 ? fields : { FNAME: 'Held' },
      })),
    });
    await cp(join(folder, 'refreshed'), join(folder, name), { recursive: true });
    const env = { MAILCHIMP_API_KEY: apiKey, MAILCHIMP_BASE_URL: sandbox.apiRoot };
    return { sandbox, postrider: new Postrider(join(folder, name), env) };
  }

  // Where they are applied and shown, `main-job.test.ts` tells.
  it.each(['ignored', 'notEchoed'] as const)(
    'makes the same audience where tags of a batch are %s',
    async (tags) => {
      const { sandbox, postrider } = await newWorld(tags, { tags });
      const expected = expectedAudience(
        {
          before: wholeAudience(sandbox, audience),
          mergeFields,
          forgotten: new Set(),
          given: new Map(),
          newContacts: 'subscribed',
        },
        wanted,
      );
      const run = await postrider.json<RunDocument>('run', 'newsletter');
      expectRunDocument(run);
      expect(held(sandbox, audience)).toEqual(inOrder(expected.members));
      expect(run.people).toMatchObject({
        add: expected.people.add,
        update: expected.people.update,
        failed: {},
      });
      expect(run.changes).toEqual({ ...expected.changes, archive: 0 });

      sandbox.control.resetCounters();
      await postrider.do('run', 'newsletter');
      expect(sandbox.control.counters().writes).toBe(0);
    },
  );

  it('keeps out who left the audience, then the list, and came back to the list', async () => {
    const { sandbox, postrider } = await newWorld('left', {});
    await postrider.do('run', 'newsletter');
    // Two that we added and two that another tool had before us.
    const [a = '', b = '', c = '', d = ''] = [300, 0, 301, 1].map((index) => fold(real[index]?.email ?? ''));
    const left = { [a]: 'archived', [b]: 'archived', [c]: 'unsubscribed', [d]: 'unsubscribed' };
    for (const [address, status] of Object.entries(left)) {
      const kind = status === 'archived' ? 'archive' : 'unsubscribeByUi';
      sandbox.control.act({ audience, address, act: { kind } });
    }
    const statuses = () => {
      const members = wholeAudience(sandbox, audience);
      return Object.fromEntries(Object.keys(left).map((address) => [address, members.get(address)?.status]));
    };

    await writeFile(join(folder, 'people.csv'), csvOf(rows.filter((row) => !(fold(row.email) in left))));
    await postrider.do('refresh');
    sandbox.control.resetCounters();
    const without = await postrider.json<RunDocument>('run', 'newsletter');
    expectRunDocument(without);
    expect.soft(without).toMatchObject({ people: { leave: 4 }, changes: { archive: 0 } });
    expect
      .soft(sandbox.control.counters().byMethod, 'the export does not archive')
      .not.toHaveProperty('DELETE');
    expect.soft(statuses()).toEqual(left);

    await writeFile(join(folder, 'people.csv'), csvOf(rows));
    await postrider.do('refresh');
    const back = await postrider.json<RunDocument>('run', 'newsletter');
    expectRunDocument(back);
    expect.soft(back.people).toMatchObject({ add: 0, keptOut: { archived: 2, unsubscribed: 2 } });
    expect(statuses()).toEqual(left);
  });
});
