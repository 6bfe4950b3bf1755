import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { RunId, SegmentId } from '../base/ids.ts';
import type { Engine } from '../engine/engine.ts';
import { sql } from '../engine/sql.ts';
import {
  addTagWork,
  addressesOf,
  chunksIn,
  chunkSize,
  cutIntoChunks,
  cutTagWork,
  markAddressesDone,
  markDone,
  markReady,
  markSending,
  peopleOf,
  settleUnmentioned,
  segmentsToGive,
  unmentionedPeople,
  writeOutcomes,
  type Chunk,
  type OutcomeResult,
} from './chunks.ts';
import { planPerson } from './export-tables.ts';
import { openPeopleTables } from './test-support/people-tables.ts';

const run = 'r1' as RunId;
const buyers = 'buyers' as SegmentId;
const lapsed = 'lapsed' as SegmentId;
const now = new Date('2026-11-24T06:00:00.000Z');

let engine: Engine;
beforeEach(async () => {
  engine = await openPeopleTables();
});
afterEach(() => engine.close());

interface Planned {
  action: 'add' | 'update' | 'leave' | 'keptOut' | 'rejected' | 'same';
  fieldCount?: number;
  add?: SegmentId[];
  remove?: SegmentId[];
  status?: string;
  archive?: boolean;
}

const addressAt = (position: number) => `p${String(position).padStart(5, '0')}@acme.test`;

/** A plan as `buildPlan` stores it: who needs an upsert comes first. */
async function plan(people: readonly Planned[], of: RunId = run): Promise<void> {
  const rows = people.map(
    ({ action, fieldCount = 0, add = [], remove = [], status = 'subscribed', archive = false }, index) => {
      const position = index + 1;
      const address = addressAt(position);
      const seen = action === 'add' ? null : 'subscribed';
      const fields = fieldCount === 0 ? '{}' : '{"FNAME":"Ana"}';
      return [
        of,
        position,
        action,
        null,
        address,
        address,
        `c${position}`,
        seen,
        status,
        fields,
        '{}',
        fieldCount,
        add,
        remove,
        archive,
      ];
    },
  );
  await engine.commit([{ into: planPerson, columns: planPerson.columns, rows }]);
}

const times = (count: number, person: Planned): Planned[] => Array.from({ length: count }, () => person);
const ready = () => chunksIn(engine, run, 'ready');
const shape = ({ chunk, kind, segment, first, last }: Chunk) => [chunk, kind, segment, first, last];
const outcomes = (result: OutcomeResult, ...positions: number[]) =>
  writeOutcomes(
    run,
    positions.map((position) => ({ position, address: addressAt(position), result })),
    now,
  );

async function firstReady(): Promise<Chunk> {
  const [chunk] = await ready();
  if (chunk === undefined) throw new Error('nothing is ready');
  return chunk;
}

describe('cutIntoChunks', () => {
  it.each([
    { people: 0, sizes: [] },
    { people: 1, sizes: [1] },
    { people: chunkSize, sizes: [500] },
    { people: chunkSize + 1, sizes: [500, 1] },
    { people: 1234, sizes: [500, 500, 234] },
  ])('cuts $people people into $sizes', async ({ people, sizes }) => {
    await plan([...times(people, { action: 'add' }), { action: 'keptOut' }]);
    await engine.commit(cutIntoChunks(run));
    const chunks = await ready();
    expect(chunks.map(({ first, last }) => last - first + 1)).toEqual(sizes);
    expect(chunks.map(({ chunk }) => chunk)).toEqual(sizes.map((_, index) => index));
    const positions = (await Promise.all(chunks.map((each) => peopleOf(engine, each)))).flat();
    expect(positions.map(({ position }) => position)).toEqual(
      Array.from({ length: people }, (_, index) => index + 1),
    );
  });

  it('sends only who needs it: the added, and those whose fields change', async () => {
    await plan([
      { action: 'add', add: [buyers] },
      { action: 'update', fieldCount: 1 },
      { action: 'update', add: [buyers] },
      { action: 'leave', remove: [buyers] },
      { action: 'keptOut', add: [buyers] },
      { action: 'rejected' },
      { action: 'same' },
    ]);
    await engine.commit(cutIntoChunks(run));
    expect((await ready()).map(shape)).toEqual([[0, 'upsert', null, 1, 2]]);
    expect(await peopleOf(engine, await firstReady())).toEqual([
      {
        position: 1,
        action: 'add',
        address: addressAt(1),
        email: addressAt(1),
        seenStatus: null,
        status: 'subscribed',
        fields: {},
        addSegments: [buyers],
      },
      {
        position: 2,
        action: 'update',
        address: addressAt(2),
        email: addressAt(2),
        seenStatus: 'subscribed',
        status: 'subscribed',
        fields: { FNAME: 'Ana' },
        addSegments: [],
      },
    ]);
    expect(await segmentsToGive(engine, run)).toEqual(new Set([buyers]));
  });

  it('leaves other runs alone', async () => {
    await plan(times(2, { action: 'add' }), 'r0' as RunId);
    await plan([{ action: 'leave', remove: [buyers] }]);
    await engine.commit(cutIntoChunks(run));
    await cutTagWork(engine, run);
    expect((await ready()).map(shape)).toEqual([[0, 'untag', buyers, 1, 1]]);
  });
});

