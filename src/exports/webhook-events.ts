import type { Change, Engine } from '../engine/engine.ts';
import { sql, type Sql } from '../engine/sql.ts';
import { audienceMember, hasLeft, ref, webhookEvent } from './export-tables.ts';

/**
 * What Mailchimp calls to tell us. It is a hint: it may come late, twice, out of order, or from somebody who
 * learned our address. So it can only keep people out, and only until the next read of the audience, which
 * tells the truth. Nothing in it ever makes anybody more mailable (promise 1).
 */
export interface ContactHint {
  type: string;
  /** Folded. */
  address: string;
  /** What the contact is now; undefined: something changed, the next read says what. */
  status: 'unsubscribed' | 'cleaned' | 'archived' | undefined;
  reason: string | undefined;
  /** By Mailchimp's clock. */
  firedAt: Date;
  /** Of the whole body: what was said before is known. */
  digest: string;
  /** Whether Mailchimp has signed it: what others may have said keeps nobody out for longer than the audience does. */
  signed: boolean;
}

/** How long hints are kept after they were of use, so that a late repetition is known for one. */
const keptDays = 30;

/** Notes the hint for each of these audiences and believes it, in one commit. Returns false for one that was noted before. */
export async function takeInHint(
  engine: Engine,
  audiences: readonly string[],
  hint: ContactHint,
  now: Date,
): Promise<boolean> {
  const known = await engine.rows(
    sql`SELECT 1 AS found FROM ${ref(webhookEvent)}
      WHERE digest = ${hint.digest} AND list_contains(${audiences}, audience) LIMIT 1`,
  );
  if (known.length > 0) return false;
  await engine.commit(
    audiences.flatMap((audience): Change[] => [
      {
        into: webhookEvent,
        columns: webhookEvent.columns,
        rows: [
          [
            audience,
            hint.digest,
            hint.type,
            hint.address,
            hint.status ?? null,
            hint.reason ?? null,
            hint.firedAt.toISOString(),
            now.toISOString(),
            null,
            hint.signed,
          ],
        ],
      },
      ...believeHints(audience),
    ]),
  );
  return true;
}

const hinted = sql`export.hinted`;

/**
 * The changes that put into the facts what hints say that no read has seen yet. Called when a hint comes, and
 * after every other change of facts, since what is folded in may have been read or answered before it came.
 * A hint that is older than what we know of the contact says nothing.
 */
export function believeHints(audience: string): Change[] {
  const facts = ref(audienceMember);
  return [
    sql`CREATE OR REPLACE TABLE ${hinted} AS
      SELECT event.address, event.status, event.reason, event.fired_at, coalesce(event.signed, TRUE) AS signed
      FROM ${ref(webhookEvent)} AS event
      LEFT JOIN ${facts} AS member ON member.audience = event.audience AND member.address = event.address
      WHERE event.audience = ${audience} AND event.read_at IS NULL AND event.status IS NOT NULL
        AND event.fired_at >= coalesce(member.last_changed, event.fired_at)
        AND (member.status IS NULL OR NOT list_contains(${['unsubscribed', 'cleaned', 'archived']}, member.status)
          OR (event.status = 'unsubscribed' AND member.status <> 'unsubscribed'))
      -- Of several the one that keeps the person out most.
      QUALIFY row_number() OVER (PARTITION BY event.address ORDER BY ${strongestFirst}, coalesce(event.signed, TRUE) DESC, event.fired_at DESC) = 1`,
    sql`INSERT INTO ${ref(hasLeft)} SELECT ${audience}, address FROM ${hinted} WHERE status = 'unsubscribed' AND signed
      EXCEPT SELECT audience, address FROM ${ref(hasLeft)}`,
    sql`UPDATE ${facts} SET status = hinted.status, reason = hinted.reason, since = hinted.fired_at, last_changed = hinted.fired_at
      FROM ${hinted} AS hinted WHERE audience = ${audience} AND ${facts}.address = hinted.address`,
    sql`INSERT INTO ${facts} (audience, address, status, fields, tags, last_changed, reason, since)
      SELECT ${audience}, address, status, '{}', []::VARCHAR[], fired_at, reason, fired_at FROM ${hinted}
      WHERE address NOT IN (SELECT address FROM ${facts} WHERE audience = ${audience})`,
    sql`DROP TABLE ${hinted}`,
  ];
}

const strongestFirst = sql`CASE event.status WHEN 'unsubscribed' THEN 1 WHEN 'cleaned' THEN 2 ELSE 3 END`;

/** The changes after a read that began at `began`: it has seen what earlier hints were about. */
export function retireHints(audience: string, began: Date): Change[] {
  const at: Sql = sql`${began.toISOString()}::TIMESTAMP`;
  const forgotten = sql`${new Date(began.getTime() - keptDays * 86_400_000).toISOString()}::TIMESTAMP`;
  return [
    sql`UPDATE ${ref(webhookEvent)} SET read_at = ${at}
      WHERE audience = ${audience} AND read_at IS NULL AND received_at < ${at}`,
    sql`DELETE FROM ${ref(webhookEvent)} WHERE audience = ${audience} AND read_at < ${forgotten}`,
  ];
}
