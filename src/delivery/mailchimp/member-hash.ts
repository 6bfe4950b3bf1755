import { createHash } from 'node:crypto';

/** The name under which the API knows an address: MD5 of its trimmed lower-case form, in hex. */
export function memberHash(address: string): string {
  return createHash('md5').update(address.trim().toLowerCase()).digest('hex');
}
