import { inputError } from '../base/errors.ts';
import type { SegmentId } from '../base/ids.ts';
import type { Engine } from '../engine/engine.ts';
import { sql } from '../engine/sql.ts';
import { hasSegmentTables, isOneOf } from './segment-sizes.ts';

/** People who are in exactly these of the segments that were asked for. */
export interface OverlapPart {
  segments: SegmentId[];
  people: number;
}

const most = 5;

/**
 * How the people of some segments overlap, as last refreshed: one entry for every combination that has anybody, the
 * largest first. Of two, a Venn diagram; the parts add up to the people who are in any of them.
 * @throws `overlap_segments` unless there are two to five different ones
 */
export async function segmentOverlap(engine: Engine, segments: readonly SegmentId[]): Promise<OverlapPart[]> {
  const asked = [...new Set(segments)];
  if (asked.length < 2 || asked.length > most) {
    throw inputError(
      'overlap_segments',
      `An overlap is of two to ${most} different segments, not of ${asked.length}.`,
    );
  }
  if (!(await hasSegmentTables(engine))) return [];
  return engine.rows<OverlapPart & Record<string, string[] | number>>(sql`
    SELECT segments, count(*) AS people FROM (
      SELECT list(segment ORDER BY segment) AS segments FROM segment.member
      WHERE ${isOneOf(asked)} GROUP BY customer_id)
    GROUP BY segments ORDER BY people DESC, segments`);
}
