import { z } from 'zod';
import type { ConnectionId } from '../base/ids.ts';
import type { Database } from '../store/tables.ts';
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
  return connectionSecret.parse(JSON.parse(text));
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
