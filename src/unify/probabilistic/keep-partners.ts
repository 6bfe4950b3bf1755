import type { Engine } from '../../engine/engine.ts';
import { sql } from '../../engine/sql.ts';
import { countRows, replaceScratch, scratch } from '../unify-tables.ts';

/**
 * Leaves in the scratch table `score_link (n, head, bits)` at most one partner for each record in each other source: the
 * best pair of all first, then the best of those whose two are still free, and so on. Of equal pairs the more
 * important records come first.
 *
 * In rounds: a pair that is the first choice of both would be taken by the greedy way in any order, so all such
 * pairs are taken at once, and what they rule out goes. The best pair of all is always among them, so it ends.
 */
export async function keepPartners(engine: Engine): Promise<void> {
  await engine.commit([
    replaceScratch(
      'suitor',
      sql`SELECT l.n, l.head, l.bits, r.position AS n_position, h.position AS head_position FROM ${scratch('score_link')} l
        JOIN ${scratch('score_record')} r ON r.n = l.n JOIN ${scratch('score_record')} h ON h.n = l.head`,
    ),
    sql`DELETE FROM ${scratch('score_link')}`,
  ]);
  while (await anyLeft(engine)) {
    await engine.commit([
      replaceScratch(
        'chosen',
        sql`SELECT * FROM (
          SELECT *, row_number() OVER (PARTITION BY n, head_position ORDER BY bits DESC, head) AS of_n,
            row_number() OVER (PARTITION BY head, n_position ORDER BY bits DESC, n) AS of_head
          FROM ${scratch('suitor')}
        ) WHERE of_n = 1 AND of_head = 1`,
      ),
      sql`INSERT INTO ${scratch('score_link')} SELECT n, head, bits FROM ${scratch('chosen')}`,
      sql`CREATE OR REPLACE TABLE ${scratch('suitor')} AS SELECT s.* FROM ${scratch('suitor')} s
        WHERE NOT EXISTS (SELECT 1 FROM ${scratch('chosen')} c WHERE c.n = s.n AND c.head_position = s.head_position)
          AND NOT EXISTS (SELECT 1 FROM ${scratch('chosen')} c WHERE c.head = s.head AND c.n_position = s.n_position)`,
    ]);
  }
}

async function anyLeft(engine: Engine): Promise<boolean> {
  return (await countRows(engine, scratch('suitor'))) > 0;
}
