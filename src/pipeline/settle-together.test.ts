import { expect, test } from 'vitest';
import type { RunId, SegmentId } from '../base/ids.ts';
import type { Change, Engine } from '../engine/engine.ts';
import type { Chunk, Outcome } from '../exports/chunks.ts';
import { SettleTogether } from './settle-together.ts';

const run = 'run-1' as RunId;
const clock = { now: () => new Date('2026-11-25T10:00:00Z'), sleep: () => Promise.resolve() };

/** An engine whose commits end when the test says so. */
function slowEngine() {
  const commits: { changes: readonly Change[]; end: (error?: Error) => void }[] = [];
  const engine = {
    commit: (changes: readonly Change[]) =>
      new Promise<void>((resolve, reject) => {
        commits.push({ changes, end: (error) => (error === undefined ? resolve() : reject(error)) });
      }),
  } as unknown as Engine;
  return { commits, engine };
}

const outcome = (position: number): Outcome => ({
  position,
  address: `p${position}@example.com`,
  result: 'done',
});
const settled = (position: number) => ({
  outcomes: [outcome(position)],
  tagsToGive: [{ segment: 'vip' as SegmentId, address: `p${position}@example.com` }],
  done: { run, chunk: position } as Chunk,
});
const rowsIn = (changes: readonly Change[] | undefined) =>
  (changes ?? []).flatMap((change) => ('into' in change ? [change.rows.length] : []));
const turn = () => new Promise((resolve) => setImmediate(resolve));

test('what is answered while a commit goes on is written in the next one, all together', async () => {
  const { commits, engine } = slowEngine();
  const together = new SettleTogether(engine, clock, run);
  const first = together.settle(settled(1));
  await turn();
  const later = [together.settle(settled(2)), together.settle(settled(3)), together.settle(settled(4))];
  await turn();
  expect(commits).toHaveLength(1);
  expect(rowsIn(commits[0]?.changes)).toEqual([1, 1]);

  commits[0]?.end();
  await first;
  await turn();
  expect(commits).toHaveLength(2);
  expect(rowsIn(commits[1]?.changes)).toEqual([3, 3]);
  commits[1]?.end();
  await Promise.all(later);
});

test('nobody is told that it is durable before it is', async () => {
  const { commits, engine } = slowEngine();
  const together = new SettleTogether(engine, clock, run);
  let durable = false;
  const settling = together.settle(settled(1)).then(() => (durable = true));
  await turn();
  expect(durable).toBe(false);
  commits[0]?.end();
  await settling;
  expect(durable).toBe(true);
});

test('a commit that fails is told to each who waits for it, and the next one goes on', async () => {
  const { commits, engine } = slowEngine();
  const together = new SettleTogether(engine, clock, run);
  const both = Promise.allSettled([together.settle(settled(1)), together.settle(settled(2))]);
  await turn();
  const third = together.settle(settled(3));
  commits[0]?.end(new Error('no room on the disk'));
  expect((await both).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  await turn();
  commits[1]?.end();
  await third;
  expect(rowsIn(commits[1]?.changes)).toEqual([1, 1]);
});
