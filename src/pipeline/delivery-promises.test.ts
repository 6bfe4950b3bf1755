import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../base/clock.ts';
import { inputError } from '../base/errors.ts';
import type { ConnectionId, ExportId } from '../base/ids.ts';
import { oneAtATime } from '../base/one-at-a-time.ts';
import type { Destination, UpsertOptions } from '../delivery/destination.ts';
import { sql } from '../engine/sql.ts';
import { accountedFor, type ExportRun } from '../exports/plan.ts';
import { listRuns } from '../exports/run-records.ts';
import { readFacts } from './read-facts.ts';
import { refresh, type Stage } from './refresh.ts';
import { runExport } from './run-export.ts';
import { DyingEngine } from './test-support/dying-engine.ts';
import { audienceId, TestLine, type TestPerson } from './test-support/test-line.ts';

/** What DESIGN §4 promises of delivery when Mailchimp or people do something in the middle of a run. */
let line: TestLine;
beforeEach(async () => {
  line = await TestLine.open();
});
afterEach(() => line.close());

const ana: TestPerson = { id: '1', email: 'ana@acme.test', first: 'Ana', last: 'Pop', buyer: 'yes' };
const eva: TestPerson = { id: '3', email: 'eva@acme.test', first: 'Eva', last: 'Dan', buyer: 'yes' };
const batches = { method: 'POST', path: `^/lists/${audienceId}$` };

