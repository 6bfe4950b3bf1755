import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ExportId } from '../base/ids.ts';
import { sql } from '../engine/sql.ts';
import type { ExportRun } from '../exports/plan.ts';
import { planPeople } from '../exports/plan-people.ts';
import { listRuns } from '../exports/run-records.ts';
import { trimRuns } from '../exports/retention.ts';
import { everything } from './pipeline-parts.ts';
import { runExport } from './run-export.ts';
import { DyingEngine } from './test-support/dying-engine.ts';
import { TestLine, type TestPerson } from './test-support/test-line.ts';
import { planUndo, undoRun } from './undo-run.ts';

/** Promise 11: a run is taken back by a plan of its own, only where the value is still the one we wrote. */
let line: TestLine;
let paused: string[];
beforeEach(async () => {
  line = await TestLine.open({ leavers: 'archive' });
  paused = [];
});
afterEach(() => line.close());

const ana: TestPerson = { id: '1', email: 'Ana@acme.test', first: 'Ana', last: 'Pop', buyer: 'yes' };
const ion: TestPerson = { id: '2', email: 'ion@acme.test', first: 'Ion', last: 'Rus', city: 'Cluj' };
const eva: TestPerson = { id: '3', email: 'eva@acme.test', first: 'Eva', last: 'Dan', buyer: 'yes' };

function undo(run: string, options: { plan?: string } = {}): Promise<ExportRun> {
  const { plan } = options;
  return undoRun(line.parts(), run, {
    by: 'test',
    signal: new AbortController().signal,
    pause: (id) => Promise.resolve(void paused.push(id)),
    ...(plan === undefined ? {} : { plan }),
  });
}

const dryRun = (run: string) => planUndo(line.parts(), run, { by: 'test' });

async function linesOf(run: ExportRun) {
  return (await Array.fromAsync(planPeople(line.engine, run))).flat();
}

