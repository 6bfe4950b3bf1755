import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ConnectionId } from '../base/ids.ts';
import type { Destination } from '../delivery/destination.ts';
import { askToCancel, exportSubject, openCancelRequests, runSubject } from '../store/cancel-requests.ts';
import type { CancelledRun } from '../exports/cancelled-run.ts';
import { accountedFor } from '../exports/plan.ts';
import { listRuns, writeRun } from '../exports/run-records.ts';
import { cancelRun } from './cancel-run.ts';
import { everything } from './pipeline-parts.ts';
import { clearExport } from './remove-export.ts';
import { releaseRun, runExport } from './run-export.ts';
import { undoRun } from './undo-run.ts';
import { DyingEngine } from './test-support/dying-engine.ts';
import { TestLine, type TestPerson } from './test-support/test-line.ts';

/** Promise 9: cancel and removal work at any time, and say how far it got. */
let line: TestLine;
beforeEach(async () => {
  line = await TestLine.open();
});
afterEach(() => line.close());

const never = new AbortController().signal;
const crowd = (size: number): TestPerson[] =>
  Array.from({ length: size }, (_, index) => ({
    id: `c${index}`,
    email: `c${index}@acme.test`,
    first: `First ${index}`,
    buyer: 'yes',
  }));

describe('cancel', () => {
  it('of a plan is done at once: nobody can carry it out any more', async () => {
    await line.people(crowd(3));
    const plan = await line.plan();
    const { run, reached } = await cancelRun(line.parts(), plan.run);
    expect(run).toMatchObject({ status: 'cancelled', people: { add: 0, failed: { not_sent: 3 } } });
    expect(accountedFor(run.people)).toBe(run.people.desired);
    expect(reached).toEqual({ people: 3, reached: 0, notSent: 3 });
    await expect(line.run({ plan: plan.run })).rejects.toMatchObject({ kind: 'conflict' });
    expect(line.audience()).toEqual({});
  });

  it('of a plan that is just being started keeps it from sending', async () => {
    await line.people(crowd(3));
    const plan = await line.plan();
    const cancelRequests = openCancelRequests(line.folder);
    const parts = { ...line.parts(), cancelRequests };
    let cancelled: Promise<CancelledRun> | undefined;
    const starting = runExport(
      {
        ...parts,
        async openDestination(connection) {
          const destination = await parts.openDestination(connection);
          return {
            ...destination,
            sizes: async (audience) => {
              cancelled ??= cancelRun(parts, plan.run);
              await expect.poll(() => listRuns(line.engine, { status: 'cancelled' })).toHaveLength(1);
              return destination.sizes(audience);
            },
          };
        },
      },
      'news',
      { by: 'test', signal: never, plan: plan.run },
    );
    await expect(starting).rejects.toMatchObject({ kind: 'conflict' });
    expect((await cancelled)?.run.status).toBe('cancelled');
    expect(await listRuns(line.engine)).toMatchObject([{ run: plan.run, status: 'cancelled' }]);
    expect(line.audience()).toEqual({});
  });

  it('of a stopped run holds, though somebody waits for the account to release it', async () => {
    line.configure({ limits: { people: 2 } });
    await line.people(crowd(3));
    const stopped = await line.run();
    expect(stopped.status).toBe('stopped');
    const held = await line.holdAccount();
    const release = line.release(stopped.run);
    await line.somebodyWaits();
    await cancelRun(line.parts(), stopped.run);
    held.release();
    await expect(release).rejects.toMatchObject({ code: 'run_not_stopped' });
    expect(await listRuns(line.engine)).toMatchObject([{ status: 'cancelled', release: null }]);
    expect(line.audience()).toEqual({});
  });

  it('of the waiting for the account ends a release too', async () => {
    line.configure({ limits: { people: 2 } });
    await line.people(crowd(3));
    const { run } = await line.run();
    const held = await line.holdAccount();
    const cancel = new AbortController();
    const release = releaseRun(line.parts(), run, { by: 'test', why: 'a test', signal: cancel.signal });
    await line.somebodyWaits();
    cancel.abort(new Error('cancelled'));
    await expect(release).rejects.toMatchObject({ code: 'cancelled' });
    held.release();
    expect(await listRuns(line.engine)).toMatchObject([{ status: 'stopped', release: null }]);
  });

  it('while the audience is read asks for no further page, and sends nothing', async () => {
    const seeded = Array.from({ length: 5_000 }, (_, index) => ({ address: `s${index}@acme.test` }));
    line.seed(...seeded);
    await line.people(crowd(3));
    const cancel = new AbortController();
    const parts = line.parts();
    const count = () => cancel.abort(new Error('cancelled'));
    line.writes();
    const run = runExport({ ...parts, maxRequests: 1, progress: { ...parts.progress, count } }, 'news', {
      by: 'test',
      signal: cancel.signal,
    });
    await expect(run).rejects.toMatchObject({ code: 'cancelled' });
    expect(line.writes()).toBe(0);
    expect(await listRuns(line.engine, {})).toEqual([]);
    // What was read of it is not taken for the whole.
    expect((await line.run()).people).toMatchObject({ add: 3 });
  });

  it.each([
    { when: 'the plan is counted', method: 'contacts', made: 0 },
    { when: 'a field was made', method: 'makeField', made: 1 },
    { when: 'a tag was made', method: 'makeTag', made: 2 },
  ] as const)('once $when makes nothing more, and leaves a plan', async ({ method, made }) => {
    line.configure({ attributes: { FNAME: 'first_name', TOWN: { from: 'city', create: 'text' } } });
    await line.people(crowd(3).map((each) => ({ ...each, city: 'Cluj' })));
    const cancel = new AbortController();
    const parts = line.parts();
    const openDestination = async (connection: ConnectionId): Promise<Destination> => {
      const destination = await parts.openDestination(connection);
      const work = destination[method].bind(destination) as (...given: unknown[]) => Promise<never>;
      const thenCancel = async (...given: unknown[]) => {
        const answer = await work(...given);
        cancel.abort(new Error('cancelled'));
        return answer;
      };
      return { ...destination, [method]: thenCancel };
    };
    line.writes();
    const run = runExport({ ...parts, openDestination }, 'news', { by: 'test', signal: cancel.signal });
    await expect(run).rejects.toMatchObject({ code: 'cancelled' });
    expect(line.writes()).toBe(made);
    expect(await listRuns(line.engine)).toMatchObject([{ status: 'planned' }]);
    // What was made is known for ours.
    expect((await line.run()).people).toMatchObject({ add: 3, failed: {} });
  });

  it('while unmentioned people are looked for asks for nobody more', async () => {
    await line.people(crowd(50));
    const cancel = new AbortController();
    const parts = line.parts();
    let asked = 0;
    const openDestination = async (connection: ConnectionId): Promise<Destination> => {
      const destination = await parts.openDestination(connection);
      return {
        ...destination,
        async upsert(...batch) {
          await destination.upsert(...batch);
          return { taken: [], refused: [] };
        },
        async find(audience, address, signal) {
          const found = await destination.find(audience, address, signal);
          asked += 1;
          cancel.abort(new Error('cancelled'));
          return found;
        },
      };
    };
    const run = await runExport({ ...parts, openDestination }, 'news', { by: 'test', signal: cancel.signal });
    expect(run.status).toBe('cancelled');
    expect(accountedFor(run.people)).toBe(50);
    // What was on its way ends; the others are not asked for.
    expect(asked).toBeLessThan(20);
  });

  it('of an undo while the audience is read takes nothing back, and pauses nothing', async () => {
    await line.people(crowd(3));
    const done = await line.run();
    const before = line.audience();
    const cancel = new AbortController();
    const parts = line.parts();
    const undo = undoRun(
      { ...parts, progress: { ...parts.progress, count: () => cancel.abort(new Error('cancelled')) } },
      done.run,
      {
        by: 'test',
        signal: cancel.signal,
        pause: () => Promise.reject(new Error('nothing is taken back')),
      },
    );
    await expect(undo).rejects.toMatchObject({ code: 'cancelled' });
    expect(line.audience()).toEqual(before);
  });

  it.each(['an undo', 'a withdrawal of tags'])('of %s ends its waiting for the account', async (what) => {
    await line.people(crowd(1));
    const { run } = await line.run();
    const held = await line.holdAccount();
    const cancel = new AbortController();
    const request = { by: 'test', signal: cancel.signal };
    const waits =
      what === 'an undo'
        ? undoRun(line.parts(), run, { ...request, pause: () => Promise.resolve() })
        : clearExport(line.parts(), 'news', { ...request, withdrawTags: true });
    await line.somebodyWaits();
    cancel.abort(new Error('cancelled'));
    await expect(waits).rejects.toMatchObject({ code: 'cancelled' });
    held.release();
  });

  it('of a run that was cut off reads back what is uncertain, and sends nothing more', async () => {
    line.deadlineMs = 50;
    line.sandbox.control.setModes({ tags: 'ignored' });
    await line.people(crowd(3));
    // Dies when the people are in Mailchimp and their answer is not noted.
    const engine = new DyingEngine(line.engine, () => Object.keys(line.audience()).length === 0);
    await line.run({ engine }).catch(() => undefined);
    const [cutOff] = await listRuns(line.engine, { status: 'running' });
    line.writes();
    const { run, reached } = await cancelRun(line.parts(), cutOff?.run ?? '');
    expect(line.writes()).toBe(0);
    expect(run.status).toBe('cancelled');
    expect(accountedFor(run.people)).toBe(3);
    expect(reached.reached + reached.notSent).toBe(3);
    // The ledger knows them for ours, and the next run gives them the rest.
    expect((await line.run()).people).toMatchObject({ add: 0, update: 3 });
  });

  it('leaves the record alone of a run that ends in this moment', async () => {
    await line.people(crowd(1));
    const plan = await line.plan();
    const running = { ...plan, status: 'running' as const, startedAt: plan.madeAt };
    await line.engine.commit(writeRun(running));
    let reads = false;
    const leases = {
      acquire: async (...asked: Parameters<typeof line.leases.acquire>) => {
        reads = true;
        return line.leases.acquire(...asked);
      },
    };
    // Its end is noted right after the other has read the record.
    const engine = new (class extends DyingEngine {
      override async rows<T>(...query: Parameters<DyingEngine['rows']>): Promise<T[]> {
        const found = await super.rows<T>(...query);
        if (reads) await line.engine.commit(writeRun({ ...running, status: 'succeeded' }));
        reads = false;
        return found;
      }
    })(line.engine, () => true);
    await expect(cancelRun({ ...line.parts(engine), leases }, plan.run)).rejects.toMatchObject({
      code: 'run_finished',
    });
    expect(await listRuns(line.engine)).toMatchObject([{ status: 'succeeded' }]);
  });

  it('of what has ended is refused', async () => {
    await line.people(crowd(1));
    const { run } = await line.run();
    await expect(cancelRun(line.parts(), run)).rejects.toMatchObject({ code: 'run_finished' });
    await expect(cancelRun(line.parts(), 'r999')).rejects.toMatchObject({ code: 'run_unknown' });
  });

  it.each(['the run', 'its export'])(
    'asked for by another process for %s stops it, and is answered',
    async (what) => {
      line.deadlineMs = 10_000;
      await line.people(crowd(3000));
      line.sandbox.control.setLatency({ kind: 'fixed', ms: 80 });
      const cancelRequests = openCancelRequests(line.folder);
      const running = runExport({ ...line.parts(), maxRequests: 1, cancelRequests }, 'news', {
        by: 'test',
        signal: never,
      });
      let subject = exportSubject('news');
      while (line.sandbox.control.counters().membersSent === 0)
        await new Promise((resolve) => setTimeout(resolve, 5));
      const [started] = await listRuns(line.engine, { status: 'running' });
      if (what === 'the run') subject = runSubject(started?.run ?? '');
      // What is left takes longer than anybody needs to see the question.
      line.sandbox.control.setLatency({ kind: 'fixed', ms: 600 });
      const question = askToCancel(line.folder, subject);
      expect(question.answer()).toBeUndefined();
      const run = await running;
      expect(run.status).toBe('cancelled');
      const { reached } = JSON.parse(question.answer() ?? '{}') as CancelledRun;
      expect(reached).toEqual({
        people: 3000,
        reached: run.people.add,
        notSent: run.people.failed.not_sent,
      });
      expect(Object.keys(line.audience())).toHaveLength(run.people.add);
      question.withdraw();
      // A question of before is nobody's any more.
      expect((await line.run()).status).toBe('succeeded');
    },
  );
});

