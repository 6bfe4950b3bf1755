import type { Dialect } from './dialect.ts';
import type { Sql } from './sql.ts';

/** The types a table of people can have. `time` is an instant without zone, in UTC; `texts` a list. */
export type ColumnType = 'text' | 'integer' | 'number' | 'boolean' | 'date' | 'time' | 'texts';

export interface Column {
  name: string;
  type: ColumnType;
}

/**
 * A cell as it leaves or enters an engine: `integer` and `number` are numbers, `date` is `YYYY-MM-DD`,
 * `time` is ISO 8601 with `Z`, `texts` an array; missing is null.
 */
export type Cell = string | number | boolean | null | readonly string[];
export type Row = Record<string, Cell>;

/** A table is always named with its schema, which is the stage that owns it. */
export interface TableName {
  schema: string;
  table: string;
}

/** Rows to append to a table that exists; `columns` says which cells come in which order. */
export interface AppendRows {
  into: TableName;
  columns: readonly Column[];
  rows: readonly (readonly Cell[])[];
}

export type Change = Sql | AppendRows;

/** A table of a copy, and the query of its rows. */
export interface CopiedTable {
  table: TableName;
  rows: Sql;
}

/**
 * The data engine for tables of people. Nothing in it holds a transaction open between calls, so that it
 * can also be spoken to over a wire: what must happen together is handed over together.
 */
export interface Engine {
  readonly dialect: Dialect;

  /**
   * All rows of a result that is known to be small.
   * @param options.signal once aborted, the engine gives the work up and its reason is thrown
   */
  rows<T = Row>(query: Sql, options?: { signal?: AbortSignal | undefined }): Promise<T[]>;

  /** A result of any size, a few thousand rows at a time, of one snapshot. */
  pages<T = Row>(query: Sql): AsyncIterable<T[]>;

  /**
   * Carries out all changes in order or none of them, and is durable when it resolves. Calls are queued:
   * one writer at a time.
   * @param options.ahead goes before the calls that wait and are not: for what others wait for, as a request that
   *   must be known before it leaves. It must not build on what has not resolved yet
   */
  commit(changes: readonly Change[], options?: { ahead?: boolean }): Promise<void>;

  /**
   * Runs work that consists of many small statements, several at a time: dividing each of them among threads would
   * cost more than it saves, so an engine may leave that off meanwhile.
   */
  inSmallSteps<T>(work: () => Promise<T>): Promise<T>;

  /** Another number once a table was made, changed or removed: what is known of the tables holds as long as it stays. */
  readonly tablesVersion: number;

  /**
   * Writes everything, as it is at one moment, into a file that is not there yet; who writes meanwhile is not held up.
   * @param only these tables, with the rows that a query gives for each
   */
  copyTo(path: string, only?: readonly CopiedTable[]): Promise<void>;

  /** Folds the write-ahead log into the file. */
  checkpoint(): Promise<void>;

  close(): Promise<void>;
}
