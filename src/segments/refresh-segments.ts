import type { SegmentId } from '../base/ids.ts';
import type { Change, Engine } from '../engine/engine.ts';
import { join, sql, type Sql } from '../engine/sql.ts';
import { asOfDay } from './as-of-day.ts';
import type { Catalogue } from './catalogue.ts';
import { checkSegments } from './check-segments.ts';
import { compileRules } from './compile-rules.ts';
import type { SegmentConfig } from './segment-config.ts';
import { segmentSizes, segmentTables, type SegmentSize } from './segment-sizes.ts';

export interface RefreshOptions {
  now: Date;
  /** IANA name; days are days there. */
  timeZone: string;
  /** Refreshes these, by hand: also the static ones among them. Absent: all that are dynamic or new. */
  only?: readonly SegmentId[];
}

/**
 * Finds the members of the segments anew and writes them all at once; if anything fails, every segment
 * stays as it was. Segments that are not among `segments` any more are forgotten, and so are members whose
 * profile is gone.
 * @returns the sizes of all segments
 * @throws RulesError with everything that is wrong in the rules
 */
export async function refreshSegments(
  engine: Engine,
  segments: ReadonlyMap<SegmentId, SegmentConfig>,
  catalogue: Catalogue,
  options: RefreshOptions,
): Promise<SegmentSize[]> {
  const { now, timeZone, only } = options;
  const all = checkSegments(segments, catalogue);
  const known = new Set((await segmentSizes(engine)).map(({ segment }) => segment));
  const due = all.filter(({ id, type }) => only?.includes(id) ?? (type === 'dynamic' || !known.has(id)));
  const kept = all.filter((segment) => !due.includes(segment)).map(({ id }) => id);

  const changes: Change[] = [
    ...segmentTables(engine),
    ...(['member', 'size', 'history'] as const).map(
      (table) =>
        sql`DELETE FROM segment.${bare(table)} WHERE NOT ${isOneOf(table === 'history' ? [...segments.keys()] : kept)}`,
    ),
    sql`DELETE FROM segment.member WHERE customer_id NOT IN (SELECT customer_id FROM profile.profile)`,
  ];
  for (const { id, rules, asOf } of due) {
    const today = await asOfDay(engine, asOf, { now, timeZone });
    const members = compileRules(rules, { dialect: engine.dialect, today, timeZone });
    changes.push(
      sql`INSERT INTO segment.member SELECT ${id}, member.customer_id FROM (${members}) AS member`,
    );
  }
  const refreshedAt = engine.dialect.tryCast(sql`${now.toISOString()}`, 'time');
  const count = (id: SegmentId) => sql`(SELECT count(*) FROM segment.member WHERE segment = ${id})`;
  for (const { id } of due)
    changes.push(sql`INSERT INTO segment.size SELECT ${id}, ${count(id)}, ${refreshedAt}`);
  for (const id of kept)
    changes.push(sql`UPDATE segment.size SET members = ${count(id)} WHERE segment = ${id}`);
  changes.push(sql`INSERT INTO segment.history SELECT segment, members, ${refreshedAt} FROM segment.size`);
  await engine.commit(changes);
  return segmentSizes(engine);
}

function isOneOf(ids: readonly SegmentId[]): Sql {
  return ids.length === 0 ? sql`false` : sql`(segment IN (${join(ids.map((id) => sql`${id}`))}))`;
}

function bare(table: 'member' | 'size' | 'history'): Sql {
  return { nodes: [{ text: table }] };
}
