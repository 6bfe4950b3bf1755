import { keptOutStatuses } from '../base/kept-out-statuses.ts';
import type { Change, Engine } from '../engine/engine.ts';
import { sql } from '../engine/sql.ts';
import { audienceOfKey } from './audience-key.ts';
import {
  audienceMember,
  audienceName,
  audienceRead,
  exported,
  ref,
  run as runTable,
  webhookEvent,
} from './export-tables.ts';

/** What is known here of an audience, without asking Mailchimp. Times are ISO 8601. */
export interface AudienceOverview {
  /** Mailchimp's id. */
  audience: string;
  connection: string;
  /** As Mailchimp last called it. */
  name: string | null;
  lastFullRead: string | null;
  lastRead: string | null;
  /** Contacts by status. */
  members: Record<string, number>;
  /** Contacts that exports of ours have put there or changed, and not let go. */
  ours: number;
  /** Of these, how many have left, bounced or been archived by others since the last run that ended well. */
  leftSinceLastRun: number;
  /** When that was. */
  lastRun: string | null;
  /** Calls of Mailchimp that came since the last read. */
  calls: number;
}

/** The change that remembers how an audience is called. */
export function noteAudienceName(audience: string, name: string): Change[] {
  return [
    sql`DELETE FROM ${ref(audienceName)} WHERE audience = ${audience}`,
    { into: audienceName, columns: audienceName.columns, rows: [[audience, name]] },
  ];
}

/** Every audience that was ever read, once for each connection that it was read by. */
export async function audienceOverviews(engine: Engine): Promise<AudienceOverview[]> {
  const audiences = await engine.rows<Omit<AudienceOverview, 'connection' | 'members'>>(sql`
    WITH last_run AS (
      SELECT audience, max(finished_at) AS "at" FROM ${ref(runTable)} WHERE status = 'succeeded' GROUP BY audience
    ), ours AS (
      SELECT DISTINCT ledger.audience, ledger.address FROM ${ref(exported)} AS ledger WHERE ledger.left_at IS NULL
    ), people AS (
      SELECT ours.audience, count(*) FILTER (WHERE NOT list_contains(${keptOutStatuses}, member.status)) AS ours,
        count(*) FILTER (WHERE list_contains(${keptOutStatuses}, member.status) AND member.since > last_run."at") AS gone
      FROM ours
      JOIN ${ref(audienceMember)} AS member ON member.audience = ours.audience AND member.address = ours.address
      LEFT JOIN last_run ON last_run.audience = ours.audience
      GROUP BY ours.audience
    ), calls AS (
      SELECT audience, count(*) AS calls FROM ${ref(webhookEvent)} WHERE read_at IS NULL GROUP BY audience
    )
    SELECT read.audience, named.name, read.full_read_at AS "lastFullRead", read.read_at AS "lastRead",
      coalesce(people.ours, 0) AS ours, coalesce(people.gone, 0) AS "leftSinceLastRun", last_run."at" AS "lastRun",
      coalesce(calls.calls, 0) AS calls
    FROM ${ref(audienceRead)} AS read
    LEFT JOIN ${ref(audienceName)} AS named ON named.audience = read.audience
    LEFT JOIN people ON people.audience = read.audience
    LEFT JOIN last_run ON last_run.audience = read.audience
    LEFT JOIN calls ON calls.audience = read.audience
    ORDER BY read.audience`);
  const statuses = await engine.rows<{ audience: string; status: string; people: number }>(sql`
    SELECT audience, status, count(*) AS people FROM ${ref(audienceMember)} GROUP BY ALL ORDER BY people DESC, status`);
  return audiences.map((overview) => ({
    ...overview,
    ...audienceOfKey(overview.audience),
    members: Object.fromEntries(
      statuses
        .filter(({ audience }) => audience === overview.audience)
        .map(({ status, people }) => [status, people]),
    ),
  }));
}
