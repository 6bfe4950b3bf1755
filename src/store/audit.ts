import { pageOf, readNumberCursor, type Page, type PageAsked } from '../base/page.ts';
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

/** Which entries; all that are given have to fit. */
export interface AuditFilter {
  subject?: string | undefined;
  /** An action, or what it begins with up to a point: `run` for `run.release` and the like. */
  action?: string | undefined;
  who?: string | undefined;
  since?: Date | undefined;
  until?: Date | undefined;
}

/** The newest entries first. */
export async function listAudit(
  db: Database,
  { limit, cursor, subject, action, who, since, until }: AuditFilter & PageAsked,
): Promise<Page<AuditEntry>> {
  const before = readNumberCursor(cursor);
  let query = db.selectFrom('audit').selectAll();
  if (subject !== undefined) query = query.where('subject', '=', subject);
  if (who !== undefined) query = query.where('who', '=', who);
  if (action !== undefined) {
    query = query.where((where) =>
      where.or([where('action', '=', action), where('action', 'like', `${likeText(action)}.%`)]),
    );
  }
  if (since !== undefined) query = query.where('at', '>=', since);
  if (until !== undefined) query = query.where('at', '<', until);
  if (before !== undefined) query = query.where('id', '<', before);
  const rows = await query
    .orderBy('id', 'desc')
    .limit(limit + 1)
    .execute();
  const entries = rows.map((row) => ({ ...row, detail: row.detail as AuditEntry['detail'] }));
  return pageOf(entries, limit, ({ id }) => id);
}

function likeText(text: string): string {
  return text.replaceAll(/[\\%_]/g, (sign) => `\\${sign}`);
}
