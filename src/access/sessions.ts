import type { Database } from '../store/tables.ts';
import type { Identity, UserId } from './identity.ts';
import { digestOfSecret, newSecret } from './secret.ts';
import { endedAt, sessionEnd } from './session-life.ts';
import { findUser } from './users.ts';

/** Where somebody is signed in; the secret itself is in their browser only. */
export interface Session {
  /** For ending it from a list: a part of the digest, which opens nothing. */
  id: string;
  startedAt: Date;
  usedAt: Date;
  address: string;
  userAgent: string;
  current: boolean;
}

/** Once a minute is enough to know that somebody is there; each request would be a write. */
const noteUseMs = 60_000;
const idLength = 16;

/** @returns the secret, for a cookie */
export async function startSession(
  db: Database,
  user: UserId,
  from: { address: string; userAgent: string },
  now: Date,
): Promise<string> {
  const secret = newSecret();
  await db
    .insertInto('user_session')
    .values({
      digest: digestOfSecret(secret),
      app_user: user,
      started_at: now,
      used_at: now,
      reauthenticated_at: now,
      address: from.address.slice(0, 64),
      user_agent: from.userAgent.slice(0, 200),
    })
    .execute();
  await db.updateTable('app_user').set({ last_seen_at: now }).where('id', '=', user).execute();
  return secret;
}

/** Who has this session, as they are now; undefined when it is over or never was. */
export async function identityOfSession(
  db: Database,
  secret: string,
  now: Date,
): Promise<Identity | undefined> {
  const digest = digestOfSecret(secret);
  const row = await db.selectFrom('user_session').selectAll().where('digest', '=', digest).executeTakeFirst();
  if (row === undefined) return undefined;
  if (sessionEnd(row.started_at, row.used_at) <= now) {
    await endSession(db, secret);
    return undefined;
  }
  const user = await findUser(db, row.app_user as UserId);
  if (user === undefined) return undefined;
  if (now.getTime() - row.used_at.getTime() > noteUseMs) {
    await db.updateTable('user_session').set({ used_at: now }).where('digest', '=', digest).execute();
    await db.updateTable('app_user').set({ last_seen_at: now }).where('id', '=', user.id).execute();
  }
  const { id, email, name, role, extra } = user;
  return {
    user: id,
    email,
    name,
    role,
    extra,
    via: 'session',
    session: digest.slice(0, idLength),
    reauthenticatedAt: row.reauthenticated_at,
  };
}

/**
 * Somebody proved again who they are: the same session under a new secret, so that one that was stolen before is
 * worth nothing after.
 */
export async function renewSession(db: Database, secret: string, now: Date): Promise<string> {
  const renewed = newSecret();
  await db
    .updateTable('user_session')
    .set({ digest: digestOfSecret(renewed), reauthenticated_at: now, used_at: now })
    .where('digest', '=', digestOfSecret(secret))
    .execute();
  return renewed;
}

export async function endSession(db: Database, secret: string): Promise<void> {
  await db.deleteFrom('user_session').where('digest', '=', digestOfSecret(secret)).execute();
}

/** Takes away what is over: a cookie that nobody sends again would keep its row for ever. */
export async function dropEndedSessions(db: Database, now: Date): Promise<void> {
  const { startedAt, usedAt } = endedAt(now);
  await db
    .deleteFrom('user_session')
    .where(({ eb, or }) => or([eb('started_at', '<=', startedAt), eb('used_at', '<=', usedAt)]))
    .execute();
}

/** @returns how many there were */
export async function endSessionsOf(db: Database, user: UserId): Promise<number> {
  const gone = await db.deleteFrom('user_session').where('app_user', '=', user).executeTakeFirst();
  return Number(gone.numDeletedRows);
}

/** @returns whether there was such a one */
export async function endOneSession(db: Database, user: UserId, id: string): Promise<boolean> {
  const sessions = await db
    .selectFrom('user_session')
    .select('digest')
    .where('app_user', '=', user)
    .execute();
  const digest = sessions.find((session) => session.digest.slice(0, idLength) === id)?.digest;
  if (digest === undefined) return false;
  await db.deleteFrom('user_session').where('digest', '=', digest).execute();
  return true;
}

/** Those that go on, the newest first. */
export async function listSessions(
  db: Database,
  user: UserId,
  { current, now }: { current?: string | undefined; now: Date },
): Promise<Session[]> {
  const rows = await db
    .selectFrom('user_session')
    .selectAll()
    .where('app_user', '=', user)
    .orderBy('started_at', 'desc')
    .limit(100)
    .execute();
  const mine = current === undefined ? undefined : digestOfSecret(current);
  return rows
    .filter((row) => sessionEnd(row.started_at, row.used_at) > now)
    .map((row) => ({
      id: row.digest.slice(0, idLength),
      startedAt: row.started_at,
      usedAt: row.used_at,
      address: row.address,
      userAgent: row.user_agent,
      current: row.digest === mine,
    }));
}