describe('cutTagWork', () => {
  it('numbers tags first, then what is taken away, then archiving; each segment apart', async () => {
    await plan([
      { action: 'update', fieldCount: 1, add: [lapsed], remove: [buyers] },
      { action: 'update', add: [lapsed] },
      { action: 'update', add: [buyers, lapsed] },
      { action: 'leave', remove: [buyers], archive: true },
      { action: 'leave', remove: [lapsed] },
    ]);
    await engine.commit(cutIntoChunks(run));
    await engine.commit(outcomes('done', 1));
    await cutTagWork(engine, run);
    const work = await ready();
    expect(work.map(shape)).toEqual([
      [0, 'upsert', null, 1, 1],
      [1, 'tag', buyers, 1, 1],
      [2, 'tag', lapsed, 2, 3],
      [3, 'untag', buyers, 4, 5],
      [4, 'untag', lapsed, 6, 6],
      [5, 'archive', null, 7, 7],
    ]);
    const addresses = await Promise.all(work.slice(1).map((chunk) => addressesOf(engine, chunk)));
    expect(addresses).toEqual([[3], [2, 3], [1, 4], [5], [4]].map((positions) => positions.map(addressAt)));
  });

  it('cuts each segment at 500', async () => {
    await plan([...times(501, { action: 'update', add: [buyers] }), { action: 'update', add: [lapsed] }]);
    await engine.commit(cutIntoChunks(run));
    await cutTagWork(engine, run);
    expect((await ready()).map(shape)).toEqual([
      [0, 'tag', buyers, 1, 500],
      [1, 'tag', buyers, 501, 501],
      [2, 'tag', lapsed, 502, 502],
    ]);
  });

  it('leaves out whose upsert did not go through, with all of their work', async () => {
    await plan([
      ...times(5, { action: 'update', fieldCount: 1, remove: [buyers] }),
      { action: 'update', add: [lapsed] },
      { action: 'leave', remove: [buyers] },
    ]);
    await engine.commit(cutIntoChunks(run));
    await engine.commit([
      ...outcomes('done', 1),
      ...outcomes('keptOut', 2, 6),
      ...outcomes('rejected', 3),
      ...outcomes('failed', 4),
      ...outcomes('unmentioned', 5),
    ]);
    await cutTagWork(engine, run);
    const [, untag, ...more] = await ready();
    expect(await addressesOf(engine, untag as Chunk)).toEqual([addressAt(1), addressAt(7)]);
    expect(more).toEqual([]);
  });

  it('adds to what is there when it is called again, and does nothing when nothing is new', async () => {
    await plan([
      { action: 'add', add: [buyers] },
      { action: 'add', add: [buyers] },
      { action: 'update', add: [lapsed] },
    ]);
    await engine.commit(cutIntoChunks(run));
    await engine.commit(outcomes('done', 1, 2));
    await cutTagWork(engine, run);
    await cutTagWork(engine, run);
    // The answer of an upsert did not show the tag, and said so twice.
    const late = [1, 2, 1].map((position) => ({ segment: buyers, address: addressAt(position) }));
    await engine.commit(addTagWork(run, late));
    await cutTagWork(engine, run);
    expect((await ready()).map(shape)).toEqual([
      [0, 'upsert', null, 1, 2],
      [1, 'tag', lapsed, 1, 1],
      [2, 'tag', buyers, 2, 3],
    ]);
  });

  it('takes work back that was given up, and leaves the rest of its chunk', async () => {
    await plan(times(3, { action: 'update', add: [buyers] }));
    await engine.commit(cutIntoChunks(run));
    await cutTagWork(engine, run);
    const chunk = await firstReady();
    await engine.commit(markAddressesDone(chunk, [addressAt(2)]));
    expect(await addressesOf(engine, chunk)).toEqual([addressAt(1), addressAt(3)]);
  });
});

