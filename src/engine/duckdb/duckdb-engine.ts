import { randomUUID } from 'node:crypto';
import { existsSync, realpathSync, rmSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { basename, dirname, join as joinPath } from 'node:path';
import {
  DOUBLE,
  DuckDBInstance,
  LIST,
  listValue,
  VARCHAR,
  type DuckDBConnection,
  type DuckDBPreparedStatement,
  type DuckDBType,
  type DuckDBValue,
} from '@duckdb/node-api';
import { asKnown, inputError, messageOf, PostriderError } from '../../base/errors.ts';
import type { Change, CopiedTable, Engine, Row } from '../engine.ts';
import { name, renderSql, sql, type Sql, type SqlValue } from '../sql.ts';
import { appendStatements } from './duckdb-append.ts';
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

/**
 * @throws `data_in_use`, `people_file_newer`, `people_file_unreadable` (it is damaged), `people_file_unopened`,
 * `disk_full`, `engine_memory`
 */
export async function openDuckdb(options: DuckdbOptions): Promise<Engine> {
  const file =
    options.path === ':memory:'
      ? undefined
      : joinPath(realpathSync(dirname(options.path)), basename(options.path));
  if (file !== undefined && openFiles.has(file)) {
    throw new Error(`${file} is open in this process already`);
  }
  if (file !== undefined) openFiles.add(file);
  const threads = options.threads ?? availableParallelism();
  try {
    const instance = await DuckDBInstance.create(options.path, {
      // Extensions would be downloaded; an error at once beats one that waits for a network.
      autoinstall_known_extensions: 'false',
      autoload_known_extensions: 'false',
      // Past it DuckDB spills what it can; not the texts that an aggregate holds.
      memory_limit: options.memoryLimit ?? '400MB',
      // A checkpoint holds up every commit: at DuckDB's own 16 MB a run of a million people would meet dozens of
      // them. What is in the log is read back after a crash, and kept in memory until then.
      wal_autocheckpoint: '256MB',
      // The order of rows in a table is nobody's promise, and keeping it costs memory in large inserts.
      preserve_insertion_order: 'false',
      threads: String(threads),
    });
    const writer = await instance.connect();
    // Or a cast of an instant to a time, or to text, would go by the zone of the machine: every time here is UTC.
    await writer.run("SET GLOBAL TimeZone = 'UTC'");
    return new DuckdbEngine(instance, writer, threads, () => file !== undefined && openFiles.delete(file));
  } catch (error) {
    if (file !== undefined) openFiles.delete(file);
    throw unopened(error);
  }
}

/** Only `people_file_unreadable` says that the file itself is broken: a start puts such a one aside. */
function unopened(error: unknown): unknown {
  const known = told(error);
  const message = messageOf(error);
  if (known instanceof PostriderError) return known;
  if (/could not set lock/i.test(message)) {
    return new PostriderError({
      kind: 'conflict',
      code: 'data_in_use',
      message: 'Another process has the people file of this data folder open.',
      hint: 'Stop the other postrider, or give this one another folder with --data.',
      retry: 'later',
      cause: error,
    });
  }
  if (/newer version of DuckDB|with version number/i.test(message)) {
    return new PostriderError({
      kind: 'configuration',
      code: 'people_file_newer',
      message: 'The people file of this data folder was written by a newer Postrider.',
      hint: 'Install that version again; the file is unchanged.',
      cause: error,
    });
  }
  if (/not a valid DuckDB|corrupt|checksum|could not read enough bytes|replaying WAL/i.test(message)) {
    return inputError(
      'people_file_unreadable',
      'The people file of this data folder is damaged.',
      'Restore it from a backup, or give another folder with --data.',
      error,
    );
  }
  return new PostriderError({
    kind: 'configuration',
    code: 'people_file_unopened',
    message: 'The system does not let the people file of this data folder be opened; it is unchanged.',
    hint: 'Give the account that runs postrider the right to read and write it, and see whether it may open more files.',
    retry: 'later',
    cause: error,
  });
}

/** A statement with another number of parameters is another one, so there may be many. */
const mostPrepared = 64;

/** A call of `commit` that waits for its turn. */
interface WaitingCall {
  changes: readonly Change[];
  ahead: boolean;
  resolve(): void;
  reject(error: unknown): void;
}

class DuckdbEngine implements Engine {
  readonly dialect = duckdbDialect;
  readonly #instance: DuckDBInstance;
  readonly #writer: DuckDBConnection;
  readonly #threads: number;
  readonly #released: () => void;
  #inSmallSteps = 0;
  tablesVersion = 0;
  readonly #idleReaders: DuckDBConnection[] = [];
  #writes: Promise<void> = Promise.resolve();
  #waiting: WaitingCall[] = [];
  /** Of the writer, by their text. */
  readonly #prepared = new Map<string, DuckDBPreparedStatement>();

  constructor(instance: DuckDBInstance, writer: DuckDBConnection, threads: number, released: () => void) {
    this.#instance = instance;
    this.#writer = writer;
    this.#threads = threads;
    this.#released = released;
  }

  async rows<T = Row>(query: Sql, { signal }: { signal?: AbortSignal | undefined } = {}): Promise<T[]> {
    const { text, values } = renderSql(query, duckdbDialect.quoteName);
    signal?.throwIfAborted();
    const reader = await this.#reader();
    const interrupted = interruptOn(signal, reader);
    try {
      const result = await reader.run(text, values.map(bound), boundTypes(values));
      return (await result.convertRowObjects(cellFromDuckdb)) as T[];
    } catch (error) {
      signal?.throwIfAborted();
      throw told(error);
    } finally {
      // An interrupt may still be on its way to a connection that was told so.
      if (interrupted.stop()) reader.closeSync();
      else this.#idleReaders.push(reader);
    }
  }

  async *pages<T = Row>(query: Sql): AsyncIterable<T[]> {
    const { text, values } = renderSql(query, duckdbDialect.quoteName);
    const reader = await this.#reader();
    try {
      const result = await reader.stream(text, values.map(bound), boundTypes(values));
      for await (const page of result.yieldConvertedRowObjects(cellFromDuckdb)) yield page as T[];
    } catch (error) {
      throw told(error);
    } finally {
      // A stream that was left half read keeps its snapshot for as long as its connection lives.
      reader.closeSync();
    }
  }

  /**
   * Calls that wait while one is at work are carried out together, in one transaction: the cost of a commit
   * is shared. Should it fail, each is tried alone, so that every caller keeps its own all or nothing.
   */
  commit(changes: readonly Change[], { ahead = false }: { ahead?: boolean } = {}): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ changes, ahead, resolve, reject });
      this.#writes = this.#writes.then(() => this.#commitWaiting());
    });
  }

  async #commitWaiting(): Promise<void> {
    while (this.#waiting.length > 0) {
      const urgent = this.#waiting.filter(({ ahead }) => ahead);
      const batch = urgent.length > 0 ? urgent : this.#waiting;
      this.#waiting = urgent.length > 0 ? this.#waiting.filter(({ ahead }) => !ahead) : [];
      await this.#commitTogether(batch);
    }
  }

  async #commitTogether(batch: readonly WaitingCall[]): Promise<void> {
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

  async inSmallSteps<T>(work: () => Promise<T>): Promise<T> {
    if (this.#inSmallSteps++ === 0) await this.#betweenWrites('SET threads = 1');
    try {
      return await work();
    } finally {
      if (--this.#inSmallSteps === 0) {
        await this.#betweenWrites(`SET threads = ${this.#threads}`, () => this.#forgetPrepared());
      }
    }
  }

  async copyTo(path: string, only?: readonly CopiedTable[]): Promise<void> {
    const copy = `copy_${randomUUID().replaceAll('-', '')}`;
    const isNew = !existsSync(path);
    const connection = await this.#instance.connect();
    try {
      const [{ own = '' } = {}] = (await (
        await connection.run('SELECT current_database() AS own')
      ).getRowObjectsJson()) as { own?: string }[];
      await connection.run(`ATTACH '${path.replaceAll("'", "''")}' AS ${copy}`);
      try {
        if (only === undefined)
          await connection.run(`COPY FROM DATABASE ${duckdbDialect.quoteName(own)} TO ${copy}`);
        else await copyTables(connection, copy, only);
      } finally {
        await connection.run(`DETACH ${copy}`);
      }
    } catch (error) {
      if (isNew) for (const end of ['', '.wal']) rmSync(path + end, { force: true });
      throw told(error);
    } finally {
      connection.closeSync();
    }
  }

  checkpoint(): Promise<void> {
    return this.#betweenWrites('CHECKPOINT');
  }

  /** Runs a statement that must not stand in a transaction, after the commits that were asked for before it. */
  #betweenWrites(statement: string, then?: () => void): Promise<void> {
    const before = this.#writes;
    const inTurn = async (): Promise<void> => {
      await before;
      await this.#writer.run(statement);
      then?.();
    };
    const done = inTurn();
    this.#writes = done.catch(() => undefined);
    return done;
  }

  async close(): Promise<void> {
    await this.#writes;
    for (const reader of this.#idleReaders) reader.closeSync();
    this.#forgetPrepared();
    this.#writer.closeSync();
    this.#instance.closeSync();
    this.#released();
  }

  /** Small steps are the same few statements over and over: to plan each anew takes as long as to carry it out. */
  async #write(text: string, values: readonly SqlValue[]): Promise<void> {
    if (this.#inSmallSteps === 0) {
      await this.#writer.run(text, values.map(bound), boundTypes(values));
      return;
    }
    let prepared = this.#prepared.get(text);
    if (prepared === undefined) {
      if (this.#prepared.size >= mostPrepared) this.#forgetPrepared();
      prepared = await this.#writer.prepare(text);
      this.#prepared.set(text, prepared);
    }
    prepared.bind(values.map(bound), boundTypes(values));
    await prepared.run();
  }

  #forgetPrepared(): void {
    for (const prepared of this.#prepared.values()) prepared.destroySync();
    this.#prepared.clear();
  }

  async #reader(): Promise<DuckDBConnection> {
    return this.#idleReaders.pop() ?? (await this.#instance.connect());
  }

  async #commitNow(changes: readonly Change[]): Promise<void> {
    if (changes.length === 0) return;
    await this.#writer.run('BEGIN TRANSACTION');
    let touchesTables = false;
    try {
      for (const change of changes) {
        for (const statement of 'into' in change ? appendStatements(change) : [change]) {
          const { text, values } = renderSql(statement, duckdbDialect.quoteName);
          touchesTables ||= /^\s*(create|drop|alter)\b/i.test(text);
          await this.#write(text, values);
        }
      }
      await this.#writer.run('COMMIT');
      if (touchesTables) this.tablesVersion += 1;
    } catch (error) {
      await this.#writer.run('ROLLBACK').catch(() => undefined);
      throw told(error);
    }
  }
}

