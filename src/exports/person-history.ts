import type { Engine } from '../engine/engine.ts';
import { sql, type Sql } from '../engine/sql.ts';
import {
  audienceMember,
  exported,
  journal,
  outcome,
  ref,
  renamed,
  run as runTable,
} from './export-tables.ts';

/** What one audience holds of an address, and what we did to it. */
export interface AudienceStory {
  audience: string;
  status: string;
  /** Since when it is so, as far as we know: ISO 8601. */
  since: string | null;
  /** Why they left or bounced, where Mailchimp says. */
  reason: string | null;
  fields: Record<string, string>;
  tags: string[];
}

export interface ExportStory {
  export: string;
  segments: string[];
  created: boolean;
  at: string;
  leftAt: string | null;
}

export interface ChangeStory {
  at: string;
  run: string;
  export: string;
  kind: string;
  name: string | null;
  before: string | null;
  after: string | null;
}

export interface AnswerStory {
  at: string;
  run: string;
  export: string;
  result: string;
  reason: string | null;
  detail: string | null;
}

export interface PersonHistory {
  audiences: AudienceStory[];
  exports: ExportStory[];
  changes: ChangeStory[];
  answers: AnswerStory[];
}

/**
 * Everything exports know of these folded addresses, and of those their contacts moved to; the newest 200 changes and
 * answers, those under an address included from which an export has moved them since.
 */
export async function personHistory(engine: Engine, addresses: readonly string[]): Promise<PersonHistory> {
  const mine = sql`(list_contains(${addresses}, address) OR address IN (
    SELECT to_address FROM ${ref(renamed)} WHERE by_us IS NOT TRUE AND list_contains(${addresses}, from_address)))`;
  // Whoever has the old address by now is somebody else.
  const earlier = (of: Sql) => sql`EXISTS (SELECT 1 FROM ${ref(renamed)} AS moved
    WHERE moved.by_us AND list_contains(${addresses}, moved.to_address) AND moved.audience = run.audience
      AND moved.from_address = ${of}.address AND ${of}."at" <= moved."at")`;
  const audiences = await engine.rows<Omit<AudienceStory, 'fields'> & { fields: string }>(
    sql`SELECT audience, status, since, reason, fields, tags FROM ${ref(audienceMember)} WHERE ${mine} ORDER BY audience`,
  );
  return {
    audiences: audiences.map((row) => ({ ...row, fields: JSON.parse(row.fields) as Record<string, string> })),
    exports: await engine.rows(sql`
      SELECT export, segments, created, "at", left_at AS "leftAt" FROM ${ref(exported)} WHERE ${mine} ORDER BY export`),
    changes: await engine.rows(sql`
      SELECT entry."at", entry.run, run.export, kind, name, before, after FROM ${ref(journal)} AS entry
      JOIN ${ref(runTable)} AS run ON run.run = entry.run
      WHERE ${mine} OR ${earlier(sql`entry`)} ORDER BY entry."at" DESC, kind, name LIMIT 200`),
    answers: await engine.rows(sql`
      SELECT answer."at", answer.run, run.export, result, reason, detail FROM ${ref(outcome)} AS answer
      JOIN ${ref(runTable)} AS run ON run.run = answer.run
      WHERE (${mine} OR ${earlier(sql`answer`)}) AND result <> 'done' ORDER BY answer."at" DESC LIMIT 200`),
  };
}
