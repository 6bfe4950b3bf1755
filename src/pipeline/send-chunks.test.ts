import { afterEach, describe, expect, it } from 'vitest';
import { OutcomeUnknown } from '../delivery/destination.ts';
import type { Engine } from '../engine/engine.ts';
import { sql } from '../engine/sql.ts';
import { cutTagWork, requestsHeldUntil } from '../exports/chunks.ts';
import { sendReadyChunks } from './send-chunks.ts';
import { settleUncertain } from './settle-uncertain.ts';
import {
  asking,
  buyers,
  chunkStates,
  outcomesOf,
  plannedRun,
  sendingOf,
} from './test-support/planned-run.ts';

let engine: Engine;
afterEach(() => engine.close());

const ana = 'ana@acme.test';
const ion = 'ion@acme.test';
const tick = () => new Promise((resolve) => setImmediate(resolve));

class CutOff extends OutcomeUnknown {
  readonly sentAt: Date;
  readonly mayRunUntil: Date;
  constructor(sentAt = new Date()) {
    super({ kind: 'remote', code: 'cut_off', message: 'cut off' });
    this.sentAt = sentAt;
    this.mayRunUntil = sentAt;
  }
}

describe('taking a tag and archiving', () => {
  it('never happen to one person side by side', async () => {
    const planned = await plannedRun([
      { address: ana, action: 'leave', remove: [buyers], archive: true },
      { address: ion, action: 'leave', remove: [buyers], archive: true },
    ]);
    ({ engine } = planned);
    await cutTagWork(engine, planned.run.run);
    const order: string[] = [];
    const sending = await sendingOf(planned, {
      async changeTag(_audience, _tag, change, addresses) {
        order.push(`${change} begins`);
        await tick();
        order.push(`${change} ${addresses.length} ends`);
        return { unmentioned: [] };
      },
      archive: () => {
        order.push('archive');
        return Promise.resolve('archived');
      },
    });
    expect(await sendReadyChunks(sending)).toBe(true);
    expect(await sendReadyChunks(sending)).toBe(true);
    expect(await sendReadyChunks(sending)).toBe(false);
    expect(order).toEqual(['remove begins', 'remove 2 ends', 'archive', 'archive']);
    expect(await chunkStates(engine)).toEqual(['done', 'done']);
  });

  it('waits with archiving until a lost request for a tag is settled', async () => {
    const planned = await plannedRun([{ address: ana, action: 'leave', remove: [buyers], archive: true }]);
    ({ engine } = planned);
    await cutTagWork(engine, planned.run.run);
    const sending = await sendingOf(planned, { changeTag: () => Promise.reject(new CutOff()) });
    await sendReadyChunks(sending);
    expect(await chunkStates(engine)).toEqual(['sending', 'ready']);
    expect(await sendReadyChunks(sending)).toBe(false);
  });

  it('counts the time of a lost archive request from when it left, not from when its chunk began', async () => {
    const planned = await plannedRun([{ address: ana, action: 'leave', archive: true }]);
    ({ engine } = planned);
    await cutTagWork(engine, planned.run.run);
    const late = new Date(Date.now() + 60_000);
    await sendReadyChunks(await sendingOf(planned, { archive: () => Promise.reject(new CutOff(late)) }));
    const [row] = await engine.rows<{ sent_at: string }>(sql`SELECT sent_at FROM export.chunk`);
    expect(Date.parse(row?.sent_at ?? '')).toBe(late.getTime());
  });
});

describe('archiving', () => {
  it('has no more requests at a time than the account allows, and until when they may run is on disk', async () => {
    const people = Array.from({ length: 11 }, (_, index) => ({
      address: `p${String(index).padStart(2, '0')}@acme.test`,
      action: 'leave' as const,
      archive: true,
    }));
    const planned = await plannedRun(people);
    ({ engine } = planned);
    await cutTagWork(engine, planned.run.run);
    let running = 0;
    let most = 0;
    let held: Date[] = [];
    const sending = await sendingOf(planned, {
      async archive() {
        running += 1;
        most = Math.max(most, running);
        held = await requestsHeldUntil(engine, sending.parts, new Date());
        running -= 1;
        return 'archived';
      },
    });
    await sendReadyChunks(sending);
    expect(most).toBe(sending.parts.maxRequests);
    expect(held).toHaveLength(sending.parts.maxRequests);
    expect(await doneAddresses()).toEqual(people.map(({ address }) => address));
    expect(await requestsHeldUntil(engine, sending.parts, new Date())).toEqual([]);
  });

  it('keep their slot no longer than the server can take, though the clock was set back since', async () => {
    const planned = await plannedRun([{ address: 'ana@acme.test', action: 'leave', archive: true }]);
    ({ engine } = planned);
    await cutTagWork(engine, planned.run.run);
    const before = new Date(Date.now() - 24 * 60 * 60_000);
    let held: Date[] = [];
    const sending = await sendingOf(planned, {
      async archive() {
        held = await requestsHeldUntil(engine, sending.parts, before);
        return 'archived';
      },
    });
    await sendReadyChunks(sending);
    const over = new Date(before.getTime() + sending.parts.deadlineMs);
    expect(held).toEqual(Array.from({ length: sending.parts.maxRequests }, () => over));
  });
});

