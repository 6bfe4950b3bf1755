import type { Engine } from '../../engine/engine.ts';
import { join, name, nothing, sql, type Sql } from '../../engine/sql.ts';
import { replaceScratch, scratch } from '../unify-tables.ts';
import { valueColumn } from './comparison.ts';
import type { PlannedScore } from './score-plan.ts';

/** Fewer pairs than this are all compared, and no time is lost with choosing. */
const fewPairs = 1_000_000;
/** One pass may make so many pairs for each record, and all together so many. */
const pairsPerRecord = 10;
const allPairsPerRecord = 30;
/** A table so small that its budget is less may still make so many. */
const leastBudget = 1_000_000;

export interface Passes {
  /** Places of the fields that must be equal, one entry a pass. */
  passes: number[][];
  /** Whether every pair is compared, whatever the passes say. */
  all: boolean;
}

/**
 * Over which fields pairs are found. Those of the configuration; else single fields, then two together, then three, that
 * do not lead to too many pairs, the fewest pairs first. More fields are asked for only where fewer make too many.
 */
export async function choosePasses(
  engine: Engine,
  score: PlannedScore,
  { records, pairs }: { records: number; pairs: number },
  maxBlock: number,
): Promise<Passes> {
  // Who says which pairs are to be compared gets no others; of no pairs none can be drawn at random.
  if (score.blocks !== undefined) return { passes: score.blocks, all: pairs === 0 };
  const all = pairs <= fewPairs;
  const perPass = Math.max(pairsPerRecord * records, leastBudget / 4);
  const inAll = Math.max(allPairsPerRecord * records, leastBudget);
  const found: { pass: number[]; pairs: number }[] = [];
  let open: number[][] = score.fields.map((_, place) => [place]);
  for (let size = 1; size <= 3 && open.length > 0; size += 1) {
    const tooLarge: number[][] = [];
    for (const pass of open) {
      const count = await countPairs(engine, score, pass, maxBlock);
      if (count.pairs > perPass || count.left > 0) tooLarge.push(pass);
      if (count.pairs > 0 && count.pairs <= perPass) found.push({ pass, pairs: count.pairs });
    }
    open = withOneMore(tooLarge, score.fields.length);
  }
  const passes: number[][] = [];
  let sum = 0;
  for (const { pass, pairs: made } of found.toSorted((a, b) => a.pairs - b.pairs)) {
    if (sum + made > inAll) break;
    sum += made;
    passes.push(pass);
  }
  return { passes, all };
}

/** Sets one larger of which every part is among the given ones. */
function withOneMore(sets: readonly number[][], fields: number): number[][] {
  const known = new Set(sets.map((set) => set.join()));
  return sets.flatMap((set) =>
    Array.from({ length: fields }, (_, place) => place)
      .filter((place) => place > (set.at(-1) ?? -1))
      .map((place) => [...set, place])
      .filter((larger) => larger.every((_, out) => known.has(larger.toSpliced(out, 1).join()))),
  );
}

async function countPairs(
  engine: Engine,
  score: PlannedScore,
  pass: readonly number[],
  maxBlock: number,
): Promise<{ pairs: number; left: number }> {
  const blocks = sql`SELECT sum(n) AS records, ${
    score.kind === 'match' ? sql`(sum(n) * sum(n) - sum(n * n)) / 2` : sql`sum(n) * (sum(n) - 1) / 2`
  } AS pairs FROM (
      SELECT ${join(columnsOf(pass))}, position, count(*) AS n FROM ${scratch('score_record')}
      WHERE ${filledIn(pass)} GROUP BY ${join(columnsOf(pass))}, position
    ) GROUP BY ${join(columnsOf(pass))}`;
  const [row] = await engine.rows<{ pairs: number; left: number }>(sql`
    SELECT coalesce(sum(CASE WHEN records <= ${maxBlock} THEN pairs ELSE 0 END), 0) AS pairs,
      coalesce(sum(CASE WHEN records > ${maxBlock} THEN pairs ELSE 0 END), 0) AS "left" FROM (${blocks})`);
  return row ?? { pairs: 0, left: 0 };
}