/** All of one moment, in one transaction. */
async function copyTables(
  connection: DuckDBConnection,
  copy: string,
  tables: readonly CopiedTable[],
): Promise<void> {
  await connection.run('BEGIN TRANSACTION');
  for (const { table, rows } of tables) {
    for (const statement of [
      sql`CREATE SCHEMA IF NOT EXISTS ${name(copy, table.schema)}`,
      sql`CREATE TABLE ${name(copy, table.schema, table.table)} AS ${rows}`,
    ]) {
      const { text, values } = renderSql(statement, duckdbDialect.quoteName);
      await connection.run(text, values.map(bound), boundTypes(values));
    }
  }
  await connection.run('COMMIT');
}

/** What a person can do something about, in words; everything else as it came. */
function told(given: unknown): unknown {
  const error = asKnown(given);
  if (!messageOf(error).startsWith('Out of Memory Error')) return error;
  return new PostriderError({
    kind: 'configuration',
    code: 'engine_memory',
    message: 'This needs more memory than the tables of people may use.',
    hint: 'Allow them more, as in POSTRIDER_ENGINE_MEMORY=1GB; what was there before is unchanged.',
    cause: error,
  });
}

/**
 * Interrupts what a connection does once the signal is aborted.
 * @returns `stop` ends the waiting for it and tells whether there was an interrupt
 */
function interruptOn(signal: AbortSignal | undefined, reader: DuckDBConnection): { stop: () => boolean } {
  let again: NodeJS.Timeout | undefined;
  const interrupt = () => {
    reader.interrupt();
    // A query that has not begun yet would forget that it was interrupted.
    again = setTimeout(interrupt, 20);
  };
  if (signal?.aborted === true) interrupt();
  else signal?.addEventListener('abort', interrupt, { once: true });
  return {
    stop() {
      signal?.removeEventListener('abort', interrupt);
      clearTimeout(again);
      return again !== undefined;
    },
  };
}

function bound(value: SqlValue): DuckDBValue {
  return Array.isArray(value) ? listValue(value as string[]) : (value as DuckDBValue);
}

// An empty list tells DuckDB nothing of its items, and any whole number is taken for a BIGINT, though not all fit;
// everything else tells its type by itself, by index.
function boundTypes(values: readonly SqlValue[]): DuckDBType[] {
  const types: DuckDBType[] = [];
  values.forEach((value, index) => {
    if (Array.isArray(value)) types[index] = LIST(VARCHAR);
    else if (Number.isInteger(value) && !Number.isSafeInteger(value)) types[index] = DOUBLE;
  });
  return types;
}
