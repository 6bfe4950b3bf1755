import { createHash, randomBytes, randomUUID } from 'node:crypto';
import type { ConnectionId } from '../base/ids.ts';
import { inputError } from '../base/errors.ts';
import type { Database } from '../store/tables.ts';
import { parseConnectionSecret, type ConnectionSecret } from './connection-secrets.ts';
import { open, seal, type SecretKey } from './seal.ts';

/** A sign-in with Mailchimp that somebody began, and what came of it. */
export interface PendingSignIn {
  id: string;
  /** Whose sign-in is renewed; undefined for a connection that is being made. */
  connection: ConnectionId | undefined;
}

/** Time to type a password and to read what one agrees to. */
const lifeMs = 30 * 60_000;

/** Who asks: the sign-in is theirs alone, in the browser they began it in. */
export interface SignInAsker {
  user: string;
  /** Names their session. */
  session: string;
}

/** @returns the id, and the state that goes through the browser */
export async function beginSignIn(
  db: Database,
  asker: SignInAsker,
  connection: ConnectionId | undefined,
  now: Date,
): Promise<{ id: string; state: string }> {
  await db.deleteFrom('pending_sign_in').where('expires_at', '<=', now).execute();
  const [id, state] = [randomUUID(), randomBytes(32).toString('base64url')];
  await db
    .insertInto('pending_sign_in')
    .values({
      id,
      state: digest(state),
      app_user: asker.user,
      session: asker.session,
      connection: connection ?? null,
      created_at: now,
      expires_at: new Date(now.getTime() + lifeMs),
      sealed: null,
      key_id: null,
      login: null,
    })
    .execute();
  return { id, state };
}

/**
 * The sign-in that this state belongs to, once: a second answer with the same state finds nothing.
 * @throws `input` / `sign_in_state` also for a state of somebody else, or of another session
 */
export async function takeSignInState(
  db: Database,
  asker: SignInAsker,
  state: string,
  now: Date,
): Promise<PendingSignIn> {
  const row = await db
    .updateTable('pending_sign_in')
    .set({ state: `used ${randomUUID()}` })
    .where('state', '=', digest(state))
    .where('app_user', '=', asker.user)
    .where('session', '=', asker.session)
    .where('expires_at', '>', now)
    .returning(['id', 'connection'])
    .executeTakeFirst();
  if (row === undefined) {
    throw inputError(
      'sign_in_state',
      'This sign-in with Mailchimp was not begun here, or half an hour ago.',
      'Begin it again: Connect.',
    );
  }
  return { id: row.id, connection: (row.connection ?? undefined) as ConnectionId | undefined };
}

/** Keeps what came of it until the connection is saved. */
export async function keepSignIn(
  db: Database,
  key: SecretKey,
  id: string,
  secret: ConnectionSecret,
): Promise<void> {
  const sealed = seal(key, JSON.stringify(secret), ownerOf(id));
  await db
    .updateTable('pending_sign_in')
    .set({ sealed: sealed.text, key_id: sealed.keyId })
    .where('id', '=', id)
    .execute();
}

/**
 * The secret of a sign-in that went well, and takes it away from there.
 * @throws `input` / `sign_in_unknown`
 */
export async function takeSignIn(
  db: Database,
  key: SecretKey,
  asker: Pick<SignInAsker, 'user'>,
  id: string,
  now: Date,
): Promise<ConnectionSecret> {
  const row = await db
    .deleteFrom('pending_sign_in')
    .where('id', '=', id)
    .where('app_user', '=', asker.user)
    .where('expires_at', '>', now)
    .where('sealed', 'is not', null)
    .returningAll()
    .executeTakeFirst();
  if (row === undefined) {
    throw inputError(
      'sign_in_unknown',
      'There is no sign-in with Mailchimp to save, or it is too old.',
      'Begin it again: Connect.',
    );
  }
  const text = open(key, { text: row.sealed ?? '', keyId: row.key_id ?? '' }, ownerOf(id));
  return parseConnectionSecret(text);
}

function digest(state: string): string {
  return createHash('sha256').update(state).digest('hex');
}

function ownerOf(id: string): string {
  return `sign-in ${id}`;
}
