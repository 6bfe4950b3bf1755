import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import pg from 'pg';

/** A PostgreSQL server for tests. */
export interface LocalPostgres {
  /** A new empty database on it. */
  createDatabase(): Promise<string>;
  stop(): Promise<void>;
  /** Away for as long as `meanwhile` takes, with all sessions cut off; undefined where the server is not ours. */
  outage: ((meanwhile: () => Promise<void>) => Promise<void>) | undefined;
}

/** Where PostgreSQL's programs are: the path, or where Debian puts them; undefined when there are none. */
function postgresPrograms(): string | undefined {
  const debian = '/usr/lib/postgresql';
  const versions = existsSync(debian) ? readdirSync(debian).toSorted().toReversed() : [];
  const folders = [
    ...versions.map((version) => join(debian, version, 'bin')),
    ...(process.env['PATH'] ?? '').split(delimiter),
  ];
  return folders.find((folder) => existsSync(join(folder, 'initdb')) && existsSync(join(folder, 'postgres')));
}

/** `TEST_DATABASE_URL` names a server where databases may be made; else one is started from `postgresPrograms`. */
export const testPostgresAvailable =
  process.env['TEST_DATABASE_URL'] !== undefined || postgresPrograms() !== undefined;

/** A server to test on, from TEST_DATABASE_URL or started here, on a free socket in a folder of its own. */
export async function startTestPostgres(): Promise<LocalPostgres> {
  const url = process.env['TEST_DATABASE_URL'];
  if (url !== undefined)
    return { createDatabase: () => createDatabase(url), stop: async () => undefined, outage: undefined };
  const programs = postgresPrograms();
  if (programs === undefined) throw new Error('no PostgreSQL here; check testPostgresAvailable first');

  // PostgreSQL refuses to run as root.
  const owner = process.getuid?.() === 0 ? userIds('postgres') : undefined;
  const folder = mkdtempSync(join(tmpdir(), 'postrider-pg-'));
  if (owner !== undefined) chownSync(folder, owner.uid, owner.gid);
  const data = join(folder, 'data');
  const asOwner = { cwd: folder, stdio: 'ignore', ...owner } as const;
  execFileSync(join(programs, 'initdb'), ['-D', data, '-U', 'postgres', '-A', 'trust', '--no-sync'], asOwner);
  // No TCP port: tests that run side by side cannot meet.
  const start = () =>
    spawn(join(programs, 'postgres'), ['-D', data, '-k', folder, '-c', 'listen_addresses=', '-F'], asOwner);
  let server = start();
  const halt = async () => {
    if (server.exitCode !== null || server.signalCode !== null) return;
    const ended = once(server, 'exit');
    server.kill('SIGINT'); // Fast shutdown: sessions are cut off.
    await ended;
  };
  const admin = `postgres://postgres@localhost/postgres?host=${encodeURIComponent(folder)}`;
  await untilItAnswers(admin);
  return {
    createDatabase: () => createDatabase(admin),
    async outage(meanwhile) {
      await halt();
      await meanwhile();
      server = start();
      await untilItAnswers(admin);
    },
    async stop() {
      await halt();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function createDatabase(admin: string): Promise<string> {
  const database = `postrider_test_${crypto.randomUUID().slice(0, 8)}`;
  const client = new pg.Client({ connectionString: admin });
  await client.connect();
  try {
    await client.query(`create database ${database}`);
  } finally {
    await client.end();
  }
  const url = new URL(admin);
  url.pathname = `/${database}`;
  return url.href;
}

async function untilItAnswers(url: string): Promise<void> {
  for (let left = 200; ; left -= 1) {
    const client = new pg.Client({ connectionString: url });
    try {
      await client.connect();
      return await client.end();
    } catch (error) {
      if (left === 0) throw error;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}

function userIds(user: string): { uid: number; gid: number } {
  const id = (flag: string) => Number(execFileSync('id', [flag, user], { encoding: 'utf8' }));
  return { uid: id('-u'), gid: id('-g') };
}
