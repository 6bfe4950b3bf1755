import type { Database } from './tables.ts';

/** One thing that somebody did, for good: there is no way to change or take away an entry. */
export interface AuditEntry {
  id: number;
  at: Date;
  /** A user's name, or `system`. */
  who: string;
  /** What was done, as in `run.release`; documented where it is written. */
  action: string;
  /** What it was done to, as in `run:r5gx…` or `export:newsletter`; never a person's address. */
  subject: string;
  detail: Record<string, unknown>;
}

export async function recordAudit(db: Database, entry: Omit<AuditEntry, 'id'>): Promise<void> {
  await db
    .insertInto('audit')
    .values({ ...entry, detail: JSON.stringify(entry.detail) })
    .execute();
}

/**
 * The newest entries first.
 * @param filter.before an entry's id: only older ones, for paging
 */
export async function listAudit(
  db: Database,
  filter: { subject?: string; before?: number; limit?: number } = {},
): Promise<AuditEntry[]> {
  let query = db.selectFrom('audit').selectAll();
  if (filter.subject !== undefined) query = query.where('subject', '=', filter.subject);
  if (filter.before !== undefined) query = query.where('id', '<', filter.before);
  const rows = await query
    .orderBy('id', 'desc')
    .limit(filter.limit ?? 100)
    .execute();
  return rows.map((row) => ({ ...row, detail: row.detail as AuditEntry['detail'] }));
}