describe('who leaves while being sent (promise 1)', () => {
  it.each([
    { act: 'unsubscribeByUi', status: 'unsubscribed' },
    { act: 'archive', status: 'archived' },
  ] as const)('is put out again when our request brought them back: $act', async ({ act, status }) => {
    await line.people([ana, eva]);
    await line.run();
    await line.people([{ ...ana, first: 'Anna' }, eva]);
    line.freshMs = 0;
    const run = await runWith((destination) => ({
      upsert: async (audience, people, options) => {
        line.act('ana@acme.test', { kind: act });
        await seenByAnother(options);
        return destination.upsert(audience, people);
      },
    }));
    expect(run).toMatchObject({ status: 'succeeded', races: 1, people: { update: 1 } });
    expect(line.audience()['ana@acme.test']?.status).toBe(status);
    expect(await rows(sql`SELECT kind, before, after FROM export.journal WHERE kind = 'status'`)).toEqual([
      { kind: 'status', before: 'subscribed', after: status },
    ]);
    expect(await rows(sql`SELECT address FROM export.seen_leaving`)).toEqual([]);
    line.freshMs = 60_000;
    line.writes();
    const again = await line.run();
    expect(again.people).toMatchObject({ keptOut: { [status]: 1 }, unchanged: 1 });
    expect(again.races).toBeUndefined();
    expect(line.writes()).toBe(0);
  });

  it('is seen though the clock of this machine is set back after the audience was read', async () => {
    await line.people([ana, eva]);
    await line.run();
    await line.people([
      { ...ana, first: 'Anna' },
      { ...eva, first: 'Ewa' },
    ]);
    let setBackBy = 0;
    line.clock = { ...systemClock, now: () => new Date(Date.now() - setBackBy) };
    line.freshMs = 60_000;
    const run = await runWith((destination) => ({
      upsert: async (audience, people, options) => {
        if (setBackBy === 0) line.act('ana@acme.test', { kind: 'unsubscribeByUi' });
        setBackBy = 60 * 60_000;
        return destination.upsert(audience, people, options);
      },
    }));
    expect(run).toMatchObject({ status: 'succeeded', people: { update: 1, keptOut: { unsubscribed: 1 } } });
    // Not sent and then put right: never sent.
    expect(run.races).toBeUndefined();
    expect(line.audience()['ana@acme.test']).toMatchObject({
      status: 'unsubscribed',
      fields: { FNAME: 'Ana' },
    });
  });

  it('is put out by the next run when the one that brought them back could not look', async () => {
    await line.people([ana, eva]);
    await line.run();
    await line.people([{ ...ana, first: 'Anna' }, eva]);
    line.freshMs = 0;
    const cancel = new AbortController();
    const cancelled = await runWith(
      (destination) => ({
        upsert: async (audience, people, options) => {
          line.act('ana@acme.test', { kind: 'unsubscribeByUi' });
          await seenByAnother(options);
          cancel.abort(new Error('cancelled'));
          return destination.upsert(audience, people);
        },
      }),
      { signal: cancel.signal },
    );
    expect(cancelled.status).toBe('cancelled');
    expect(line.audience()['ana@acme.test']?.status).toBe('subscribed');
    expect(await line.run()).toMatchObject({ races: 1 });
    expect(line.audience()['ana@acme.test']?.status).toBe('unsubscribed');
  });

  it.each(['cancelled', 'failed'] as const)(
    'is told, and kept for the next run, by one that %s',
    async (end) => {
      await line.people([ana, eva]);
      await line.run();
      await line.people([{ ...ana, first: 'Anna' }, eva]);
      const cancel = new AbortController();
      // A call of a webhook tells of it, no reading of this run does.
      let sent = false;
      const ended = await runWith(
        (destination) => ({
          upsert: async (audience, people) => {
            line.act('ana@acme.test', { kind: 'unsubscribeByUi' });
            await line.engine.commit([
              sql`UPDATE export.audience_member SET status = 'unsubscribed' WHERE address = 'ana@acme.test'`,
            ]);
            if (end === 'cancelled') cancel.abort(new Error('cancelled'));
            sent = true;
            return destination.upsert(audience, people);
          },
          read: (...asked) => {
            if (sent) throw new Error('the line is cut');
            return destination.read(...asked);
          },
        }),
        { signal: cancel.signal },
      );
      expect(ended).toMatchObject({ status: end, alerts: [{ code: 'race_open', people: 1 }] });
      // The answer, which came later, said "subscribed": it must not undo what is known.
      const known = await rows(
        sql`SELECT status FROM export.audience_member WHERE address = 'ana@acme.test'`,
      );
      expect(known).toEqual([{ status: 'unsubscribed' }]);
      expect(line.audience()['ana@acme.test']?.status).toBe('subscribed');
      expect(await line.run()).toMatchObject({ races: 1 });
      expect(line.audience()['ana@acme.test']?.status).toBe('unsubscribed');
    },
  );

  it('is put out even when Mailchimp does not take back another one, who is tried again by the next run', async () => {
    await line.people([ana, eva]);
    await line.run();
    await line.people([
      { ...ana, first: 'Anna' },
      { ...eva, first: 'Evi' },
    ]);
    line.freshMs = 0;
    const run = await runWith((destination) => ({
      upsert: async (audience, people, options) => {
        line.act('ana@acme.test', { kind: 'unsubscribeByUi' });
        line.act('eva@acme.test', { kind: 'unsubscribeByUi' });
        await seenByAnother(options);
        return destination.upsert(audience, people);
      },
      setStatus: (audience, address, status) => {
        if (address === 'ana@acme.test') throw inputError('refused', 'Not this one.');
        return destination.setStatus(audience, address, status);
      },
    }));
    expect(run).toMatchObject({ races: 1, alerts: [{ code: 'race_open', people: 1 }] });
    expect(line.audience()['eva@acme.test']?.status).toBe('unsubscribed');
    expect(await line.run()).toMatchObject({ races: 1 });
    expect(line.audience()['ana@acme.test']?.status).toBe('unsubscribed');
  });

  it('is not added under a new address by a plan from before they left under the old one', async () => {
    line.seed({ address: 'ana@acme.test' });
    await line.people([ana, ...crowd(30)]);
    await line.run();
    await line.people([
      { ...ana, email: 'ana.new@acme.test' },
      ...crowd(30).map((each) => ({ ...each, first: 'X' })),
    ]);
    const plan = await line.plan();
    expect(plan.people).toMatchObject({ add: 1, keptOut: {} });
    line.act('ana@acme.test', { kind: 'unsubscribeSelf' });
    const run = await line.run({ plan: plan.run });
    expect(run.people).toMatchObject({ add: 0, keptOut: { left_under_other_address: 1 } });
    expect(line.audience()['ana.new@acme.test']).toBeUndefined();
  });

  it('is left alone when they left after our request, also when a reading saw it', async () => {
    await line.people([ana, eva]);
    line.freshMs = 0;
    const run = await runWith((destination) => ({
      upsert: async (audience, people, options) => {
        const answer = await destination.upsert(audience, people);
        line.act('ana@acme.test', { kind: 'unsubscribeByUi' });
        await seenByAnother(options);
        return answer;
      },
    }));
    expect(run.races).toBeUndefined();
    expect(line.audience()['ana@acme.test']?.status).toBe('unsubscribed');
    line.freshMs = 60_000;
    expect((await line.run()).people).toMatchObject({ keptOut: { unsubscribed: 1 } });
  });
});

