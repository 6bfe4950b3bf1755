import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { RunId } from '../base/ids.ts';
import type { Engine } from '../engine/engine.ts';
import type { Sql } from '../engine/sql.ts';
import { chunksIn, chunkSize, cutIntoChunks, writeOutcomes, type Chunk } from './chunks.ts';
import { planPerson } from './export-tables.ts';
import { readAhead } from './read-ahead.ts';
import { openPeopleTables } from './test-support/people-tables.ts';

const run = 'r1' as RunId;
const now = new Date('2026-11-24T06:00:00.000Z');
let engine: Engine;
let reads: number;
beforeEach(async () => {
  engine = await openPeopleTables();
  reads = 0;
});
afterEach(() => engine.close());

/** Chunks of people who are all to be added, the last one smaller. */
async function planned(chunks: number): Promise<Chunk[]> {
  const cells = [
    'run',
    'position',
    'action',
    'address',
    'email',
    'status',
    'fields',
    'field_count',
    'add_segments',
  ];
  const columns = cells
    .map((name) => planPerson.columns.find((column) => column.name === name))
    .filter((column) => column !== undefined);
  const people = (chunks - 1) * chunkSize + 7;
  const rows = Array.from({ length: people }, (_, index) => {
    const address = `p${index}@acme.test`;
    return [run, index + 1, 'add', address, address, 'subscribed', '{"FNAME":"Ana"}', 1, []];
  });
  await engine.commit([{ into: planPerson, columns, rows }]);
  await engine.commit(cutIntoChunks(run));
  return chunksIn(engine, run, 'ready');
}

/** Counts what is asked of the engine. */
const counted = (): Engine => ({
  dialect: engine.dialect,
  rows: <T>(query: Sql) => {
    reads += 1;
    return engine.rows<T>(query);
  },
  pages: (query) => engine.pages(query),
  commit: (changes) => engine.commit(changes),
  inSmallSteps: (work) => engine.inSmallSteps(work),
  get tablesVersion() {
    return engine.tablesVersion;
  },
  copyTo: (...args) => engine.copyTo(...args),
  checkpoint: () => engine.checkpoint(),
  close: () => engine.close(),
});

const positions = (people: readonly { position: number }[]) => people.map(({ position }) => position);
const all = ({ first, last }: Chunk) => Array.from({ length: last - first + 1 }, (_, index) => first + index);

describe('readAhead', () => {
  it.each([
    ['in order', (chunks: Chunk[]) => chunks],
    ['backwards', (chunks: Chunk[]) => chunks.toReversed()],
    ['with others between them', (chunks: Chunk[]) => chunks.filter((_, index) => index % 3 > 0)],
  ])('gives each chunk its people, asked for %s', async (_how, inOrder) => {
    const chunks = await planned(20);
    const peopleOf = readAhead(counted(), chunks);
    for (const chunk of inOrder(chunks)) expect(positions(await peopleOf(chunk))).toEqual(all(chunk));
    expect(reads).toBe(3);
  });

  it('reads a chunk again that is asked for again', async () => {
    const chunks = await planned(2);
    const peopleOf = readAhead(counted(), chunks);
    const [first, second] = chunks as [Chunk, Chunk];
    expect(await peopleOf(first)).toHaveLength(500);
    await engine.commit(writeOutcomes(run, [{ position: 3, address: 'p2@acme.test', result: 'done' }], now));
    expect(positions(await peopleOf(first))).toEqual(all(first).filter((position) => position !== 3));
    expect(await peopleOf(second)).toHaveLength(7);
    expect(reads).toBe(2);
  });

  it('lets a failed read be met by those who ask, and by nobody else', async () => {
    const chunks = await planned(2);
    const broken: Engine = { ...counted(), rows: () => Promise.reject(new Error('no disk')) };
    const peopleOf = readAhead(broken, chunks);
    await expect(peopleOf(chunks[0] as Chunk)).rejects.toThrow('no disk');
  });
});
