import { createHash, randomBytes } from 'node:crypto';

/** What a session cookie or a token holds: 256 random bits as base64url, 43 characters. Shown once, never stored. */
export function newSecret(): string {
  return randomBytes(32).toString('base64url');
}

/**
 * The form in which a secret is stored and looked up: SHA-256, hexadecimal. A slow hash would gain nothing,
 * since nobody guesses 256 random bits; passwords are another matter.
 */
export function digestOfSecret(secret: string): string {
  return createHash('sha256').update(secret).digest('hex');
}
