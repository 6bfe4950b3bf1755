import type { Dialect } from '../engine/dialect.ts';
import type { Column, Engine } from '../engine/engine.ts';
import { nothing, sql, type Sql } from '../engine/sql.ts';
import { typeRef } from '../engine/table.ts';
import { spreadLabels } from './connected-components.ts';
import { mostTold, type Stars } from './link-records.ts';
import { linksBeside, spelledOut, type Link } from './part-pairs.ts';
import type { UnifyPlan } from './unify-plan.ts';
import { countRows, replaceScratch, scratch, scratchTable } from './unify-tables.ts';

/** A group that a rule would have made and that is larger than is allowed without a word. */
export interface LargeGroup {
  /** For `allowGroups`: stays the same as long as the group's most important record does. */
  id: string;
  rule: string;
  records: number;
  /** A few of its records, as `source:key`. */
  examples: string[];
}

export interface Settled {
  /** How many groups became part of another one. */
  joined: number;
  largeGroups: LargeGroup[];
  /** How many groups were kept apart because of a pair that is never one person. */
  parted: number;
}

/** What `settleLinks` must know of the rule whose links are in `fresh`. */
export interface FreshRule {
  /** Its place among the rules; -1 for pairs made by hand. */
  index: number;
  name: string;
  stars: Stars;
  /** Pairs made by hand may be as many as they like. */
  guarded: boolean;
}

/** The pairs of `unify.pairs.always`, which come before all rules. */
export const handMade: FreshRule = { index: -1, name: 'always one person', stars: 'none', guarded: false };

const examples = 3;

/**
 * Takes the links of one rule (`fresh`) into the groups of all rules before it (`label`) and remembers them
 * (`link`). Two sorts of groups are put right before:
 * - one of more than `maxGroup` records that is not allowed is not made: the rule's links in it are dropped,
 *   and it stays what earlier rules have made of it;
 * - one that holds a pair that is never one person loses its weakest links, see `linksBeside`.
 */
export async function settleLinks(engine: Engine, plan: UnifyPlan, rule: FreshRule): Promise<Settled> {
  const before = await countGroups(engine);
  await engine.commit([replaceScratch('before', sql`SELECT n, label FROM ${scratch('label')}`)]);
  await spreadLabels(engine);

  const largeGroups = rule.guarded ? await findLarge(engine, plan, rule) : [];
  const drop = largeGroups.length > 0;
  const parted = await markParted(engine);
  if (drop || parted > 0) {
    const kept = parted > 0 ? await keptInParted(engine, rule) : [];
    await engine.commit([
      sql`DELETE FROM ${scratch('fresh')} WHERE n IN (
        SELECT l.n FROM ${scratch('label')} l WHERE l.label IN (
          ${drop ? sql`SELECT label FROM ${scratch('large')} UNION ALL` : nothing} SELECT label FROM ${scratch('parted')}
        )
      )`,
      {
        into: scratchTable('fresh'),
        columns: linkColumns,
        rows: kept.map(({ n, head, similarity }) => [n, head, similarity]),
      },
      replaceScratch('label', sql`SELECT n, label FROM ${scratch('before')}`),
    ]);
    await spreadLabels(engine);
  }
  await engine.commit([
    sql`INSERT INTO ${scratch('link')} SELECT n, head, similarity, ${rule.index} FROM ${scratch('fresh')}`,
  ]);
  return { joined: before - (await countGroups(engine)), largeGroups, parted };
}

const linkColumns: Column[] = [
  { name: 'n', type: 'integer' },
  { name: 'head', type: 'integer' },
  { name: 'similarity', type: 'number' },
];

/** How many groups there are by now: a group's label is the number of one of its records. */
export function countGroups(engine: Engine): Promise<number> {
  return countRows(engine, sql`${scratch('label')} WHERE n = label`);
}

