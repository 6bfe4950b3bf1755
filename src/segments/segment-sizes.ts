import type { SegmentId } from '../base/ids.ts';
import type { Change, Engine } from '../engine/engine.ts';
import { join, sql, type Sql } from '../engine/sql.ts';
import { typeRef } from '../engine/table.ts';
import { tablesIn } from '../engine/tables-in.ts';

/** How many people a segment had when it was last refreshed. */
export interface SegmentSize {
  segment: SegmentId;
  members: number;
  /** ISO 8601, UTC. */
  refreshedAt: string;
}

/**
 * The tables of this stage, made where they are absent. `history` has one row per segment and refresh, `change` one for
 * everybody who entered or left, `unlisted` the lines of member lists that name nobody, `test` how the tests of segments
 * ended.
 */
export function segmentTables(engine: Engine): Change[] {
  const [segment, members, refreshedAt, boolean] = (['text', 'integer', 'time', 'boolean'] as const).map(
    (type) => typeRef(engine.dialect, type),
  ) as [Sql, Sql, Sql, Sql];
  return [
    sql`CREATE SCHEMA IF NOT EXISTS segment`,
    sql`CREATE TABLE IF NOT EXISTS segment.member (segment ${segment}, customer_id ${segment})`,
    sql`CREATE TABLE IF NOT EXISTS segment.size (segment ${segment}, members ${members}, refreshed_at ${refreshedAt})`,
    sql`CREATE TABLE IF NOT EXISTS segment.history
      (segment ${segment}, members ${members}, refreshed_at ${refreshedAt}, entered ${members}, "left" ${members})`,
    sql`CREATE TABLE IF NOT EXISTS segment.change
      (segment ${segment}, customer_id ${segment}, entered ${boolean}, changed_at ${refreshedAt})`,
    sql`CREATE TABLE IF NOT EXISTS segment.unlisted (segment ${segment}, line ${members})`,
    sql`CREATE TABLE IF NOT EXISTS segment.test
      (segment ${segment}, position ${members}, expected ${segment}, people ${members}, members ${members})`,
  ];
}

/** Makes the tables of this stage where they are not there: a commit would wait for those of a refresh. */
export async function ensureSegmentTables(engine: Engine): Promise<void> {
  if (!(await hasSegmentTables(engine))) await engine.commit(segmentTables(engine));
}

/** The sizes of all segments as last refreshed, by id. */
export async function segmentSizes(engine: Engine): Promise<SegmentSize[]> {
  if (!(await hasSegmentTables(engine))) return [];
  return engine.rows<SegmentSize>(
    sql`SELECT segment, members, refreshed_at AS "refreshedAt" FROM segment.size ORDER BY segment`,
  );
}

/** Whether a row's `segment` is among these. */
export function isOneOf(ids: readonly SegmentId[]): Sql {
  return ids.length === 0 ? sql`false` : sql`(segment IN (${join(ids.map((id) => sql`${id}`))}))`;
}

/** Whether there is anything to read from; not whether any segment was computed. */
export async function hasSegmentTables(engine: Engine): Promise<boolean> {
  return (await tablesIn(engine, 'segment')).has('size');
}