describe('what ends a whole run', () => {
  it.each([
    { status: 401, code: 'mailchimp_key_refused' },
    { status: 403, code: 'mailchimp_forbidden' },
    { status: 404, code: 'mailchimp_resource_not_found' },
  ])('stops at $status with its own code, and the next run or `--plan` goes on', async ({ status, code }) => {
    line.sandbox.control.setModes({ tags: 'ignored' });
    line.sandbox.control.addFault({
      ...batches,
      skip: 1,
      times: null,
      answer: { kind: 'status', status, body: 'problem' },
    });
    await line.people(crowd(1_100));
    const failed = await line.run();
    expect(failed).toMatchObject({ status: 'failed', failure: { code } });
    const reached = failed.people.add + (failed.people.failed.not_sent ?? 0);
    expect(reached).toBe(1_100);
    line.sandbox.control.clearFaults();
    line.sandbox.control.resetCounters();

    const rest = await line.run({ plan: failed.run });
    expect(rest).toMatchObject({ status: 'succeeded', continues: failed.run, people: { failed: {} } });
    // Tags had not come to anybody; the people of the first chunk are there, and are not sent again.
    expect(rest.people.add + rest.people.update).toBe(1_100);
    const { membersSent } = line.sandbox.control.counters();
    expect(membersSent).toBe(rest.people.add + rest.changes.tag);
    expect(Object.values(line.audience()).every(({ tags }) => tags.includes('Everyone'))).toBe(true);
    expect(Object.keys(line.audience())).toHaveLength(1_100);
    line.writes();
    expect((await line.run()).people).toMatchObject({ unchanged: 1_100, add: 0, update: 0 });
    expect(line.writes()).toBe(0);
  });
});

describe('an account that is lost in the middle of a run', () => {
  it.each([
    {
      what: 'a key that is revoked',
      lose: () => line.sandbox.control.revokeToken({}),
      code: 'mailchimp_key_refused',
    },
    {
      what: 'a user who is disabled',
      lose: () => line.sandbox.control.disableUser({ user: 'owner' }),
      code: 'mailchimp_account_deactivated',
    },
  ])('stops it with a clear state: $what', async ({ lose, code }) => {
    await line.people(crowd(1_100));
    let batch = 0;
    const failed = await runWith((destination) => ({
      upsert: (...asked) => {
        batch += 1;
        if (batch === 2) lose();
        return destination.upsert(...asked);
      },
    }));
    expect(failed).toMatchObject({ status: 'failed', failure: { code, hint: expect.any(String) as string } });
    expect(accountedFor(failed.people)).toBe(1_100);
    expect(failed.people.failed.not_sent).toBeGreaterThan(0);
    await expect(line.run()).rejects.toMatchObject({ code });
  });
});

describe('a proxy that does not find Mailchimp', () => {
  it('leaves what was cut off to be read back later', async () => {
    await line.people([ana, eva]);
    line.sandbox.control.addFault({ ...batches, when: 'after', answer: { kind: 'reset' } });
    const cutOff = await runWith((destination) => ({
      upsert: (...asked) => {
        line.sandbox.control.addFault({
          method: 'GET',
          path: '/members',
          times: null,
          answer: { kind: 'status', status: 404, body: 'html' },
        });
        return destination.upsert(...asked);
      },
    }));
    expect(cutOff).toMatchObject({ status: 'running', failure: { code: 'mailchimp_root_not_found' } });
    line.sandbox.control.clearFaults();
    expect(await line.run()).toMatchObject({
      run: cutOff.run,
      status: 'succeeded',
      people: { add: 2, failed: {} },
    });
  });
});

describe('a plan that comes to no end', () => {
  it('leaves nobody behind', async () => {
    await line.people([ana, eva]);
    const contacts = () => Promise.reject(inputError('no_meter', 'Mailchimp does not count.'));
    await expect(runWith(() => ({ contacts }))).rejects.toMatchObject({ code: 'no_meter' });
    expect(await rows(sql`SELECT * FROM export.plan_person`)).toEqual([]);
    expect(await rows(sql`SELECT * FROM export.plan_count`)).toEqual([]);
  });
});