describe('removal', () => {
  it('leaves contacts with their tags, and no plan that could be carried out', async () => {
    await line.people(crowd(3));
    await line.run();
    await line.people(crowd(4));
    const plan = await line.plan();
    const before = line.audience();
    const cleared = await clearExport(line.parts(), 'news', {
      by: 'test',
      withdrawTags: false,
      signal: never,
    });
    expect(cleared).toEqual({ export: 'news', cancelled: null, withdrawn: null, tagsLeft: 0, people: 3 });
    expect(line.audience()).toEqual(before);
    expect((await listRuns(line.engine, { status: 'planned' })).length).toBe(0);
    await expect(line.run({ plan: plan.run })).rejects.toMatchObject({ kind: 'conflict' });
  });

  it('takes our tags from those we gave them to, from nobody else, when asked', async () => {
    line.configure({ adoptTags: ['Everyone'] });
    line.seed(
      { address: 'their@acme.test', status: 'subscribed', tags: ['Everyone', 'VIP'] },
      { address: 'c0@acme.test', status: 'subscribed', tags: ['Everyone'] },
    );
    await line.people(crowd(3));
    await line.run();
    const { withdrawn, tagsLeft } = await clearExport(line.parts(), 'news', {
      by: 'test',
      withdrawTags: true,
      signal: never,
    });
    expect(withdrawn).toMatchObject({
      kind: 'withdraw',
      status: 'succeeded',
      people: { leave: 3, desired: 0 },
    });
    expect(tagsLeft).toBe(0);
    expect(line.audience()).toMatchObject({
      'their@acme.test': { tags: ['Everyone', 'VIP'] },
      'c0@acme.test': { status: 'subscribed', tags: ['Everyone'] },
      'c1@acme.test': { status: 'subscribed', tags: [], fields: { FNAME: 'First 1' } },
    });
  });

  it('takes no tags, and cancels nothing, while everything is stopped', async () => {
    await line.people(crowd(2));
    await line.run();
    const plan = await line.plan();
    line.pauses = new Map([[everything, 'restored from a backup']]);
    const before = line.audience();
    const clear = clearExport(line.parts(), 'news', { by: 'test', withdrawTags: true, signal: never });
    await expect(clear).rejects.toMatchObject({ code: 'export_paused' });
    expect(line.audience()).toEqual(before);
    expect(await listRuns(line.engine, { status: 'planned' })).toMatchObject([{ run: plan.run }]);
  });

  it('cancels a run that was cut off', async () => {
    await line.people(crowd(2));
    const plan = await line.plan();
    await line.engine.commit(writeRun({ ...plan, status: 'running', startedAt: plan.madeAt }));
    const { cancelled } = await clearExport(line.parts(), 'news', {
      by: 'test',
      withdrawTags: false,
      signal: never,
    });
    expect(cancelled).toMatchObject({
      run: { status: 'cancelled' },
      reached: { people: 2, reached: 0, notSent: 2 },
    });
  });
});
