import type { SourceId } from '../base/ids.ts';
import { inputError } from '../base/errors.ts';
import { suggestName } from '../base/nearest.ts';
import type { Cell, Engine } from '../engine/engine.ts';
import { join, name, sql, type Sql } from '../engine/sql.ts';
import { tableRef } from '../engine/table.ts';
import {
  lastLoad,
  prepareSourceTables,
  sourceTable,
  type SourceColumn,
  type SourceLoad,
} from './loaded-source.ts';
import { trimmed } from './read-cell.ts';

/** A value and in how many rows it stands. */
export interface RepeatedValue {
  value: Cell;
  rows: number;
}

/** What one column of a source holds. Texts that are only blanks count as missing. */
export interface ColumnSummary extends SourceColumn {
  missing: number;
  distinct: number;
  min: Cell;
  max: Cell;
  /** Those that stand in more than one row, the most frequent first, ten at most. */
  mostRepeated: RepeatedValue[];
  /** Three different values at most, from the first rows. */
  samples: Cell[];
}

const shownRepeated = 10;
const shownSamples = 3;
const columnsAtOnce = 50;

/**
 * What stands in the columns of a source, in their order.
 * @throws `source_not_loaded`
 */
export async function columnSummary(
  engine: Engine,
  id: SourceId,
): Promise<{ load: SourceLoad; columns: ColumnSummary[] }> {
  const load = await loadOf(engine, id);
  const from = tableRef(sourceTable(id));
  const first = await engine.rows<Record<string, Cell>>(
    sql`SELECT * FROM ${from} ORDER BY _file, _line LIMIT 100`,
  );
  const columns: ColumnSummary[] = [];
  for (let start = 0; start < load.columns.length; start += columnsAtOnce) {
    const some = load.columns.slice(start, start + columnsAtOnce);
    const counts = some.flatMap((column, index) => {
      const value = filled(column);
      return [
        sql`count(*) - count(${value}) AS ${name(`missing${index}`)}`,
        sql`count(DISTINCT ${value}) AS ${name(`distinct${index}`)}`,
        sql`min(${value}) AS ${name(`min${index}`)}`,
        sql`max(${value}) AS ${name(`max${index}`)}`,
      ];
    });
    const [row = {}] = await engine.rows<Record<string, Cell>>(sql`SELECT ${join(counts)} FROM ${from}`);
    for (const [index, column] of some.entries()) {
      const missing = Number(row[`missing${index}`]);
      const distinct = Number(row[`distinct${index}`]);
      const samples = first
        .map((one) => one[column.name] ?? null)
        .filter((cell) => cell !== null && !(typeof cell === 'string' && cell.trim() === ''));
      columns.push({
        ...column,
        missing,
        distinct,
        min: row[`min${index}`] ?? null,
        max: row[`max${index}`] ?? null,
        // Where every value stands once, as in a key, there is nothing to look for.
        mostRepeated:
          distinct === load.rows - missing ? [] : await repeatedValues(engine, from, column, shownRepeated),
        samples: [...new Set(samples)].slice(0, shownSamples),
      });
    }
  }
  return { load, columns };
}

/**
 * The values of a column that stand in the most rows, the most frequent first: what many people seem to share is often
 * nobody's own, such as the shop's address or a made-up telephone number.
 * @param n how many at most
 * @throws `source_not_loaded`, `source_column_missing`
 */
export async function mostRepeated(
  engine: Engine,
  id: SourceId,
  column: string,
  n: number,
): Promise<RepeatedValue[]> {
  const load = await loadOf(engine, id);
  const known = load.columns.find((one) => one.name === column);
  if (known === undefined) {
    const names = load.columns.map((one) => one.name);
    throw inputError(
      'source_column_missing',
      `The source ${id} has no column "${column}".`,
      suggestName(column, names),
    );
  }
  return repeatedValues(engine, tableRef(sourceTable(id)), known, n);
}

async function repeatedValues(
  engine: Engine,
  from: Sql,
  column: SourceColumn,
  n: number,
): Promise<RepeatedValue[]> {
  const rows = await engine.rows<{ value: Cell; n: number }>(
    sql`SELECT value, count(*) AS n FROM (SELECT ${filled(column)} AS value FROM ${from}) AS v
      WHERE value IS NOT NULL GROUP BY value HAVING count(*) > 1 ORDER BY count(*) DESC, value LIMIT ${n}`,
  );
  return rows.map((row) => ({ value: row.value, rows: row.n }));
}

function filled({ name: column, type }: SourceColumn): Sql {
  const cell = name(column);
  return type === 'text' ? sql`CASE WHEN ${trimmed(cell)} <> '' THEN ${cell} END` : cell;
}

async function loadOf(engine: Engine, id: SourceId): Promise<SourceLoad> {
  await prepareSourceTables(engine);
  const last = await lastLoad(engine, id);
  if (last !== undefined) return last.load;
  throw inputError(
    'source_not_loaded',
    `The source ${id} has not been loaded yet.`,
    'Load it: postrider refresh --until sources',
  );
}
