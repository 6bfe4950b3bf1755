import type { Engine } from '../../engine/engine.ts';
import { join, name, sql, wholeNumber, type Sql } from '../../engine/sql.ts';
import { replaceScratch, scratch } from '../unify-tables.ts';
import { levelsOf, valueColumn } from './comparison.ts';
import type { Pattern } from './estimate-weights.ts';
import type { PlannedScore } from './score-plan.ts';
import { rarityColumn } from './score-records.ts';

/** The column of a table of agreements that holds how a field of two records agrees, as `Pattern.levels` has it. */
export const levelColumn = (place: number): string => `level_${place}`;

/**
 * Compares the pairs of one scratch table and puts into another (n, head, level_…, rarity) at which level each
 * field agrees, NULL where one side is blank; `rarity` is in bits what agreeing in rare values adds.
 */
export async function compareAgreements(
  engine: Engine,
  score: PlannedScore,
  pairs: string,
  into: string,
): Promise<void> {
  const levels = score.fields.map(({ kind, counterpart }, place) => {
    const [one, other] = [name('one', valueColumn(place)), name('other', valueColumn(place))];
    const each = levelsOf(engine.dialect, { kind, place, counterpart });
    // As text: bound ones would be wide, and there are a pair's worth of them in every row.
    const cases = each.map(({ holds }, level) => sql`WHEN ${holds} THEN ${wholeNumber(level)}`);
    return sql`CASE WHEN ${one} IS NULL OR ${other} IS NULL THEN NULL ${join(cases, ' ')} ELSE ${wholeNumber(each.length)} END AS ${name(levelColumn(place))}`;
  });
  const rarities = score.fields.flatMap(({ frequency }, place): Sql[] =>
    frequency
      ? [
          sql`CASE WHEN ${name('one', valueColumn(place))} = ${name('other', valueColumn(place))} THEN ${name('one', rarityColumn(place))} ELSE 0 END`,
        ]
      : [],
  );
  await engine.commit([
    replaceScratch(
      into,
      sql`SELECT p.n, p.head, ${join(levels)}, ${rarities.length === 0 ? sql`0.0` : join(rarities, ' + ')} AS rarity
        FROM ${scratch(pairs)} p
        JOIN ${scratch('score_record')} one ON one.n = p.head JOIN ${scratch('score_record')} other ON other.n = p.n`,
    ),
  ]);
}

/** The pairs of a table of agreements, counted by pattern. */
export async function countPatterns(engine: Engine, score: PlannedScore, table: string): Promise<Pattern[]> {
  const columns = score.fields.map((_, place) => name(levelColumn(place)));
  const rows = await engine.rows<Record<string, number | null> & { count: number }>(
    sql`SELECT ${join(columns)}, count(*) AS count FROM ${scratch(table)} GROUP BY ${join(columns)} ORDER BY ${join(columns)}`,
  );
  return rows.map((row) => ({
    levels: score.fields.map((_, place) => row[levelColumn(place)] ?? null),
    count: row.count,
  }));
}
