import type { Engine } from '../engine/engine.ts';
import { join, name, sql, type Sql } from '../engine/sql.ts';
import { tableRef } from '../engine/table.ts';
import { previewTable, type PreviewSide } from './preview-snapshot.ts';

/** Two records side by side, and the rule that joins them. */
export interface PairSample {
  rule: string;
  /** How alike, or how probable; null where the rule asks for equal values. */
  similarity: number | null;
  one: SampleRecord;
  other: SampleRecord;
}

export interface SampleRecord {
  source: string;
  key: string;
  /** By attribute; those without a value are left out. */
  values: Record<string, string>;
}

export interface PeopleChange {
  /** People who would be made of several who are apart now, and of how many. */
  merges: { people: number; of: number; samples: PairSample[] };
  /** People who would be several, and how many. */
  splits: { people: number; into: number; samples: PairSample[] };
  /** Records that are read on one side only. */
  records: { added: number; removed: number };
  /** The most records that one person would have. */
  largest: number;
}

/**
 * Compares the people of both sides by their records. Who has none on the other side is neither merged nor split.
 * @param attributes of the new side
 * @param before of the side that is; absent: there is none
 */
export async function changedPeople(
  engine: Engine,
  {
    attributes,
    before,
    samples,
  }: { attributes: readonly string[]; before: readonly string[] | undefined; samples: number },
): Promise<PeopleChange> {
  const largest = sql`SELECT max(n) AS n FROM (SELECT count(*) AS n FROM ${table('next', 'record')} GROUP BY customer_id)`;
  const added =
    before === undefined
      ? sql`SELECT count(*) AS n FROM ${table('next', 'record')}`
      : missing('next', 'current');
  const change: PeopleChange = {
    merges: { people: 0, of: 0, samples: [] },
    splits: { people: 0, into: 0, samples: [] },
    records: { added: await number(engine, added), removed: 0 },
    largest: await number(engine, largest),
  };
  if (before === undefined) return change;
  const merged = await severalOf(engine, 'next', 'current');
  const split = await severalOf(engine, 'current', 'next');
  return {
    ...change,
    merges: {
      people: merged.people,
      of: merged.parts,
      samples: await samplesOf(engine, 'next', 'current', attributes, samples),
    },
    splits: {
      people: split.people,
      into: split.parts,
      samples: await samplesOf(engine, 'current', 'next', before, samples),
    },
    records: { ...change.records, removed: await number(engine, missing('current', 'next')) },
  };
}

function table(side: PreviewSide, of: 'record' | 'link' | 'value'): Sql {
  return tableRef(previewTable(side, of));
}

/** People of one side whose records belong to several on the other. */
async function severalOf(
  engine: Engine,
  side: PreviewSide,
  other: PreviewSide,
): Promise<{ people: number; parts: number }> {
  const [row] = await engine.rows<{ people: number; parts: number }>(sql`
    SELECT count(*) AS people, coalesce(sum(parts), 0) AS parts FROM (
      SELECT count(DISTINCT o.customer_id) AS parts FROM ${table(side, 'record')} r
      JOIN ${table(other, 'record')} o ON o.source = r.source AND o.key = r.key
      GROUP BY r.customer_id HAVING count(DISTINCT o.customer_id) > 1
    )`);
  return row ?? { people: 0, parts: 0 };
}

function missing(side: PreviewSide, other: PreviewSide): Sql {
  return sql`SELECT count(*) AS n FROM ${table(side, 'record')} r
    WHERE NOT EXISTS (SELECT 1 FROM ${table(other, 'record')} o WHERE o.source = r.source AND o.key = r.key)`;
}

/** Links of one side whose two records are two people on the other; of each rule the least alike first, which are the most doubtful. */
async function samplesOf(
  engine: Engine,
  side: PreviewSide,
  other: PreviewSide,
  attributes: readonly string[],
  samples: number,
): Promise<PairSample[]> {
  const columns = (row: 'one' | 'other'): Sql[] =>
    attributes.map((attribute, place) => sql`${name(row, attribute)} AS ${name(`${row} ${place}`)}`);
  const rows = await engine.rows<Record<string, string | number | null>>(sql`
    WITH doubtful AS (
      SELECT l.*, row_number() OVER (
        PARTITION BY l.rule ORDER BY l.similarity NULLS LAST, l.source, l.key, l.with_source, l.with_key
      ) AS place
      FROM ${table(side, 'link')} l
      JOIN ${table(other, 'record')} a ON a.source = l.source AND a.key = l.key
      JOIN ${table(other, 'record')} b ON b.source = l.with_source AND b.key = l.with_key
      WHERE a.customer_id <> b.customer_id
    )
    SELECT l.rule, l.similarity, l.source, l.key, l.with_source, l.with_key, ${join([...columns('one'), ...columns('other')])}
    FROM doubtful l
    JOIN ${table(side, 'value')} one ON one._source = l.with_source AND one._key = l.with_key
    JOIN ${table(side, 'value')} other ON other._source = l.source AND other._key = l.key
    WHERE l.place <= ${samples} ORDER BY l.rule, l.place`);
  const valuesOf = (row: Record<string, string | number | null>, of: 'one' | 'other') =>
    Object.fromEntries(
      attributes.flatMap((attribute, place) => {
        const value = row[`${of} ${place}`];
        return value === null || value === undefined ? [] : [[attribute, String(value)]];
      }),
    );
  return rows.map((row) => ({
    rule: String(row.rule),
    similarity: row.similarity === null || row.similarity === undefined ? null : Number(row.similarity),
    one: { source: String(row.with_source), key: String(row.with_key), values: valuesOf(row, 'one') },
    other: { source: String(row.source), key: String(row.key), values: valuesOf(row, 'other') },
  }));
}

async function number(engine: Engine, query: Sql): Promise<number> {
  const [row] = await engine.rows<{ n: number | null }>(query);
  return row?.n ?? 0;
}
