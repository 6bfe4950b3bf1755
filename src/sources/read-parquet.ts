import { stat } from 'node:fs/promises';
import { inputError } from '../base/errors.ts';
import type { Column, ColumnType, Engine } from '../engine/engine.ts';
import { join, name, sql, type Sql } from '../engine/sql.ts';
import { createTable, tableRef } from '../engine/table.ts';
import { emptyFile, type SourceFile } from './find-files.ts';
import { headerNames } from './header-names.ts';
import {
  cellName,
  placeColumns,
  sameColumns,
  type StagedColumn,
  type StagedSource,
  type StagingPlace,
} from './staged-source.ts';

interface FileShape {
  file: SourceFile;
  /** The columns' own names, in the file's order. */
  own: string[];
  names: string[];
  types: (ColumnType | undefined)[];
  warnings: string[];
}

/**
 * Parquet files → their rows in the staging table, typed as they are; lists and structs as text. `_line` is the number
 * of the row in its file, from 1. A column of differing types in several files is text.
 */
export async function readParquet(
  engine: Engine,
  files: readonly SourceFile[],
  place: StagingPlace,
): Promise<StagedSource> {
  const shapes: FileShape[] = [];
  for (const file of files) shapes.push(await fileShape(engine, file));
  const first = shapes[0] as FileShape;
  const orders = shapes.map((shape) => sameColumns(first.names, shape.names, shape.file, first.file));
  const columns = first.names.map((column, index): StagedColumn => {
    const types = new Set(shapes.map((shape, at) => shape.types[(orders[at] as number[]).indexOf(index)]));
    const [type] = types.size === 1 ? types : [];
    const holds =
      place.declared(column) !== undefined || type === undefined || type === 'texts' ? 'text' : type;
    return { name: column, cell: cellName(index), holds };
  });
  const cells = columns.map((column): Column => ({ name: column.cell, type: column.holds as ColumnType }));
  await engine.commit([
    createTable(engine.dialect, place.table, [...placeColumns, ...cells]),
    ...shapes.map((shape, at) => insertFile(engine, place, shape, cells, orders[at] as number[])),
  ]);
  const [row] = await engine.rows<{ n: number }>(sql`SELECT count(*) AS n FROM ${tableRef(place.table)}`);
  return {
    table: place.table,
    columns,
    records: row?.n ?? 0,
    rejected: 0,
    rejects: [],
    warnings: shapes.flatMap((shape) => shape.warnings),
  };
}

async function fileShape(engine: Engine, file: SourceFile): Promise<FileShape> {
  if ((await stat(file.path)).size === 0) throw emptyFile(file);
  try {
    const rows = await engine.rows<{ column_name: string; column_type: string }>(
      sql`DESCRIBE SELECT * FROM ${engine.dialect.fileRows({ format: 'parquet', path: file.path })}`,
    );
    const own = rows.filter((row) => row.column_name !== 'file_row_number');
    const { names, warnings } = headerNames(
      own.map((row) => row.column_name),
      file.shown,
    );
    return {
      file,
      own: own.map((row) => row.column_name),
      names,
      types: own.map((row) => engine.dialect.columnType(row.column_type)),
      warnings,
    };
  } catch (error) {
    throw inputError(
      'source_file_unreadable',
      `${file.shown} is not a Parquet file that can be read.`,
      'Write it anew: it may be empty, cut off, or of another format.',
      error,
    );
  }
}

function insertFile(
  engine: Engine,
  place: StagingPlace,
  shape: FileShape,
  cells: readonly Column[],
  order: readonly number[],
): Sql {
  const values = shape.own.map((column, index): Sql => {
    const { type } = cells[order[index] as number] as Column;
    const value = name(column);
    if (type !== 'text') return engine.dialect.tryCast(value, type);
    return sql`nullif(CAST(${value} AS VARCHAR), '')`;
  });
  const into = join(order.map((cell) => name((cells[cell] as Column).name)));
  return sql`INSERT INTO ${tableRef(place.table)} (_file, _line, ${into})
    SELECT ${join([sql`${shape.file.shown}`, sql`file_row_number + 1`, ...values])}
    FROM ${engine.dialect.fileRows({ format: 'parquet', path: shape.file.path })}`;
}
