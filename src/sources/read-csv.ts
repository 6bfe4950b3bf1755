import { rm } from 'node:fs/promises';
import { join as joinPath } from 'node:path';
import type { Column, Engine } from '../engine/engine.ts';
import { join, name, sql } from '../engine/sql.ts';
import { createTable, tableRef } from '../engine/table.ts';
import { copyCsv, type CsvCopy } from './copy-csv.ts';
import type { SourceFile } from './find-files.ts';
import { RecordWriter } from './record-writer.ts';
import { RejectFile } from './reject-file.ts';
import type { CsvConfig } from './source-config.ts';
import {
  cellName,
  placeColumns,
  sameColumns,
  type StagedSource,
  type StagingPlace,
} from './staged-source.ts';

/** CSV files → their records as text in the staging table. The first file's header says the columns of all. */
export async function readCsv(
  engine: Engine,
  config: CsvConfig,
  files: readonly SourceFile[],
  place: StagingPlace,
): Promise<StagedSource> {
  const rejects = await RejectFile.create(place.source, joinPath(place.folder, 'rejects.csv'));
  try {
    let names: string[] | undefined;
    const warnings: string[] = [];
    let records = 0;
    for (const [index, file] of files.entries()) {
      place.signal?.throwIfAborted();
      const path = joinPath(place.folder, `records-${index}.csv`);
      const copy = await copyOne(file, config, path, rejects);
      if (names === undefined) {
        names = copy.header.names;
        const cells = names.map((_, cell): Column => ({ name: cellName(cell), type: 'text' }));
        await engine.commit([createTable(engine.dialect, place.table, [...placeColumns, ...cells])]);
      }
      const order = sameColumns(names, copy.header.names, file, files[0] as SourceFile);
      await loadCopy(engine, place, file, path, copy, order);
      // One copy at a time: the copies of a glob together may be larger than the disk has room for.
      await rm(path);
      records += copy.records;
      warnings.push(...copy.header.warnings);
    }
    await rejects.close();
    return {
      table: place.table,
      columns: (names ?? []).map((column, cell) => ({
        name: column,
        cell: cellName(cell),
        holds: 'written',
      })),
      records,
      rejected: rejects.count,
      rejects: rejects.count === 0 ? [] : [rejects.select(engine.dialect)],
      warnings,
    };
  } catch (error) {
    await rejects.abandon();
    throw error;
  }
}

async function copyOne(
  file: SourceFile,
  config: CsvConfig,
  path: string,
  rejects: RejectFile,
): Promise<CsvCopy> {
  const out = await RecordWriter.create(path);
  try {
    const copy = await copyCsv(file, config, out, rejects);
    await out.close();
    return copy;
  } catch (error) {
    await out.abandon();
    throw error;
  }
}

async function loadCopy(
  engine: Engine,
  place: StagingPlace,
  file: SourceFile,
  path: string,
  copy: CsvCopy,
  order: readonly number[],
): Promise<void> {
  if (copy.records === 0) return;
  const cells = order.map((cell): Column => ({ name: cellName(cell), type: 'text' }));
  const columns: Column[] = [{ name: '_line', type: 'integer' }, ...cells];
  const list = join(columns.map((column) => name(column.name)));
  const rows = engine.dialect.fileRows({
    format: 'csv',
    path,
    columns,
    delimiter: String.fromCharCode(copy.format.delimiter),
    quote: copy.format.quote === null ? null : String.fromCharCode(copy.format.quote),
    multiline: copy.multiline,
  });
  await engine.commit([
    sql`INSERT INTO ${tableRef(place.table)} (_file, ${list}) SELECT ${file.shown}, ${list} FROM ${rows}`,
  ]);
}
