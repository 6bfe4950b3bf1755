import { createHash } from 'node:crypto';
import type { Change, Engine } from '../engine/engine.ts';
import { sql } from '../engine/sql.ts';
import { ref, webhook as webhookTable } from './export-tables.ts';

/** An address that Mailchimp was asked to call. */
export interface Webhook {
  /** The ledger's key of the audience. */
  audience: string;
  /** Mailchimp's; null: its answer never came. */
  id: string | null;
  /** Without its secret part. */
  url: string;
  /** The signing secret as it may lie in the file; null: calls are not signed. */
  sealed: { text: string; keyId: string } | null;
  createdAt: string;
  createdBy: string;
}

/** As it is kept. */
export interface NotedWebhook extends Webhook {
  /** Of the secret part of its address. */
  digest: string;
}

/**
 * Under what a webhook is kept: the last part of its address is a secret, and who reads the file must not be
 * able to call with it.
 */
export function tokenDigest(token: string): string {
  return createHash('sha256').update(token).digest('hex');
}

/** The changes that note a webhook in place of the one with this token. */
export function noteWebhook(token: string, webhook: Webhook): Change[] {
  const { audience, id, url, sealed, createdAt, createdBy } = webhook;
  const digest = tokenDigest(token);
  const row = [digest, audience, id, url, sealed?.text ?? null, sealed?.keyId ?? null, createdAt, createdBy];
  return [
    sql`DELETE FROM ${ref(webhookTable)} WHERE token = ${digest}`,
    { into: webhookTable, columns: webhookTable.columns, rows: [row] },
  ];
}

/** @param digest of its secret part */
export function forgetWebhook(digest: string): Change {
  return sql`DELETE FROM ${ref(webhookTable)} WHERE token = ${digest}`;
}

/** The webhook whose address ends with this secret part. */
export async function webhookOf(engine: Engine, token: string): Promise<Webhook | undefined> {
  return (await listWebhooks(engine)).find(({ digest }) => digest === tokenDigest(token));
}

/** All of them, the oldest first. */
export async function listWebhooks(engine: Engine): Promise<NotedWebhook[]> {
  const found = await engine.rows<{
    token: string;
    audience: string;
    id: string | null;
    url: string;
    sealed: string | null;
    key_id: string | null;
    created_at: string;
    created_by: string;
  }>(sql`SELECT token, audience, id, url, sealed, key_id, created_at, created_by
    FROM ${ref(webhookTable)} ORDER BY created_at, token`);
  return found.map((row) => ({
    digest: row.token,
    audience: row.audience,
    id: row.id,
    url: row.url,
    sealed: row.sealed === null || row.key_id === null ? null : { text: row.sealed, keyId: row.key_id },
    createdAt: row.created_at,
    createdBy: row.created_by,
  }));
}
