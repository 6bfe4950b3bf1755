import type { DeclaredColumn } from './source-config.ts';
import type { ColumnType, TableName } from '../engine/engine.ts';
import type { SourceId } from '../base/ids.ts';
import type { Sql } from '../engine/sql.ts';

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
