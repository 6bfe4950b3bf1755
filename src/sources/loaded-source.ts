import type { SourceId } from '../base/ids.ts';
import type { Column, Engine, TableName } from '../engine/engine.ts';
import { addColumn, createTable, tableRef } from '../engine/table.ts';
import { sql, type Sql } from '../engine/sql.ts';
import { tablesIn } from '../engine/tables-in.ts';
import type { Semantic } from './semantics.ts';

/** A column of a source: what it is called and holds, how its cells were written, and what they mean. */
export interface SourceColumn extends Column {
  /** As in `columns` of the workspace file; absent where it is the plain one. */
  format?: string;
  /** Declared, or proposed from name and content; absent: nothing that we know of. */
  semantic?: Semantic;
}

/**
 * What a source holds since its last load. Of a source that is read whole, `rows` + `rejected` is every record of its
 * files.
 */
export interface SourceLoad {
  source: SourceId;
  /** The columns of `source."<id>"` beside `_line`, `_key` and `_file`, in their order. */
  columns: SourceColumn[];
  /** The key's columns; empty where the source has none. */
  key: string[];
  rows: number;
  rejected: number;
  /** Rows left out because their person was erased: neither in `rows` nor in `rejected`. */
  suppressed: number;
  /** ISO 8601, UTC. */
  loadedAt: string;
  /** How old the data themselves are: when the newest of the files was last written, or a database read. ISO 8601, UTC. */
  dataAt: string;
  /** What was read, as people know it: files relative to the workspace's folder, a table, "the query". */
  files: string[];
  /** What was put right without being asked, as whole sentences: renamed headers, a file without rows. */
  warnings: string[];
}

/** What the next refresh has to know of the last one, so that it reads only what is new. */
export interface LoadState {
  /** Everything the rows depend on but the changes below: settings, files with their stamps. */
  basis: string;
  /** The files of changes and deletions that are in the rows, in the order in which they were folded in. */
  folded: { turn: string; stamp: string }[];
  /** PostgreSQL: the greatest value of the incremental column, as the database writes it. */
  seen: string | null;
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

export const loadTable: TableName = { schema: 'source_load', table: 'source' };
const loadColumns: readonly Column[] = [
  { name: 'source', type: 'text' },
  { name: 'columns_json', type: 'text' },
  { name: 'key_json', type: 'text' },
  { name: 'rows', type: 'integer' },
  { name: 'rejected', type: 'integer' },
  { name: 'loaded_at', type: 'time' },
  { name: 'files_json', type: 'text' },
  { name: 'warnings_json', type: 'text' },
  // NULL in loads of versions that did not know these.
  { name: 'data_at', type: 'time' },
  { name: 'state_json', type: 'text' },
  { name: 'suppressed', type: 'integer' },
];

/** Makes the schemas and tables of this stage where they are not there yet. */
export async function prepareSourceTables(engine: Engine): Promise<void> {
  const { dialect } = engine;
  const reject = await columnsOf(engine, rejectTable);
  const load = await columnsOf(engine, loadTable);
  // Whoever only looks waits for nobody who writes.
  if (reject.size > 0 && loadColumns.every(({ name }) => load.has(name))) return;
  await engine.commit([
    sql`CREATE SCHEMA IF NOT EXISTS source`,
    sql`CREATE SCHEMA IF NOT EXISTS source_load`,
    ...(reject.size > 0 ? [] : [createTable(dialect, rejectTable, rejectColumns)]),
    ...(load.size > 0
      ? loadColumns.filter(({ name }) => !load.has(name)).map((one) => addColumn(dialect, loadTable, one))
      : [createTable(dialect, loadTable, loadColumns)]),
  ]);
}

interface LoadRow {
  source: SourceId;
  columns_json: string;
  key_json: string;
  rows: number;
  rejected: number;
  loaded_at: string;
  files_json: string;
  warnings_json: string;
  data_at?: string | null;
  state_json?: string | null;
  suppressed?: number | null;
}

/** Every source as it was last loaded, by id. */
export async function loadedSources(engine: Engine): Promise<SourceLoad[]> {
  if ((await columnsOf(engine, loadTable)).size === 0) return [];
  const rows = await engine.rows<LoadRow>(sql`SELECT * FROM ${tableRef(loadTable)} ORDER BY source`);
  return rows.map(loadOf);
}

/** One source as it was last loaded; undefined where it never was. The tables of this stage must be there. */
export async function lastLoad(
  engine: Engine,
  id: SourceId,
): Promise<{ load: SourceLoad; state: LoadState | undefined } | undefined> {
  const [row] = await engine.rows<LoadRow>(sql`SELECT * FROM ${tableRef(loadTable)} WHERE source = ${id}`);
  if (row === undefined) return undefined;
  const state = row.state_json ?? undefined;
  return { load: loadOf(row), state: state === undefined ? undefined : (JSON.parse(state) as LoadState) };
}

function loadOf(row: LoadRow): SourceLoad {
  return {
    source: row.source,
    columns: JSON.parse(row.columns_json) as SourceColumn[],
    key: JSON.parse(row.key_json) as string[],
    rows: row.rows,
    rejected: row.rejected,
    suppressed: row.suppressed ?? 0,
    loadedAt: row.loaded_at,
    dataAt: row.data_at ?? row.loaded_at,
    files: JSON.parse(row.files_json) as string[],
    warnings: JSON.parse(row.warnings_json) as string[],
  };
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
export function recordLoad(load: SourceLoad, state: LoadState): Sql[] {
  return [
    sql`DELETE FROM ${tableRef(loadTable)} WHERE source = ${load.source}`,
    sql`INSERT INTO ${tableRef(loadTable)} (source, columns_json, key_json, rows, rejected, loaded_at, files_json,
        warnings_json, data_at, state_json, suppressed)
      VALUES (${load.source}, ${JSON.stringify(load.columns)}, ${JSON.stringify(load.key)}, ${load.rows},
        ${load.rejected}, CAST(${load.loadedAt} AS TIMESTAMP), ${JSON.stringify(load.files)},
        ${JSON.stringify(load.warnings)}, CAST(${load.dataAt} AS TIMESTAMP), ${JSON.stringify(state)},
        ${load.suppressed})`,
  ];
}

/** The changes after which every source is read whole at its next load, whether its files changed or not. */
export async function readSourcesAnew(engine: Engine): Promise<Sql[]> {
  await prepareSourceTables(engine);
  return [sql`UPDATE ${tableRef(loadTable)} SET state_json = NULL`];
}

/** Takes sources away, their rows, their rejected rows and what is known of them. */
export async function forgetSources(engine: Engine, ids: readonly SourceId[]): Promise<void> {
  if (ids.length === 0) return;
  await prepareSourceTables(engine);
  await engine.commit(ids.flatMap(forgetSource));
}

function forgetSource(id: SourceId): Sql[] {
  return [
    sql`DROP TABLE IF EXISTS ${tableRef(sourceTable(id))}`,
    sql`DELETE FROM ${tableRef(rejectTable)} WHERE source = ${id}`,
    sql`DELETE FROM ${tableRef(loadTable)} WHERE source = ${id}`,
  ];
}

/** The names of a table's columns; none where there is no such table. */
async function columnsOf(engine: Engine, { schema, table }: TableName): Promise<Set<string>> {
  return new Set((await tablesIn(engine, schema)).get(table));
}