describe('a batch that has no slot yet', () => {
  it('is not taken for one that Mailchimp may be working on', async () => {
    const planned = await plannedRun([{ address: ana, action: 'add', fields: { FNAME: 'Ana' } }]);
    ({ engine } = planned);
    const states: string[][] = [];
    const sending = await sendingOf(planned, {
      async upsert(_audience, people, options) {
        states.push(await chunkStates(engine));
        await options?.beforeSend?.();
        states.push(await chunkStates(engine));
        return { taken: people.map(({ email }) => ({ address: email, created: true })), refused: [] };
      },
    });
    await sendReadyChunks(sending);
    expect([...states, await chunkStates(engine)]).toEqual([['ready'], ['sending'], ['done']]);
  });
});

describe('giving a tag', () => {
  it.each([
    { of: 'the answer speaks of all', unmentioned: [], held: [], given: [ana, ion] },
    { of: 'one had it already', unmentioned: [ion], held: [ion], given: [ana, ion] },
    { of: 'one does not get it', unmentioned: [ion], held: [], given: [ana] },
  ])('knows who has it: $of', async ({ unmentioned, held, given }) => {
    const planned = await plannedRun([
      { address: ana, action: 'update', add: [buyers] },
      { address: ion, action: 'update', add: [buyers] },
    ]);
    ({ engine } = planned);
    await cutTagWork(engine, planned.run.run);
    const asked: string[][] = [];
    await sendReadyChunks(
      await sendingOf(planned, {
        changeTag: () => Promise.resolve({ unmentioned }),
        whoHasTag: (_audience, _tag, among) => {
          asked.push([...among]);
          return Promise.resolve(new Set(held));
        },
      }),
    );
    expect(asked).toEqual(unmentioned.length === 0 ? [] : [unmentioned]);
    expect(await doneAddresses()).toEqual(given);
  });

  it('knows as given what was given, also when looking for the others fails', async () => {
    const planned = await plannedRun([
      { address: ana, action: 'update', add: [buyers] },
      { address: ion, action: 'update', add: [buyers] },
    ]);
    ({ engine } = planned);
    await cutTagWork(engine, planned.run.run);
    const sending = await sendingOf(planned, {
      changeTag: () => Promise.resolve({ unmentioned: [ion] }),
      whoHasTag: () => Promise.reject(new Error('revoked')),
    });
    await expect(sendReadyChunks(sending)).rejects.toThrow('revoked');
    expect(await doneAddresses()).toEqual([ana]);
    expect(await chunkStates(engine)).toEqual(['ready']);
  });
});

describe('an audience that is gone', () => {
  it('is not waited for: who was being sent ends as not answered', async () => {
    const planned = await plannedRun([{ address: ana, action: 'add', fields: { FNAME: 'Ana' } }]);
    ({ engine } = planned);
    const gone = new Error('no such audience');
    const sending = await sendingOf(planned, {
      upsert: asking(() => Promise.reject(new CutOff())),
      read: () => {
        throw gone;
      },
      isGone: (error) => error === gone,
    });
    await sendReadyChunks(sending);
    const { parts, destination, run, signal } = sending;
    await expect(settleUncertain(parts, destination, run, signal)).rejects.toBe(gone);
    expect(await outcomesOf(engine)).toEqual({ [ana]: 'failed:not_answered' });
    expect(await chunkStates(engine)).toEqual(['done']);
  });
});

async function doneAddresses(): Promise<string[]> {
  const rows = await engine.rows<{ address: string }>(
    sql`SELECT address FROM export.tag_work WHERE done ORDER BY address`,
  );
  return rows.map(({ address }) => address);
}
