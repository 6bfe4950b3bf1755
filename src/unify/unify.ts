import type { SourceId } from '../base/ids.ts';
import type { Engine } from '../engine/engine.ts';
import { sql, type Sql } from '../engine/sql.ts';
import { tableRef } from '../engine/table.ts';
import type { SourceLoad } from '../sources/loaded-source.ts';
import { spreadLabels } from './connected-components.ts';
import { assignCustomerIds } from './customer-ids.ts';
import { createLinks, linkRecords } from './link-records.ts';
import { mapRecords } from './map-records.ts';
import { mergeProfiles, profileTable } from './merge-profiles.ts';
import { publishPeople } from './publish-people.ts';
import type { UnifyConfig } from './unify-config.ts';
import { planUnify, type PlannedRule, type UnifyPlan, type UnifyWarning } from './unify-plan.ts';
import { clearWork, nextTable, prepareTables, scratch } from './unify-tables.ts';

export interface UnifyCounts {
  /** Rows of the sources. */
  records: number;
  /** Rows that are the same person as an earlier row of their source, by its deduplication rules. */
  duplicates: number;
  /** Records whose person is in another source too. */
  matched: number;
}

export interface UnifyResult extends UnifyCounts {
  profiles: number;
  perSource: ({ source: SourceId } & UnifyCounts)[];
  warnings: UnifyWarning[];
}

export interface UnifyOptions {
  now: Date;
  /** SQL that makes the id of a new person; evaluated once for each. */
  newId?: Sql;
}

/**
 * Map → deduplicate → match → merge: from the loaded sources to one profile per person, in tables from end to
 * end. Writes `unify.*` and `profile.*` in one commit; when it fails or dies, the people of the last time
 * stay. The same records in any order give the same people, and given the same memory the same ids.
 *
 * Errors: those of `planUnify`, before anything is written.
 */
export async function unify(
  engine: Engine,
  config: UnifyConfig,
  loads: readonly SourceLoad[],
  options: UnifyOptions,
): Promise<UnifyResult> {
  const plan = planUnify(config, loads);
  const now = engine.dialect.tryCast(sql`${options.now.toISOString()}`, 'time');
  try {
    await prepareTables(engine);
    await mapRecords(engine, plan);

    await engine.commit([createLinks(engine.dialect)]);
    await joinBy('deduplicate');
    const unique = await countByPosition(engine, sql`count(DISTINCT l.label)`);
    await joinBy('match');
    const matched = await countMatched(engine);

    await assignCustomerIds(engine, options.newId ?? sql`CAST(uuid() AS VARCHAR)`);
    await mergeProfiles(engine, plan, now);
    const profiles = await countProfiles(engine);
    await publishPeople(engine, plan, now);
    return { ...countsOf(plan, unique, matched), profiles, warnings: plan.warnings };
  } finally {
    // What cannot be cleared now is cleared at the next start; the error that led here matters more.
    await engine.commit(clearWork).catch(() => undefined);
  }

  async function joinBy(kind: PlannedRule['kind']): Promise<void> {
    for (const [index, rule] of plan.rules.entries()) {
      if (rule.kind === kind) await linkRecords(engine, rule, index);
    }
    await spreadLabels(engine);
  }
}

function countsOf(
  plan: UnifyPlan,
  unique: ReadonlyMap<number, number>,
  matched: ReadonlyMap<number, number>,
): UnifyCounts & Pick<UnifyResult, 'perSource'> {
  const perSource = plan.sources.map(({ source, rows }, position) => ({
    source,
    records: rows,
    duplicates: rows - (unique.get(position) ?? 0),
    matched: matched.get(position) ?? 0,
  }));
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

async function countProfiles(engine: Engine): Promise<number> {
  const [row] = await engine.rows<{ n: number }>(
    sql`SELECT count(*) AS n FROM ${tableRef(nextTable(profileTable))}`,
  );
  return row?.n ?? 0;
}
