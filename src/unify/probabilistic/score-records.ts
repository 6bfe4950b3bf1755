import type { Engine } from '../../engine/engine.ts';
import { join, name, nothing, sql, type Sql } from '../../engine/sql.ts';
import { typeRef } from '../../engine/table.ts';
import { formColumn } from '../compare-records.ts';
import type { UnifyPlan } from '../unify-plan.ts';
import { replaceScratch, scratch } from '../unify-tables.ts';
import { partColumn, valueColumn } from './comparison.ts';
import type { PlannedScore } from './score-plan.ts';

/** In bits, how much more than usual it says that two records agree in this value; NULL where it does not matter. */
export const rarityColumn = (place: number): string => `rarity_${place}`;

/**
 * The scratch table `score_record (n, position, value_…, part_…, rarity_…)`: the records that a score compares, each
 * value as text in its form, numbered from 0 without gaps as `place`.
 * @returns how many records, and how many pairs of them may be one person
 */
export async function scoreRecords(
  engine: Engine,
  plan: UnifyPlan,
  score: PlannedScore,
): Promise<{ records: number; pairs: number }> {
  const { dialect } = engine;
  const text = typeRef(dialect, 'text');
  const values = score.fields.map(({ kind, form }, place) => {
    const value = sql`CAST(${name(formColumn(form))} AS ${text})`;
    const { attribute, normaliser } = plan.forms[form] as UnifyPlan['forms'][number];
    // ISO 8601 to YYYYMMDD; digits of a text are so already.
    const isDate = normaliser.as === 'date' || (normaliser.as === 'asIs' && attribute.type === 'date');
    return sql`${kind === 'date' && isDate ? dialect.remove(value, '-') : value} AS ${name(valueColumn(place))}`;
  });
  const parts = score.fields.flatMap(({ kind }, place) =>
    kind === 'email'
      ? [sql`${dialect.remove(name(valueColumn(place)), '@.*$')} AS ${name(partColumn(place))}`]
      : [],
  );
  const rarities = score.fields.flatMap(({ frequency }, place) => {
    const value = name(valueColumn(place));
    return frequency
      ? [
          sql`CASE WHEN ${value} IS NOT NULL THEN log2(
            ${scalar(commonness(place))} * ${scalar(filled(place))} / count(*) OVER (PARTITION BY ${value})
          ) END AS ${name(rarityColumn(place))}`,
        ]
      : [];
  });
  const ofSource = score.kind === 'deduplicate' ? sql`WHERE _position = ${score.position}` : nothing;
  await engine.commit([
    replaceScratch(
      'score_value',
      sql`SELECT _n AS n, row_number() OVER (ORDER BY _n) - 1 AS place, _position AS position, ${join(values)}
        FROM ${scratch('compared')} ${ofSource}`,
    ),
    replaceScratch(
      'score_record',
      sql`SELECT ${join([sql`*`, ...parts, ...rarities])} FROM ${scratch('score_value')}`,
    ),
  ]);
  const [row] = await engine.rows<{ records: number; apart: number }>(sql`
    SELECT coalesce(sum(n), 0) AS records, coalesce(sum(n * n), 0) AS apart
    FROM (SELECT position, count(*) AS n FROM ${scratch('score_record')} GROUP BY position)`);
  const { records, apart } = row ?? { records: 0, apart: 0 };
  const pairs = score.kind === 'match' ? (records * records - apart) / 2 : (records * (records - 1)) / 2;
  return { records, pairs };
}

function scalar(query: Sql): Sql {
  return sql`(${query})`;
}

function filled(place: number): Sql {
  return sql`SELECT count(${name(valueColumn(place))}) FROM ${scratch('score_value')}`;
}

/** How often two filled values are equal by chance. */
function commonness(place: number): Sql {
  const value = name(valueColumn(place));
  return sql`SELECT sum(n * n) / (sum(n) * sum(n)) FROM (
    SELECT count(*) AS n FROM ${scratch('score_value')} WHERE ${value} IS NOT NULL GROUP BY ${value}
  )`;
}
