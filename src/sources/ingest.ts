import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join as joinPath } from 'node:path';
import { PostriderError } from '../base/errors.ts';
import type { SourceId } from '../base/ids.ts';
import type { Column, Engine } from '../engine/engine.ts';
import { join, sql, type Sql } from '../engine/sql.ts';
import { createTable, tableRef } from '../engine/table.ts';
import { findFiles, type SourceFile } from './find-files.ts';
import {
  prepareSourceTables,
  recordLoad,
  rejectTable,
  sourceTable,
  type SourceLoad,
} from './loaded-source.ts';
import { firstMisfit, planLoad, type LoadPlan } from './plan-load.ts';
import { readCsv } from './read-csv.ts';
import { readJsonl } from './read-jsonl.ts';
import { readParquet } from './read-parquet.ts';
import { keyColumns, type SourceConfig } from './source-config.ts';
import type { StagedSource, StagingPlace } from './staged-source.ts';

export interface IngestPlace {
  /** Where relative paths begin: the folder of the workspace file. */
  folder: string;
  now: Date;
  /** Where copies of the files may lie while they are read; absent: the system's folder for such things. */
  scratch?: string;
}

/**
 * Reads a source whole: its files into a staging table, types from declarations and values, the key checked, and then
 * rows, rejected rows and the record of the load replaced in one commit. After any error the last good load stands.
 * @throws `input` errors with codes `source_…`
 */
export async function ingestSource(
  engine: Engine,
  id: SourceId,
  config: SourceConfig,
  { folder, now, scratch }: IngestPlace,
): Promise<SourceLoad> {
  await prepareSourceTables(engine);
  const files = await findFiles(folder, config.path);
  const table = { schema: 'source_load', table: `staged ${id}` };
  const lines = { schema: 'source_load', table: `staged lines ${id}` };
  const dropStaging = [table, lines].map((one) => sql`DROP TABLE IF EXISTS ${tableRef(one)}`);
  const copies = await mkdtemp(joinPath(scratch ?? tmpdir(), 'postrider-source-'));
  try {
    // Left by a process that was killed.
    await engine.commit(dropStaging);
    const place: StagingPlace = {
      source: id,
      table,
      lines,
      folder: copies,
      declared: (column) => config.columns?.[column],
    };
    const staged = await readFiles(engine, config, files, place);
    await checkCount(engine, staged);
    const plan = await planLoad(engine, staged, config, files);
    const load: SourceLoad = {
      source: id,
      columns: plan.columns.map(({ name: column, type }): Column => ({ name: column, type })),
      key: keyColumns(config),
      rows: staged.records - plan.misfitting,
      rejected: staged.rejected + plan.misfitting,
      loadedAt: now.toISOString(),
      files: files.map((file) => file.shown),
      warnings: [...staged.warnings, ...noRows(staged, files)],
    };
    await engine.commit([...replaceRows(engine, id, staged, plan), ...recordLoad(load), ...dropStaging]);
    return load;
  } catch (error) {
    await engine.commit(dropStaging).catch(() => undefined);
    throw error;
  } finally {
    await rm(copies, { recursive: true, force: true });
  }
}

function readFiles(
  engine: Engine,
  config: SourceConfig,
  files: readonly SourceFile[],
  place: StagingPlace,
): Promise<StagedSource> {
  switch (config.type) {
    case 'csv':
      return readCsv(engine, config, files, place);
    case 'jsonl':
      return readJsonl(engine, files, place);
    case 'parquet':
      return readParquet(engine, files, place);
    default:
      throw new Error(`no reader for ${String(config satisfies never)}`);
  }
}

function replaceRows(engine: Engine, id: SourceId, staged: StagedSource, plan: LoadPlan): Sql[] {
  const { dialect } = engine;
  const target = sourceTable(id);
  const from = tableRef(staged.table);
  const rejects = [...staged.rejects];
  if (plan.misfitting > 0) {
    const { column, reason, raw } = firstMisfit(engine, plan.declared);
    rejects.push(
      sql`SELECT ${id}, _file, _line, ${column}, ${reason}, ${raw} FROM ${from} WHERE ${plan.misfit}`,
    );
  }
  const values = plan.columns.map((column) => column.value);
  return [
    sql`DROP TABLE IF EXISTS ${tableRef(target)}`,
    createTable(dialect, target, [
      { name: '_line', type: 'integer' },
      { name: '_key', type: 'text' },
      { name: '_file', type: 'text' },
      ...plan.columns,
    ]),
    sql`INSERT INTO ${tableRef(target)} SELECT ${join([sql`_line`, plan.key, sql`_file`, ...values])}
      FROM ${from} WHERE NOT ${plan.misfit}`,
    sql`DELETE FROM ${tableRef(rejectTable)} WHERE source = ${id}`,
    ...rejects.map((select) => sql`INSERT INTO ${tableRef(rejectTable)} ${select}`),
  ];
}

/** That the engine took what the reader handed over: nothing may get lost between the two. */
async function checkCount(engine: Engine, staged: StagedSource): Promise<void> {
  const [row] = await engine.rows<{ n: number }>(sql`SELECT count(*) AS n FROM ${tableRef(staged.table)}`);
  if (row?.n === staged.records) return;
  throw new PostriderError({
    kind: 'internal',
    code: 'source_count',
    message: `The reader found ${staged.records} records, the engine holds ${row?.n}.`,
    hint: 'Report this with the first lines of the file, changed so that they hold nobody’s data.',
  });
}

function noRows(staged: StagedSource, files: readonly SourceFile[]): string[] {
  if (staged.records > 0 || staged.rejected > 0) return [];
  return [`${files.map((file) => file.shown).join(', ')} has columns and no rows.`];
}