describe('a chunk', () => {
  beforeEach(async () => {
    await plan(times(3, { action: 'add' }));
    await engine.commit(cutIntoChunks(run));
  });

  it('goes from ready to sending to done, and back when its request never happened', async () => {
    const chunk = await firstReady();
    expect(chunk).toMatchObject({ attempts: 0, sentAt: null });
    await engine.commit([markSending(chunk, now)]);
    expect(await ready()).toEqual([]);
    expect(await chunksIn(engine, run, 'sending')).toEqual([
      { ...chunk, attempts: 1, sentAt: now.toISOString() },
    ]);
    await engine.commit([markReady(chunk)]);
    expect(await ready()).toMatchObject([{ chunk: chunk.chunk, attempts: 1 }]);
    await engine.commit([markSending(chunk, now), markDone(chunk)]);
    expect([...(await ready()), ...(await chunksIn(engine, run, 'sending'))]).toEqual([]);
  });

  it('holds only who has no outcome yet', async () => {
    await engine.commit(outcomes('keptOut', 2));
    expect((await peopleOf(engine, await firstReady())).map(({ position }) => position)).toEqual([1, 3]);
  });

  it('finds who was not mentioned, until something was found out about them', async () => {
    await engine.commit([...outcomes('done', 1), ...outcomes('unmentioned', 2, 3)]);
    expect((await unmentionedPeople(engine, run)).map(({ position }) => position)).toEqual([2, 3]);
    const found = { position: 2, address: addressAt(2), result: 'done' as const, status: 'subscribed' };
    const missing = {
      position: 3,
      address: addressAt(3),
      result: 'failed' as const,
      reason: 'not_mentioned',
    };
    await engine.commit(settleUnmentioned(run, [found, missing], now));
    expect(await unmentionedPeople(engine, run)).toEqual([]);
    expect(await engine.rows(sql`SELECT result, status FROM export.outcome WHERE position = 2`)).toEqual([
      { result: 'done', status: 'subscribed' },
    ]);
  });
});

describe('writeOutcomes', () => {
  it('writes nothing for nobody, and absent parts as missing ones', async () => {
    expect(writeOutcomes(run, [], now)).toEqual([]);
    await engine.commit(
      writeOutcomes(
        run,
        [
          { position: 1, address: 'ana@acme.test', result: 'unmentioned' },
          {
            position: 2,
            address: 'ion@acme.test',
            result: 'rejected',
            reason: 'bad_field',
            detail: 'no date',
            status: 'subscribed',
            fieldPatch: { FNAME: 'Ion', ZIP: null },
            tags: ['buyers'],
            created: true,
          },
        ],
        now,
      ),
    );
    const at = now.toISOString();
    expect(await engine.rows(sql`SELECT * EXCLUDE (run) FROM export.outcome ORDER BY position`)).toEqual([
      {
        position: 1,
        address: 'ana@acme.test',
        result: 'unmentioned',
        reason: null,
        detail: null,
        status: null,
        fields: null,
        tags: null,
        created: false,
        at,
        contact_id: null,
      },
      {
        position: 2,
        address: 'ion@acme.test',
        result: 'rejected',
        reason: 'bad_field',
        detail: 'no date',
        status: 'subscribed',
        fields: '{"FNAME":"Ion","ZIP":null}',
        tags: ['buyers'],
        created: true,
        at,
        contact_id: null,
      },
    ]);
  });
});