describe('going on with what a run left', () => {
  it('does only what was planned, leaves out who moved, and is refused once something else has run', async () => {
    await line.people([ana, eva, ...crowd(40)]);
    line.sandbox.control.addFault({ ...batches, answer: { kind: 'status', status: 403, body: 'problem' } });
    const failed = await line.run();
    expect(failed).toMatchObject({ status: 'failed', people: { add: 0, failed: { not_sent: 42 } } });
    // Whoever is wanted by now has to wait for a plan of their own; who came by other ways is not touched.
    await line.people([{ ...ana, first: 'Anna' }, eva, ...crowd(41)]);
    line.seed({ address: 'eva@acme.test' });
    const rest = await line.run({ plan: failed.run });
    expect(rest.people).toMatchObject({ desired: 42, add: 41, keptOut: { moved: 1 } });
    expect(line.audience()['ana@acme.test']?.fields).toMatchObject({ FNAME: 'Ana' });
    expect(line.audience()['c40@acme.test']).toBeUndefined();
    await expect(line.run({ plan: failed.run })).rejects.toMatchObject({ code: 'plan_used' });
    await expect(line.run({ plan: rest.run })).rejects.toMatchObject({ code: 'plan_used' });
  });

  it('takes the tags and archives the leavers that are left', async () => {
    line.configure({ leavers: 'archive' });
    await line.people([ana, eva]);
    await line.run();
    await line.people([eva]);
    const refused = { kind: 'status', status: 403, body: 'problem' } as const;
    line.sandbox.control.addFault({ method: 'DELETE', path: '/members/', answer: refused });
    const failed = await line.run();
    expect(failed).toMatchObject({ status: 'failed' });
    expect(line.audience()['ana@acme.test']).toMatchObject({ status: 'subscribed', tags: [] });
    const rest = await line.run({ plan: failed.run });
    expect(rest).toMatchObject({ status: 'succeeded', people: { desired: 0, leave: 1 } });
    expect(rest.changes).toEqual({ fields: 0, tag: 0, untag: 0, archive: 1 });
    expect(line.audience()['ana@acme.test']?.status).toBe('archived');
  });

  it('goes through the connection of the run, whatever its export says by now', async () => {
    line.deadlineMs = 50;
    await line.people([ana, eva]);
    // Dies when the people are in Mailchimp and their answer is not noted.
    const engine = new DyingEngine(line.engine, () => Object.keys(line.audience()).length === 0);
    await line.run({ engine }).catch(() => undefined);
    const [cutOff] = await listRuns(line.engine, { status: 'running' });
    line.configure({ connection: 'other', audience: 'aud2' });
    const parts = line.parts();
    const openDestination = (connection: ConnectionId) => {
      if (connection !== 'account') throw new Error(`no people of the run are in ${connection}`);
      return parts.openDestination(connection);
    };
    const run = await runExport({ ...parts, openDestination }, 'news', {
      by: 'test',
      signal: new AbortController().signal,
    });
    expect(run).toMatchObject({ run: cutOff?.run, status: 'succeeded', people: { add: 2, failed: {} } });
  });

  it('says what was left when a new plan is made instead', async () => {
    await line.people([ana, eva]);
    line.sandbox.control.addFault({ ...batches, answer: { kind: 'status', status: 403, body: 'problem' } });
    const failed = await line.run();
    expect((await line.run()).people.add).toBe(2);
    expect(line.said.join('\n')).toContain(`came to 2 people`);
    expect(line.said.join('\n')).toContain(`--plan ${failed.run}`);
  });
});

