import { PostriderError } from '../base/errors.ts';
import type { Column, Engine } from '../engine/engine.ts';
import { sql } from '../engine/sql.ts';
import { tablesIn } from '../engine/tables-in.ts';

/** What a profile consists of, beside `customer_id` and `first_seen`. */
export interface ProfileShape {
  /** The columns of `profile.profile` in the order of the mapping. */
  attributes: Column[];
  /** The names of those that hold e-mail addresses. */
  emails: string[];
}

/** Error: `no_profiles` (kind `configuration`) before anything was unified. */
export async function readProfileShape(engine: Engine): Promise<ProfileShape> {
  if (!(await tablesIn(engine, 'profile')).has('attribute')) {
    throw new PostriderError({
      kind: 'configuration',
      code: 'no_profiles',
      message: 'There are no profiles yet.',
      hint: 'Name the sources of people under "unify" and run: postrider refresh',
    });
  }
  const rows = await engine.rows<Column & { is_email: boolean }>(
    sql`SELECT name, type, is_email FROM profile.attribute ORDER BY position`,
  );
  return {
    attributes: rows.map(({ name, type }) => ({ name, type })),
    emails: rows.filter((row) => row.is_email).map((row) => row.name),
  };
}
