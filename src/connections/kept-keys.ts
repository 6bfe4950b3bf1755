import { createSecretKey } from 'node:crypto';
import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { PostriderError } from '../base/errors.ts';
import type { Database } from '../store/tables.ts';
import { resealConnectionSecrets } from './connection-secrets.ts';
import { open, seal, secretKeyOf, type SecretKey } from './seal.ts';
import { newKeyText, parseSecretKey, secretKeyFile, secretKeyFrom } from './secret-key.ts';

/** The first key of an installation, by which erased people are known: their digests cannot be made again. */
const engineKey = 'engine';
const ownerOf = (name: string) => `key ${name}`;

/**
 * The key of what lies beside the people: the suppression list, webhook secrets. It is the secret key until that is
 * changed for the first time, and stays what it was from then on.
 */
export async function engineKeyOf(db: Database, key: SecretKey): Promise<SecretKey> {
  const row = await db.selectFrom('kept_key').selectAll().where('name', '=', engineKey).executeTakeFirst();
  if (row === undefined) return key;
  const text = open(key, { text: row.sealed, keyId: row.key_id }, ownerOf(engineKey));
  return secretKeyOf(createSecretKey(Buffer.from(text, 'base64')));
}

/** Seals with another key what somebody else keeps. */
export type Reseal = (db: Database, from: SecretKey, to: SecretKey) => Promise<void>;

/**
 * Seals everything of the store with another key, in one transaction.
 * @returns how many secrets of connections there were
 */
async function reseal(
  db: Database,
  from: SecretKey,
  to: SecretKey,
  others: readonly Reseal[],
): Promise<number> {
  return db.transaction().execute(async (transaction) => {
    const kept = await engineKeyOf(transaction, from);
    const sealed = seal(to, kept.key.export().toString('base64'), ownerOf(engineKey));
    const columns = { sealed: sealed.text, key_id: sealed.keyId };
    await transaction
      .insertInto('kept_key')
      .values({ name: engineKey, ...columns })
      .onConflict((conflict) => conflict.column('name').doUpdateSet(columns))
      .execute();
    await transaction.deleteFrom('pending_sign_in').execute();
    for (const other of others) await other(transaction, from, to);
    return resealConnectionSecrets(transaction, from, to);
  });
}

/** Where the new key lies until the store is sealed with it. */
const waiting = (dataFolder: string) => `${secretKeyFile(dataFolder)}.new`;

/**
 * Another secret key in place of the present one.
 * @param others what else is sealed with it, beside the connections
 * @param given the text of the new key where the present one comes from the environment; else one is made, and
 *   `secret.key` holds it from then on
 * @throws `configuration` / `new_key_missing`, `bad_secret_key`
 */
export async function rotateSecretKey(
  db: Database,
  from: SecretKey,
  place: {
    dataFolder: string;
    fromEnvironment: boolean;
    given: string | undefined;
    others?: readonly Reseal[];
  },
): Promise<{ key: SecretKey; secrets: number }> {
  const { dataFolder, fromEnvironment, given, others = [] } = place;
  if (fromEnvironment && given === undefined) {
    throw new PostriderError({
      kind: 'configuration',
      code: 'new_key_missing',
      message: 'The secret key comes from the environment, so the new one must too.',
      hint: 'Set POSTRIDER_NEW_SECRET_KEY, say this again, and set POSTRIDER_SECRET_KEY to it afterwards: openssl rand -base64 32',
    });
  }
  const text = given ?? newKeyText();
  const to = secretKeyFrom(text, 'POSTRIDER_NEW_SECRET_KEY');
  if (fromEnvironment) return { key: to, secrets: await reseal(db, from, to, others) };
  // First the key, durably; then what it seals; then its place. Killed in between, the next start finds both keys.
  writeFileSync(waiting(dataFolder), `${text}\n`, { mode: 0o600, flush: true });
  const secrets = await reseal(db, from, to, others);
  renameSync(waiting(dataFolder), secretKeyFile(dataFolder));
  return { key: to, secrets };
}

/** What a change of the key that was killed left behind: it counts if the store was sealed with it. */
export async function settleRotation(db: Database, dataFolder: string, key: SecretKey): Promise<SecretKey> {
  const file = waiting(dataFolder);
  if (!existsSync(file)) return key;
  const next = parseSecretKey(readFileSync(file, 'utf8'));
  const row = await db.selectFrom('kept_key').selectAll().where('name', '=', engineKey).executeTakeFirst();
  if (next !== undefined && row?.key_id === next.id) {
    renameSync(file, secretKeyFile(dataFolder));
    return next;
  }
  rmSync(file);
  return key;
}
