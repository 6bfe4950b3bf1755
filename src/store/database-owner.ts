import { hostname } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { PostriderError } from '../base/errors.ts';
import { databaseUnreachable } from './database-unreachable.ts';

/**
 * The right to a PostgreSQL database, for one process at a time: two that had it would send the same exports from two
 * data folders. Held by a lock of one connection, so that it ends with its process, however that ends.
 */
export interface DatabaseOwner {
  /** Aborted, with what happened, once somebody else may have the database. */
  readonly lost: AbortSignal;
  release(): Promise<void>;
}

export interface OwnerPace {
  /** How long to try for the lock anew when its connection broke: a database that starts again is no other owner. */
  graceMs: number;
  retryMs: number;
  /** How often to see that the connection is still there, and how long its answer may take. */
  askEveryMs?: number;
  answerMs?: number;
}

/** Any number that is ours; a lock is of one database, so installations beside each other do not meet. */
const lockKey = 7_045_873_311;

/**
 * @throws `conflict` / `database_in_use`, naming who has it; `configuration` / `database_unreachable`
 */
export async function ownDatabase(
  databaseUrl: string,
  { graceMs, retryMs, askEveryMs = 5_000, answerMs = 5_000 }: OwnerPace = { graceMs: 20_000, retryMs: 500 },
): Promise<DatabaseOwner> {
  const lost = new AbortController();
  const release = new AbortController();
  let held = await hold(databaseUrl, answerMs);
  watch(held);
  return {
    lost: lost.signal,
    async release() {
      release.abort();
      await held.end().catch(() => undefined);
    },
  };

  function watch(client: pg.Client): void {
    // A network that is away tells nobody: the server frees the lock of a peer that it does not hear of, and so we ask.
    let waits = false;
    const asking = setInterval(() => {
      if (waits) return;
      waits = true;
      client.query('select 1').then(
        () => (waits = false),
        () => client.end().catch(() => undefined),
      );
    }, askEveryMs);
    client.once('end', () => {
      clearInterval(asking);
      if (!release.signal.aborted) void holdAnew();
    });
  }

  async function holdAnew(): Promise<void> {
    for (const until = Date.now() + graceMs; !release.signal.aborted;) {
      try {
        const anew = await hold(databaseUrl, answerMs);
        if (release.signal.aborted) return await anew.end();
        held = anew;
        watch(held);
        return;
      } catch (error) {
        const taken = error instanceof PostriderError && error.code === 'database_in_use';
        if (taken || Date.now() > until) return lost.abort(taken ? error : gone(error));
      }
      await sleep(retryMs, undefined, { ref: false });
    }
  }
}

async function hold(databaseUrl: string, answerMs: number): Promise<pg.Client> {
  const client = new pg.Client({
    connectionString: databaseUrl,
    application_name: `postrider owner: process ${process.pid} of ${hostname()}`.slice(0, 63),
    connectionTimeoutMillis: 2 * answerMs,
    query_timeout: answerMs,
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
  });
  // Without a listener a connection that breaks would end the process, also while it is being made.
  client.on('error', () => undefined);
  await client.connect().catch((error: unknown) => {
    throw databaseUnreachable(error);
  });
  try {
    // The server finds out within half a minute that a machine is gone, and frees what it held.
    await client.query(
      'set tcp_keepalives_idle = 10; set tcp_keepalives_interval = 5; set tcp_keepalives_count = 4',
    );
    const { rows } = await client.query<{ mine: boolean }>('select pg_try_advisory_lock($1) as mine', [
      lockKey,
    ]);
    if (rows[0]?.mine === true) return client;
    throw inUse(await holderOf(client));
  } catch (error) {
    await client.end().catch(() => undefined);
    throw error;
  }
}

/** Who has the lock, in the words that they gave themselves. */
async function holderOf(client: pg.Client): Promise<string> {
  const { rows } = await client.query<{ who: string }>(
    `select activity.application_name as who from pg_locks
     join pg_stat_activity activity on activity.pid = pg_locks.pid
     where locktype = 'advisory' and granted
       and pg_locks.database = (select oid from pg_database where datname = current_database())
       and classid = $1::bigint >> 32 and objid = $1::bigint & 4294967295`,
    [lockKey],
  );
  return rows[0]?.who ?? 'another process';
}

function inUse(who: string): PostriderError {
  return new PostriderError({
    kind: 'conflict',
    code: 'database_in_use',
    message: `The database that DATABASE_URL names is in use: ${who}.`,
    hint: 'One process at a time works with a database. Stop that one, give this one a database of its own, or let it wait: postrider serve --standby.',
    retry: 'later',
  });
}

function gone(cause: unknown): PostriderError {
  return new PostriderError({
    kind: 'remote',
    code: 'database_lost',
    message: 'The connection that holds the database broke, and could not be made anew in time.',
    hint: 'Start again once the database answers; work that was parked is found again.',
    retry: 'later',
    cause,
  });
}
