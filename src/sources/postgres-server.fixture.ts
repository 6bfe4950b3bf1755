import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { chownSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { once } from 'node:events';
import { promisify } from 'node:util';
import pg from 'pg';

const run = promisify(execFile);

/** Where the server's programs are; undefined where PostgreSQL is not installed. */
export const postgresPrograms = [
  ...(process.env.PATH ?? '').split(':'),
  ...debianFolders('/usr/lib/postgresql'),
].find((folder) => existsSync(join(folder, 'initdb')) && existsSync(join(folder, 'postgres')));

function debianFolders(root: string): string[] {
  return existsSync(root) ? readdirSync(root).map((version) => join(root, version, 'bin')) : [];
}

/** A PostgreSQL server of our own, in a folder of its own, gone after the test. */
export class PostgresServer {
  readonly url: string;
  readonly #process: ChildProcess;
  readonly #folder: string;

  private constructor(url: string, server: ChildProcess, folder: string) {
    this.url = url;
    this.#process = server;
    this.#folder = folder;
  }

  static async start(): Promise<PostgresServer> {
    const programs = postgresPrograms as string;
    const folder = mkdtempSync(join(tmpdir(), 'postrider-pg-'));
    const who = await ordinaryUser();
    if (who !== undefined) chownSync(folder, who.uid, who.gid);
    const data = join(folder, 'data');
    const options = { ...who, cwd: folder };
    const setUp = ['-D', data, '-U', 'shop', '-E', 'UTF8', '--locale=C', '-A', 'trust', '--no-sync'];
    await run(join(programs, 'initdb'), setUp, options);
    const port = await freePort();
    const server = spawn(
      join(programs, 'postgres'),
      ['-D', data, '-p', String(port), '-k', folder, '-c', 'listen_addresses=127.0.0.1', '-c', 'fsync=off'],
      { ...options, stdio: 'ignore' },
    );
    const started = new PostgresServer(`postgres://shop@127.0.0.1:${port}/postgres`, server, folder);
    await started.#answers();
    return started;
  }

  /** Statements, one after the other, in a connection of their own. */
  async run(...statements: string[]): Promise<void> {
    const client = new pg.Client({ connectionString: this.url });
    await client.connect();
    try {
      for (const statement of statements) await client.query(statement);
    } finally {
      await client.end();
    }
  }

  async stop(): Promise<void> {
    // SIGINT: PostgreSQL's fast shutdown.
    this.#process.kill('SIGINT');
    if (this.#process.exitCode === null) await once(this.#process, 'exit');
    rmSync(this.#folder, { recursive: true });
  }

  async #answers(): Promise<void> {
    for (;;) {
      try {
        return await this.run('SELECT 1');
      } catch (error) {
        if (this.#process.exitCode !== null) throw error;
        await new Promise((resolve) => {
          setTimeout(resolve, 50);
        });
      }
    }
  }
}

/** PostgreSQL refuses to run as root. */
async function ordinaryUser(): Promise<{ uid: number; gid: number } | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  for (const user of ['postgres', 'nobody']) {
    try {
      const [uid, gid] = await Promise.all(
        ['-u', '-g'].map(async (which) => Number((await run('id', [which, user])).stdout)),
      );
      return { uid: uid as number, gid: gid as number };
    } catch {
      // The next one.
    }
  }
  throw new Error('there is no user under which PostgreSQL could run');
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, 'close');
  return port;
}
