import { realpathSync } from 'node:fs';
import { basename, dirname, join as joinPath } from 'node:path';
import {
  DuckDBDateValue,
  DuckDBInstance,
  DuckDBTimestampValue,
  LIST,
  listValue,
  VARCHAR,
  type DuckDBAppender,
  type DuckDBConnection,
  type DuckDBType,
  type DuckDBValue,
} from '@duckdb/node-api';
import { inputError, messageOf, PostriderError } from '../../base/errors.ts';
import type { AppendRows, Cell, Change, ColumnType, Engine, Row } from '../engine.ts';
import { renderSql, type Sql, type SqlValue } from '../sql.ts';
import { duckdbDialect } from './duckdb-dialect.ts';
import { cellFromDuckdb } from './duckdb-values.ts';

export interface DuckdbOptions {
  /** The file, created when absent; `:memory:` for tests. */
  path: string;
  /** What DuckDB may use before it spills to `<path>.tmp`; its own words, as in `1GB`. */
  memoryLimit?: string;
  threads?: number;
}

/**
 * DuckDB as the engine. One instance per file and process: a second instance on the same file in the same
 * process opens without an error and loses writes, and closing it lets other processes in, because POSIX
 * locks belong to the process. So open files are remembered here. Other processes are refused by DuckDB.
 */
const openFiles = new Set<string>();

export async function openDuckdb(options: DuckdbOptions): Promise<Engine> {
  const file =
    options.path === ':memory:'
      ? undefined
      : joinPath(realpathSync(dirname(options.path)), basename(options.path));
  if (file !== undefined && openFiles.has(file)) {
    throw new Error(`${file} is open in this process already`);
  }
  if (file !== undefined) openFiles.add(file);
  try {
    const instance = await DuckDBInstance.create(options.path, {
      // Extensions would be downloaded; an error at once beats one that waits for a network.
      autoinstall_known_extensions: 'false',
      autoload_known_extensions: 'false',
      memory_limit: options.memoryLimit ?? '1GB',
      // The order of rows in a table is nobody's promise, and keeping it costs memory in large inserts.
      preserve_insertion_order: 'false',
      ...(options.threads === undefined ? {} : { threads: String(options.threads) }),
    });
    const writer = await instance.connect();
    return new DuckdbEngine(instance, writer, () => file !== undefined && openFiles.delete(file));
  } catch (error) {
    if (file !== undefined) openFiles.delete(file);
    if (/lock/i.test(messageOf(error))) {
      throw new PostriderError({
        kind: 'conflict',
        code: 'data_in_use',
        message: 'Another process has the people file of this data folder open.',
        hint: 'Stop the other postrider, or give this one another folder with --data.',
        retry: 'later',
        cause: error,
      });
    }
    throw inputError(
      'people_file_unreadable',
      'The people file of this data folder cannot be opened.',
      'Restore it from a backup, or give another folder with --data.',
      error,
    );
  }
}

class DuckdbEngine implements Engine {
  readonly dialect = duckdbDialect;
  readonly #instance: DuckDBInstance;
  readonly #writer: DuckDBConnection;
  readonly #released: () => void;
  readonly #idleReaders: DuckDBConnection[] = [];
  #writes: Promise<void> = Promise.resolve();
  readonly #waiting: { changes: readonly Change[]; resolve(): void; reject(error: unknown): void }[] = [];

  constructor(instance: DuckDBInstance, writer: DuckDBConnection, released: () => void) {
    this.#instance = instance;
    this.#writer = writer;
    this.#released = released;
  }

  async rows<T = Row>(query: Sql): Promise<T[]> {
    const { text, values } = renderSql(query, duckdbDialect.quoteName);
    const reader = await this.#reader();
    try {
      const result = await reader.run(text, values.map(bound), boundTypes(values));
      return (await result.convertRowObjects(cellFromDuckdb)) as T[];
    } finally {
      this.#idleReaders.push(reader);
    }
  }

