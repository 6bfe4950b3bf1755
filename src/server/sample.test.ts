import { existsSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sampleBeside } from '../demo/sample-beside.ts';
import { Client, TestServer } from './test-support/test-server.ts';

let test: TestServer;
let owner: Client;
let program: Client;
/** How many samples were made, and the data folders of those that are there. */
let made = 0;
const dataFolders: string[] = [];

beforeAll(async () => {
  test = await TestServer.open({
    makeSample: async () => {
      made += 1;
      const sample = await sampleBeside(test.config);
      dataFolders.push(sample.dataFolder);
      return sample;
    },
  });
  owner = await test.owner();
  program = await test.token(owner, ['look', 'look.people', 'segments.edit']);
}, 60_000);
afterAll(() => test.close());

const url = '/api/v1/sample';
const segmentsOf = async (client: Client) =>
  (await client.get<{ items: { name: string; members: number }[] }>('/api/v1/segments')).body.items;

describe('sample data', () => {
  it('are offered where nothing is there yet', async () => {
    expect((await owner.get(url)).body).toEqual({ shown: false, offered: true, mailchimp: null });
  });

  it('are there in the browser, once, however often they are asked for', { timeout: 60_000 }, async () => {
    const [first, second] = await Promise.all([owner.post(url), owner.post(url)]);
    expect([first.status, second.status], first.text + second.text).toEqual([204, 204]);
    expect(made).toBe(1);
    expect((await owner.get(url)).body).toMatchObject({ shown: true, offered: false });
    const segments = await segmentsOf(owner);
    expect(segments.map(({ name }) => name)).toContain('Newsletter');
    expect(segments.every(({ members }) => members > 0)).toBe(true);
  });

  it(
    'can be sent to a Mailchimp of their own, in the name of whoever asked',
    { timeout: 60_000 },
    async () => {
      const viewer = await test.user('viewer');
      const wanted = await owner.post<{ id: string }>('/api/v1/exports/newsletter/run', {});
      expect(wanted.status, wanted.text).toBe(202);
      for (;;) {
        const { body } = await owner.get<{ status: string; requestedBy: string }>(
          `/api/v1/tasks/${wanted.body.id}`,
        );
        if (body.status === 'queued' || body.status === 'running') {
          await new Promise((resolve) => setTimeout(resolve, 50));
          continue;
        }
        expect(body).toMatchObject({ requestedBy: 'owner@acme.test' });
        expect(['succeeded', 'warnings']).toContain(body.status);
        break;
      }
      // Roles are those of the installation.
      expect((await viewer.post('/api/v1/exports/newsletter/run', {})).status).toBe(403);
      expect(test.sandbox.control.audiences()).toEqual([]);
    },
  );

  it('are seen by no program, and leave users and the log of what was done where they are', async () => {
    expect(await segmentsOf(program)).toEqual([]);
    expect(await test.app.segments()).toEqual([]);
    const users = await owner.get<{ items: { email: string }[] }>('/api/v1/users');
    expect(users.body.items.map(({ email }) => email)).toEqual(['owner@acme.test', 'viewer@acme.test']);
    const { body } = await owner.get<{ items: { action: string }[] }>('/api/v1/audit');
    expect(body.items.map(({ action }) => action)).toContain('sample.begin');
  });

  it('end with all that was made in them', async () => {
    expect(dataFolders.map((folder) => existsSync(folder))).toEqual([true]);
    expect((await owner.call('DELETE', url)).status).toBe(204);
    expect(await segmentsOf(owner)).toEqual([]);
    expect(dataFolders.map((folder) => existsSync(folder))).toEqual([false]);
    expect((await owner.get(url)).body).toEqual({ shown: false, offered: true, mailchimp: null });
  });

  it('are not offered to somebody who has data of their own', async () => {
    const rules = { combinator: 'and', rules: [{ field: 'country', operator: '=', value: 'RO' }] };
    await test.app.saveSegment('mine', { rules }, { ifNew: true });
    expect((await owner.get(url)).body).toMatchObject({ offered: false });
    const refused = await owner.post(url);
    expect(refused.status).toBe(409);
    expect(refused.body).toMatchObject({ code: 'not_empty' });
    expect(made).toBe(1);
  });
});
