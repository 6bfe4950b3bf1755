import type { UnifyConfig } from './unify-config.ts';

const alwaysEmails = ['email', 'e_mail', 'mail'];

/**
 * Which attributes hold e-mail addresses, upper case or lower: those called so and those under `emails`. Joining people,
 * erasing them and keeping them out must all go by the same ones.
 */
export function emailAttributes({
  emails = [],
}: Pick<UnifyConfig, 'emails'>): (attribute: string) => boolean {
  const names = new Set([...alwaysEmails, ...emails.map((name) => name.toLowerCase())]);
  return (attribute) => names.has(attribute.toLowerCase());
}
