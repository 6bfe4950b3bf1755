import { inputError } from '../base/errors.ts';
import type { SourceId } from '../base/ids.ts';
import type { Column, ColumnType, TableName } from '../engine/engine.ts';
import type { Sql } from '../engine/sql.ts';
import type { SourceFile } from './find-files.ts';
import type { DeclaredColumn } from './source-config.ts';

/** One column of a staged source: its name for people, and the column of the staging table that holds its cells. */
export interface StagedColumn {
  name: string;
  cell: string;
  /**
   * What the cells are. `written`: text from which a type is still to be read. `strings`: what JSON has as strings, so that
   * only dates and times are to be looked for. A column type: of that type already.
   */
  holds: 'written' | 'strings' | Exclude<ColumnType, 'texts'>;
  /** The type it has where it comes from, for `written` cells: theirs unless a value does not fit it. */
  wants?: Exclude<ColumnType, 'texts'>;
}

/** The records of a source as its reader left them: `_file`, `_line`, then one column a cell. */
export interface StagedSource {
  table: TableName;
  columns: StagedColumn[];
  /** Records that stand in `table`. */
  records: number;
  /** Records that do not, … */
  rejected: number;
  /** … and SELECTs that tell why, with the columns of the reject table. */
  rejects: Sql[];
  warnings: string[];
}

/** What a reader may use. */
export interface StagingPlace {
  source: SourceId;
  /** To be made and filled; dropped after the load. */
  table: TableName;
  /** For readers that need two steps; dropped after the load too. */
  lines: TableName;
  /** A folder of its own that is gone after the load. */
  folder: string;
  /** As in `IngestPlace`. */
  signal: AbortSignal | undefined;
  /** The column's declaration, where there is one: declared columns are handed on as text. */
  declared(name: string): DeclaredColumn | undefined;
}

/** The first columns of a staging table. */
export const placeColumns: readonly Column[] = [
  { name: '_file', type: 'text' },
  { name: '_line', type: 'integer' },
];

/** Cells go by number until the end, as their names are somebody else's text. */
export function cellName(index: number): string {
  return `c${index + 1}`;
}

/**
 * Where each cell of this file stands in the first one.
 * @throws `source_column_missing` or `source_header` where the two have not the same columns
 */
export function sameColumns(
  names: readonly string[],
  theirs: readonly string[],
  file: SourceFile,
  first: SourceFile,
): number[] {
  const missing = names.find((column) => !theirs.includes(column));
  if (missing !== undefined) {
    throw inputError(
      'source_column_missing',
      `${file.shown} has no column "${missing}", which ${first.shown} has.`,
      'Files that are read as one source need the same columns; their order is free.',
    );
  }
  const extra = theirs.find((column) => !names.includes(column));
  if (extra !== undefined) {
    throw inputError(
      'source_header',
      `${file.shown} has a column "${extra}", which ${first.shown} has not.`,
      'Files that are read as one source need the same columns; their order is free.',
    );
  }
  return theirs.map((column) => names.indexOf(column));
}
