import { expect, it } from 'vitest';
import { digestOfSecret, newSecret } from './secret.ts';

it('a secret is 32 bytes in letters a URL may hold, and each is another', () => {
  const [one, other] = [newSecret(), newSecret()];
  expect(one).toMatch(/^[\w-]{43}$/);
  expect(Buffer.from(one, 'base64url')).toHaveLength(32);
  expect(one).not.toBe(other);
});

it('the digest is SHA-256', () => {
  // FIPS 180-2, appendix B.1
  expect(digestOfSecret('abc')).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
});
