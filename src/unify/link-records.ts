import type { Dialect } from '../engine/dialect.ts';
import type { Engine } from '../engine/engine.ts';
import { join, name, nothing, sql, type Sql } from '../engine/sql.ts';
import { typeRef } from '../engine/table.ts';
import { formColumn } from './compare-records.ts';
import type { Exception, Likeness, PlannedRule } from './plan-rules.ts';
import type { UnifyPlan } from './unify-plan.ts';
import { countRows, createScratch, replaceScratch, scratch } from './unify-tables.ts';

/** Records that share the exact fields of a rule, too many to be compared with each other. */
export interface LargeBlock {
  rule: string;
  records: number;
  /** What they share, by attribute, in the form in which it is compared. */
  shared: Record<string, string>;
}

export interface RuleLinks {
  /** Pairs of records that agree. */
  pairs: number;
  stars: Stars;
  largeBlocks: LargeBlock[];
}

/** A star of links stands for all pairs of its block, of records of different sources, or of all; or links are pairs. */
export type Stars = 'different sources' | 'all' | 'none';

/** Of many large blocks or groups only the largest are told. */
export const mostTold = 100;

/**
 * Makes the scratch table `fresh (n, head, similarity)` of what one rule joins, `head` < `n`.
 *
 * A rule of exact fields alone puts records in blocks and links each with the first of its block: all of a
 * block belong together, so a star says as much as all pairs. A block of a match rule counts when it holds
 * records of at least two sources. A rule with similar fields or exceptions looks at every pair of a block,
 * and not at all at blocks of more than `maxBlock` records.
 */
export async function linkRecords(engine: Engine, plan: UnifyPlan, rule: PlannedRule): Promise<RuleLinks> {
  const pairwise = rule.similar.length > 0 || rule.unless.length > 0;
  await engine.commit([replaceScratch('block', blocks(rule))]);
  if (!pairwise) {
    await engine.commit([
      createFresh(engine.dialect),
      sql`INSERT INTO ${scratch('fresh')} ${starLinks(rule)}`,
    ]);
    const [row] = await engine.rows<{ n: number | null }>(
      sql`SELECT sum(pairs) AS n FROM ${scratch('block')}`,
    );
    const stars = rule.kind === 'match' ? 'different sources' : 'all';
    return { pairs: row?.n ?? 0, stars, largeBlocks: [] };
  }
  await engine.commit([
    createFresh(engine.dialect),
    sql`INSERT INTO ${scratch('fresh')} ${agreeingPairs(engine.dialect, plan, rule)}`,
  ]);
  const pairs = await countRows(engine, scratch('fresh'));
  return { pairs, stars: 'none', largeBlocks: await largeBlocks(engine, plan, rule) };
}

/** The scratch table `link` of all links of all rules, empty; `rule` is the number that the rule bears in `links`. */
export function createLinks(dialect: Dialect): Sql {
  return createScratch(dialect, 'link', [
    { name: 'n', type: 'integer' },
    { name: 'head', type: 'integer' },
    { name: 'similarity', type: 'number' },
    { name: 'rule', type: 'integer' },
  ]);
}

function createFresh(dialect: Dialect): Sql {
  const integer = typeRef(dialect, 'integer');
  const number = typeRef(dialect, 'number');
  return replaceScratch(
    'fresh',
    sql`SELECT CAST(NULL AS ${integer}) AS n, CAST(NULL AS ${integer}) AS head, CAST(NULL AS ${number}) AS similarity WHERE false`,
  );
}

/** The scratch table `block`: what is shared, by how many (`records`), who is first (`head`), how many pairs may agree. */
function blocks(rule: PlannedRule): Sql {
  const shared = columnsOf(rule.exact);
  const filled = join(
    shared.map((column) => sql`${column} IS NOT NULL`),
    ' AND ',
  );
  if (rule.kind === 'deduplicate') {
    return sql`SELECT ${join(shared)}, count(*) AS records, min(_n) AS head, count(*) * (count(*) - 1) / 2 AS pairs
      FROM ${scratch('compared')} WHERE ${filled} AND _position = ${rule.position}
      GROUP BY ${join(shared)} HAVING count(*) > 1`;
  }
  return sql`
    SELECT ${join(shared)}, sum(n) AS records, min(head) AS head, (sum(n) * sum(n) - sum(n * n)) / 2 AS pairs FROM (
      SELECT ${join(shared)}, _position, count(*) AS n, min(_n) AS head
      FROM ${scratch('compared')} WHERE ${filled} GROUP BY ${join(shared)}, _position
    ) GROUP BY ${join(shared)} HAVING count(*) > 1`;
}