/** Fills the scratch table `score_candidate (n, head)`, `head` < `n`, each pair once. */
export async function findCandidates(
  engine: Engine,
  score: PlannedScore,
  { passes, all }: Passes,
  maxBlock: number,
): Promise<void> {
  const found = all
    ? sql`SELECT other.n, one.n AS head FROM ${scratch('score_record')} one
        JOIN ${scratch('score_record')} other ON one.n < other.n ${apart(score)}`
    : join(
        passes.map((pass) => pairsOf(score, pass, maxBlock)),
        ' UNION ',
      );
  const none = !all && passes.length === 0;
  await engine.commit([
    replaceScratch(
      'score_candidate',
      none ? sql`SELECT n, n AS head FROM ${scratch('score_record')} WHERE false` : found,
    ),
  ]);
}

function pairsOf(score: PlannedScore, pass: readonly number[], maxBlock: number): Sql {
  const columns = columnsOf(pass);
  const equal = pass.map(
    (place) => sql`${name('one', valueColumn(place))} = ${name('other', valueColumn(place))}`,
  );
  return sql`(
    WITH near AS (
      SELECT r.n, r.position, ${join(pass.map((place) => name('r', valueColumn(place))))} FROM ${scratch('score_record')} r
      JOIN (
        SELECT ${join(columns)} FROM ${scratch('score_record')} WHERE ${filledIn(pass)}
        GROUP BY ${join(columns)} HAVING count(*) BETWEEN 2 AND ${maxBlock}
      ) USING (${join(columns)})
    )
    SELECT other.n, one.n AS head FROM near one JOIN near other
      ON ${join(equal, ' AND ')} AND one.n < other.n ${apart(score)}
  )`;
}

/**
 * Fills the scratch table `score_random (n, head)`: about `wanted` pairs, each record beside those that stand a number
 * of places further. The numbers are spread as evenly as can be (golden section), and the same every time.
 */
export async function drawRandomPairs(
  engine: Engine,
  score: PlannedScore,
  records: number,
  wanted: number,
): Promise<void> {
  const rounds = Math.max(1, Math.min(records - 1, Math.ceil(wanted / Math.max(records, 1))));
  const every = Math.max(1, Math.floor(records / wanted));
  const golden = (Math.sqrt(5) - 1) / 2;
  const steps = new Set(
    Array.from(
      { length: rounds },
      (_, round) => 1 + Math.floor((((round + 1) * golden) % 1) * (records - 1)),
    ),
  );
  const each = [...steps].map(
    (step) => sql`
      SELECT greatest(one.n, other.n) AS n, least(one.n, other.n) AS head FROM ${scratch('score_record')} one
      JOIN ${scratch('score_record')} other ON other.place = (one.place + ${step}) % ${records} ${apart(score)}
      WHERE one.place % ${every} = 0`,
  );
  await engine.commit([
    replaceScratch(
      'score_random',
      sql`SELECT n, head FROM ${scratch('score_record')} JOIN (SELECT n AS head FROM ${scratch('score_record')}) ON false`,
    ),
  ]);
  // A statement a step: one over hundreds of joins would take longer to plan than to run.
  await engine.commit(each.map((pairs) => sql`INSERT INTO ${scratch('score_random')} ${pairs}`));
}

function apart(score: PlannedScore): Sql {
  return score.kind === 'match' ? sql`AND one.position <> other.position` : nothing;
}

function columnsOf(pass: readonly number[]): Sql[] {
  return pass.map((place) => name(valueColumn(place)));
}

function filledIn(pass: readonly number[]): Sql {
  return join(
    columnsOf(pass).map((column) => sql`${column} IS NOT NULL`),
    ' AND ',
  );
}
