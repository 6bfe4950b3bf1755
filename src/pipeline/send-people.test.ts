import { afterEach, describe, expect, it } from 'vitest';
import { BatchRefused, OutcomeUnknown, type UpsertPerson } from '../delivery/destination.ts';
import type { Engine } from '../engine/engine.ts';
import { chunksIn, peopleOf } from '../exports/chunks.ts';
import { sendReadyChunks } from './send-chunks.ts';
import { sendPeople } from './send-people.ts';
import { asking, chunkStates, outcomesOf, plannedRun, sendingOf } from './test-support/planned-run.ts';

let engine: Engine;
afterEach(() => engine.close());

const addressAt = (index: number) => `p${String(index).padStart(4, '0')}@acme.test`;
const crowd = (size: number) =>
  Array.from({ length: size }, (_, index) => ({
    address: addressAt(index),
    action: 'add' as const,
    fields: { FNAME: 'Ana' },
  }));

const refusal = new BatchRefused(
  { kind: 'internal', code: 'mailchimp_bad_json', message: 'unreadable' },
  { kind: 'rejected', reason: 'schema_mismatch', detail: 'Schema describes string, NULL found instead' },
);

/** Refuses each batch that one of the culprits is in, and counts what it is asked. */
function refusing(culprits: readonly string[]) {
  const asked: number[] = [];
  const through = new Map<string, number>();
  return {
    asked,
    through,
    upsert: asking((_audience: string, people: readonly UpsertPerson[]) => {
      asked.push(people.length);
      if (people.some(({ email }) => culprits.includes(email))) return Promise.reject(refusal);
      for (const { email } of people) through.set(email, (through.get(email) ?? 0) + 1);
      const taken = people.map(({ email }) => ({ address: email, created: true, status: 'subscribed' }));
      return Promise.resolve({ taken, refused: [] });
    }),
  };
}

describe('a batch that is refused as a whole', () => {
  it.each([
    { of: 'one culprit of 500', size: 500, culprits: [137], most: 19 },
    { of: 'the first and the last', size: 300, culprits: [0, 299], most: 36 },
    {
      of: 'eight who stand together',
      size: 500,
      culprits: [80, 81, 82, 83, 84, 85, 86, 87],
      most: 1 + 8 * 18,
    },
    { of: 'all of very few', size: 3, culprits: [0, 1, 2], most: 5 },
  ])('is halved until the ones to blame stand alone: $of', async ({ size, culprits, most }) => {
    const planned = await plannedRun(crowd(size));
    ({ engine } = planned);
    const mailchimp = refusing(culprits.map(addressAt));
    await sendReadyChunks(await sendingOf(planned, mailchimp));
    const outcomes = Object.entries(await outcomesOf(engine));
    expect(outcomes).toHaveLength(size);
    expect(outcomes.filter(([, ended]) => ended === 'rejected:schema_mismatch').map(([who]) => who)).toEqual(
      culprits.map(addressAt),
    );
    expect(outcomes.filter(([, ended]) => ended === 'done')).toHaveLength(size - culprits.length);
    expect([...mailchimp.through.values()].every((times) => times === 1)).toBe(true);
    expect(mailchimp.asked.length).toBeLessThanOrEqual(most);
    expect(await chunkStates(engine)).toEqual(['done']);
  });

  it('stops the run when most people are to blame: then it is the export that is wrong', async () => {
    const planned = await plannedRun(crowd(500));
    ({ engine } = planned);
    const mailchimp = refusing(crowd(500).map(({ address }) => address));
    await expect(sendReadyChunks(await sendingOf(planned, mailchimp))).rejects.toMatchObject({
      kind: 'configuration',
      code: 'batches_refused',
      message: expect.stringContaining('Schema describes string') as unknown,
    });
    expect(mailchimp.asked.length).toBeLessThan(40);
    expect(Object.keys(await outcomesOf(engine))).toHaveLength(10);
    // Nothing is in flight: whoever goes on may start at once.
    expect(await chunkStates(engine)).toEqual(['ready']);
  });

  it('is not asked of people twice who went through before it was cut off', async () => {
    const planned = await plannedRun(crowd(200));
    ({ engine } = planned);
    const mailchimp = refusing([addressAt(150)]);
    let requests = 0;
    const sending = await sendingOf(planned, {
      upsert: asking((audience, people) => {
        requests += 1;
        return requests === 4 ? Promise.reject(new CutOff()) : mailchimp.upsert(audience, people);
      }),
    });
    const [chunk] = await chunksIn(engine, planned.run.run, 'ready');
    if (chunk === undefined) throw new Error('no chunk');
    await expect(sendPeople(sending, chunk, await peopleOf(engine, chunk))).rejects.toBeInstanceOf(CutOff);
    expect(await chunkStates(engine)).toEqual(['sending']);
    const known = Object.keys(await outcomesOf(engine));
    expect(known.length).toBeGreaterThan(0);
    await sendPeople(sending, chunk, await peopleOf(engine, chunk));
    expect([...mailchimp.through.values()].every((times) => times === 1)).toBe(true);
    expect(mailchimp.through.size).toBe(199);
  });
});

describe('a request that had to wait for its turn', () => {
  it('asks again who has left before it leaves', async () => {
    const planned = await plannedRun(crowd(2));
    ({ engine } = planned);
    const sent: string[][] = [];
    let reads = 0;
    const sending = await sendingOf(planned, {
      read: () => {
        reads += 1;
        const left = {
          address: addressAt(0),
          status: 'unsubscribed',
          fields: {},
          tags: [],
          lastChanged: null,
        };
        // Not before the request waited: the first reading sees nobody leave.
        const page = reads === 1 ? [] : [left];
        return { pages: pagesOf(page), nextFrom: () => new Date(), short: () => [] };
      },
      async upsert(_audience, people, options) {
        if (reads < 2) {
          clockAhead(sending, 300_000);
          expect(await options?.beforeSend?.()).toBe(false);
          await options?.renew?.();
        }
        expect(await options?.beforeSend?.()).toBe(true);
        sent.push(people.map(({ email }) => email));
        return { taken: people.map(({ email }) => ({ address: email, created: true })), refused: [] };
      },
    });
    clockAhead(sending, 100_000);
    await sendReadyChunks(sending);
    expect(sent).toEqual([[addressAt(1)]]);
    expect(await outcomesOf(engine)).toEqual({
      [addressAt(0)]: 'keptOut:unsubscribed',
      [addressAt(1)]: 'done',
    });
  });
});

class CutOff extends OutcomeUnknown {
  readonly sentAt = new Date();
  readonly mayRunUntil = new Date();
  constructor() {
    super({ kind: 'remote', code: 'cut_off', message: 'cut off' });
  }
}

async function* pagesOf<T>(page: T[]) {
  yield page;
}

/** Time passes for the run, and for nobody else. */
function clockAhead(sending: { parts: { clock: { now(): Date } } }, ms: number): void {
  const at = sending.parts.clock.now().getTime() + ms;
  sending.parts.clock = { ...sending.parts.clock, now: () => new Date(at) };
}
