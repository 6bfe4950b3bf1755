import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { estimateWeights, probabilityOf, type Evidence, type Pattern } from './estimate-weights.ts';

/** What is true in the model: four fields of three levels, blanks aside. */
const levels = [3, 3, 3, 3];
const m = [0.85, 0.1, 0.05];
const u = [0.01, 0.04, 0.95];
const pairs = 1_000_000;
const matches = 2_000;

/** The patterns that so many pairs show when fields are independent; whole pairs are not asked for. */
function patterns(count: number, shares: readonly number[]): Pattern[] {
  const combined = levels.reduce<number[][]>(
    (sets, field) => sets.flatMap((set) => Array.from({ length: field }, (_, level) => [...set, level])),
    [[]],
  );
  return combined.map((each) => ({
    levels: each,
    count: each.reduce((product, level) => product * (shares[level] ?? 0), count),
  }));
}

function evidence(): Evidence {
  const all = [...patterns(matches, m), ...patterns(pairs - matches, u)];
  const passes = [[0], [1], [2, 3]];
  return {
    levels,
    random: all.map((pattern) => ({ ...pattern, count: pattern.count / 10 })),
    candidates: all.filter((pattern) =>
      passes.some((pass) => pass.every((field) => pattern.levels[field] === 0)),
    ),
    passes,
    pairs,
  };
}

describe('estimateWeights', () => {
  const found = estimateWeights(evidence());

  it('finds again what the pairs were made from, without being told which are one person', () => {
    for (const field of levels.keys()) {
      m.forEach((share, level) => expect(found.m[field]?.[level]).toBeCloseTo(share, 1));
      u.forEach((share, level) => expect(found.u[field]?.[level]).toBeCloseTo(share, 2));
    }
    expect(found.prior * pairs).toBeGreaterThan(matches * 0.9);
    expect(found.prior * pairs).toBeLessThan(matches * 1.05);
  });

  it('takes agreement for a sign of one person, and difference against it', () => {
    for (const field of levels.keys()) {
      expect(found.m[field]?.[0]).toBeGreaterThan(found.u[field]?.[0] ?? 1);
      expect(found.m[field]?.[2]).toBeLessThan(found.u[field]?.[2] ?? 0);
    }
  });

  it('does not depend on the order of patterns', () => {
    fc.assert(
      fc.property(fc.infiniteStream(fc.double({ min: 0, max: 1, noNaN: true })), (stream) => {
        const shuffled = (list: readonly Pattern[]) =>
          list
            .map((pattern) => [stream.next().value as number, pattern] as const)
            .toSorted(([a], [b]) => a - b)
            .map(([, pattern]) => pattern);
        const { random, candidates, ...rest } = evidence();
        const other = estimateWeights({
          ...rest,
          random: shuffled(random),
          candidates: shuffled(candidates),
        });
        expect(other.prior).toBeCloseTo(found.prior, 6);
      }),
      { numRuns: 5 },
    );
  });

  it('finds next to nobody where all pairs are strangers', () => {
    const strangers = patterns(pairs, u);
    const { prior } = estimateWeights({ ...evidence(), random: strangers, candidates: strangers });
    expect(prior * pairs).toBeLessThan(1);
  });

  const differs: Pattern = { levels: [2, 2, 2, 2], count: 1 };
  it.each([
    ['there is nothing at all', 0, []],
    ['one pair was not compared', 1, []],
    ['one pair differs, and no other level occurs', 1, [differs]],
  ])('stays between never and surely where %s', (_, few, compared: Pattern[]) => {
    const weights = estimateWeights({
      levels,
      random: compared,
      candidates: compared,
      passes: [],
      pairs: few,
    });
    for (const share of [...weights.m.flat(), ...weights.u.flat(), weights.prior]) {
      expect(share).toBeGreaterThan(0);
      expect(share).toBeLessThan(1);
    }
    expect(probabilityOf(differs.levels, weights)).toBeLessThan(0.5);
  });
});

it('a blank says nothing', () => {
  const weights = { m: [[0.9, 0.1]], u: [[0.1, 0.9]], prior: 0.2 };
  expect(probabilityOf([null], weights)).toBeCloseTo(0.2, 10);
  expect(probabilityOf([0], weights)).toBeCloseTo(0.6923, 4);
  expect(probabilityOf([0], weights, new Set([0]))).toBeCloseTo(0.2, 10);
});
