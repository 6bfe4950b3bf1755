import { z } from 'zod';

/** Columns of the profile table that are ours, in lower case. */
export const reservedNames: ReadonlySet<string> = new Set(['customer_id', 'first_seen']);

/** The name of an attribute of the profile, as it stands in the workspace file. */
export const attributeName = z
  .string()
  .regex(
    /^[A-Za-z][A-Za-z0-9_]{0,62}$/,
    'An attribute begins with a letter and has letters, digits and "_" only, 63 at most.',
  )
  .refine(
    (name) => !reservedNames.has(name.toLowerCase()),
    'customer_id and first_seen are filled in by Postrider.',
  );
