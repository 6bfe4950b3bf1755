import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { PostriderError } from '../base/errors.ts';
import type { ConnectionId } from '../base/ids.ts';
import type { Database } from '../store/tables.ts';
import { keyPattern, type ConnectionSettings, type SecretReference } from './connection-config.ts';
import { open, seal, type SecretKey } from './seal.ts';

/** What lets us into a Mailchimp account. Both are sent alike; only a token knows its data centre apart. */
const connectionSecret = z.discriminatedUnion('type', [
  z.object({ type: z.literal('apiKey'), apiKey: z.string() }),
  z.object({ type: z.literal('oauth'), accessToken: z.string(), dataCentre: z.string() }),
]);
export type ConnectionSecret = z.infer<typeof connectionSecret>;

/** Seals and keeps a connection's secret, in place of the one before. */
export async function saveConnectionSecret(
  db: Database,
  key: SecretKey,
  connection: ConnectionId,
  secret: ConnectionSecret,
  now: Date,
): Promise<void> {
  const sealed = seal(key, JSON.stringify(secret), ownerOf(connection));
  const columns = { sealed: sealed.text, key_id: sealed.keyId, updated_at: now };
  await db
    .insertInto('connection_secret')
    .values({ connection, ...columns })
    .onConflict((conflict) => conflict.column('connection').doUpdateSet(columns))
    .execute();
}

/**
 * The secret of a connection, or undefined when there is none. For the one place that opens a client; it goes
 * into no list, answer, log or error.
 * @throws as `open` of seal.ts
 */
export async function readConnectionSecret(
  db: Database,
  key: SecretKey,
  connection: ConnectionId,
): Promise<ConnectionSecret | undefined> {
  const row = await db
    .selectFrom('connection_secret')
    .select(['sealed', 'key_id'])
    .where('connection', '=', connection)
    .executeTakeFirst();
  if (row === undefined) return undefined;
  const text = open(key, { text: row.sealed, keyId: row.key_id }, ownerOf(connection));
  return parseConnectionSecret(text);
}

/** What was sealed, once it is open. */
export function parseConnectionSecret(text: string): ConnectionSecret {
  return connectionSecret.parse(JSON.parse(text));
}

/**
 * What lets us into the account of a connection: read where its settings refer to, else the stored one.
 * @throws `configuration` / `secret_unreachable`, which names the variable or file; as `readConnectionSecret`
 */
export async function secretOfConnection(
  db: Database,
  key: SecretKey,
  connection: ConnectionId,
  { settings, env }: { settings: Pick<ConnectionSettings, 'apiKeyFrom'> | undefined; env: Environment },
): Promise<ConnectionSecret | undefined> {
  const reference = settings?.apiKeyFrom;
  if (reference === undefined) return readConnectionSecret(db, key, connection);
  return { type: 'apiKey', apiKey: readReference(connection, reference, env) };
}

type Environment = Readonly<Record<string, string | undefined>>;

function readReference(connection: ConnectionId, reference: SecretReference, env: Environment): string {
  const unreachable = (what: string, cause?: unknown) =>
    new PostriderError({
      kind: 'configuration',
      code: 'secret_unreachable',
      message: `The API key of the connection "${connection}" is not where it should be: ${what}.`,
      hint: 'Put it there, and let the process read it; nothing is sent meanwhile.',
      cause,
    });
  let key: string;
  if ('env' in reference) {
    key = env[reference.env]?.trim() ?? '';
    if (key === '') throw unreachable(`the environment has no variable ${reference.env}`);
  } else {
    try {
      key = readFileSync(reference.file, 'utf8').trim();
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      throw unreachable(`the file ${reference.file} cannot be read (${code ?? 'unknown'})`, error);
    }
    if (key === '') throw unreachable(`the file ${reference.file} is empty`);
  }
  if (keyPattern.test(key)) return key;
  const place = 'env' in reference ? `variable ${reference.env}` : `file ${reference.file}`;
  throw unreachable(`the ${place} holds more than a key`);
}

/**
 * Seals every stored secret anew.
 * @returns how many there were
 * @throws `wrong_secret_key` before anything is changed, when one of them was sealed with a third key
 */
export async function resealConnectionSecrets(db: Database, from: SecretKey, to: SecretKey): Promise<number> {
  const rows = await db.selectFrom('connection_secret').selectAll().execute();
  for (const row of rows) {
    const owner = ownerOf(row.connection as ConnectionId);
    const sealed = seal(to, open(from, { text: row.sealed, keyId: row.key_id }, owner), owner);
    await db
      .updateTable('connection_secret')
      .set({ sealed: sealed.text, key_id: sealed.keyId })
      .where('connection', '=', row.connection)
      .execute();
  }
  return rows.length;
}

/** @returns whether there was one */
export async function deleteConnectionSecret(db: Database, connection: ConnectionId): Promise<boolean> {
  const result = await db
    .deleteFrom('connection_secret')
    .where('connection', '=', connection)
    .executeTakeFirst();
  return result.numDeletedRows === 1n;
}

/** Which connections have a secret, and since when: what lists may show of them. */
export async function listConnectionSecrets(db: Database): Promise<Map<ConnectionId, { updatedAt: Date }>> {
  const rows = await db.selectFrom('connection_secret').select(['connection', 'updated_at']).execute();
  return new Map(rows.map((row) => [row.connection as ConnectionId, { updatedAt: row.updated_at }]));
}

function ownerOf(connection: ConnectionId): string {
  return `connection ${connection}`;
}
