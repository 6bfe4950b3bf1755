import { createSecretKey } from 'node:crypto';
import { createServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { addAlertChannel, alertChannels, removeAlertChannel } from '../alerts/alert-channels.ts';
import { makeAccessLink } from '../access/access-links.ts';
import type { Identity } from '../access/identity.ts';
import { startSession } from '../access/sessions.ts';
import { countAttempt } from '../access/sign-in-failures.ts';
import { removeUser } from '../access/users.ts';
import type { Actions } from '../app.ts';
import { PostriderError } from '../base/errors.ts';
import type { ExportId } from '../base/ids.ts';
import { scheduleTimes, type ScheduleTimes } from '../base/schedule-times.ts';
import { secretKeyOf } from '../connections/seal.ts';
import type { ExportConfig } from '../exports/export-config.ts';
import type { ExportRun } from '../exports/plan.ts';
import type { RefreshWatch } from '../pipeline/refresh.ts';
import type { Settings } from '../pipeline/settings.ts';
import { isOver, type Task } from '../work/task.ts';
import { addEndedTask, listTasks } from '../work/tasks.ts';
import { TestGround, testKey } from './test-support/test-ground.ts';
import { workActions } from './work-actions.ts';
import { workDesk, type WorkDesk } from './work-desk.ts';

let ground: TestGround;
let desk: WorkDesk | undefined;
let hook: { url: string; alerts: { event: string; title: string }[]; close: () => void };

beforeAll(async () => {
  ground = await TestGround.open();
  hook = await startHook();
  ground.config = { ...ground.config, alertHosts: ['localhost'] };
  const target = { kind: 'webhook', url: hook.url, secret: 'sixteen signs or more' } as const;
  await addAlertChannel(ground.store.db, testKey, { name: 'Hook', target }, ground.clock.now());
});
afterAll(async () => {
  hook.close();
  await ground.store.close();
});
beforeEach(async () => {
  await ground.clear();
  await ground.store.db.deleteFrom('task').execute();
  await ground.store.db.deleteFrom('schedule_state').execute();
  hook.alerts.length = 0;
  world = { settings: {}, exports: {}, calls: [] };
});
afterEach(async () => {
  await desk?.stop();
  desk = undefined;
});

/** What the workspace says, and what becomes of a refresh and of runs. */
let world: {
  settings: { daily?: string[]; on?: boolean };
  exports: Record<string, 'refresh' | 'off' | ScheduleTimes>;
  refreshes?: (watch: RefreshWatch | undefined) => Promise<void>;
  runs?: (id: string) => Promise<Partial<ExportRun>>;
  calls: string[];
};

const settings = async () =>
  ({
    schedule: {
      timeZone: 'Europe/Bucharest',
      on: world.settings.on,
      ...scheduleTimes.parse({ daily: world.settings.daily ?? [] }),
    },
    exports: new Map(
      Object.entries(world.exports).map(([id, schedule]) => [
        id as ExportId,
        { schedule, connection: 'mailchimp' } as ExportConfig,
      ]),
    ),
  }) as Partial<Settings> as Settings;

const run = (id: string, more: Partial<ExportRun> = {}) =>
  ({
    run: `run-of-${id}`,
    export: id,
    status: 'succeeded',
    people: { desired: 3, add: 1, update: 0, unchanged: 2, leave: 0, keptOut: {}, rejected: {}, failed: {} },
    ...more,
  }) as unknown as ExportRun;

function actionsFor(who: Identity): Actions {
  const actions: Partial<Actions> = {
    refresh: async ({ watch }) => {
      world.calls.push(`refresh by ${who.email}`);
      watch?.stage('sources');
      await world.refreshes?.(watch);
      return { sources: [] };
    },
    run: async (id) => {
      world.calls.push(`run ${id} by ${who.email}`);
      return run(id, await world.runs?.(id));
    },
  };
  return actions as Actions;
}

async function open(): Promise<WorkDesk> {
  desk = workDesk({
    config: ground.config,
    clock: ground.clock,
    store: ground.store,
    key: () => testKey,
    settings,
    checkpoint: () => Promise.resolve(),
    actionsFor,
    pace: { lookEveryMs: 20, retryAfter: 0, patienceMs: 1_000, alertWaitMs: 1 },
  });
  await desk.start();
  return desk;
}

async function startHook() {
  const alerts: { event: string; title: string }[] = [];
  const server = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (part: string) => (body += part));
    request.on('end', () => {
      alerts.push(JSON.parse(body) as (typeof alerts)[number]);
      response.end();
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const close = () => {
    server.closeAllConnections();
    server.close();
  };
  return { url: `http://localhost:${(server.address() as AddressInfo).port}/`, alerts, close };
}

const history = async (filter: Partial<Pick<Task, 'kind' | 'subject'>> = {}): Promise<Task[]> =>
  (await listTasks(ground.store.db, { limit: 50, ...filter })).items;

async function ends(count: number): Promise<Task[]> {
  const over = async () => (await history()).filter((task) => isOver(task));
  await expect.poll(async () => (await over()).length, { timeout: 15_000 }).toBe(count);
  return over();
}

/** Past the next 06:00 in Bucharest. */
async function nextMorning(): Promise<void> {
  await expect
    .poll(() => ground.store.db.selectFrom('schedule_state').selectAll().execute(), { timeout: 10_000 })
    .not.toEqual([]);
  const day = 24 * 60 * 60_000;
  const six = new Date(Math.floor(ground.clock.now().getTime() / day) * day + 4 * 60 * 60_000);
  const next = six > ground.clock.now() ? six.getTime() : six.getTime() + day;
  ground.clock.forward(next - ground.clock.now().getTime() + 1_000);
}

describe('what is due', () => {
  it('refreshes by itself, and every export of it stands in the history', async () => {
    world.settings = { daily: ['06:00'] };
    world.exports = { newsletter: 'refresh', other: 'off' };
    world.refreshes = async (watch) => {
      watch?.stage('exports');
      watch?.exported({ export: 'newsletter' as ExportId, run: run('newsletter') });
    };
    await open();
    await nextMorning();
    const tasks = await ends(2);
    expect(tasks.find(({ kind }) => kind === 'refresh')).toMatchObject({
      status: 'succeeded',
      requestedBy: 'schedule',
      request: { due: expect.stringMatching(/T04:00:00/) as string },
      result: {
        stages: [{ stage: 'sources' }, { stage: 'exports' }],
        exports: [{ export: 'newsletter', status: 'succeeded', run: 'run-of-newsletter' }],
      },
    });
    expect(tasks.find(({ kind }) => kind === 'run')).toMatchObject({
      subject: 'newsletter',
      status: 'succeeded',
      result: { run: 'run-of-newsletter' },
    });
    expect(world.calls).toEqual(['refresh by schedule']);
    expect(hook.alerts).toEqual([]);
  });

  it('does nothing while the schedule is off', async () => {
    world.settings = { daily: ['06:00'], on: false };
    world.exports = { newsletter: scheduleTimes.parse({ daily: ['06:00'] }) };
    await open();
    ground.clock.forward(48 * 60 * 60_000);
    // Ten looks.
    await sleep(200);
    expect(await history()).toEqual([]);
    expect(world.calls).toEqual([]);
  });

  it('catches up once after downtime, and says so', async () => {
    world.settings = { daily: ['06:00'] };
    await open();
    await nextMorning();
    await ends(1);
    await desk?.stop();
    ground.clock.forward(5 * 24 * 60 * 60_000 + 3 * 60 * 60_000);
    await open();
    await ends(2);
    expect((await history())[0]).toMatchObject({ status: 'succeeded', request: { late: true } });
  });

  it.each([
    ['begun', 'refresh', undefined, 'succeeded'],
    ['skipped', 'export:newsletter', { kind: 'input', code: 'x', message: 'x', retry: 'never' }, 'skipped'],
  ] as const)('is %s once, also when nobody could note that it was', async (_, name, problem, status) => {
    const asker = { requestedBy: 'ana', user: 'local' };
    if (name === 'refresh') world.settings = { daily: ['06:00'] };
    else world.exports = { newsletter: scheduleTimes.parse({ daily: ['06:00'] }) };
    if (problem !== undefined) {
      const time = { startedAt: undefined, finishedAt: ground.clock.now() };
      const failed = { kind: 'refresh', subject: 'workspace', ...asker } as const;
      await addEndedTask(ground.store.db, failed, { status: 'failed', problem }, time);
    }
    await open();
    await nextMorning();
    const before = problem === undefined ? 1 : 2;
    await ends(before);
    const { db } = ground.store;
    const handled = async () =>
      (await db.selectFrom('schedule_state').selectAll().executeTakeFirst())?.handled_at;
    const noted = async () => (await handled())?.toISOString();
    const dayBefore = new Date(ground.clock.now().getTime() - 24 * 60 * 60_000);
    await expect.poll(noted).toMatch(/T04:00:00/);
    await db.updateTable('schedule_state').set({ handled_at: dayBefore }).execute();
    await expect.poll(noted).toMatch(/T04:00:00/);
    expect((await ends(before))[0]).toMatchObject({ status, requestedBy: 'schedule' });
  });

  it('does not start a refresh twice', async () => {
    world.settings = { daily: ['06:00', '07:00'] };
    let finish: () => void = () => undefined;
    world.refreshes = () => new Promise((resolve) => (finish = resolve));
    await open();
    await nextMorning();
    await expect.poll(() => world.calls, { timeout: 10_000 }).toHaveLength(1);
    ground.clock.forward(60 * 60_000);
    const [skipped] = await ends(1);
    expect(skipped).toMatchObject({ status: 'skipped', problem: { code: 'refresh_goes_on' } });
    finish();
    await ends(2);
    expect(world.calls).toHaveLength(1);
  });
});

describe('an earlier stage that failed', () => {
  const broken = new PostriderError({
    kind: 'input',
    code: 'file_missing',
    message: 'The file customers.csv is not there.',
  });

  it('lets exports be skipped with the reason, alerts once, and tells of the recovery', async () => {
    world.settings = { daily: ['06:00'] };
    world.exports = { newsletter: 'refresh', onDemand: 'off' };
    world.refreshes = () => Promise.reject(broken);
    await open();
    await nextMorning();
    const tasks = await ends(2);
    expect(tasks.find(({ kind }) => kind === 'run')).toMatchObject({
      subject: 'newsletter',
      status: 'skipped',
      problem: {
        code: 'earlier_stage_failed',
        message: 'The refresh before it failed: The file customers.csv is not there.',
      },
    });
    await expect.poll(() => hook.alerts).toMatchObject([{ event: 'failed', title: 'the refresh failed' }]);
    world.refreshes = async (watch) =>
      watch?.exported({ export: 'newsletter' as ExportId, run: run('newsletter') });
    await nextMorning();
    await ends(4);
    await expect
      .poll(() => hook.alerts.map(({ title }) => title).toSorted())
      .toEqual(['export newsletter is well again', 'the refresh failed', 'the refresh is well again']);
  });

  it('alerts those who can be reached, though one channel is sealed with another key', async () => {
    const { db } = ground.store;
    const otherKey = secretKeyOf(createSecretKey(Buffer.alloc(32, 9)));
    const target = { kind: 'slack', url: 'https://hooks.test/x' } as const;
    const lost = await addAlertChannel(db, otherKey, { name: 'A lost one', target }, ground.clock.now());
    world.refreshes = () => Promise.reject(broken);
    const { queue } = await open();
    await queue.add({ kind: 'refresh', subject: 'workspace', requestedBy: 'ana', user: 'local' });
    await expect.poll(() => hook.alerts, { timeout: 10_000 }).toMatchObject([{ event: 'failed' }]);
    const problems = async () =>
      (await alertChannels(db, testKey)).map(({ name, lastProblem }) => [name, lastProblem !== undefined]);
    await expect.poll(problems).toEqual([
      ['A lost one', true],
      ['Hook', false],
    ]);
    await removeAlertChannel(db, lost.id);
  });

  it('keeps an export with times of its own from running on stale segments', async () => {
    world.exports = { newsletter: scheduleTimes.parse({ daily: ['06:00'] }) };
    world.refreshes = () => Promise.reject(broken);
    const { queue } = await open();
    await queue.add({ kind: 'refresh', subject: 'workspace', requestedBy: 'ana', user: 'local' });
    await ends(1);
    await nextMorning();
    await ends(2);
    expect((await history({ kind: 'run' }))[0]).toMatchObject({
      status: 'skipped',
      problem: { code: 'earlier_stage_failed' },
    });
    world.refreshes = async () => undefined;
    const again = { kind: 'refresh' as const, subject: 'workspace', requestedBy: 'ana', user: 'local' };
    // It is well, and the segments are as old as before.
    await queue.add({ ...again, request: { until: 'sources' } });
    await ends(3);
    await nextMorning();
    await ends(4);
    expect((await history({ kind: 'run' }))[0]).toMatchObject({ status: 'skipped' });
    await queue.add(again);
    await ends(5);
    await nextMorning();
    await ends(6);
    expect(world.calls.at(-1)).toBe('run newsletter by schedule');
  });
});

describe('what is asked for', () => {
  it('waits for a refresh that goes on', async () => {
    world.exports = { newsletter: 'off' };
    let finish: () => void = () => undefined;
    world.refreshes = () => new Promise((resolve) => (finish = resolve));
    const { queue } = await open();
    const asker = { requestedBy: 'ana', user: 'local' };
    await queue.add({ kind: 'refresh', subject: 'workspace', ...asker });
    await expect.poll(() => world.calls, { timeout: 10_000 }).toHaveLength(1);
    await queue.add({ kind: 'run', subject: 'newsletter', ...asker });
    await expect
      .poll(async () => (await history({ kind: 'run' }))[0]?.status, { timeout: 10_000 })
      .toBe('running');
    expect(world.calls).toEqual(['refresh by ana']);
    finish();
    await ends(2);
    expect(world.calls).toEqual(['refresh by ana', 'run newsletter by ana']);
  });

  it('is done with what the asker may do when it is done', async () => {
    const who = await ground.user('contributor');
    const { queue } = await open();
    await removeUser(ground.store.db, who.user);
    await queue.add({ kind: 'run', subject: 'newsletter', requestedBy: who.email, user: who.user });
    expect((await ends(1))[0]).toMatchObject({ status: 'failed', problem: { code: 'asker_gone' } });
    expect(world.calls).toEqual([]);
  });

  it.each<[string, Partial<ExportRun>, string, string | undefined]>([
    [
      'a brake',
      { status: 'stopped', brake: { code: 'too_many_leavers', message: '40 % leave.' } },
      'stopped',
      'stopped',
    ],
    ['a failure', { status: 'failed', failure: { code: 'key_refused', message: 'No.' } }, 'failed', 'failed'],
    ['people who failed', { people: { ...run('x').people, failed: { unknown: 2 } } }, 'warnings', undefined],
    ['a cancel', { status: 'cancelled' }, 'cancelled', undefined],
  ])('ends as its run after %s', async (_, more, status, event) => {
    world.runs = async () => more;
    const { queue } = await open();
    await queue.add({ kind: 'run', subject: 'newsletter', requestedBy: 'ana', user: 'local' });
    expect((await ends(1))[0]).toMatchObject({ status, result: { run: 'run-of-newsletter' } });
    if (event !== undefined) await expect.poll(() => hook.alerts).toMatchObject([{ event }]);
  });

  it.each([
    ['an error of its export is no error of the refresh', true, 'warnings'],
    ['an error of the refresh is told also where an export failed before', false, 'failed'],
  ])('%s', async (_, same, status) => {
    const refused = new PostriderError({ kind: 'remote', code: 'key_refused', message: 'No.' });
    const own = new PostriderError({ kind: 'internal', code: 'disk_full', message: 'No room.' });
    world.refreshes = async (watch) => {
      watch?.exported({ export: 'newsletter' as ExportId, error: refused });
      throw same ? refused : own;
    };
    const { queue } = await open();
    await queue.add({ kind: 'refresh', subject: 'workspace', requestedBy: 'ana', user: 'local' });
    const task = (await ends(2)).find(({ kind }) => kind === 'refresh');
    expect(task).toMatchObject({ status, ...(same ? {} : { problem: { code: 'disk_full' } }) });
  });

  it('is one wish while it waits, and another once it goes on', async () => {
    world.exports = { newsletter: 'refresh' };
    let finish: () => void = () => undefined;
    world.refreshes = () => new Promise((resolve) => (finish = resolve));
    const { queue } = await open();
    const actions = workActions({
      ...ground.as(await ground.user('administrator')),
      queue: () => queue,
      parts: async () => ({ settings: await settings() }) as never,
    });
    const first = await actions.wantRefresh();
    await expect.poll(() => world.calls, { timeout: 10_000 }).toHaveLength(1);
    const second = await actions.wantRefresh();
    expect(second.id).not.toBe(first.id);
    expect((await actions.wantRefresh()).id).toBe(second.id);
    expect((await actions.wantRefresh({ until: 'segments' })).id).not.toBe(second.id);
    await expect(actions.wantRun('newslter')).rejects.toMatchObject({ code: 'export_unknown' });
    world.refreshes = async () => undefined;
    finish();
    await ends(3);
  });

  it('shows what comes next', async () => {
    world.settings = { daily: ['06:00'] };
    world.exports = {
      newsletter: 'refresh',
      other: 'off',
      own: scheduleTimes.parse({ daily: ['12:00'] }),
    };
    const actions = workActions({
      ...ground.as(await ground.user('viewer')),
      parts: async () => ({ settings: await settings() }) as never,
    });
    const { on, refresh, exports } = await actions.schedule();
    expect(on).toBe(true);
    expect(refresh[0]?.toISOString()).toMatch(/T04:00:00/);
    expect(exports).toMatchObject([
      { export: 'newsletter', schedule: 'refresh', next: refresh },
      { export: 'other', schedule: 'off', next: [] },
      { export: 'own', schedule: 'own' },
    ]);
    expect(exports[2]?.next[0]?.toISOString()).toMatch(/T10:00:00/);
  });
});

it('takes away sessions, links and failures to sign in that are over, and no others', async () => {
  const { db } = ground.store;
  const here = { address: '192.0.2.7', userAgent: 'Firefox' };
  const { user } = await ground.user('viewer');
  const invite = (email: string) =>
    makeAccessLink(
      db,
      { purpose: 'invitation', email, role: 'viewer' },
      { by: 'ana', now: ground.clock.now() },
    );
  const leave = async (name: string) => {
    await startSession(db, user, { ...here, userAgent: name }, ground.clock.now());
    await invite(`${name}@acme.test`);
    await countAttempt(db, { email: name }, ground.clock.now());
  };
  await leave('old');
  ground.clock.forward(15 * 24 * 60 * 60_000);
  await leave('new');
  await open();
  const left = async () => [
    await db.selectFrom('user_session').select('user_agent').execute(),
    await db.selectFrom('access_link').select('email').execute(),
    await db.selectFrom('sign_in_failure').select('failures').execute(),
  ];
  await expect
    .poll(left, { timeout: 10_000 })
    .toEqual([[{ user_agent: 'new' }], [{ email: 'new@acme.test' }], [{ failures: 1 }]]);
});
