import { createSecretKey, randomBytes } from 'node:crypto';
import { linkSync, readFileSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PostriderError } from '../base/errors.ts';
import { secretKeyOf, type SecretKey } from './seal.ts';

const keyBytes = 32;

/** A key from its text: 32 bytes as 64 hexadecimal digits or in base64 (either alphabet); undefined for others. */
export function parseSecretKey(text: string): SecretKey | undefined {
  const trimmed = text.trim();
  const bytes = /^[0-9a-f]{64}$/i.test(trimmed)
    ? Buffer.from(trimmed, 'hex')
    : /^[\w+/-]{43}=?$/.test(trimmed)
      ? Buffer.from(trimmed, 'base64')
      : undefined;
  return bytes?.length === keyBytes ? secretKeyOf(createSecretKey(bytes)) : undefined;
}

/**
 * The key of this installation: `given` (POSTRIDER_SECRET_KEY) or the one in `<dataFolder>/secret.key`, which
 * the first start makes, readable for its owner only. The file is no backup's business: who has both it and
 * the database has the secrets.
 * @throws `configuration` / `bad_secret_key`, which says where it stands and never what it is
 */
export function readSecretKey(options: { given?: string | undefined; dataFolder: string }): SecretKey {
  if (options.given !== undefined) return secretKeyFrom(options.given, 'POSTRIDER_SECRET_KEY');
  const file = secretKeyFile(options.dataFolder);
  return secretKeyFrom(readFile(file) ?? makeFile(file), file);
}

/** Where the key lies that does not come from the environment. */
export function secretKeyFile(dataFolder: string): string {
  return join(dataFolder, 'secret.key');
}

/** The text of a key that there was not before. */
export function newKeyText(): string {
  return randomBytes(keyBytes).toString('base64');
}

/**
 * The key of this text.
 * @param where it stands, for the error
 * @throws `configuration` / `bad_secret_key`
 */
export function secretKeyFrom(text: string, where: string): SecretKey {
  const key = parseSecretKey(text);
  if (key !== undefined) return key;
  throw new PostriderError({
    kind: 'configuration',
    code: 'bad_secret_key',
    message: `${where} does not hold a key.`,
    hint: 'A key is 32 random bytes in base64 or hexadecimal, as "openssl rand -base64 32" prints them. With another key the stored secrets stay sealed.',
  });
}

function readFile(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** Writes a new key in one step: half a key, or a second one over the first, would lose every secret. */
function makeFile(file: string): string {
  const text = newKeyText();
  const ready = `${file}.${process.pid}.new`;
  writeFileSync(ready, `${text}\n`, { mode: 0o600, flush: true });
  try {
    linkSync(ready, file);
    return text;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    return readFileSync(file, 'utf8');
  } finally {
    unlinkSync(ready);
  }
}