describe('refusals that pass', () => {
  it('are tried again after a day, then after two', async () => {
    let ahead = 0;
    const { clock } = line;
    line.clock = { ...clock, now: () => new Date(clock.now().getTime() + ahead) };
    line.sandbox.control.setModes({ throttle: { changes: 1, seconds: 1_000_000 } });
    await line.people([ana, eva]);
    await line.run();
    const changed = (first: string) => line.people([{ ...ana, first }, eva]);
    await changed('Anna');
    expect((await line.run()).people.failed).toEqual({ signup_throttled: 1 });
    const hours = 3_600_000;
    for (const wait of [20 * hours, 40 * hours]) {
      line.writes();
      ahead += wait;
      expect((await line.run()).people).toMatchObject({ keptOut: { signup_throttled: 1 }, failed: {} });
      expect(line.writes()).toBe(0);
      ahead += 10 * hours;
      expect((await line.run()).people.failed).toEqual({ signup_throttled: 1 });
    }
    line.sandbox.control.setModes({ throttle: null });
    ahead += 100 * hours;
    expect((await line.run()).people).toMatchObject({ update: 1, keptOut: {} });
  });
});

describe('what is ours ends (promise 2)', () => {
  it('with a tag that somebody gives by hand after the plan was made: it stays theirs', async () => {
    await line.people([{ ...ana, buyer: 'no' }, ...crowd(30)]);
    await line.run();
    await line.people([ana, ...crowd(30).map((each) => ({ ...each, first: 'Other' }))]);
    const plan = await line.plan();
    line.act('ana@acme.test', { kind: 'tag', names: ['Buyers'] });
    expect((await line.run({ plan: plan.run })).people.keptOut).toEqual({ moved: 1 });
    await line.run();
    await line.people([{ ...ana, buyer: 'no' }, ...crowd(30)]);
    await line.run();
    expect(line.audience()['ana@acme.test']?.tags).toContain('Buyers');
  });

  it('with a tag that somebody took off: put on again by hand it is theirs', async () => {
    await line.people([ana, eva]);
    await line.run();
    line.act('ana@acme.test', { kind: 'untag', names: ['Buyers'] });
    await line.people([{ ...ana, buyer: 'no' }, eva]);
    await line.run();
    line.act('ana@acme.test', { kind: 'tag', names: ['Buyers'] });
    await line.run();
    await line.people([eva]);
    await line.run();
    expect(line.audience()['ana@acme.test']?.tags).toEqual(['Buyers']);
  });

  it('with a leaver who was deleted before our request came: that was not our archiving', async () => {
    line.configure({ leavers: 'archive' });
    await line.people([ana, eva]);
    await line.run();
    await line.people([eva]);
    const run = await runWith((destination) => ({
      archive: (audience, address) => {
        line.act(address, { kind: 'deletePermanently' });
        return destination.archive(audience, address);
      },
    }));
    expect(run).toMatchObject({ status: 'succeeded', people: { leave: 1 }, changes: { archive: 0 } });
    const ledger = await rows(sql`SELECT archived FROM export.exported WHERE address = 'ana@acme.test'`);
    expect(ledger).toEqual([{ archived: false }]);
  });

  it.each([{ read: true }, { read: false }])(
    'with a contact that was deleted and signed up by itself, whether a run saw it missing: $read',
    async ({ read }) => {
      line.configure({ leavers: 'archive' });
      await line.people([ana, eva]);
      await line.run();
      line.act('ana@acme.test', { kind: 'deletePermanently' });
      if (read) await line.run();
      line.act('ana@acme.test', { kind: 'signUp' });
      await line.run();
      await line.people([eva]);
      expect((await line.run()).people.leave).toBe(1);
      expect(line.audience()['ana@acme.test']?.status).toBe('subscribed');
    },
  );
});

