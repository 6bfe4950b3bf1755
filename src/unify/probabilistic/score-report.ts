import type { SourceId } from '../../base/ids.ts';
import type { Dialect } from '../../engine/dialect.ts';
import type { Engine } from '../../engine/engine.ts';
import { sql } from '../../engine/sql.ts';
import type { UnifyPlan } from '../unify-plan.ts';
import { scratch } from '../unify-tables.ts';
import { levelsOf } from './comparison.ts';
import type { Scored } from './link-by-score.ts';
import type { PlannedScore } from './score-plan.ts';

/** How often a degree of agreement occurs when both values are filled, and what it says. */
export interface LevelWeight {
  level: string;
  /** Among pairs of one person; among pairs of two. From 0 to 1. */
  m: number;
  u: number;
  /** log2(m / u): what it adds to the score, above 0 for one person, below for two. */
  bits: number;
}

export interface FieldWeights {
  attribute: string;
  /** Whether rare values add, and common ones take away, when they are equal. */
  frequency: boolean;
  levels: LevelWeight[];
}

/** How many compared pairs have a score from `bits` to the next whole number. */
export interface ScoreBar {
  bits: number;
  pairs: number;
}

/** What a score was made of and what came out, for those who decide about its threshold. */
export interface ScoreReport {
  kind: PlannedScore['kind'];
  /** Of a deduplication. */
  source?: SourceId;
  /** Pairs that were compared, and all there are. */
  compared: number;
  possible: number;
  /** By which attributes pairs were found; with `everything` every pair was compared all the same. */
  passes: string[][];
  everything: boolean;
  /** The probability that two records at random are one person. */
  prior: number;
  threshold: number;
  /** The threshold as a score; one of 0 is as likely as not. */
  thresholdBits: number;
  fields: FieldWeights[];
  chart: ScoreBar[];
}

/** Scores further out are counted with these. */
const [lowest, highest] = [-40, 60];

export async function reportScore(
  engine: Engine,
  plan: UnifyPlan,
  score: PlannedScore,
  scored: Scored,
): Promise<ScoreReport> {
  const { weights, passes, pairs, candidates } = scored;
  const source = score.kind === 'deduplicate' ? plan.sources[score.position]?.source : undefined;
  const chart = await engine.rows<ScoreBar>(sql`
    SELECT greatest(${lowest}, least(${highest}, floor(bits))) AS bits, count(*) AS pairs
    FROM ${scratch('score_result')} GROUP BY 1 ORDER BY 1`);
  return {
    kind: score.kind,
    ...(source === undefined ? {} : { source }),
    compared: candidates.reduce((sum, { count }) => sum + count, 0),
    possible: pairs,
    passes: passes.passes.map((pass) => pass.map((place) => score.fields[place]?.attribute ?? '')),
    everything: passes.all,
    prior: weights.prior,
    threshold: score.threshold,
    thresholdBits: bitsOfOdds(score.threshold),
    fields: fieldWeights(engine.dialect, score, scored),
    chart,
  };
}

/** The logarithm to base 2 of the odds that a probability stands for. */
export function bitsOfOdds(probability: number): number {
  return Math.log2(probability / (1 - probability));
}

function fieldWeights(dialect: Dialect, { fields }: PlannedScore, { weights }: Scored): FieldWeights[] {
  return fields.map(({ attribute, frequency, kind, counterpart }, place) => {
    const labels = [
      ...levelsOf(dialect, { kind, place, counterpart }).map(({ label }) => label),
      'different',
    ];
    const levels = labels.map((level, index): LevelWeight => {
      const [m, u] = [weights.m[place]?.[index] ?? 0, weights.u[place]?.[index] ?? 0];
      return { level, m, u, bits: Math.log2(m / u) };
    });
    return { attribute, frequency, levels };
  });
}