describe('undo', () => {
  it('puts fields, tags and contacts back as they were, and pauses the export', async () => {
    line.seed({ address: 'ion@acme.test', status: 'subscribed', mergeFields: { LNAME: 'Old' } });
    await line.people([ion]);
    await line.run();
    const before = line.audience();
    await line.people([ana, { ...ion, first: '', last: 'New', city: 'Arad', buyer: 'yes' }]);
    const run = await line.run();
    expect(run.people).toMatchObject({ add: 1, update: 1 });

    const taken = await undo(run.run);
    expect(taken).toMatchObject({ kind: 'undo', undoes: run.run, status: 'succeeded', failure: null });
    expect(taken.people).toMatchObject({ desired: 1, update: 1, leave: 1, keptOut: {}, failed: {} });
    const { 'ana@acme.test': made, ...rest } = line.audience();
    expect(rest).toEqual(before);
    expect(made).toMatchObject({ status: 'archived', tags: [] });
    expect(paused).toEqual(['news']);

    // The next run sends the same again, and after it there is nothing to do.
    expect((await line.run()).people).toMatchObject({ add: 1, update: 1 });
    line.writes();
    await line.run();
    expect(line.writes()).toBe(0);
  });

  it('of a canary leaves the next run the first one: its new contacts meet no brake', async () => {
    line.configure({ leavers: 'archive', limits: { newContacts: '10%' } });
    line.seed({ address: 'guest@acme.test' });
    await line.people([ana, ion, eva]);
    await undo((await line.run({ limit: 1 })).run);
    expect(await line.run()).toMatchObject({ status: 'succeeded', brake: null });
    await line.people([ana, ion, eva, { id: '4', email: 'dan@acme.test' }]);
    expect((await line.run()).brake).toMatchObject({ code: 'too_many_new_contacts' });
  });

  it('goes on though its export is paused, and not while everything is stopped', async () => {
    await line.people([ana]);
    const run = await line.run();
    line.pauses = new Map([[everything, 'restored from a backup']]);
    await expect(undo(run.run)).rejects.toMatchObject({ code: 'export_paused' });
    expect(line.audience()).toMatchObject({ 'ana@acme.test': { status: 'subscribed' } });
    expect(paused).toEqual([]);
    line.pauses = new Map([['news' as ExportId, 'somebody looks at it']]);
    expect(await undo(run.run)).toMatchObject({ status: 'succeeded' });
  });

  it('makes blank again what was blank, on a contact that we did not make, and archives nobody else', async () => {
    line.seed({
      address: 'ion@acme.test',
      status: 'transactional',
      mergeFields: { LNAME: 'Old' },
      tags: ['VIP'],
    });
    const before = line.audience();
    await line.people([ion]);
    const run = await line.run();
    await undo(run.run);
    expect(line.audience()).toEqual(before);
    // Nobody is wanted any more: there is nothing of ours to take, and nothing is written.
    await line.people([eva]);
    await line.run();
    expect(line.audience()['ion@acme.test']).toEqual(before['ion@acme.test']);
  });

  it('brings back whom the run archived, in the status of before and with their tags', async () => {
    await line.people([ana, ion, eva]);
    await line.run();
    const before = line.audience();
    await line.people([ion, eva]);
    const run = await line.run();
    expect(run.changes.archive).toBe(1);
    const taken = await undo(run.run);
    expect(taken.people).toMatchObject({ desired: 1, add: 1, leave: 0 });
    expect(line.audience()).toEqual(before);
  });

  it('leaves alone what is not as the run left it, and says of each what stays', async () => {
    line.seed({ address: 'ion@acme.test', status: 'subscribed', mergeFields: { CITY: 'Iași' } });
    const crowd = ['b', 'c', 'd', 'e', 'f'].map((id): TestPerson => ({
      ...ana,
      id,
      email: `${id}@acme.test`,
    }));
    await line.people([ana, ion, ...crowd]);
    const run = await line.run();
    line.act('ion@acme.test', { kind: 'editFields', mergeFields: { CITY: 'Sibiu' } });
    line.act('ana@acme.test', { kind: 'tag', names: ['Their tag'] });
    line.act('b@acme.test', { kind: 'unsubscribeSelf' });
    line.act('c@acme.test', { kind: 'bounce' });
    line.act('d@acme.test', { kind: 'archive' });
    line.act('e@acme.test', { kind: 'deletePermanently' });
    line.act('f@acme.test', { kind: 'editFields', mergeFields: { FNAME: 'Effie' } });
    const between = line.audience();

    const plan = await dryRun(run.run);
    expect(plan.people).toMatchObject({
      desired: 7,
      update: 1,
      // An archived contact is out of the audience, as it was before the run.
      unchanged: 1,
      keptOut: { changed_since: 2, unsubscribed: 1, cleaned: 1, deleted: 1 },
      leave: 0,
    });
    expect(await linesOf(plan)).toEqual(
      expect.arrayContaining([
        expect.objectContaining({
          email: 'ion@acme.test',
          action: 'update',
          fields: { FNAME: { before: 'Ion', after: '' }, LNAME: { before: 'Rus', after: '' } },
          loses: ['Everyone'],
          stays: ['CITY'],
        }),
        expect.objectContaining({
          email: 'f@acme.test',
          action: 'keptOut',
          reason: 'changed_since',
          stays: ['contact', 'FNAME', 'LNAME', 'tag Buyers', 'tag Everyone'],
        }),
      ]),
    );
    expect(plan.warnings.join('\n')).toMatch(/changes stay as they are[^]*7 people were given a tag/);

    await undo(run.run, { plan: plan.run });
    const { 'ion@acme.test': put, ...others } = line.audience();
    expect(put).toEqual({ status: 'subscribed', fields: { CITY: 'Sibiu' }, tags: [] });
    const { 'ion@acme.test': _, ...othersBefore } = between;
    expect(others).toEqual(othersBefore);
  });

  it('does not archive somebody who has changed their address', async () => {
    await line.people([ana, eva]);
    const run = await line.run();
    line.act('eva@acme.test', { kind: 'changeAddress', to: 'eva@other.test' });
    const taken = await undo(run.run);
    const { changed_since: moved = 0, deleted = 0 } = taken.people.keptOut;
    expect({ leave: taken.people.leave, kept: moved + deleted }).toEqual({ leave: 1, kept: 1 });
    expect(line.audience()['eva@other.test']).toMatchObject({ status: 'subscribed' });
  });

  it('does not archive who has not confirmed, and tells of the mails', async () => {
    line.configure({ newContacts: 'pending' });
    await line.people([ana, eva]);
    const run = await line.run();
    line.act('eva@acme.test', { kind: 'confirm' });
    const before = line.audience();
    const taken = await undo(run.run);
    expect(taken.people).toMatchObject({ keptOut: { pending: 1, changed_since: 1 }, leave: 0 });
    expect(taken.warnings.join('\n')).toContain('2 people were asked to confirm');
    expect(line.audience()).toEqual(before);
  });

  it('leaves out what another run has written since', async () => {
    await line.people([ana, ion]);
    await line.run();
    await line.people([
      { ...ana, first: 'Anna' },
      { ...ion, first: 'Jon' },
    ]);
    const run = await line.run();
    await line.people([
      { ...ana, first: 'Anuța' },
      { ...ion, first: 'Jon' },
    ]);
    await line.run();
    const taken = await undo(run.run);
    expect(taken.people).toMatchObject({ update: 1, keptOut: { changed_since: 1 } });
    expect(line.audience()).toMatchObject({
      'ana@acme.test': { fields: { FNAME: 'Anuța' } },
      'ion@acme.test': { fields: { FNAME: 'Ion' } },
    });
  });

  it('can be undone, and then the run can be undone once more; never twice in a row', async () => {
    line.seed({ address: 'ion@acme.test', status: 'subscribed' });
    await line.people([ana, ion]);
    const run = await line.run();
    const after = line.audience();
    const taken = await undo(run.run);
    const taken1 = line.audience();
    await expect(undo(run.run)).rejects.toMatchObject({ code: 'run_undone' });
    const again = await undo(taken.run);
    expect(again.people).toMatchObject({ add: 1, update: 1, keptOut: {} });
    expect(line.audience()).toEqual(after);
    await undo(run.run);
    expect(line.audience()).toEqual(taken1);
  });
});

