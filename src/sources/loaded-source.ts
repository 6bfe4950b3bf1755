import type { SourceId } from '../base/ids.ts';
import type { Column, Engine, TableName } from '../engine/engine.ts';
import { createTable, tableRef } from '../engine/table.ts';
import { sql, type Sql } from '../engine/sql.ts';

/** What one load of a source brought: `rows` + `rejected` is every record of its files. */
export interface SourceLoad {
  source: SourceId;
  /** The columns of `source."<id>"` beside `_line`, `_key` and `_file`, in their order. */
  columns: Column[];
  /** The key's columns; empty where the source has none. */
  key: string[];
  rows: number;
  rejected: number;
  /** ISO 8601, UTC. */
  loadedAt: string;
  /** The files read, as people know them: relative to the workspace's folder. */
  files: string[];
  /** What was put right without being asked, as whole sentences: renamed headers, a file without rows. */
  warnings: string[];
}

/** The rows of a source: `_line`, `_key`, `_file`, then its columns. */
export function sourceTable(id: SourceId): TableName {
  return { schema: 'source', table: id };
}

export const rejectTable: TableName = { schema: 'source_load', table: 'reject' };
export const rejectColumns: readonly Column[] = [
  { name: 'source', type: 'text' },
  { name: 'file', type: 'text' },
  // The first line of the record, from 1; in Parquet, which has no lines, the number of the row.
  { name: 'line', type: 'integer' },
  { name: 'column_name', type: 'text' },
  { name: 'reason', type: 'text' },
  // The record as it stood, cut where it is long; the cell alone where only that did not fit.
  { name: 'raw', type: 'text' },
];

const loadTable: TableName = { schema: 'source_load', table: 'source' };
const loadColumns: readonly Column[] = [
  { name: 'source', type: 'text' },
  { name: 'columns_json', type: 'text' },
  { name: 'key_json', type: 'text' },
  { name: 'rows', type: 'integer' },
  { name: 'rejected', type: 'integer' },
  { name: 'loaded_at', type: 'time' },
  { name: 'files_json', type: 'text' },
  { name: 'warnings_json', type: 'text' },
];

/** Makes the schemas and tables of this stage where they are not there yet. */
export async function prepareSourceTables(engine: Engine): Promise<void> {
  const known = new Set((await stageTables(engine)).map((row) => row.table_name));
  await engine.commit([
    sql`CREATE SCHEMA IF NOT EXISTS source`,
    sql`CREATE SCHEMA IF NOT EXISTS source_load`,
    ...(known.has('reject') ? [] : [createTable(engine.dialect, rejectTable, rejectColumns)]),
    ...(known.has('source') ? [] : [createTable(engine.dialect, loadTable, loadColumns)]),
  ]);
}

/** Every source as it was last loaded, by id. */
export async function loadedSources(engine: Engine): Promise<SourceLoad[]> {
  if (!(await stageTables(engine)).some((row) => row.table_name === 'source')) return [];
  const rows = await engine.rows<{
    source: SourceId;
    columns_json: string;
    key_json: string;
    rows: number;
    rejected: number;
    loaded_at: string;
    files_json: string;
    warnings_json: string;
  }>(sql`SELECT * FROM ${tableRef(loadTable)} ORDER BY source`);
  return rows.map((row) => ({
    source: row.source,
    columns: JSON.parse(row.columns_json) as Column[],
    key: JSON.parse(row.key_json) as string[],
    rows: row.rows,
    rejected: row.rejected,
    loadedAt: row.loaded_at,
    files: JSON.parse(row.files_json) as string[],
    warnings: JSON.parse(row.warnings_json) as string[],
  }));
}

/** A record that was set aside, without what stands in it. */
export interface RejectedRow {
  file: string;
  line: number;
  column: string | null;
  reason: string;
}

/** The rejected rows of a source's last good load, in the order of its files. */
export async function rejectedRows(
  engine: Engine,
  id: SourceId,
  page: { limit: number; offset: number },
): Promise<RejectedRow[]> {
  await prepareSourceTables(engine);
  return engine.rows<RejectedRow & Record<string, string | number | null>>(
    sql`SELECT file, line, column_name AS "column", reason FROM ${tableRef(rejectTable)}
      WHERE source = ${id} ORDER BY file, line LIMIT ${page.limit} OFFSET ${page.offset}`,
  );
}

/** The changes that make `load` the last good one. */
export function recordLoad(load: SourceLoad): Sql[] {
  return [
    sql`DELETE FROM ${tableRef(loadTable)} WHERE source = ${load.source}`,
    sql`INSERT INTO ${tableRef(loadTable)} VALUES (${load.source}, ${JSON.stringify(load.columns)},
      ${JSON.stringify(load.key)}, ${load.rows}, ${load.rejected}, CAST(${load.loadedAt} AS TIMESTAMP),
      ${JSON.stringify(load.files)}, ${JSON.stringify(load.warnings)})`,
  ];
}

/** The changes that take a source away, its rows, its rejected rows and what is known of it. */
export function forgetSource(id: SourceId): Sql[] {
  return [
    sql`DROP TABLE IF EXISTS ${tableRef(sourceTable(id))}`,
    sql`DELETE FROM ${tableRef(rejectTable)} WHERE source = ${id}`,
    sql`DELETE FROM ${tableRef(loadTable)} WHERE source = ${id}`,
  ];
}

async function stageTables(engine: Engine): Promise<{ table_name: string }[]> {
  return engine.rows(
    sql`SELECT table_name FROM information_schema.tables WHERE table_schema = 'source_load'`,
  );
}
