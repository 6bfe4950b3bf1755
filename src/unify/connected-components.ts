import type { Engine } from '../engine/engine.ts';
import { PostriderError } from '../base/errors.ts';
import { sql, type Sql } from '../engine/sql.ts';
import { countRows, replaceScratch, scratch } from './unify-tables.ts';

/** Each round at least halves what is left in all but contrived tables; a chain of 2^60 records is none of ours. */
const mostRounds = 60;

/**
 * Spreads the links of the scratch table `fresh` over `label (n, label)`: afterwards records that are linked, directly
 * or over others, have one label, the smallest number among them.
 *
 * Borůvka's way, in tables. A round hooks every label that has a smaller neighbour onto the smallest such,
 * follows the hooks to their roots by pointer jumping (twice as far each time, so a chain of a million takes
 * twenty), relabels, and drops the edges that lie inside a group. It ends when no edge is left.
 */
export async function spreadLabels(engine: Engine): Promise<void> {
  await engine.commit([replaceScratch('edge', edgesBetweenLabels)]);
  for (let round = 0; (await countRows(engine, scratch('edge'))) > 0; round += 1) {
    if (round === mostRounds) throw unsettled();
    await engine.commit([
      replaceScratch(
        'hook',
        sql`SELECT high AS label, min(low) AS parent FROM ${scratch('edge')} GROUP BY high`,
      ),
    ]);
    await followHooks(engine);
    await engine.commit([
      replaceScratch(
        'label',
        sql`SELECT l.n, coalesce(h.parent, l.label) AS label
          FROM ${scratch('label')} l LEFT JOIN ${scratch('hook')} h ON h.label = l.label`,
      ),
      replaceScratch(
        'edge',
        sql`SELECT DISTINCT greatest(a, b) AS high, least(a, b) AS low FROM (
          SELECT coalesce(h.parent, e.high) AS a, coalesce(l.parent, e.low) AS b FROM ${scratch('edge')} e
          LEFT JOIN ${scratch('hook')} h ON h.label = e.high LEFT JOIN ${scratch('hook')} l ON l.label = e.low
        ) WHERE a <> b`,
      ),
    ]);
  }
}

async function followHooks(engine: Engine): Promise<void> {
  const unfinished = sql`${scratch('hook')} h JOIN ${scratch('hook')} up ON up.label = h.parent`;
  for (let jump = 0; (await countRows(engine, unfinished)) > 0; jump += 1) {
    if (jump === mostRounds) throw unsettled();
    await engine.commit([
      replaceScratch(
        'hook',
        sql`SELECT h.label, coalesce(up.parent, h.parent) AS parent
          FROM ${scratch('hook')} h LEFT JOIN ${scratch('hook')} up ON up.label = h.parent`,
      ),
    ]);
  }
}

const edgesBetweenLabels: Sql = sql`
  SELECT DISTINCT greatest(a.label, b.label) AS high, least(a.label, b.label) AS low
  FROM ${scratch('fresh')} l
  JOIN ${scratch('label')} a ON a.n = l.n JOIN ${scratch('label')} b ON b.n = l.head
  WHERE a.label <> b.label`;

function unsettled(): PostriderError {
  return new PostriderError({
    kind: 'internal',
    code: 'unify_unsettled',
    message: `The groups of records did not settle within ${mostRounds} rounds.`,
    hint: 'Please report this with the number of records and rules; the profiles of the last refresh are kept.',
  });
}