describe('one run per account', () => {
  it('holds for two exports at once: the second waits and says so', async () => {
    const second = 'other' as ExportId;
    const [config] = [...line.settings.exports.values()];
    if (config === undefined) throw new Error('no export');
    line.settings = {
      ...line.settings,
      exports: new Map([...line.settings.exports, [second, { ...config, segments: ['everyone'] }]]),
    };
    await line.people([ana, eva]);
    const signal = new AbortController().signal;
    const runs = await Promise.all(
      ['news', second].map((id) => runExport(line.parts(), id, { by: 'test', signal })),
    );
    expect(runs.map(({ status }) => status)).toEqual(['succeeded', 'succeeded']);
    expect(
      line.said.filter((message) => message.startsWith('Waiting for the Mailchimp account')),
    ).toHaveLength(1);
    const [first, other] = runs as [ExportRun, ExportRun];
    const [before, after] = [first, other].toSorted((a, b) =>
      (a.startedAt ?? '') < (b.startedAt ?? '') ? -1 : 1,
    );
    expect(Date.parse(after?.startedAt ?? '')).toBeGreaterThanOrEqual(Date.parse(before?.finishedAt ?? ''));
  });

  it('lets nothing start that was paused while it waited for its turn', async () => {
    await line.people([ana]);
    const held = await line.holdAccount();
    const waits = line.run();
    await line.somebodyWaits();
    line.pauses = new Map([['news' as ExportId, 'somebody looks at it']]);
    held.release();
    await expect(waits).rejects.toMatchObject({ code: 'export_paused' });
    expect(line.audience()).toEqual({});
  });

  it('lets nothing start that was removed while it waited for its turn', async () => {
    await line.people([ana]);
    const held = await line.holdAccount();
    const waits = line.run();
    await line.somebodyWaits();
    line.settings = { ...line.settings, exports: new Map() };
    held.release();
    await expect(waits).rejects.toMatchObject({ code: 'export_unknown' });
    expect(line.audience()).toEqual({});
  });

  it('sends by the export as it was edited while it waited for its turn', async () => {
    await line.people([ana]);
    const held = await line.holdAccount();
    const waits = line.run();
    await line.somebodyWaits();
    line.configure({ segments: ['everyone'], attributes: { LNAME: 'last_name' } });
    held.release();
    await waits;
    expect(line.audience()).toEqual({
      'ana@acme.test': { status: 'subscribed', fields: { LNAME: ana.last }, tags: ['Everyone'] },
    });
  });

  it('passes over an export that was removed while a refresh went on', async () => {
    await line.people([ana]);
    const stage = (stage: Stage) => {
      if (stage === 'exports') line.settings = { ...line.settings, exports: new Map() };
    };
    const { exports } = await refresh(line.parts(), {
      until: 'exports',
      by: 'test',
      signal: new AbortController().signal,
      watch: { stage, exported: () => undefined },
    });
    expect(exports).toEqual([]);
    expect(line.audience()).toEqual({});
  });

  it('keeps previews and segments waiting for the stages of a refresh, not for its exports', async () => {
    await line.people([ana]);
    const inTurn = oneAtATime();
    const held = await line.holdAccount();
    const signal = new AbortController().signal;
    const refreshed = refresh(line.parts(), { until: 'exports', by: 'test', signal, inTurn });
    await line.somebodyWaits();
    expect(await inTurn(() => Promise.resolve('a preview'))).toBe('a preview');
    held.release();
    expect((await refreshed).exports).toMatchObject([{ status: 'succeeded' }]);
  });

  it('reads an audience for one at a time', async () => {
    line.seed(...Array.from({ length: 2_500 }, (_, index) => ({ address: `c${index}@acme.test` })));
    const parts = line.parts();
    const read = async () => {
      const destination = await parts.openDestination('account' as ConnectionId);
      await readFacts(parts, destination, { key: `account:${audienceId}`, id: audienceId });
      await destination.close();
    };
    await Promise.all([read(), read(), read()]);
    expect(await rows(sql`SELECT count(*) AS n FROM export.audience_member`)).toEqual([{ n: 2_500 }]);
  });
});

/** A run whose destination does some things its own way. */
async function runWith(
  change: (destination: Destination) => Partial<Destination>,
  options: { signal?: AbortSignal } = {},
): Promise<ExportRun> {
  const parts = line.parts();
  const run = await runExport(
    {
      ...parts,
      async openDestination(connection) {
        const destination = await parts.openDestination(connection);
        return { ...destination, ...change(destination) };
      },
    },
    'news',
    { by: 'test', signal: new AbortController().signal, ...options },
  );
  expect(accountedFor(run.people)).toBe(run.people.desired);
  return run;
}

/** As if another chunk asked who has left while this one is on its way: it is too late for the request. */
async function seenByAnother(options: UpsertOptions | undefined): Promise<void> {
  await options?.renew?.().catch(() => undefined);
}

const rows = (query: Parameters<TestLine['engine']['rows']>[0]) => line.engine.rows(query);

function crowd(size: number): TestPerson[] {
  return Array.from({ length: size }, (_, index) => ({
    id: `c${index}`,
    email: `c${index}@acme.test`,
    first: `First ${index}`,
    buyer: index % 2 === 0 ? 'yes' : 'no',
  }));
}
