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
import { freePort } from './support/free-port.ts';
import { apiKey, audience, wantedOf, writeNewsletterWorkspace } from './support/newsletter-workspace.ts';
import { csvOf, dirtyRows, peopleOfRows } from './support/people-rows.ts';
import { Postrider, type RunningCommand } from './support/postrider-process.ts';
import { wholeAudience } from './support/whole-audience.ts';
import { workFolder } from './support/work-folder.ts';

/** The PostgreSQL server starts anew under a server of ours that is at work, as it does with each of its updates. */
describe.skipIf(!testPostgresAvailable || process.env.TEST_DATABASE_URL !== undefined)(
  'a database that is gone for a while and comes back',
  { timeout: 120_000 },
  () => {
    let postgres: LocalPostgres;
    let sandbox: Sandbox;
    let postrider: Postrider;
    let server: RunningCommand;
    let port: number;
    const rows = dirtyRows(4_000).filter(({ email }) => !email.endsWith('@example.com'));

    beforeAll(async () => {
      const folder = await workFolder();
      postgres = await startTestPostgres();
      sandbox = await startSandbox({ apiKey, latency: { kind: 'fixed', ms: 300 } });
      sandbox.control.createAudience({ id: audience, name: 'Shop' });
      await writeFile(join(folder, 'people.csv'), csvOf(rows));
      port = await freePort();
      postrider = new Postrider(join(folder, 'data'), {
        DATABASE_URL: await postgres.createDatabase(),
        MAILCHIMP_BASE_URL: sandbox.apiRoot,
        MAILCHIMP_API_KEY: apiKey,
        MAILCHIMP_MAX_REQUESTS: '2',
        POSTRIDER_OWNER_EMAIL: 'owner@acme.test',
        POSTRIDER_OWNER_PASSWORD: 'gray otter under bridge',
      });
      await postrider.do('apply', await writeNewsletterWorkspace(folder));
      await postrider.do('refresh', '--until', 'segments');
      server = postrider.start(['serve', '--port', String(port)]);
      while (!server.stdout.includes('Postrider listens at')) await sleep(50);
    }, 120_000);
    afterAll(async () => {
      await server.kill();
      await sandbox.close();
      await postgres.stop();
    });

    const ready = async () => (await fetch(`http://127.0.0.1:${port}/readyz`)).status;

    it('ends no server: it says that it is not ready, and then goes on with its work', async () => {
      const { token } = await postrider.json<{ token: string }>(
        'tokens',
        'make',
        'test',
        '--scopes',
        'look,exports.run',
      );
      const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
      const call = async (path: string, init: RequestInit = {}) => {
        const answer = await fetch(`http://127.0.0.1:${port}/api/v1${path}`, { headers, ...init });
        return (await answer.json()) as { id: string; status: string; code?: string };
      };
      const task = await call('/exports/newsletter/run', { method: 'POST', body: '{}' });
      await vi.waitFor(() => expect(sandbox.control.counters().writes).toBeGreaterThan(1), 30_000);

      await postgres.outage?.(async () => {
        expect(await ready()).toBe(503);
        expect((await call('/exports')).code).toBeDefined();
        // Longer than the run needs: the engine has all that sending needs.
        const { writes } = sandbox.control.counters();
        await sleep(8_000);
        expect(sandbox.control.counters().writes).toBeGreaterThan(writes);
      });
      await vi.waitFor(async () => expect(await ready()).toBe(200), 20_000);
      // The run came to its end while nobody could note it.
      await vi.waitFor(
        async () => expect((await call(`/tasks/${task.id}`)).status).toMatch(/succeeded|warnings/),
        {
          timeout: 60_000,
          interval: 300,
        },
      );
      expect(wholeAudience(sandbox, audience).size).toBe(wantedOf(peopleOfRows(rows)).length);
      expect(server.stderr).not.toMatch(/unhandled|uncaught/i);
    });
  },
);
