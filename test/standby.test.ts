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

const maxRequests = 2;

interface Server {
  port: number;
  running: RunningCommand;
}

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
    const servers: Server[] = [];
    const rows = dirtyRows(5_000).filter(({ email }) => !email.endsWith('@example.com'));

    beforeAll(async () => {
      const folder = await workFolder();
      sandbox = await startSandbox({ apiKey, latency: { kind: 'fixed', ms: 300 } });
      sandbox.control.createAudience({ id: audience, name: 'Shop' });
      postgres = settings === 'PostgreSQL' ? await startTestPostgres() : undefined;
      await writeFile(join(folder, 'people.csv'), csvOf(rows));
      const workspace = await writeNewsletterWorkspace(folder);
      postrider = new Postrider(join(folder, 'data'), {
        DATABASE_URL: await postgres?.createDatabase(),
        MAILCHIMP_BASE_URL: sandbox.apiRoot,
        MAILCHIMP_API_KEY: apiKey,
        POSTRIDER_OWNER_EMAIL: 'owner@acme.test',
        POSTRIDER_OWNER_PASSWORD: 'gray otter under bridge',
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

    async function start(): Promise<Server> {
      const port = await freePort();
      const running = postrider.start(['serve', '--standby', '--quiet', '--port', String(port)]);
      const server = { port, running };
      servers.push(server);
      return server;
    }

    const call = async (port: number, path: string, method = 'GET') => {
      const body = method === 'GET' ? {} : { body: '{}' };
      const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
      const answer = await fetch(`http://127.0.0.1:${port}/api/v1${path}`, { method, headers, ...body });
      if (!answer.ok) throw new Error(`${answer.status} ${await answer.text()}`);
      return (await answer.json()) as { id: string; status: string; items: { status: string }[] };
    };
    const works = ({ running }: Server) =>
      vi.waitFor(() => expect(running.stdout).toContain('Postrider listens at'), 30_000);
    const written = () => sandbox.control.counters().writes;

    it('work one at a time, take over from one that is killed, and send what was planned', async () => {
      const first = await start();
      await works(first);
      const others = [await start(), await start()] as const;
      await Promise.all(
        others.map(({ running }) =>
          vi.waitFor(() => expect(running.stderr).toContain('Standing by'), 20_000),
        ),
      );
      ({ token } = await postrider.json<{ token: string }>(
        'tokens',
        'make',
        'test',
        '--scopes',
        'look,exports.run',
      ));
      const task = await call(first.port, '/exports/newsletter/run', 'POST');
      await vi.waitFor(() => expect(written()).toBeGreaterThan(1), 30_000);

      // One that stands still is not dead: nobody takes its place, and it goes on.
      first.running.pause();
      await sleep(1_500);
      for (const { running } of others) expect(running.stdout).not.toContain('Postrider listens at');
      first.running.goOn();
      const before = written();
      await vi.waitFor(() => expect(written()).toBeGreaterThan(before), 30_000);

      await first.running.kill();
      const second = await Promise.race(others.map(async (each) => works(each).then(() => each)));
      const third = others.find((each) => each !== second) as Server;
      expect(third.running.stdout).not.toContain('Postrider listens at');
      await vi.waitFor(
        async () => expect((await call(second.port, `/tasks/${task.id}`)).status).toBe('running'),
        20_000,
      );
      const then = written();
      await vi.waitFor(() => expect(written()).toBeGreaterThan(then), 30_000);

      await second.running.kill();
      await works(third);
      await vi.waitFor(
        async () =>
          expect((await call(third.port, `/tasks/${task.id}`)).status).toMatch(/succeeded|warnings/),
        { timeout: 60_000, interval: 200 },
      );
      const wanted = wantedOf(peopleOfRows(rows));
      const held = wholeAudience(sandbox, audience);
      expect(held.size).toBe(wanted.length);
      // Of requests that a killed process left behind the next one knows.
      expect(sandbox.control.counters().maxInFlight).toBeLessThanOrEqual(maxRequests);
    });
  });
});
