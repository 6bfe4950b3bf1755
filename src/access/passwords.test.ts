import { expect, it } from 'vitest';
import { checkPassword, hashPassword, isPassword } from './passwords.ts';

it.each([
  ['short', 'too short', false],
  ['long', 'x7'.repeat(200), false],
  ['the address', 'ana.pop@acme.test', false],
  ['the name with a year', 'ana.pop2026!', false],
  ['one letter', 'aaaaaaaaaaaaaaa', false],
  ['some words', 'gray otter under bridge', true],
  ['words with the name among them', 'ana.pop likes gray otters', true],
])('%s', (_, password, good) => {
  const check = () => checkPassword(password, { email: 'ana.pop@acme.test' });
  if (good) expect(check).not.toThrow();
  else expect(check).toThrow(expect.objectContaining({ code: 'password_weak' }));
});

it('a hash is argon2id with a salt of its own, and only the right password fits', async () => {
  const [one, other] = await Promise.all([hashPassword('gray otter'), hashPassword('gray otter')]);
  expect(one).toMatch(/^\$argon2id\$v=19\$m=38912,t=2,p=1\$/);
  expect(one).not.toBe(other);
  expect(await isPassword('gray otter', one)).toBe(true);
  expect(await isPassword('gray ottef', one)).toBe(false);
});

it('nobody gets in without a password, nor with the one that stands in for it', async () => {
  expect(await isPassword('nobody has this password', null)).toBe(false);
  expect(await isPassword('', undefined)).toBe(false);
  expect(await isPassword('x', 'no hash at all')).toBe(false);
});