describe('a plan of an undo', () => {
  it('is stored and sends nothing, and `run` does not take it', async () => {
    await line.people([ana]);
    const run = await line.run();
    line.writes();
    const plan = await dryRun(run.run);
    expect(line.writes()).toBe(0);
    expect(paused).toEqual([]);
    const request = { by: 'test', signal: new AbortController().signal, plan: plan.run };
    await expect(runExport(line.parts(), 'news', request)).rejects.toMatchObject({ code: 'plan_of_undo' });
    expect((await undo(run.run, { plan: plan.run })).run).toBe(plan.run);
    await expect(undo(run.run, { plan: plan.run })).rejects.toMatchObject({ code: 'run_undone' });
  });

  it('is refused when too many of its people moved, and leaves out the few who did', async () => {
    const crowd = Array.from({ length: 30 }, (_, index): TestPerson => ({
      ...ana,
      id: `c${index}`,
      email: `c${index}@acme.test`,
    }));
    await line.people(crowd);
    const run = await line.run();
    const plan = await dryRun(run.run);
    line.act('c0@acme.test', { kind: 'unsubscribeSelf' });
    const taken = await undo(run.run, { plan: plan.run });
    expect(taken).toMatchObject({ status: 'succeeded', people: { leave: 29 } });
    expect(line.audience()['c0@acme.test']).toMatchObject({ status: 'unsubscribed' });

    const back = await dryRun(taken.run);
    for (const index of [1, 2, 3]) line.act(`c${index}@acme.test`, { kind: 'signUp' });
    await expect(undo(taken.run, { plan: back.run })).rejects.toMatchObject({ code: 'plan_outdated' });
  });

  it.each([
    ['a plan that was never carried out', 'run_not_carried_out', async () => (await line.plan()).run],
    [
      'a run that changed nothing',
      'nothing_to_undo',
      async () => {
        await line.run();
        return (await line.run()).run;
      },
    ],
    [
      'a run whose journal is gone',
      'journal_gone',
      async () => {
        const { run } = await line.run();
        for (let more = 0; more < 5; more++) await line.plan();
        await line.engine.commit([
          sql`UPDATE export.run SET made_at = '2020-01-01'::TIMESTAMP WHERE run = ${run}`,
        ]);
        await trimRuns(line.engine, { keepDays: 30, now: new Date() });
        return run;
      },
    ],
    ['a run that is none', 'run_unknown', () => Promise.resolve('r999')],
  ])('is refused of %s', async (_, code, made) => {
    await line.people([ana]);
    await expect(dryRun(await made())).rejects.toMatchObject({ code });
  });
});

describe('an undo that dies at any of its commits', () => {
  it('ends as one that does not, and so does the undo of it', async () => {
    line.deadlineMs = 50;
    await line.people([ana, ion]);
    await line.run();
    await line.people([{ ...ion, first: 'Jon', buyer: 'yes' }, eva]);
    let last = await line.run();
    const done = line.audience();
    last = await undo(last.run);
    const undone = line.audience();
    expect(undone).not.toEqual(done);

    // Back and forth between the two states, dying at a later commit each time.
    for (let commits = 1, died = true; died; commits++) {
      const isDone = commits % 2 === 1;
      let count = 0;
      const side = commits % 4 < 2 ? 'before' : 'after';
      const dying = new DyingEngine(line.engine, () => ++count < commits, side);
      const request = { by: 'test', signal: new AbortController().signal, pause: () => Promise.resolve() };
      await undoRun(line.parts(dying), last.run, request).catch(() => undefined);
      ({ died } = dying);
      // All of its commits had their turn.
      if (!died) expect(commits).toBeGreaterThan(10);
      const ended = await undo(last.run).catch((error: unknown) => error);
      // It had died after the last commit of all, or not at all.
      if (ended instanceof Error) expect(ended).toMatchObject({ code: 'run_undone' });
      [last] = (await listRuns(line.engine, { status: 'succeeded', limit: 1 })) as [ExportRun];
      expect(last.people, `died ${side} commit ${commits}`).toMatchObject({ keptOut: {}, failed: {} });
      expect(line.audience(), `died ${side} commit ${commits}`).toEqual(isDone ? done : undone);
    }
  }, 120_000);
});
