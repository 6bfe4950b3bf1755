import { hash, verify } from '@node-rs/argon2';
import { inputError } from '../base/errors.ts';

// argon2id is the library's default; memory and passes are OWASP's first recommendation (19 MiB, 2, 1), doubled.
const cost = { memoryCost: 38 * 1024, timeCost: 2, parallelism: 1 };

const shortest = 12;
// Longer ones cost us time without being safer.
const longest = 256;

/**
 * Length and nothing else, as NIST SP 800-63B (5.1.1.2) has it: rules about signs make people choose worse ones.
 * @throws `input` / `password_weak`
 */
export function checkPassword(password: string, { email }: { email: string }): void {
  const weak = (message: string) =>
    inputError('password_weak', message, 'Take several words, or let a password manager make one.');
  if (password.length < shortest) throw weak(`A password has ${shortest} characters at least.`);
  if (password.length > longest) throw weak(`A password has ${longest} characters at most.`);
  const plain = password.toLowerCase();
  const [name = ''] = email.toLowerCase().split('@');
  if (plain.includes(email.toLowerCase()) || (name.length > 3 && plain.replaceAll(name, '').length < 6)) {
    throw weak('The password is hardly more than the e-mail address.');
  }
  if (new Set(plain).size < 4) throw weak('The password repeats itself.');
}

/** The hash with its salt and costs in it, as argon2's own form has them. */
export function hashPassword(password: string): Promise<string> {
  return hash(password, cost);
}

/** Whether it is the one. Somebody without a password costs the same time, so that the time tells nothing. */
export async function isPassword(password: string, hashed: string | null | undefined): Promise<boolean> {
  const known = hashed ?? (await (nobody ??= hashPassword('nobody has this password')));
  const right = await verify(known, password.slice(0, longest + 1)).catch(() => false);
  return right && hashed !== null && hashed !== undefined;
}

/** Made when it is needed first: most commands ask for no password. */
let nobody: Promise<string> | undefined;
