import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Change, Engine } from '../engine/engine.ts';
import { sql } from '../engine/sql.ts';
import { planPeople } from '../exports/plan-people.ts';
import { personHistory } from '../exports/person-history.ts';
import { DyingEngine } from './test-support/dying-engine.ts';
import { TestLine, type TestPerson } from './test-support/test-line.ts';
import { undoRun } from './undo-run.ts';

/** A profile whose address changes in its source moves its contact (docs/live-facts.md). */
let line: TestLine;
beforeEach(async () => {
  line = await TestLine.open();
});
afterEach(() => line.close());

const ana: TestPerson = { id: '1', email: 'ana@acme.test', first: 'Ana', last: 'Pop', buyer: 'yes' };
const ion: TestPerson = { id: '2', email: 'ion@acme.test', first: 'Ion', last: 'Rus', buyer: 'no' };
const moved: TestPerson = { ...ana, email: 'Ana.New@acme.test' };

const addresses = () => Object.keys(line.audience()).toSorted();

async function contactIds(): Promise<Record<string, unknown>> {
  const destination = await line.parts().openDestination('account' as never);
  const found: Record<string, unknown> = {};
  for (const address of addresses()) found[address] = (await destination.find('aud1', address))?.contactId;
  await destination.close();
  return found;
}

