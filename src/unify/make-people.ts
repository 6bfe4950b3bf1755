import type { Engine } from '../engine/engine.ts';
import { sql, type Sql } from '../engine/sql.ts';
import { tableRef } from '../engine/table.ts';
import { compareRecords } from './compare-records.ts';
import { assignCustomerIds } from './customer-ids.ts';
import { findPairs } from './hand-made-pairs.ts';
import { leaveOutUnmatched } from './leave-out.ts';
import { createLinks, linkRecords } from './link-records.ts';
import { mapRecords } from './map-records.ts';
import { mergeProfiles, profileTable } from './merge-profiles.ts';
import type { PlannedRule } from './plan-rules.ts';
import { linkByScore } from './probabilistic/link-by-score.ts';
import type { PlannedScore } from './probabilistic/score-plan.ts';
import type { UnifyLists } from './read-lists.ts';
import { freshPairs, handMade, settleLinks, type Settled } from './settle-links.ts';
import type { UnifyCounts, UnifyResult } from './unify.ts';
import type { UnifyPlan } from './unify-plan.ts';
import { countRows, nextTable, prepareTables, scratch } from './unify-tables.ts';
import { warningsOf } from './unify-warnings.ts';

/**
 * Groups the records of the loaded sources and merges their values, in scratch tables and the successor of
 * `profile.profile`: everything but putting them in place. Whoever calls it clears the work.
 * @param now as SQL, the time of this refresh
 */
export async function makePeople(
  engine: Engine,
  plan: UnifyPlan,
  lists: UnifyLists,
  { now, newId }: { now: Sql; newId?: Sql | undefined },
): Promise<UnifyResult> {
  const found: Pick<UnifyResult, 'rules' | 'scores' | 'largeBlocks' | 'largeGroups'> = {
    rules: [],
    scores: [],
    largeBlocks: [],
    largeGroups: [],
  };
  await prepareTables(engine);
  const records = await mapRecords(engine, plan);
  const bypassed = await compareRecords(engine, plan, lists);
  const warnings = [...plan.warnings, ...(await findPairs(engine, lists.pairs))];

  await engine.commit([createLinks(engine.dialect), freshPairs(engine.dialect)]);
  await settleLinks(engine, plan, handMade);
  await joinBy('deduplicate');
  const unique = await countByPosition(engine, sql`count(DISTINCT l.label)`);
  await joinBy('match');
  const matched = await countMatched(engine);
  const leftOut = await leaveOutUnmatched(engine, plan);

  await assignCustomerIds(engine, newId ?? sql`CAST(uuid() AS VARCHAR)`);
  await mergeProfiles(engine, plan, now);
  const profiles = await countRows(engine, tableRef(nextTable(profileTable)));
  return {
    ...countsOf(plan, { records, unique, matched, leftOut }),
    profiles,
    ...found,
    bypassed,
    warnings: [...warnings, ...warningsOf(plan, found)],
  };

  async function joinBy(kind: PlannedRule['kind']): Promise<void> {
    for (const [index, rule] of plan.rules.entries()) {
      if (rule.kind !== kind) continue;
      const { pairs, stars, largeBlocks } = await linkRecords(engine, plan, rule);
      const settled = await settleLinks(engine, plan, { index, name: rule.name, stars, guarded: true });
      note(rule, pairs, settled);
      found.largeBlocks.push(...largeBlocks);
    }
    for (const [place, score] of plan.scores.entries()) {
      if (score.kind === kind) await joinByScore(score, plan.rules.length + place);
    }
  }

  async function joinByScore(score: PlannedScore, index: number): Promise<void> {
    const { pairs, report } = await linkByScore(engine, plan, score);
    const rule = { index, name: score.name, stars: 'none', guarded: true } as const;
    note(score, pairs, await settleLinks(engine, plan, rule));
    found.scores.push(report);
  }

  function note(rule: PlannedRule | PlannedScore, pairs: number, { joined, largeGroups }: Settled): void {
    const source = rule.kind === 'deduplicate' ? plan.sources[rule.position]?.source : undefined;
    const { name, kind } = rule;
    found.rules.push({ rule: name, kind, ...(source === undefined ? {} : { source }), pairs, joined });
    found.largeGroups.push(...largeGroups);
  }
}

type ByPosition = ReadonlyMap<number, number>;

function countsOf(
  plan: UnifyPlan,
  by: { records: ByPosition; unique: ByPosition; matched: ByPosition; leftOut: ByPosition },
): UnifyCounts & Pick<UnifyResult, 'perSource'> {
  const perSource = plan.sources.map(({ source }, position) => {
    const records = by.records.get(position) ?? 0;
    return {
      source,
      records,
      duplicates: records - (by.unique.get(position) ?? 0),
      matched: by.matched.get(position) ?? 0,
      leftOut: by.leftOut.get(position) ?? 0,
    };
  });
  const total = (of: (counts: UnifyCounts) => number): number =>
    perSource.reduce((sum, counts) => sum + of(counts), 0);
  return {
    records: total((counts) => counts.records),
    duplicates: total((counts) => counts.duplicates),
    matched: total((counts) => counts.matched),
    perSource,
  };
}

async function countByPosition(
  engine: Engine,
  what: Sql,
  where: Sql = sql`true`,
): Promise<Map<number, number>> {
  const rows = await engine.rows<{ position: number; n: number }>(sql`
    SELECT r._position AS position, ${what} AS n
    FROM ${scratch('record')} r JOIN ${scratch('label')} l ON l.n = r._n
    WHERE ${where} GROUP BY r._position`);
  return new Map(rows.map(({ position, n }) => [position, n]));
}

function countMatched(engine: Engine): Promise<Map<number, number>> {
  return countByPosition(
    engine,
    sql`count(*)`,
    sql`l.label IN (
      SELECT l.label FROM ${scratch('record')} r JOIN ${scratch('label')} l ON l.n = r._n
      GROUP BY l.label HAVING min(r._position) < max(r._position)
    )`,
  );
}
