import { createCipheriv, createDecipheriv, createHmac, randomBytes, type KeyObject } from 'node:crypto';
import { PostriderError } from '../base/errors.ts';

/** The key that seals secrets at rest. Its bytes stay inside: printed or in JSON it shows nothing. */
export interface SecretKey {
  /** Names the key without telling it, so that a wrong one is told from a damaged secret. */
  readonly id: string;
  readonly key: KeyObject;
}

/** A sealed secret, as it may lie in the database and in backups. */
export interface Sealed {
  /** `v1.` and the base64url of nonce (12 bytes), tag (16) and ciphertext: AES-256-GCM. */
  text: string;
  keyId: string;
}

const version = 'v1.';
const nonceBytes = 12;
const tagBytes = 16;

export function secretKeyOf(key: KeyObject): SecretKey {
  const id = createHmac('sha256', key).update('postrider key id').digest('hex').slice(0, 16);
  return { id, key };
}

/**
 * Seals a text.
 * @param belongsTo what the secret is for, as in `connection account`: it opens only there, so that nobody who
 *   can write to the database moves one connection's secret to another
 */
export function seal(key: SecretKey, text: string, belongsTo: string): Sealed {
  const nonce = randomBytes(nonceBytes);
  const cipher = createCipheriv('aes-256-gcm', key.key, nonce, { authTagLength: tagBytes });
  cipher.setAAD(Buffer.from(belongsTo));
  const ciphertext = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
  const bytes = Buffer.concat([nonce, cipher.getAuthTag(), ciphertext]);
  return { text: version + bytes.toString('base64url'), keyId: key.id };
}

/**
 * The text that was sealed for `belongsTo`.
 * @throws `configuration` / `wrong_secret_key` when another key sealed it, `secret_damaged` when it is not what
 *   was sealed, or was sealed for something else
 */
export function open(key: SecretKey, sealed: Sealed, belongsTo: string): string {
  if (sealed.keyId !== key.id) {
    throw new PostriderError({
      kind: 'configuration',
      code: 'wrong_secret_key',
      message: `The secret of ${belongsTo} was sealed with key ${sealed.keyId}; the present key is ${key.id}.`,
      hint: 'Give the key it was sealed with in POSTRIDER_SECRET_KEY or <data>/secret.key, or enter the secret again.',
    });
  }
  try {
    if (!sealed.text.startsWith(version)) throw new Error('unknown version');
    const bytes = Buffer.from(sealed.text.slice(version.length), 'base64url');
    const decipher = createDecipheriv('aes-256-gcm', key.key, bytes.subarray(0, nonceBytes), {
      authTagLength: tagBytes,
    });
    decipher.setAAD(Buffer.from(belongsTo));
    decipher.setAuthTag(bytes.subarray(nonceBytes, nonceBytes + tagBytes));
    const text = decipher.update(bytes.subarray(nonceBytes + tagBytes));
    return Buffer.concat([text, decipher.final()]).toString('utf8');
  } catch (error) {
    throw new PostriderError({
      kind: 'configuration',
      code: 'secret_damaged',
      message: `The stored secret of ${belongsTo} is damaged.`,
      hint: 'Enter it again.',
      cause: error,
    });
  }
}
