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

const maxRequests = 2;

/**
 * Several server processes for one installation and one Mailchimp account: one works, the others stand by. Whatever is
 * killed or stands still meanwhile, the audience ends as planned and the account never has more requests than allowed.
 */
describe.each([
  { settings: 'embedded', skip: false },
  { settings: 'PostgreSQL', skip: !testPostgresAvailable },
])('servers that stand by', ({ settings, skip }) => {
  describe.skipIf(skip)(`with settings on ${settings}`, { timeout: 120_000 }, () => {
    let sandbox: Sandbox;
    let postgres: LocalPostgres | undefined;
    let postrider: Postrider;
    let token: string;
    const servers: RunningServer[] = [];
    const rows = dirtyRows(5_000).filter(({ email }) => !email.endsWith('@example.com'));

    beforeAll(async () => {
      const folder = await workFolder();
      sandbox = await startSandbox({ apiKey, latency: { kind: 'fixed', ms: 300 } });
      sandbox.control.createAudience({
        id: audience,
        name: 'Shop',
        mergeFields: [{ tag: 'SCORE', name: 'Score', type: 'number' }],
      });
      postgres = settings === 'PostgreSQL' ? await startTestPostgres() : undefined;
      await writeFile(join(folder, 'people.csv'), csvOf(rows));
      const workspace = await writeNewsletterWorkspace(folder);
      postrider = new Postrider(join(folder, 'data'), {
        DATABASE_URL: await postgres?.createDatabase(),
        MAILCHIMP_BASE_URL: sandbox.apiRoot,
        MAILCHIMP_API_KEY: apiKey,
        ...ownerVariables,
        MAILCHIMP_DEADLINE_S: '1',
        MAILCHIMP_MAX_REQUESTS: String(maxRequests),
      });
      await postrider.do('apply', workspace);
      await postrider.do('refresh', '--until', 'segments');
    }, 120_000);
    afterAll(async () => {
      for (const { running } of servers) {
        running.goOn();
        await running.kill();
      }
      await sandbox.close();
      await postgres?.stop();
    });

    async function start(): Promise<RunningServer> {
      const server = await startServer(postrider, '--standby', '--quiet');
      servers.push(server);
      return server;
    }

    const call = async (server: RunningServer, path: string, body?: object) => {
      const answer = await server.call(token, path, body);
      if (!answer.ok) throw new Error(`${answer.status} ${await answer.text()}`);
      return (await answer.json()) as { id: string; status: string };
    };
    const written = () => sandbox.control.counters().writes;

    it('work one at a time, take over from one that is killed, and send what was planned', async () => {
      const first = await start();
      await first.works();
      const others = [await start(), await start()] as const;
      await Promise.all(others.map(({ running }) => running.untilSays('Standing by')));
      token = await makeToken(postrider, 'look,exports.run');
      const task = await call(first, '/exports/newsletter/run', {});
      await vi.waitFor(() => expect(written()).toBeGreaterThan(1), 30_000);

      // One that stands still is not dead: nobody takes its place, and it goes on.
      first.running.pause();
      await sleep(1_500);
      for (const { running } of others) expect(running.stdout).not.toContain('Postrider listens at');
      first.running.goOn();
      const before = written();
      await vi.waitFor(() => expect(written()).toBeGreaterThan(before), 30_000);

      await first.running.kill();
      const second = await Promise.race(others.map(async (each) => each.works().then(() => each)));
      const third = others.find((each) => each !== second)!;
      expect(third.running.stdout).not.toContain('Postrider listens at');
      await vi.waitFor(
        async () => expect((await call(second, `/tasks/${task.id}`)).status).toBe('running'),
        20_000,
      );
      const then = written();
      await vi.waitFor(() => expect(written()).toBeGreaterThan(then), 30_000);

      await second.running.kill();
      await third.works();
      await vi.waitFor(
        async () => expect((await call(third, `/tasks/${task.id}`)).status).toMatch(/succeeded|warnings/),
        { timeout: 60_000, interval: 200 },
      );
      const expected = expectedAudience(emptyWorld(mergeFields), wantedOf(peopleOfRows(rows)));
      expect(held(sandbox, audience)).toEqual(inOrder(expected.members));
      // Of requests that a killed process left behind the next one knows.
      expect(sandbox.control.counters().maxInFlight).toBeLessThanOrEqual(maxRequests);
    });
  });
});
