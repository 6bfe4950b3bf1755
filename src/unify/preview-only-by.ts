import type { Engine } from '../engine/engine.ts';
import { sql } from '../engine/sql.ts';
import { spreadLabels } from './connected-components.ts';
import { countGroups } from './settle-links.ts';
import type { RuleCounts } from './unify.ts';
import type { UnifyPlan } from './unify-plan.ts';
import { replaceScratch, scratch } from './unify-tables.ts';

/** A rule and what would be missing without it. */
export interface OnlyBy extends RuleCounts {
  /** How many more people there would be if this rule were left out and all others stayed. */
  onlyByThis: number;
}

/**
 * Leaves out one rule after the other, and spreads the links of the others anew. Groups that a refresh has refused stay
 * refused. The group of everybody is in the scratch table `label` afterwards as it was before.
 * @param counts of the rules that have just been carried out, in that order; their links are in the scratch table `link`
 */
export async function joinedOnlyBy(
  engine: Engine,
  counts: readonly RuleCounts[],
  plan: UnifyPlan,
): Promise<OnlyBy[]> {
  await engine.commit([replaceScratch('all_labels', sql`SELECT n, label FROM ${scratch('label')}`)]);
  const all = await countGroups(engine);
  const onlyBy: OnlyBy[] = [];
  for (const [place, index] of carriedOut(plan).entries()) {
    const count = counts[place];
    if (count === undefined) continue;
    await engine.commit([
      replaceScratch('label', sql`SELECT n, n AS label FROM ${scratch('all_labels')}`),
      replaceScratch('fresh', sql`SELECT n, head, similarity FROM ${scratch('link')} WHERE rule <> ${index}`),
    ]);
    await spreadLabels(engine);
    onlyBy.push({ ...count, onlyByThis: (await countGroups(engine)) - all });
  }
  await engine.commit([replaceScratch('label', sql`SELECT n, label FROM ${scratch('all_labels')}`)]);
  return onlyBy;
}

/** The numbers that links bear, in the order in which rules are carried out: deduplication first, scores behind rules. */
function carriedOut({ rules, scores }: UnifyPlan): number[] {
  const all = [...rules, ...scores].map(({ kind }, index) => ({ kind, index }));
  return [
    ...all.filter(({ kind }) => kind === 'deduplicate'),
    ...all.filter(({ kind }) => kind === 'match'),
  ].map(({ index }) => index);
}
