import { randomUUID } from 'node:crypto';
import { pageOf, readTextCursor, type Page, type PageAsked } from '../base/page.ts';
import type { Database, Row } from '../store/tables.ts';
import type { Identity, UserId } from './identity.ts';
import type { Permission } from './permission.ts';
import { digestOfSecret, newSecret } from './secret.ts';
import { findUser } from './users.ts';

/** A token as lists show it: never with its secret. */
export interface ApiToken {
  id: string;
  user: UserId;
  name: string;
  scopes: Permission[];
  createdAt: Date;
  expiresAt: Date;
  usedAt: Date | undefined;
  revokedAt: Date | undefined;
}

/** A prefix by which people, and scanners for leaked secrets, see what it is. */
export const tokenPrefix = 'postrider_';
const noteUseMs = 60_000;

/** @returns the token's text, which is stored nowhere */
export async function makeApiToken(
  db: Database,
  token: Pick<ApiToken, 'user' | 'name' | 'scopes' | 'expiresAt'>,
  now: Date,
): Promise<{ secret: string; token: ApiToken }> {
  const secret = `${tokenPrefix}${newSecret()}`;
  const row = {
    id: randomUUID(),
    digest: digestOfSecret(secret),
    app_user: token.user,
    name: token.name,
    scopes: JSON.stringify(token.scopes),
    created_at: now,
    expires_at: token.expiresAt,
    used_at: null,
    revoked_at: null,
  };
  await db.insertInto('api_token').values(row).execute();
  return { secret, token: toToken({ ...row, scopes: token.scopes }) };
}

/** Who stands behind a token, as they are now, within its scopes; undefined when it does not count (any more). */
export async function identityOfToken(
  db: Database,
  secret: string,
  now: Date,
): Promise<Identity | undefined> {
  if (!secret.startsWith(tokenPrefix)) return undefined;
  const row = await db
    .selectFrom('api_token')
    .selectAll()
    .where('digest', '=', digestOfSecret(secret))
    .executeTakeFirst();
  if (row === undefined || row.revoked_at !== null || row.expires_at <= now) return undefined;
  const user = await findUser(db, row.app_user as UserId);
  if (user === undefined) return undefined;
  if (row.used_at === null || now.getTime() - row.used_at.getTime() > noteUseMs) {
    await db.updateTable('api_token').set({ used_at: now }).where('id', '=', row.id).execute();
  }
  const { id, email, name, role, extra } = user;
  return { user: id, email, name, role, extra, via: 'token', scopes: row.scopes as Permission[] };
}

/** By their ids; with `user` only that one's. */
export async function listApiTokens(
  db: Database,
  { limit, cursor, user }: PageAsked & { user?: UserId },
): Promise<Page<ApiToken>> {
  const after = readTextCursor(cursor);
  let query = db.selectFrom('api_token').selectAll();
  if (user !== undefined) query = query.where('app_user', '=', user);
  if (after !== undefined) query = query.where('id', '>', after);
  const rows = await query
    .orderBy('id')
    .limit(limit + 1)
    .execute();
  return pageOf(rows.map(toToken), limit, ({ id }) => id);
}

export async function findApiToken(db: Database, id: string): Promise<ApiToken | undefined> {
  const row = await db.selectFrom('api_token').selectAll().where('id', '=', id).executeTakeFirst();
  return row === undefined ? undefined : toToken(row);
}

/** From now on it counts nowhere; it stays in the list. */
export async function revokeApiToken(db: Database, id: string, now: Date): Promise<void> {
  await db
    .updateTable('api_token')
    .set({ revoked_at: now })
    .where('id', '=', id)
    .where('revoked_at', 'is', null)
    .execute();
}

function toToken(row: Row<'api_token'>): ApiToken {
  return {
    id: row.id,
    user: row.app_user as UserId,
    name: row.name,
    scopes: row.scopes as Permission[],
    createdAt: row.created_at,
    expiresAt: row.expires_at,
    usedAt: row.used_at ?? undefined,
    revokedAt: row.revoked_at ?? undefined,
  };
}
