import type { SourceId } from '../base/ids.ts';
import type { Engine } from '../engine/engine.ts';
import { sql, type Sql } from '../engine/sql.ts';
import type { SourceLoad } from '../sources/loaded-source.ts';
import type { Bypassed } from './compare-records.ts';
import type { LargeBlock } from './link-records.ts';
import { makePeople } from './make-people.ts';
import type { PlannedRule } from './plan-rules.ts';
import type { ScoreReport } from './probabilistic/score-report.ts';
import { publishPeople, type CompleteProfiles } from './publish-people.ts';
import { readLists } from './read-lists.ts';
import type { LargeGroup } from './settle-links.ts';
import type { UnifyConfig } from './unify-config.ts';
import { planUnify, type UnifyWarning } from './unify-plan.ts';
import { clearPreview, clearWork } from './unify-tables.ts';

export interface UnifyCounts {
  /** Rows of the sources that are read: all, or those that fit `where`. */
  records: number;
  /** Rows that are the same person as an earlier row of their source, by its deduplication rules. */
  duplicates: number;
  /** Records whose person is in another source too. */
  matched: number;
}

export interface SourceCounts extends UnifyCounts {
  source: SourceId;
  /** Records of people in no other source, which a source that is `matchedOnly` does without. */
  leftOut: number;
}

/** What one rule did, rules in their order. */
export interface RuleCounts {
  rule: string;
  kind: PlannedRule['kind'];
  /** Of a deduplication rule. */
  source?: SourceId;
  /** Pairs of records that agree under it. */
  pairs: number;
  /** How many people became part of another one by it whom no rule before it had joined. */
  joined: number;
}

export interface UnifyResult extends UnifyCounts {
  profiles: number;
  perSource: SourceCounts[];
  rules: RuleCounts[];
  /** Of every score: its weights, and how many pairs have which score. */
  scores: ScoreReport[];
  /** Blocks whose records were not compared with each other, the largest of each rule. */
  largeBlocks: LargeBlock[];
  /** Groups that were not made, the largest of each rule. */
  largeGroups: LargeGroup[];
  bypassed: Bypassed[];
  warnings: UnifyWarning[];
}

export interface UnifyOptions {
  now: Date;
  /** SQL that makes the id of a new person; evaluated once for each. */
  newId?: Sql;
  /** What paths of lists are relative to; absent: the working folder. */
  folder?: string;
  complete?: CompleteProfiles;
}

/**
 * Map → deduplicate → match → merge: from the loaded sources to one profile per person, in tables from end to
 * end. Writes `unify.*` and `profile.*` in one commit; when it fails or dies, the people of the last time
 * stay. The same records in any order give the same people, and given the same memory the same ids.
 *
 * Errors: those of `planUnify`, `readLists` and `complete`, before anything is in place.
 */
export async function unify(
  engine: Engine,
  config: UnifyConfig,
  loads: readonly SourceLoad[],
  options: UnifyOptions,
): Promise<UnifyResult> {
  const plan = planUnify(config, loads);
  const lists = await readLists(config, plan, options.folder ?? process.cwd());
  const now = engine.dialect.tryCast(sql`${options.now.toISOString()}`, 'time');
  try {
    await engine.commit(clearPreview);
    const result = await makePeople(engine, plan, lists, { now, newId: options.newId });
    await publishPeople(engine, plan, now, options.complete);
    return result;
  } finally {
    // What cannot be cleared now is cleared at the next start; the error that led here matters more.
    await engine.commit(clearWork).catch(() => undefined);
  }
}
