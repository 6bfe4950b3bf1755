import type { CustomerId, SegmentId } from '../base/ids.ts';
import type { Change, Engine } from '../engine/engine.ts';
import { nothing, sql, type Sql } from '../engine/sql.ts';
import { tablesIn } from '../engine/tables-in.ts';
import { isOneOf } from './segment-sizes.ts';

/** So long it is known who entered and left; sizes are kept for longer, for they are nobody's data. */
const keptDays = 90;
const sizesKeptDays = 730;

const before = sql`segment.before`;

/** What notes who enters and leaves: `before` the members are written, and `after`. */
export interface ChangeNotes {
  before: Change[];
  after: Change[];
}

/**
 * @param found segments whose members are found anew and who had some already; of one that is computed for the first time
 *   everybody would have entered
 * @param kept segments that keep their members, less those who are gone
 * @param refreshedAt an expression of the engine's time
 */
export function noteChanges(
  { found, kept }: { found: readonly SegmentId[]; kept: readonly SegmentId[] },
  refreshedAt: Sql,
): ChangeNotes {
  const change = (entered: boolean, now: Sql, than: Sql) => sql`
    INSERT INTO segment.change SELECT segment, customer_id, ${entered}, ${refreshedAt} FROM (
      SELECT segment, customer_id FROM ${now} WHERE ${isOneOf(found)} EXCEPT SELECT segment, customer_id FROM ${than})`;
  return {
    before: [
      sql`CREATE OR REPLACE TABLE ${before} AS
        SELECT segment, customer_id FROM segment.member WHERE ${isOneOf(found)}`,
      sql`INSERT INTO segment.change SELECT segment, customer_id, FALSE, ${refreshedAt} FROM segment.member
        WHERE ${isOneOf(kept)} AND customer_id NOT IN (SELECT customer_id FROM profile.profile)`,
    ],
    after: [
      change(true, sql`segment.member`, before),
      change(false, before, sql`segment.member`),
      sql`DROP TABLE ${before}`,
      sql`INSERT INTO segment.history
        SELECT size.segment, size.members, ${refreshedAt}, coalesce(changes.entered, 0), coalesce(changes.gone, 0)
        FROM segment.size AS size LEFT JOIN (
          SELECT segment, count(*) FILTER (WHERE entered) AS entered, count(*) FILTER (WHERE NOT entered) AS gone
          FROM segment.change WHERE changed_at = ${refreshedAt} GROUP BY segment
        ) AS changes ON changes.segment = size.segment`,
      // Since when somebody is in is known for as long as they are.
      sql`DELETE FROM segment.change WHERE changed_at < ${keptSince(refreshedAt)}
        AND NOT (entered AND (segment, customer_id) IN (SELECT segment, customer_id FROM segment.member))`,
      sql`DELETE FROM segment.history WHERE refreshed_at < ${refreshedAt} - to_days(${sizesKeptDays}::INTEGER)`,
    ],
  };
}

/** The first instant of which it is told who entered and left. */
const keptSince = (refreshedAt: Sql): Sql => sql`${refreshedAt} - to_days(${keptDays}::INTEGER)`;

/** A segment after one refresh. */
export interface TrendPoint {
  members: number;
  /** ISO 8601, UTC. */
  refreshedAt: string;
  /** Since the refresh before. */
  entered: number;
  left: number;
}

/** How a segment grew, the newest refreshes, oldest first. */
export async function segmentTrend(
  engine: Engine,
  segment: SegmentId,
  { limit }: { limit: number },
): Promise<TrendPoint[]> {
  if (!(await tablesIn(engine, 'segment')).has('change')) return [];
  const points = await engine.rows<TrendPoint>(sql`
    SELECT members, refreshed_at AS "refreshedAt", entered, "left" FROM segment.history
    WHERE segment = ${segment} ORDER BY refreshed_at DESC LIMIT ${limit}`);
  return points.toReversed();
}

/** Somebody who entered a segment or left it. */
export interface MemberChange {
  customerId: CustomerId;
  change: 'entered' | 'left';
  /** When a refresh saw it: ISO 8601, UTC. */
  at: string;
}

/** Those of the last 90 days before the newest refresh, the newest first, a page of them. */
export async function memberChanges(
  engine: Engine,
  segment: SegmentId,
  { limit, offset, change }: { limit: number; offset: number; change?: MemberChange['change'] | undefined },
): Promise<MemberChange[]> {
  if (!(await tablesIn(engine, 'segment')).has('change')) return [];
  const only = change === undefined ? nothing : sql`AND entered = ${change === 'entered'}`;
  return engine.rows<MemberChange>(sql`
    SELECT customer_id AS "customerId", CASE WHEN entered THEN 'entered' ELSE 'left' END AS change, changed_at AS "at"
    FROM segment.change WHERE segment = ${segment} ${only}
      AND changed_at >= (SELECT ${keptSince(sql`max(refreshed_at)`)} FROM segment.history)
    ORDER BY changed_at DESC, customer_id, entered LIMIT ${limit} OFFSET ${offset}`);
}

/** Since when somebody is in the segments they are in, by segment; who was in from the start since its first refresh. */
export async function memberSince(engine: Engine, customer: CustomerId): Promise<Map<SegmentId, string>> {
  if (!(await tablesIn(engine, 'segment')).has('change')) return new Map();
  const rows = await engine.rows<{ segment: SegmentId; since: string }>(sql`
    SELECT member.segment, coalesce(max(change.changed_at), (
      SELECT min(refreshed_at) FROM segment.history AS history WHERE history.segment = member.segment)) AS since
    FROM segment.member AS member
    LEFT JOIN segment.change AS change
      ON change.segment = member.segment AND change.customer_id = member.customer_id AND change.entered
    WHERE member.customer_id = ${customer} GROUP BY member.segment`);
  return new Map(rows.map(({ segment, since }) => [segment, since]));
}