describe('a profile whose address changes in its source', () => {
  it('moves its contact with all that is on it, by one request, and then nothing is left to do', async () => {
    await line.people([ana, ion]);
    await line.run();
    const before = line.audience()['ana@acme.test'];
    const { 'ana@acme.test': id } = await contactIds();
    await line.people([moved, ion]);

    const plan = await line.plan();
    expect(plan.people).toMatchObject({ desired: 2, add: 0, update: 1, unchanged: 1, leave: 0 });
    expect(plan.changes).toEqual({ fields: 0, tag: 0, untag: 0, archive: 0, moves: 1 });
    expect((await Array.fromAsync(planPeople(line.engine, plan))).flat()).toMatchObject([
      {
        action: 'update',
        email: 'Ana.New@acme.test',
        from: 'ana@acme.test',
        fields: {},
        gains: [],
        loses: [],
      },
    ]);
    line.writes();
    const run = await line.run({ plan: plan.run });
    expect(run).toMatchObject({
      status: 'succeeded',
      people: { update: 1, failed: {} },
      changes: { moves: 1 },
    });
    expect(line.writes()).toBe(1);
    expect(addresses()).toEqual(['ana.new@acme.test', 'ion@acme.test']);
    expect(line.audience()['ana.new@acme.test']).toEqual(before);
    expect((await contactIds())['ana.new@acme.test']).toBe(id);

    expect((await line.run()).people).toMatchObject({ unchanged: 2, update: 0, leave: 0 });
    expect(line.writes()).toBe(0);
    // What was done under the old address is still theirs.
    const { changes } = await personHistory(line.engine, ['ana.new@acme.test']);
    expect(changes.map(({ kind }) => kind)).toEqual(
      expect.arrayContaining(['address', 'create', 'field', 'tag']),
    );
  });

  it('moves first, and then gets what else has changed', async () => {
    await line.people([ana, ion]);
    await line.run();
    await line.people([
      { ...moved, first: 'Anna', buyer: 'no' },
      { ...ion, buyer: 'yes' },
    ]);
    const run = await line.run();
    expect(run.people).toMatchObject({ add: 0, update: 2, leave: 0, failed: {} });
    expect(run.changes).toMatchObject({ fields: 1, tag: 1, untag: 1, moves: 1 });
    expect(line.audience()['ana.new@acme.test']).toMatchObject({
      fields: { FNAME: 'Anna' },
      tags: ['Everyone'],
    });
    line.writes();
    expect((await line.run()).people).toMatchObject({ unchanged: 2 });
    expect(line.writes()).toBe(0);
  });

  it('may go on moving, and back, and somebody else may have the old address', async () => {
    await line.people([ana]);
    await line.run();
    const { 'ana@acme.test': id } = await contactIds();
    for (const email of ['two@acme.test', 'three@acme.test', 'ana@acme.test']) {
      await line.people([{ ...ana, email }]);
      expect((await line.run()).changes.moves).toBe(1);
      expect(await contactIds()).toEqual({ [email]: id });
    }
    await line.people([moved]);
    await line.run();
    await line.people([moved, { ...ion, email: 'ana@acme.test' }]);
    expect((await line.run()).people).toMatchObject({ add: 1, unchanged: 1 });
    expect(line.audience()['ana@acme.test']).toMatchObject({ fields: { FNAME: 'Ion' } });

    // The one who has the address now is nobody who left.
    line.act('ana.new@acme.test', { kind: 'unsubscribeSelf' });
    expect((await line.run()).people).toMatchObject({ unchanged: 1, keptOut: { unsubscribed: 1 } });
  });

  it('is followed when it also changed its address in Mailchimp', async () => {
    await line.people([ana]);
    await line.run();
    line.act('ana@acme.test', { kind: 'changeAddress', to: 'own@acme.test' });
    await line.run();
    await line.people([moved]);
    expect((await line.run()).changes.moves).toBe(1);
    expect(addresses()).toEqual(['ana.new@acme.test']);
    // The source's first address is an address again, not a word for where the contact is.
    await line.people([ana]);
    expect((await line.run()).changes.moves).toBe(1);
    expect(addresses()).toEqual(['ana@acme.test']);
  });

  it.each([
    {
      of: 'a contact that we did not create',
      seed: ['ana@acme.test'],
      later: () => line.people([moved, ion]),
      people: { add: 1, update: 0, leave: 1 },
    },
    {
      of: 'a new address that the audience has already',
      seed: ['ana.new@acme.test'],
      later: () => line.people([moved, ion]),
      people: { add: 0, update: 1, leave: 1 },
    },
    {
      of: 'an old address that another person has by now',
      seed: [],
      later: () => line.people([moved, { ...ion, email: 'ana@acme.test' }]),
      people: { add: 1, update: 1, leave: 1 },
    },
    {
      of: 'a contact that bounced',
      seed: [],
      act: { kind: 'bounce' } as const,
      later: () => line.people([moved, ion]),
      people: { add: 1, update: 0, leave: 1 },
    },
    {
      of: 'a person who unsubscribed',
      seed: [],
      act: { kind: 'unsubscribeSelf' } as const,
      later: () => line.people([moved, ion]),
      people: { add: 0, update: 0, leave: 1, keptOut: { left_under_other_address: 1 } },
    },
  ])('does not move $of', async ({ seed, act, later, people }) => {
    line.seed(...seed.map((address) => ({ address, status: 'subscribed' as const })));
    await line.people([ana, ion]);
    await line.run();
    if (act !== undefined) line.act('ana@acme.test', act);
    await later();
    const run = await line.run();
    expect(run.people).toMatchObject(people);
    expect(run.changes.moves).toBeUndefined();
    expect(run.people.failed).toEqual({});
    line.writes();
    await line.run();
    expect(line.writes()).toBe(0);
  });

  it.each([
    {
      of: 'the person has left meanwhile',
      act: () => line.act('ana@acme.test', { kind: 'unsubscribeSelf' }),
      ends: { keptOut: { unsubscribed: 1 } },
      there: ['ana@acme.test', 'ion@acme.test'],
    },
    {
      of: 'the contact has gone to another address meanwhile',
      act: () => line.act('ana@acme.test', { kind: 'changeAddress', to: 'own@acme.test' }),
      ends: { keptOut: { moved: 1 } },
      there: ['ion@acme.test', 'own@acme.test'],
    },
    {
      of: 'the new address has come meanwhile',
      act: () => line.seed({ address: 'ana.new@acme.test', status: 'unsubscribed' }),
      ends: { keptOut: { moved: 1 } },
      there: ['ana.new@acme.test', 'ana@acme.test', 'ion@acme.test'],
    },
  ])('stays where it is when $of: seen at the start', async ({ act, ends, there }) => {
    const many = Array.from({ length: 30 }, (_, n) => ({ ...ion, id: `m${n}`, email: `m${n}@acme.test` }));
    await line.people([ana, ion, ...many]);
    await line.run();
    // So many other changes that one person who moved does not make the plan one of another world.
    await line.people([moved, ion, ...many.map((each) => ({ ...each, first: 'X' }))]);
    const plan = await line.plan();
    act();
    const run = await line.run({ plan: plan.run });
    expect(run).toMatchObject({ status: 'succeeded', people: { update: 30, ...ends } });
    expect(addresses().filter((address) => !address.startsWith('m'))).toEqual(there);
  });

  it.each([
    {
      of: 'the person has left',
      act: () => line.act('ana@acme.test', { kind: 'unsubscribeSelf' }),
      ends: { keptOut: { unsubscribed: 1 } },
      next: { keptOut: { left_under_other_address: 1 } },
    },
    {
      of: 'somebody has the new address',
      act: () => line.seed({ address: 'ana.new@acme.test', status: 'subscribed' }),
      ends: { failed: { address_taken: 1 } },
      next: { update: 1, leave: 1 },
    },
    {
      of: 'the contact was deleted',
      act: () => line.act('ana@acme.test', { kind: 'deletePermanently' }),
      ends: { keptOut: { moved: 1 } },
      next: { add: 1 },
    },
    {
      of: 'the new address was deleted for good',
      act: () => {
        line.seed({ address: 'ana.new@acme.test', status: 'subscribed' });
        line.act('ana.new@acme.test', { kind: 'deletePermanently' });
      },
      ends: { keptOut: { deleted: 1 } },
      next: { keptOut: { deleted: 1 }, leave: 1 },
    },
  ])('stays where it is when $of: told by the answer', async ({ act, ends, next }) => {
    await line.people([ana, ion]);
    await line.run();
    await line.people([{ ...moved, first: 'Anna' }, ion]);
    // Behind the run's back: after its reading, right before its request.
    const acted = vi.fn(act);
    const engine = atFirstRequest(line.engine, acted);
    const run = await line.run({ engine });
    expect(acted).toHaveBeenCalledOnce();
    expect(run).toMatchObject({ status: 'succeeded', people: ends, changes: { fields: 0 } });
    expect((await line.run()).people).toMatchObject(next);
    line.writes();
    await line.run();
    expect(line.writes()).toBe(0);
  });

  it('counts with the leavers for the brake', async () => {
    const many = Array.from({ length: 10 }, (_, n) => ({ ...ion, id: `m${n}`, email: `m${n}@acme.test` }));
    line.configure({ limits: { leavers: '20%' } });
    await line.people(many);
    await line.run();
    const other = (n: number) => ({ ...many[n], id: `m${n}`, email: `other${n}@acme.test` });
    await line.people([other(0), other(1), ...many.slice(3)]);
    expect(await line.run()).toMatchObject({
      status: 'stopped',
      brake: { code: 'too_many_address_changes' },
    });
    await line.people([other(0), ...many.slice(2)]);
    expect(await line.run()).toMatchObject({
      status: 'succeeded',
      people: { leave: 1 },
      changes: { moves: 1 },
    });
  });

  it('is gone on with where a run was cancelled before', async () => {
    await line.people([ana, ion]);
    await line.run();
    await line.people([moved, { ...ion, first: 'Jon' }]);
    const plan = await line.plan();
    const stop = new AbortController();
    const engine = atFirstRequest(line.engine, () => stop.abort());
    const cancelled = await line.run({ plan: plan.run, signal: stop.signal, engine });
    expect(cancelled).toMatchObject({ status: 'cancelled', people: { failed: { not_sent: 2 } } });
    expect(addresses()).toEqual(['ana@acme.test', 'ion@acme.test']);
    const rest = await line.run({ plan: plan.run });
    expect(rest).toMatchObject({
      status: 'succeeded',
      people: { update: 2 },
      changes: { moves: 1, fields: 1 },
    });
    expect(addresses()).toEqual(['ana.new@acme.test', 'ion@acme.test']);
  });

  it('is moved back by an undo, unless somebody has the address by now', async () => {
    const eva: TestPerson = { ...ion, id: '3', email: 'eva@acme.test', buyer: 'yes' };
    await line.people([ana, eva]);
    await line.run();
    const before = line.audience();
    await line.people([{ ...moved, first: 'Anna', buyer: 'no' }, eva]);
    const run = await line.run();
    const undo = (of: string) =>
      undoRun(line.parts(), of, {
        by: 'test',
        signal: new AbortController().signal,
        pause: () => Promise.resolve(),
      });
    const taken = await undo(run.run);
    expect(taken).toMatchObject({
      status: 'succeeded',
      people: { update: 1, keptOut: {} },
      changes: { moves: 1 },
    });
    expect(line.audience()).toEqual(before);

    const again = await line.run();
    expect(again.changes.moves).toBe(1);
    line.seed({ address: 'ana@acme.test', status: 'subscribed' });
    const half = await undo(again.run);
    expect(half).toMatchObject({ status: 'succeeded', people: { update: 1 } });
    expect(half.changes.moves).toBeUndefined();
    expect((await Array.fromAsync(planPeople(line.engine, half))).flat()).toMatchObject([
      { email: 'Ana.New@acme.test', stays: ['address'] },
    ]);
  });

  it.each([
    { side: 'before', commit: 1 },
    { side: 'after', commit: 1 },
    { side: 'before', commit: 2 },
    { side: 'after', commit: 2 },
    { side: 'after', commit: 3 },
  ] as const)(
    'moves once when the run dies $side commit $commit of its sending',
    async ({ side, commit }) => {
      line.deadlineMs = 60;
      await line.people([ana, ion]);
      await line.run();
      await line.people([{ ...moved, first: 'Anna' }, ion]);
      let commits = 0;
      const engine = new DyingEngine(
        line.engine,
        (changes) => {
          if (commits > 0 || leaves(changes)) commits += 1;
          return commits < commit;
        },
        side,
      );
      await line.run({ engine }).catch(() => undefined);
      expect(engine.died).toBe(true);
      const run = await line.run();
      expect(run).toMatchObject({
        status: 'succeeded',
        people: { update: 1, failed: {}, leave: 0 },
        changes: { moves: 1 },
      });
      expect(addresses()).toEqual(['ana.new@acme.test', 'ion@acme.test']);
      expect(line.audience()['ana.new@acme.test']).toMatchObject({
        fields: { FNAME: 'Anna' },
        tags: ['Buyers', 'Everyone'],
      });
      line.writes();
      expect((await line.run()).people).toMatchObject({ unchanged: 2, leave: 0 });
      expect(line.writes()).toBe(0);
      expect(await line.engine.rows(sql`SELECT by_us FROM export.renamed`)).toEqual([{ by_us: true }]);
    },
  );

  it('never brings back who has left, whatever the source says and when', { timeout: 120_000 }, async () => {
    const address = fc.constantFrom('one@acme.test', 'two@acme.test', 'three@acme.test');
    const step = fc.oneof(
      { weight: 3, arbitrary: fc.record({ source: address }) },
      fc.record({ act: fc.constantFrom('unsubscribeSelf', 'unsubscribeByUi', 'archive') }),
      fc.record({ to: address }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 2, maxLength: 4 }), async (steps) => {
        const world = await TestLine.open();
        try {
          const now = () =>
            Object.entries(world.audience()).filter(([, { status }]) => status === 'subscribed');
          await world.people([{ ...ana, email: 'one@acme.test' }]);
          await world.run();
          let out = false;
          for (const each of steps) {
            const [contact] = now();
            if ('source' in each) await world.people([{ ...ana, email: each.source }]);
            else if (contact !== undefined && 'act' in each) {
              world.act(contact[0], { kind: each.act });
              out ||= each.act !== 'archive' && now().length === 0;
            } else if (contact !== undefined && 'to' in each && !(each.to in world.audience())) {
              world.act(contact[0], { kind: 'changeAddress', to: each.to });
            }
            await world.run();
            if (out) expect(now()).toEqual([]);
          }
          world.writes();
          await world.run();
          expect(world.writes()).toBe(0);
        } finally {
          await world.close();
        }
      }),
      { numRuns: 5 },
    );
  });
});

/** Whether a commit is the one right before a request leaves. */
const leaves = (changes: readonly Change[]): boolean => JSON.stringify(changes).includes("'sending'");

/** An engine that lets something happen right before the first request of a run's sending. */
function atFirstRequest(engine: Engine, act: () => void): Engine {
  let acted = false;
  return new DyingEngine(engine, (changes) => {
    if (!acted && leaves(changes)) {
      acted = true;
      act();
    }
    return true;
  });
}