  async *pages<T = Row>(query: Sql): AsyncIterable<T[]> {
    const { text, values } = renderSql(query, duckdbDialect.quoteName);
    const reader = await this.#reader();
    try {
      const result = await reader.stream(text, values.map(bound), boundTypes(values));
      for await (const page of result.yieldConvertedRowObjects(cellFromDuckdb)) yield page as T[];
    } finally {
      // A stream that was left half read keeps its snapshot for as long as its connection lives.
      reader.closeSync();
    }
  }

  /**
   * Calls that wait while one is at work are carried out together, in one transaction: the cost of a commit
   * is shared. Should it fail, each is tried alone, so that every caller keeps its own all or nothing.
   */
  commit(changes: readonly Change[]): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ changes, resolve, reject });
      this.#writes = this.#writes.then(() => this.#commitWaiting());
    });
  }

  async #commitWaiting(): Promise<void> {
    const batch = this.#waiting.splice(0);
    if (batch.length > 1) {
      try {
        await this.#commitNow(batch.flatMap((call) => call.changes));
        for (const call of batch) call.resolve();
        return;
      } catch {
        // One of them is to blame; alone, each finds out.
      }
    }
    for (const call of batch) await this.#commitNow(call.changes).then(call.resolve, call.reject);
  }

  async checkpoint(): Promise<void> {
    await this.commit([]);
    await this.#writer.run('CHECKPOINT');
  }

  async close(): Promise<void> {
    await this.#writes;
    for (const reader of this.#idleReaders) reader.closeSync();
    this.#writer.closeSync();
    this.#instance.closeSync();
    this.#released();
  }

  async #reader(): Promise<DuckDBConnection> {
    return this.#idleReaders.pop() ?? (await this.#instance.connect());
  }

  async #commitNow(changes: readonly Change[]): Promise<void> {
    if (changes.length === 0) return;
    await this.#writer.run('BEGIN TRANSACTION');
    try {
      for (const change of changes) {
        if ('into' in change) await this.#append(change);
        else {
          const { text, values } = renderSql(change, duckdbDialect.quoteName);
          await this.#writer.run(text, values.map(bound), boundTypes(values));
        }
      }
      await this.#writer.run('COMMIT');
    } catch (error) {
      await this.#writer.run('ROLLBACK').catch(() => undefined);
      throw error;
    }
  }

  async #append(change: AppendRows): Promise<void> {
    if (change.rows.length === 0) return;
    const appender = await this.#writer.createAppender(change.into.table, change.into.schema);
    try {
      for (const row of change.rows) {
        change.columns.forEach((column, index) => appendCell(appender, column.type, row[index] ?? null));
        appender.endRow();
      }
      appender.flushSync();
    } finally {
      appender.closeSync();
    }
  }
}

function bound(value: SqlValue): DuckDBValue {
  return Array.isArray(value) ? listValue(value as string[]) : (value as DuckDBValue);
}

// An empty list tells DuckDB nothing of its items; everything else tells its type by itself, by index.
function boundTypes(values: readonly SqlValue[]): DuckDBType[] {
  const types: DuckDBType[] = [];
  values.forEach((value, index) => {
    if (Array.isArray(value)) types[index] = LIST(VARCHAR);
  });
  return types;
}

function appendCell(appender: DuckDBAppender, type: ColumnType, cell: Cell): void {
  if (cell === null) return appender.appendNull();
  switch (type) {
    case 'text':
      return appender.appendVarchar(String(cell));
    case 'integer':
      return appender.appendBigInt(BigInt(cell as number));
    case 'number':
      return appender.appendDouble(Number(cell));
    case 'boolean':
      return appender.appendBoolean(Boolean(cell));
    case 'date':
      return appender.appendDate(new DuckDBDateValue(Math.floor(Date.parse(String(cell)) / 86_400_000)));
    case 'time':
      return appender.appendTimestamp(new DuckDBTimestampValue(BigInt(Date.parse(String(cell))) * 1000n));
    case 'texts':
      return appender.appendList(listValue(cell as string[]), LIST(VARCHAR));
    default:
      throw new Error(`no such column type: ${String(type satisfies never)}`);
  }
}
