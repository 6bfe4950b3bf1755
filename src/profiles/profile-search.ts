import type { CustomerId } from '../base/ids.ts';
import type { Engine } from '../engine/engine.ts';
import { sql } from '../engine/sql.ts';
import { readProfileShape } from './profile-shape.ts';

/**
 * The people behind what somebody typed: an address that any of their records has (upper case and outer
 * blanks do not matter), a `CustomerId`, or an id that became part of another person. Several people can
 * have one address where no rule joins by it; nobody gives an empty list.
 * Error: `no_profiles`.
 */
export async function findPeople(engine: Engine, text: string): Promise<CustomerId[]> {
  await readProfileShape(engine);
  const rows = await engine.rows<{ id: CustomerId }>(sql`
    SELECT DISTINCT customer_id AS id FROM (
      SELECT customer_id FROM unify.address WHERE address = ${engine.dialect.foldAddress(sql`${text}`)}
      UNION ALL SELECT customer_id FROM profile.profile WHERE customer_id = ${text.trim()}
      UNION ALL SELECT p.customer_id FROM unify.previous_id old
        JOIN profile.profile p ON p.customer_id = old.customer_id WHERE old.was = ${text.trim()}
    ) ORDER BY id`);
  return rows.map((row) => row.id);
}
