import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { ownDatabase } from './database-owner.ts';
import {
  startTestPostgres,
  testPostgresAvailable,
  type LocalPostgres,
} from './test-support/local-postgres.ts';

const pace = { graceMs: 2_000, retryMs: 20 };

describe.skipIf(!testPostgresAvailable)('the owner of a PostgreSQL database', () => {
  let server: LocalPostgres;
  let url: string;
  const own = () => ownDatabase(url, pace);

  beforeAll(async () => {
    server = await startTestPostgres();
    url = await server.createDatabase();
  });
  afterAll(() => server.stop());

  /** Ends the connections that hold locks, as a server that starts again does. */
  async function cutOff(): Promise<void> {
    const admin = new pg.Client({ connectionString: url });
    await admin.connect();
    await admin.query(
      "select pg_terminate_backend(pid) from pg_stat_activity where application_name like 'postrider owner%' and datname = current_database()",
    );
    await admin.end();
  }

  /** The session that has the lock. */
  async function holder(): Promise<number | undefined> {
    const admin = new pg.Client({ connectionString: url });
    await admin.connect();
    const { rows } = await admin.query<{ pid: number }>(
      `select pid from pg_locks join pg_database on pg_database.oid = pg_locks.database
       where locktype = 'advisory' and granted and datname = current_database()`,
    );
    await admin.end();
    return rows[0]?.pid;
  }

  it('is one at a time, and the next one is told who it is', async () => {
    const first = await own();
    await expect(own()).rejects.toMatchObject({
      code: 'database_in_use',
      message: expect.stringContaining(`process ${process.pid}`) as string,
    });
    await first.release();
    const second = await own();
    expect(second.lost.aborted).toBe(false);
    await second.release();
  });

  it('does not meet that of another database on the same server', async () => {
    const first = await own();
    const beside = await ownDatabase(await server.createDatabase(), pace);
    expect([first.lost.aborted, beside.lost.aborted]).toEqual([false, false]);
    await beside.release();
    await first.release();
  });

  it('stays the owner when its connection is cut and nobody else came', async () => {
    const first = await own();
    const before = await holder();
    await cutOff();
    // Looked at, and not tried: whoever tries may be faster than the owner, and then is one.
    await vi.waitFor(async () => {
      const now = await holder();
      expect(now).toBeDefined();
      expect(now).not.toBe(before);
    }, 10_000);
    expect(first.lost.aborted).toBe(false);
    await expect(own()).rejects.toMatchObject({ code: 'database_in_use' });
    await first.release();
  });

  it('knows that it is none any more when somebody else was faster', async () => {
    const first = await ownDatabase(url, { graceMs: 2_000, retryMs: 300 });
    const rival = new pg.Client({ connectionString: url });
    await rival.connect();
    const lockKey = 7_045_873_311;
    // Waits for the lock, and has it the moment that the connection is cut.
    const waits = rival.query('select pg_advisory_lock($1)', [lockKey]);
    await cutOff();
    await waits;
    await vi.waitFor(() => expect(first.lost.aborted).toBe(true), 5_000);
    expect(first.lost.reason).toMatchObject({ code: 'database_in_use' });
    await rival.end();
    await first.release();
  });

  it('knows that it is none any more when the network was away and said nothing', async () => {
    const proxy = await silentProxy(url);
    const quick = { graceMs: 200, retryMs: 20, askEveryMs: 20, answerMs: 200 };
    const first = await ownDatabase(proxy.url, quick);
    proxy.silence();
    // The server gives up on a peer that it does not hear of, and the next one comes.
    await cutOff();
    const second = await own();
    await vi.waitFor(() => expect(first.lost.aborted).toBe(true), 10_000);
    expect(second.lost.aborted).toBe(false);
    await first.release();
    await second.release();
    proxy.close();
  });

  it('names the one of this database, and no other on the same server', async () => {
    const elsewhere = new pg.Client({
      connectionString: await server.createDatabase(),
      application_name: 'another installation',
    });
    await elsewhere.connect();
    await elsewhere.query('select pg_advisory_lock($1)', [7_045_873_311]);
    const first = await own();
    await expect(own()).rejects.toMatchObject({
      message: expect.stringContaining(`process ${process.pid}`) as string,
    });
    await first.release();
    await elsewhere.end();
  });
});

/** Stands before a server, and can become as silent as a network that is away: nothing passes, and nobody is told. */
async function silentProxy(target: string) {
  const { hostname, port, searchParams } = new URL(target);
  const folder = searchParams.get('host');
  const reach = () =>
    folder === null ? connect(Number(port || 5432), hostname) : connect(join(folder, '.s.PGSQL.5432'));
  const sockets: Socket[] = [];
  let silent = false;
  const proxy = createServer((near) => {
    sockets.push(near);
    near.on('error', () => undefined);
    if (silent) return;
    const far = reach();
    sockets.push(far);
    far.on('error', () => undefined);
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const)
      from.on('data', (part: Buffer) => void (silent || to.write(part)));
  });
  proxy.listen(0, '127.0.0.1');
  await once(proxy, 'listening');
  const address = new URL(target);
  address.searchParams.delete('host');
  address.hostname = '127.0.0.1';
  address.port = String((proxy.address() as AddressInfo).port);
  return {
    url: String(address),
    silence: () => (silent = true),
    close() {
      for (const socket of sockets) socket.destroy();
      proxy.close();
    },
  };
}
