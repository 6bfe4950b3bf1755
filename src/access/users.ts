import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { inputError, PostriderError } from '../base/errors.ts';
import { pageOf, readTextCursor, type Page, type PageAsked } from '../base/page.ts';
import type { Database, Row } from '../store/tables.ts';
import { dropAccessLinks } from './access-links.ts';
import type { Identity, UserId } from './identity.ts';
import type { Permission } from './permission.ts';
import type { Role } from './role.ts';

export const languages = ['en', 'ro'] as const;
export type UserLanguage = (typeof languages)[number];

/** Somebody who may come in. */
export interface User {
  id: UserId;
  /** In small letters. */
  email: string;
  name: string;
  role: Role;
  /** Permissions beyond the role. */
  extra: Permission[];
  language: UserLanguage;
  hasPassword: boolean;
  createdAt: Date;
  updatedAt: Date;
  lastSeenAt: Date | undefined;
}

export interface NewUser {
  email: string;
  name: string;
  role: Role;
  passwordHash?: string;
}

const emailAddress = z.email().max(254);

/** @throws `input` / `user_email` */
export function parseUserEmail(text: string): string {
  const parsed = emailAddress.safeParse(text.trim().toLowerCase());
  if (parsed.success) return parsed.data;
  throw inputError('user_email', 'This is no e-mail address.', 'Users sign in with it: ana@example.com.');
}

/** @throws `conflict` / `user_exists` */
export async function addUser(db: Database, user: NewUser, now: Date): Promise<User> {
  const email = parseUserEmail(user.email);
  if ((await findUserByEmail(db, email)) !== undefined) {
    throw new PostriderError({
      kind: 'conflict',
      code: 'user_exists',
      message: 'Somebody with this e-mail address is a user already.',
      hint: 'Change their role instead, or send them a link for a new password.',
    });
  }
  const row = {
    id: randomUUID(),
    email,
    name: user.name,
    role: user.role,
    extra: '[]',
    language: 'en',
    password_hash: user.passwordHash ?? null,
    oidc_subject: null,
    created_at: now,
    updated_at: now,
    last_seen_at: null,
  };
  await db.insertInto('app_user').values(row).execute();
  return toUser({ ...row, extra: [] });
}

export async function findUser(db: Database, id: UserId): Promise<User | undefined> {
  const row = await db.selectFrom('app_user').selectAll().where('id', '=', id).executeTakeFirst();
  return row === undefined ? undefined : toUser(row);
}

export async function findUserByEmail(db: Database, email: string): Promise<User | undefined> {
  const row = await db
    .selectFrom('app_user')
    .selectAll()
    .where('email', '=', email.trim().toLowerCase())
    .executeTakeFirst();
  return row === undefined ? undefined : toUser(row);
}

/** By address, the alphabet's order. */
export async function listUsers(db: Database, { limit, cursor }: PageAsked): Promise<Page<User>> {
  const after = readTextCursor(cursor);
  let query = db.selectFrom('app_user').selectAll();
  if (after !== undefined) query = query.where('email', '>', after);
  const rows = await query
    .orderBy('email')
    .limit(limit + 1)
    .execute();
  return pageOf(rows.map(toUser), limit, ({ email }) => email);
}

export async function countUsers(db: Database): Promise<number> {
  const { users } = await db
    .selectFrom('app_user')
    .select(({ fn }) => fn.countAll<number>().as('users'))
    .executeTakeFirstOrThrow();
  return users;
}

/**
 * Links that they made end where they may not do the same any more.
 * @throws `conflict` / `last_owner`
 */
export async function changeUser(
  db: Database,
  id: UserId,
  change: Partial<Pick<User, 'name' | 'role' | 'extra' | 'language'>> & {
    passwordHash?: string;
    oidcSubject?: string;
  },
  now: Date,
): Promise<void> {
  const { extra, passwordHash, oidcSubject, ...plain } = change;
  await inTransaction(db, async (transaction) => {
    if (change.role !== undefined && change.role !== 'owner') await refuseLastOwner(transaction, id);
    const before = await findUser(transaction, id);
    await transaction
      .updateTable('app_user')
      .set({
        ...plain,
        updated_at: now,
        ...(extra === undefined ? {} : { extra: JSON.stringify(extra) }),
        ...(passwordHash === undefined ? {} : { password_hash: passwordHash }),
        ...(oidcSubject === undefined ? {} : { oidc_subject: oidcSubject }),
      })
      .where('id', '=', id)
      .execute();
    const other =
      (change.role ?? before?.role) !== before?.role ||
      JSON.stringify(extra ?? before?.extra) !== JSON.stringify(before?.extra);
    if (before !== undefined && other) await dropAccessLinks(transaction, { madeBy: before.email });
  });
}

/** Somebody who came in elsewhere, under the id they have there; without a password, so here they do not come in. */
export async function knowUser(
  db: Database,
  { user, email, name, role, extra }: Pick<Identity, 'user' | 'email' | 'name' | 'role' | 'extra'>,
  now: Date,
): Promise<void> {
  const known = { email, name, role, extra: JSON.stringify(extra), updated_at: now };
  const row = { ...known, id: user, language: 'en', password_hash: null, oidc_subject: null };
  await db
    .insertInto('app_user')
    .values({ ...row, created_at: now, last_seen_at: null })
    .onConflict((conflict) => conflict.column('id').doUpdateSet(known))
    .execute();
}

/** Sessions and tokens go too, and links that they made or that were made for them. @throws `conflict` / `last_owner` */
export async function removeUser(db: Database, id: UserId): Promise<void> {
  await inTransaction(db, async (transaction) => {
    await refuseLastOwner(transaction, id);
    const gone = await transaction
      .deleteFrom('app_user')
      .where('id', '=', id)
      .returning('email')
      .executeTakeFirst();
    if (gone === undefined) return;
    await dropAccessLinks(transaction, { madeBy: gone.email });
    await dropAccessLinks(transaction, { madeFor: gone.email });
  });
}

function inTransaction<Result>(
  db: Database,
  work: (transaction: Database) => Promise<Result>,
): Promise<Result> {
  return db.isTransaction ? work(db) : db.transaction().execute(work);
}

/** The hash is for `isPassword` and goes nowhere else. */
export async function passwordHashOf(db: Database, id: UserId): Promise<string | undefined> {
  const row = await db.selectFrom('app_user').select('password_hash').where('id', '=', id).executeTakeFirst();
  return row?.password_hash ?? undefined;
}

/** Somebody has to be left who can let others in: of two owners who demote each other, the second is refused. */
async function refuseLastOwner(transaction: Database, id: UserId): Promise<void> {
  const owners = await transaction
    .selectFrom('app_user')
    .select('id')
    .where('role', '=', 'owner')
    .orderBy('id')
    .forUpdate()
    .execute();
  if (owners.length !== 1 || owners[0]?.id !== id) return;
  throw new PostriderError({
    kind: 'conflict',
    code: 'last_owner',
    message: 'This is the only owner.',
    hint: 'Make somebody else an owner first.',
  });
}

function toUser(row: Row<'app_user'>): User {
  return {
    id: row.id as UserId,
    email: row.email,
    name: row.name,
    role: row.role as Role,
    extra: row.extra as Permission[],
    language: row.language as UserLanguage,
    hasPassword: row.password_hash !== null,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
    lastSeenAt: row.last_seen_at ?? undefined,
  };
}
