import type { Change, Engine } from '../engine/engine.ts';
import { name, sql } from '../engine/sql.ts';
import { tablesIn } from '../engine/tables-in.ts';
import { numbersSchema } from './people-numbers.ts';

/**
 * What segments hold of these people, static ones and histories included, and the changes that take it out. Tables
 * are found by their column `customer_id`, so that a new one cannot be forgotten.
 */
export async function segmentTraces(
  engine: Engine,
  customers: readonly string[],
): Promise<{ rows: number; changes: Change[] }> {
  const tables = await tablesIn(engine, 'segment');
  const changes: Change[] = [];
  let rows = 0;
  for (const [table, columns] of tables) {
    if (!columns.includes('customer_id')) continue;
    const theirs = sql`list_contains(${customers}, customer_id)`;
    const [counted] = await engine.rows<{ n: number }>(
      sql`SELECT count(*) AS n FROM ${name('segment', table)} WHERE ${theirs}`,
    );
    if ((counted?.n ?? 0) === 0) continue;
    rows += counted?.n ?? 0;
    changes.push(sql`DELETE FROM ${name('segment', table)} WHERE ${theirs}`);
  }
  if (changes.length > 0 && tables.has('size')) {
    changes.push(sql`UPDATE segment.size SET members = (
      SELECT count(*) FROM segment.member AS member WHERE member.segment = size.segment)`);
  }
  // Numbers of people, which are made anew when somebody asks for them.
  if ((await tablesIn(engine, numbersSchema)).size > 0) {
    changes.push(sql`DROP SCHEMA IF EXISTS ${name(numbersSchema)} CASCADE`);
  }
  return { rows, changes };
}
