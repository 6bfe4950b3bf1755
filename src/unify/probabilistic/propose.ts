import type { Engine } from '../../engine/engine.ts';
import type { SourceLoad } from '../../sources/loaded-source.ts';
import { compareRecords } from '../compare-records.ts';
import { mapRecords } from '../map-records.ts';
import { readLists } from '../read-lists.ts';
import { emailAttributes } from '../email-attributes.ts';
import type { UnifyConfig } from '../unify-config.ts';
import { planUnify } from '../unify-plan.ts';
import { clearWork, prepareTables } from '../unify-tables.ts';
import { scorePairs } from './link-by-score.ts';
import { proposeRules, type RuleProposal } from './propose-rules.ts';
import { scoreOf, type JoiningConfig, type ScoreConfig } from './score-config.ts';
import { defaultComparison } from './default-comparison.ts';
import { reportScore, type ScoreReport } from './score-report.ts';

/** Rules for one place of the configuration, and the score that they were made of. */
export interface Proposal {
  score: ScoreReport;
  rules: RuleProposal[];
}

/**
 * What the data themselves say about which fields tell people apart: weights, and rules made of them, for every
 * source alone and between sources. Nobody has to have said who is who. Reads the loaded sources; the people of the
 * last refresh stay as they are.
 *
 * Errors: those of `planUnify` and `readLists`; `unify_score_fields` where no attribute's name tells what it is.
 */
export async function proposeFromData(
  engine: Engine,
  config: UnifyConfig,
  loads: readonly SourceLoad[],
  folder: string,
): Promise<Proposal[]> {
  const scored = withScores(config);
  const plan = planUnify(scored, loads);
  const lists = await readLists(scored, plan, folder);
  try {
    await prepareTables(engine);
    await mapRecords(engine, plan);
    await compareRecords(engine, plan, lists);
    const proposals: Proposal[] = [];
    for (const score of plan.scores) {
      const { candidates, weights, passes, pairs } = await scorePairs(engine, plan, score);
      const report = await reportScore(engine, plan, score, { candidates, weights, passes, pairs });
      proposals.push({
        score: report,
        rules: proposeRules(score, { candidates, weights, passes: passes.passes, all: passes.all }),
      });
    }
    return proposals;
  } finally {
    // As after a refresh: the error that led here matters more.
    await engine.commit(clearWork).catch(() => undefined);
  }
}

/** A score wherever there is none. A source by whose names no two fields can be compared goes without its own. */
function withScores(config: UnifyConfig): UnifyConfig {
  const score = (joining: JoiningConfig | undefined): ScoreConfig => scoreOf(joining) ?? { mode: 'score' };
  const isEmail = emailAttributes(config);
  const comparable = (attributes: Readonly<Record<string, string>>): number =>
    Object.keys(attributes).filter(
      (name) => defaultComparison({ name, type: 'text', isEmail: isEmail(name) }) !== undefined,
    ).length;
  return {
    ...config,
    sources: config.sources.map((source) => {
      const { deduplicate, ...rest } = source;
      const own = scoreOf(deduplicate) ?? (comparable(source.attributes) >= 2 ? score(undefined) : undefined);
      return own === undefined ? rest : { ...rest, deduplicate: own };
    }),
    ...(config.sources.length > 1 ? { match: score(config.match) } : { match: undefined }),
  };
}