/** Groups that the rule made too large, in the scratch table `large`, and the largest of them told. */
async function findLarge(engine: Engine, plan: UnifyPlan, { name: rule }: FreshRule): Promise<LargeGroup[]> {
  const { dialect } = engine;
  const text = typeRef(dialect, 'text');
  await engine.commit([
    replaceScratch(
      'large',
      sql`
      SELECT g.label, g.records, substr(${dialect.digest(sql`CAST(s.source || ':' || r._key AS ${text})`, 'sha256')}, 1, 12) AS id
      FROM (
        SELECT l.label, count(*) AS records FROM ${scratch('label')} l JOIN ${scratch('before')} b ON b.n = l.n
        GROUP BY l.label HAVING count(*) > ${plan.maxGroup} AND min(b.label) < max(b.label)
      ) g
      JOIN ${scratch('record')} r ON r._n = g.label JOIN ${scratch('source')} s ON s.position = r._position`,
    ),
    sql`DELETE FROM ${scratch('large')} WHERE list_contains(${plan.allowGroups}, id)`,
  ]);
  const rows = await engine.rows<{ id: string; records: number; label: number }>(
    sql`SELECT id, records, label FROM ${scratch('large')} ORDER BY records DESC, label LIMIT ${mostTold}`,
  );
  const large: LargeGroup[] = [];
  for (const { id, records, label } of rows) {
    const members = await engine.rows<{ ref: string }>(sql`
      SELECT s.source || ':' || r._key AS ref FROM ${scratch('label')} l
      JOIN ${scratch('record')} r ON r._n = l.n JOIN ${scratch('source')} s ON s.position = r._position
      WHERE l.label = ${label} ORDER BY l.n LIMIT ${examples}`);
    large.push({ id, rule, records, examples: members.map(({ ref }) => ref) });
  }
  return large;
}

/** The scratch table `parted` of groups that hold a pair that is never one person, and how many there are. */
async function markParted(engine: Engine): Promise<number> {
  await engine.commit([
    replaceScratch(
      'parted',
      sql`SELECT DISTINCT a.label FROM ${scratch('pair')} p
        JOIN ${scratch('label')} a ON a.n = p.n JOIN ${scratch('label')} b ON b.n = p.head
        WHERE p.kind = 'never' AND a.label = b.label`,
    ),
  ]);
  return countRows(engine, scratch('parted'));
}

async function keptInParted(engine: Engine, rule: FreshRule): Promise<Link[]> {
  const tooLarge = rule.guarded ? sql`AND l.label NOT IN (SELECT label FROM ${scratch('large')})` : nothing;
  const members = await engine.rows<{ n: number; position: number; label: number }>(sql`
    SELECT l.n, r._position AS position, b.label FROM ${scratch('label')} l
    JOIN ${scratch('before')} b ON b.n = l.n JOIN ${scratch('record')} r ON r._n = l.n
    WHERE l.label IN (SELECT label FROM ${scratch('parted')}) ${tooLarge}`);
  const links = await engine.rows<Link>(sql`
    SELECT f.n, f.head, f.similarity FROM ${scratch('fresh')} f JOIN ${scratch('label')} l ON l.n = f.n
    WHERE l.label IN (SELECT label FROM ${scratch('parted')}) ${tooLarge}`);
  const never = await engine.rows<{ n: number; head: number }>(sql`
    SELECT p.n, p.head FROM ${scratch('pair')} p JOIN ${scratch('label')} a ON a.n = p.n
    JOIN ${scratch('label')} b ON b.n = p.head
    WHERE p.kind = 'never' AND a.label = b.label`);
  const position = new Map(members.map((member) => [member.n, member.position]));
  const apart = (one: number, other: number): boolean =>
    rule.stars === 'all' || position.get(one) !== position.get(other);
  return linksBeside(
    rule.stars === 'none' ? links : spelledOut(links, apart),
    new Map(members.map(({ n, label }) => [n, label])),
    never.map(({ n, head }) => [n, head] as const),
  );
}

/** Links of pairs that are always one person, as `fresh`. */
export function freshPairs(dialect: Dialect): Sql {
  const number = typeRef(dialect, 'number');
  return replaceScratch(
    'fresh',
    sql`SELECT n, head, CAST(NULL AS ${number}) AS similarity FROM ${scratch('pair')} WHERE kind = 'always'`,
  );
}
