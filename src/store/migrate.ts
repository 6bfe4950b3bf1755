import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { messageOf, PostriderError } from '../base/errors.ts';

/** One numbered file of `migrations/`. */
export interface Migration {
  number: number;
  /** The file's name without its ending, as in `0001-first-tables`. */
  name: string;
  text: string;
}

/** A connection inside a transaction. Kysely cannot send several statements in one text; migrations are such. */
export interface Session {
  rows(query: string): Promise<Record<string, unknown>[]>;
  script(text: string): Promise<void>;
}

/** Runs `work` in a transaction of its own, which is rolled back when `work` rejects. */
export type Transact = <T>(work: (session: Session) => Promise<T>) => Promise<T>;

export const migrationsFolder = join(import.meta.dirname, '../../migrations');

/** The migrations in order. A gap or a number that is there twice is a bug of ours. */
export function readMigrations(folder: string = migrationsFolder): Migration[] {
  const files = readdirSync(folder)
    .filter((file) => /^\d{4}-[a-z0-9-]+\.sql$/.test(file))
    .toSorted();
  return files.map((file, index) => {
    const number = Number(file.slice(0, 4));
    if (number !== index + 1) throw new Error(`migration ${index + 1} is missing or there twice (${file})`);
    return { number, name: file.replace(/\.sql$/, ''), text: readFileSync(join(folder, file), 'utf8') };
  });
}

// Any number, as long as nobody else who shares the database takes the same one for something else.
const advisoryLock = 7_031_846_221;

/**
 * Brings a database to the newest of `migrations`: forward only, one transaction each, safe when several
 * processes start at once (a lock of PostgreSQL's own, held by the transaction).
 * @returns the names of those that were applied now
 * @throws `configuration` / `database_newer` before anything is touched, when the database knows a migration
 *   that this version does not; `internal` / `migration_failed` with the migration's name
 */
export async function migrate(transact: Transact, migrations: readonly Migration[]): Promise<string[]> {
  const applied: string[] = [];
  for (;;) {
    const name = await transact((session) => applyNext(session, migrations));
    if (name === undefined) return applied;
    applied.push(name);
  }
}

async function applyNext(session: Session, migrations: readonly Migration[]): Promise<string | undefined> {
  await session.rows(`select pg_advisory_xact_lock(${advisoryLock})`);
  await session.script(
    `create table if not exists migration (
       number integer primary key, name text not null, applied_at timestamptz not null default now()
     )`,
  );
  const [row] = await session.rows('select coalesce(max(number), 0) as newest from migration');
  const newest = Number(row?.['newest']);
  if (newest > migrations.length) {
    throw new PostriderError({
      kind: 'configuration',
      code: 'database_newer',
      message: `The database was written by a newer Postrider: it is at migration ${newest}, this version knows ${migrations.length}.`,
      hint: 'Install the newer version again, or restore a backup made with this one.',
    });
  }
  const next = migrations[newest];
  if (next === undefined) return undefined;
  try {
    await session.script(next.text);
    await session.script(`insert into migration (number, name) values (${next.number}, '${next.name}')`);
  } catch (error) {
    throw new PostriderError({
      kind: 'internal',
      code: 'migration_failed',
      message: `Migration ${next.name} failed and was rolled back: ${messageOf(error)}`,
      hint: 'Go back to the version before; the database is as it left it.',
      cause: error,
    });
  }
  return next.name;
}
