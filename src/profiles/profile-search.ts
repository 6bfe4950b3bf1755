import type { CustomerId } from '../base/ids.ts';
import type { Engine } from '../engine/engine.ts';
import { sql } from '../engine/sql.ts';
import { namedPeople } from './named-people.ts';
import { readProfileShape } from './profile-shape.ts';

/**
 * The people behind what somebody typed: see `namedPeople`. Nobody gives an empty list.
 * Error: `no_profiles`.
 */
export async function findPeople(engine: Engine, text: string): Promise<CustomerId[]> {
  await readProfileShape(engine);
  const rows = await engine.rows<{ id: CustomerId }>(sql`
    SELECT DISTINCT customer_id AS id FROM (${namedPeople(engine.dialect, sql`SELECT ${text} AS text`)}) ORDER BY id`);
  return rows.map((row) => row.id);
}
