import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { lives, worldOptions } from './test-support/world-steps.ts';
import { World } from './test-support/world.ts';

/** A few in each `npm test`; `npm run test:long` asks for hundreds, and makes the one that goes wrong small. */
const { WORLD_RUNS, WORLD_SEED } = process.env;
const numRuns = Number(WORLD_RUNS ?? 8);
const seed = WORLD_SEED === undefined ? {} : { seed: Number(WORLD_SEED) };

describe('any world', () => {
  it(
    'brings nobody back, touches only what is ours, and ends as wanted',
    async () => {
      await fc.assert(
        fc.asyncProperty(worldOptions, lives(10), async (options, steps) => {
          const world = await World.open(options);
          try {
            for (const [index, step] of steps.entries())
              expect(await world.take(step), `after step ${index + 1}, ${step.do}`).toEqual([]);
          } finally {
            await world.close();
          }
        }),
        { numRuns, endOnFailure: WORLD_RUNS === undefined, ...seed },
      );
    },
    // A world lives for some seconds on a busy machine; to make one small takes a hundred lives.
    120_000 + numRuns * 30_000,
  );
});
