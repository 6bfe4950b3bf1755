import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { startSandbox, type Sandbox } from '../src/sandbox/sandbox.ts';
import {
  startTestPostgres,
  testPostgresAvailable,
  type LocalPostgres,
} from '../src/store/test-support/local-postgres.ts';
import { emptyWorld, expectedAudience } from './support/expected-audience.ts';
import {
  apiKey,
  audience,
  mergeFields,
  wantedOf,
  writeNewsletterWorkspace,
} from './support/newsletter-workspace.ts';
import { csvOf, dirtyRows, peopleOfRows } from './support/people-rows.ts';
import { Postrider } from './support/postrider-process.ts';
import { makeToken, ownerVariables, startServer, type RunningServer } from './support/running-server.ts';
import { held, inOrder } from './support/whole-audience.ts';
import { workFolder } from './support/work-folder.ts';

/** The PostgreSQL server starts anew under a server of ours that is at work, as it does with each of its updates. */
describe.skipIf(!testPostgresAvailable || process.env.TEST_DATABASE_URL !== undefined)(
  'a database that is gone for a while and comes back',
  { timeout: 120_000 },
  () => {
    let postgres: LocalPostgres;
    let sandbox: Sandbox;
    let postrider: Postrider;
    let server: RunningServer;
    const rows = dirtyRows(4_000).filter(({ email }) => !email.endsWith('@example.com'));

    beforeAll(async () => {
      const folder = await workFolder();
      postgres = await startTestPostgres();
      sandbox = await startSandbox({ apiKey, latency: { kind: 'fixed', ms: 300 } });
      sandbox.control.createAudience({
        id: audience,
        name: 'Shop',
        mergeFields: [{ tag: 'SCORE', name: 'Score', type: 'number' }],
      });
      await writeFile(join(folder, 'people.csv'), csvOf(rows));
      postrider = new Postrider(join(folder, 'data'), {
        DATABASE_URL: await postgres.createDatabase(),
        MAILCHIMP_BASE_URL: sandbox.apiRoot,
        MAILCHIMP_API_KEY: apiKey,
        MAILCHIMP_MAX_REQUESTS: '2',
        ...ownerVariables,
      });
      await postrider.do('apply', await writeNewsletterWorkspace(folder));
      await postrider.do('refresh', '--until', 'segments');
      server = await startServer(postrider);
      await server.works();
    }, 120_000);
    afterAll(async () => {
      await server.running.kill();
      await sandbox.close();
      await postgres.stop();
    });

    it('ends no server: it says that it is not ready, and then goes on with its work', async () => {
      const { outage } = postgres;
      if (outage === undefined) throw new Error('this database cannot be taken away');
      const token = await makeToken(postrider, 'look,exports.run');
      const call = async (path: string, body?: object) =>
        (await (await server.call(token, path, body)).json()) as {
          id: string;
          status: string;
          code?: string;
        };
      const task = await call('/exports/newsletter/run', {});
      await vi.waitFor(() => expect(sandbox.control.counters().writes).toBeGreaterThan(1), 30_000);

      await outage(async () => {
        expect(await server.ready()).toBe(503);
        expect((await call('/exports')).code).toBeDefined();
        // Longer than the run needs: the engine has all that sending needs.
        const { writes } = sandbox.control.counters();
        await sleep(8_000);
        expect(sandbox.control.counters().writes).toBeGreaterThan(writes);
      });
      await vi.waitFor(async () => expect(await server.ready()).toBe(200), 20_000);
      // The run came to its end while nobody could note it.
      await vi.waitFor(
        async () => expect((await call(`/tasks/${task.id}`)).status).toMatch(/succeeded|warnings/),
        {
          timeout: 60_000,
          interval: 300,
        },
      );
      const expected = expectedAudience(emptyWorld(mergeFields), wantedOf(peopleOfRows(rows)));
      expect(held(sandbox, audience)).toEqual(inOrder(expected.members));
      expect(server.running.stderr).not.toMatch(/unhandled|uncaught/i);
    });
  },
);
