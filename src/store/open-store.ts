import { setFlagsFromString } from 'node:v8';
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Kysely, PGliteDialect, PostgresDialect } from 'kysely';
import { PGlite } from '@electric-sql/pglite';
import pg from 'pg';
import { PostriderError } from '../base/errors.ts';
import { databaseUnreachable } from './database-unreachable.ts';
import { createDatabaseFolder } from './embedded-template.ts';
import { migrate, readMigrations, type Migration, type Transact } from './migrate.ts';
import type { Database, Tables } from './tables.ts';

/** Settings and history. Give `db` to the query functions of this folder. */
export interface Store {
  readonly kind: 'embedded' | 'postgresql';
  readonly db: Database;
  /** The database itself, for the queue, which keeps its own tables in it. */
  readonly queue: QueueDatabase;
  close(): Promise<void>;
}

export type QueueDatabase =
  { kind: 'embedded'; pglite: PGlite } | { kind: 'postgresql'; databaseUrl: string };

export type StoreLocation =
  /** The embedded database in `<dataFolder>/database`. The caller holds the folder's lock: PGlite has none. */
  | { dataFolder: string }
  /** A PostgreSQL server, as in `postgres://user@host/database`; any number of processes. */
  | { databaseUrl: string }
  /** An embedded database that is gone when it is closed, for tests and trials. */
  | { memory: true };

// Counts come as int8. JavaScript's JSON has no bigint, and none of ours comes near 2^53.
const int8 = pg.types.builtins.INT8;

/**
 * Opens the store and brings it to the newest migration.
 * @throws `configuration` / `database_newer`, `database_unreachable`, `database_unreadable`
 */
export async function openStore(
  location: StoreLocation,
  migrations: readonly Migration[] = readMigrations(),
): Promise<Store> {
  if ('databaseUrl' in location) return openServer(location.databaseUrl, migrations);
  if ('dataFolder' in location) return openFolder(join(location.dataFolder, 'database'), migrations);
  const folder = mkdtempSync(join(tmpdir(), 'postrider-store-'));
  const remove = () => rmSync(folder, { recursive: true, force: true });
  try {
    const store = await openFolder(join(folder, 'database'), migrations);
    return { ...store, close: () => store.close().finally(remove) };
  } catch (error) {
    remove();
    throw error;
  }
}

async function openFolder(folder: string, migrations: readonly Migration[]): Promise<Store> {
  if (!existsSync(folder)) {
    mkdirSync(join(folder, '..'), { recursive: true, mode: 0o700 });
    await createDatabaseFolder(folder);
  }
  // V8 would optimise PGlite's 10 MB of code in the background, which takes half a gigabyte for a moment; what
  // little we ask of it is as fast without.
  setFlagsFromString('--wasm-tiering-budget=2000000000');
  const pglite = await PGlite.create(folder, { parsers: { [int8]: Number } }).catch((error: unknown) => {
    throw new PostriderError({
      kind: 'configuration',
      code: 'database_unreadable',
      message: 'The embedded database of this data folder cannot be opened.',
      // What it is is not told apart: PGlite only aborts, on a full disk as well.
      hint: 'See first that its disk has room and that it may be written to; if so, restore it from a backup, or give another folder with --data.',
      cause: error,
    });
  });
  const transact: Transact = (work) =>
    pglite.transaction((transaction) =>
      work({
        rows: async (query) => (await transaction.query<Record<string, unknown>>(query)).rows,
        script: async (text) => void (await transaction.exec(text)),
      }),
    );
  const db = new Kysely<Tables>({ dialect: new PGliteDialect({ pglite }) });
  const close = async () => {
    await db.destroy();
    // Kysely closes what it has used; a store that nobody asked anything is still open here.
    if (!pglite.closed) await pglite.close();
  };
  await migrateOrClose(transact, migrations, close);
  return { kind: 'embedded', db, queue: { kind: 'embedded', pglite }, close };
}

async function openServer(databaseUrl: string, migrations: readonly Migration[]): Promise<Store> {
  const pool = new pg.Pool({
    connectionString: databaseUrl,
    application_name: 'postrider',
    connectionTimeoutMillis: 10_000,
    types: {
      getTypeParser: (oid, format) => (oid === int8 ? Number : pg.types.getTypeParser(oid, format)),
    },
  });
  // A connection that breaks while idle would otherwise end the process; the next query finds out by itself.
  pool.on('error', () => undefined);
  // So would one that breaks while it is lent to somebody who does not ask anything at that moment.
  pool.on('connect', (client) => client.on('error', () => undefined));
  const transact: Transact = async (work) => {
    const client = await pool.connect();
    try {
      await client.query('begin');
      const result = await work({
        rows: async (query) => (await client.query<Record<string, unknown>>(query)).rows,
        script: async (text) => void (await client.query(text)),
      });
      await client.query('commit');
      return result;
    } catch (error) {
      await client.query('rollback').catch(() => undefined);
      throw error;
    } finally {
      client.release();
    }
  };
  const db = new Kysely<Tables>({ dialect: new PostgresDialect({ pool }) });
  const close = () => db.destroy().then(() => (pool.ended ? undefined : pool.end()));
  await pool.query('select 1').catch(async (error: unknown) => {
    await close();
    throw databaseUnreachable(error);
  });
  await migrateOrClose(transact, migrations, close);
  return { kind: 'postgresql', db, queue: { kind: 'postgresql', databaseUrl }, close };
}

async function migrateOrClose(
  transact: Transact,
  migrations: readonly Migration[],
  close: () => Promise<void>,
): Promise<void> {
  try {
    await migrate(transact, migrations);
  } catch (error) {
    await close();
    throw error;
  }
}
