/**
 * How pairs of records agree: for each field the place of its level, from 0 for the strongest to the number of
 * levels for "differs"; null where one side is blank. `count` pairs do so.
 */
export interface Pattern {
  levels: readonly (number | null)[];
  count: number;
}

export interface Evidence {
  /** For each field how many levels it has, "differs" included. */
  levels: readonly number[];
  /** Pairs drawn at random: next to none of them is one person. */
  random: readonly Pattern[];
  /** Pairs that were compared because they share something. */
  candidates: readonly Pattern[];
  /** By which fields candidates were found; of each the places of fields that had to be equal. */
  passes: readonly (readonly number[])[];
  /** How many pairs there are, compared or not. */
  pairs: number;
}

export interface Weights {
  /** By field and level, among pairs of one person and of two: how often it occurs when both are filled. */
  m: number[][];
  u: number[][];
  /** The probability that two records at random are one person. */
  prior: number;
}

const mostRounds = 200;
const settled = 1e-5;
/** What is believed before the data speak: nine in ten agree, and this is worth ten pairs. */
const agreesAtFirst = 0.9;
const beliefM = 10;
const beliefU = 0.5;

/**
 * Fellegi and Sunter's m and u by expectation–maximisation, over patterns of agreement and not over pairs.
 *
 * Each pass is a mixture of its own: among pairs that share a key many more are one person than elsewhere, so it
 * has a prior of its own, and its key says nothing more about them, so it is left out there. The probabilities of
 * the other fields are common to all passes: m is learned from the passes that do not have the field in their
 * key. u is learned from pairs drawn at random, where the few that are one person are taken out by the same
 * mixture. The prior of all pairs comes last: the pairs expected to be one person over all pairs there are.
 */
export function estimateWeights(evidence: Evidence): Weights {
  const { levels, random, candidates, passes, pairs } = evidence;
  const mixtures = [
    { key: new Set<number>(), patterns: random, prior: firstPrior(pairs), random: true },
    ...passes.map((pass) => ({
      key: new Set(pass),
      patterns: candidates.filter((pattern) => pass.every((field) => pattern.levels[field] === 0)),
      prior: 0.1,
      random: false,
    })),
  ].filter(({ patterns }) => patterns.length > 0);

  let m = levels.map(firstM);
  let u = shares(levels, random, beliefU);
  for (let round = 0; round < mostRounds; round += 1) {
    const nextM = levels.map((count) => firstM(count).map((share) => share * beliefM));
    const nextU = levels.map((count) => Array<number>(count).fill(beliefU));
    for (const mixture of mixtures) {
      let [matches, total] = [0, 0];
      for (const { levels: agreed, count } of mixture.patterns) {
        const probability = probabilityOf(agreed, { m, u, prior: mixture.prior }, mixture.key);
        matches += count * probability;
        total += count;
        agreed.forEach((level, field) => {
          if (level === null || mixture.key.has(field)) return;
          add(nextM, field, level, count * probability);
          if (mixture.random) add(nextU, field, level, count * (1 - probability));
        });
      }
      mixture.prior = clamp(matches / total);
    }
    const [newM, newU] = [nextM.map(normalised), nextU.map(normalised)];
    const moved = Math.max(distance(m, newM), distance(u, newU));
    [m, u] = [newM, newU];
    if (moved < settled) break;
  }
  return { m, u, prior: priorOf(candidates, pairs, { m, u }) };
}

/** The probability that a pair with these levels is one person; fields of `without` say nothing. */
export function probabilityOf(
  agreed: readonly (number | null)[],
  { m, u, prior }: Pick<Weights, 'm' | 'u' | 'prior'>,
  without?: ReadonlySet<number>,
): number {
  let odds = prior / (1 - prior);
  agreed.forEach((level, field) => {
    if (level === null || without?.has(field)) return;
    odds *= (m[field]?.[level] ?? 1) / (u[field]?.[level] ?? 1);
  });
  return odds / (1 + odds);
}

/** The share of pairs that are one person, found by asking what it would be if it were what it is. */
function priorOf(candidates: readonly Pattern[], pairs: number, weights: Pick<Weights, 'm' | 'u'>): number {
  let prior = firstPrior(pairs);
  if (pairs === 0) return prior;
  for (let round = 0; round < mostRounds; round += 1) {
    const matches = candidates.reduce(
      (sum, { levels, count }) => sum + count * probabilityOf(levels, { ...weights, prior }),
      0,
    );
    const next = clamp(matches / pairs);
    if (Math.abs(next - prior) < prior * settled) return next;
    prior = next;
  }
  return prior;
}

/** Few are one person, also where there are few pairs: of one that surely is nothing more could be learned. */
function firstPrior(pairs: number): number {
  return Math.min(0.01, 1 / Math.sqrt(pairs));
}

function firstM(levels: number): number[] {
  const rest = (1 - agreesAtFirst) / (levels - 1);
  return Array.from({ length: levels }, (_, level) => (level === 0 ? agreesAtFirst : rest));
}

function shares(levels: readonly number[], patterns: readonly Pattern[], belief: number): number[][] {
  const counts = levels.map((count) => Array<number>(count).fill(belief));
  for (const { levels: agreed, count } of patterns) {
    agreed.forEach((level, field) => {
      if (level !== null) add(counts, field, level, count);
    });
  }
  return counts.map(normalised);
}

function add(counts: number[][], field: number, level: number, count: number): void {
  const of = counts[field] as number[];
  of[level] = (of[level] ?? 0) + count;
}

function normalised(counts: readonly number[]): number[] {
  const total = counts.reduce((sum, count) => sum + count, 0);
  return counts.map((count) => count / total);
}

function distance(one: readonly number[][], other: readonly number[][]): number {
  return Math.max(
    ...one.flatMap((shares, field) =>
      shares.map((share, level) => Math.abs(share - (other[field]?.[level] ?? 0))),
    ),
  );
}

/** Nothing is certain before it is seen. */
function clamp(share: number): number {
  return Math.min(Math.max(share, 1e-12), 1 - 1e-6);
}
