import { createSecretKey, hkdfSync, type KeyObject } from 'node:crypto';
import { secretKeyOf, type SecretKey } from '../connections/seal.ts';

/** The keys of the suppression list, derived from the secret key of the data folder: no other key is to be kept. */
export interface SuppressionKey {
  /** Names the key without telling it: a list that another key made would let everybody in. */
  readonly id: string;
  /** Makes the digests. */
  readonly digest: KeyObject;
  /** Seals what an erasure that is under way still has to know. */
  readonly seal: SecretKey;
}

/** HKDF-SHA-256 (RFC 5869), one key for each use. */
export function suppressionKeyOf({ key }: SecretKey): SuppressionKey {
  const derive = (use: string): KeyObject =>
    createSecretKey(Buffer.from(hkdfSync('sha256', key, '', `postrider suppression ${use}`, 32)));
  const digest = derive('digest');
  return { id: secretKeyOf(digest).id, digest, seal: secretKeyOf(derive('seal')) };
}