function starLinks(rule: PlannedRule): Sql {
  const ofSource = rule.kind === 'deduplicate' ? sql`AND _position = ${rule.position}` : nothing;
  return sql`SELECT _n, head, NULL FROM ${scratch('compared')} JOIN ${scratch('block')} USING (${join(columnsOf(rule.exact))})
    WHERE _n <> head ${ofSource}`;
}

function agreeingPairs(dialect: Dialect, plan: UnifyPlan, rule: PlannedRule): Sql {
  const shared = columnsOf(rule.exact);
  const ofSource = rule.kind === 'deduplicate' ? sql`WHERE _position = ${rule.position}` : nothing;
  const equal = rule.exact.map((place) => sql`${left(place)} = ${right(place)}`);
  const alike = rule.similar.map((likeness) => sql`${similarity(dialect, likeness)} >= ${likeness.level}`);
  const exceptions = rule.unless.map((exception) => sql`NOT coalesce(${holds(dialect, exception)}, false)`);
  const apart = rule.kind === 'match' ? [sql`one._position <> other._position`] : [];
  const least =
    rule.similar.length === 0
      ? sql`NULL`
      : sql`least(${join(rule.similar.map((likeness) => similarity(dialect, likeness)))})`;
  return sql`
    WITH near AS (
      SELECT c.* FROM ${scratch('compared')} c
      JOIN (SELECT ${join(shared)} FROM ${scratch('block')} WHERE records <= ${plan.maxBlock}) b USING (${join(shared)})
      ${ofSource}
    )
    SELECT other._n, one._n, ${least}
    FROM near one JOIN near other ON ${join([...equal, sql`one._n < other._n`, ...apart], ' AND ')}
    WHERE ${join([...alike, ...exceptions], ' AND ')}`;
}

/** Equal values are wholly alike, however the method rounds. NULL where one is blank. */
function similarity(dialect: Dialect, { form, by }: Likeness): Sql {
  return sql`CASE WHEN ${left(form)} = ${right(form)} THEN 1 ELSE ${dialect.similarity(by, left(form), right(form))} END`;
}

/** Whether an exception holds; NULL where one side is blank. */
function holds(dialect: Dialect, exception: Exception): Sql {
  switch (exception.kind) {
    case 'exact':
      return sql`${left(exception.form)} = ${right(exception.form)}`;
    case 'different':
      return sql`${left(exception.form)} <> ${right(exception.form)}`;
    case 'similar':
      return sql`${similarity(dialect, exception.likeness)} >= ${exception.likeness.level}`;
    case 'lessSimilar':
      return sql`${similarity(dialect, exception.likeness)} < ${exception.likeness.level}`;
    default:
      throw new Error(`no such exception: ${String(exception satisfies never)}`);
  }
}

async function largeBlocks(engine: Engine, plan: UnifyPlan, rule: PlannedRule): Promise<LargeBlock[]> {
  const text = typeRef(engine.dialect, 'text');
  const shared = rule.exact.map((place) => {
    const column = name(formColumn(place));
    return sql`CAST(${column} AS ${text}) AS ${column}`;
  });
  const rows = await engine.rows<Record<string, string> & { records: number }>(sql`
    SELECT records, ${join(shared)} FROM ${scratch('block')} WHERE records > ${plan.maxBlock}
    ORDER BY records DESC, ${join(columnsOf(rule.exact))} LIMIT ${mostTold}`);
  return rows.map((row) => ({
    rule: rule.name,
    records: row.records,
    shared: Object.fromEntries(
      rule.exact.map((place) => [plan.forms[place]?.attribute.name ?? '', row[formColumn(place)] ?? '']),
    ),
  }));
}

function columnsOf(places: readonly number[]): Sql[] {
  return places.map((place) => name(formColumn(place)));
}

function left(place: number): Sql {
  return name('one', formColumn(place));
}

function right(place: number): Sql {
  return name('other', formColumn(place));
}
