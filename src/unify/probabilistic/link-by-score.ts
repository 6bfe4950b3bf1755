import type { Engine } from '../../engine/engine.ts';
import { join, name, sql, type Sql } from '../../engine/sql.ts';
import type { UnifyPlan } from '../unify-plan.ts';
import { countRows, replaceScratch, scratch } from '../unify-tables.ts';
import { compareAgreements, countPatterns, levelColumn } from './agreements.ts';
import { choosePasses, drawRandomPairs, findCandidates, type Passes } from './candidate-pairs.ts';
import { levelsOf } from './comparison.ts';
import { estimateWeights, type Pattern, type Weights } from './estimate-weights.ts';
import { keepPartners } from './keep-partners.ts';
import type { PlannedScore } from './score-plan.ts';
import { scoreRecords } from './score-records.ts';
import { bitsOfOdds, reportScore, type ScoreReport } from './score-report.ts';

/** How many pairs are drawn to see how often strangers agree. */
const randomPairs = 500_000;

export interface Scored {
  passes: Passes;
  /** How the pairs that were compared agree. */
  candidates: Pattern[];
  weights: Weights;
  /** How many pairs there are, compared or not. */
  pairs: number;
}

/**
 * Compares the records of a score, estimates its weights and fills the scratch table `score_result (n, head, bits)`
 * with every candidate; `bits` is the logarithm to base 2 of the odds that the two are one person.
 */
export async function scorePairs(engine: Engine, plan: UnifyPlan, score: PlannedScore): Promise<Scored> {
  const size = await scoreRecords(engine, plan, score);
  const passes = await choosePasses(engine, score, size, plan.maxBlock);
  await findCandidates(engine, score, passes, plan.maxBlock);
  await compareAgreements(engine, score, 'score_candidate', 'score_pair');
  const candidates = await countPatterns(engine, score, 'score_pair');
  const random = passes.all ? candidates : await randomPatterns(engine, score, size.records);
  const levels = score.fields.map(
    ({ kind, counterpart }, place) => levelsOf(engine.dialect, { kind, place, counterpart }).length + 1,
  );
  const weights = estimateWeights({ levels, random, candidates, passes: passes.passes, pairs: size.pairs });
  await engine.commit([
    replaceScratch(
      'score_result',
      sql`SELECT n, head, ${bitsOf(score, weights)} AS bits FROM ${scratch('score_pair')}`,
    ),
  ]);
  return { passes, candidates, weights, pairs: size.pairs };
}

async function randomPatterns(engine: Engine, score: PlannedScore, records: number): Promise<Pattern[]> {
  await drawRandomPairs(engine, score, records, randomPairs);
  await compareAgreements(engine, score, 'score_random', 'score_stranger');
  return countPatterns(engine, score, 'score_stranger');
}

function bitsOf(score: PlannedScore, { m, u, prior }: Weights): Sql {
  const fields = score.fields.map((_, place) => {
    const cases = (m[place] ?? []).map(
      (share, level) => sql`WHEN ${level} THEN ${Math.log2(share / (u[place]?.[level] ?? 1))}`,
    );
    return sql`CASE ${name(levelColumn(place))} ${join(cases, ' ')} ELSE 0 END`;
  });
  return sql`${bitsOfOdds(prior)} + rarity + ${join(fields, ' + ')}`;
}

/**
 * Makes the scratch table `fresh (n, head, similarity)` of the pairs above the threshold; `similarity` is the
 * probability that the two are one person.
 * @returns how many these are, and what the score is made of
 */
export async function linkByScore(
  engine: Engine,
  plan: UnifyPlan,
  score: PlannedScore,
): Promise<{ pairs: number; report: ScoreReport }> {
  const scored = await scorePairs(engine, plan, score);
  await engine.commit([
    replaceScratch(
      'score_link',
      sql`SELECT n, head, bits FROM ${scratch('score_result')}
        WHERE bits >= ${bitsOfOdds(score.threshold)}`,
    ),
  ]);
  if (score.oneToOne) await keepPartners(engine);
  await engine.commit([
    replaceScratch(
      'fresh',
      sql`SELECT n, head, 1 / (1 + power(2, -bits)) AS similarity FROM ${scratch('score_link')}`,
    ),
  ]);
  const pairs = await countRows(engine, scratch('fresh'));
  return { pairs, report: await reportScore(engine, plan, score, scored) };
}
