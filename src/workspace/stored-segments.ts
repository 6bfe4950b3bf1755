import type { SegmentId } from '../base/ids.ts';
import { refuseInUse } from '../pipeline/refuse-in-use.ts';
import type { Settings } from '../pipeline/settings.ts';
import type { SegmentConfig } from '../segments/segment-config.ts';
import { recordAudit } from '../store/audit.ts';
import type { Database } from '../store/tables.ts';
import { findItem, putItem, removeItem } from '../store/workspace-items.ts';

/** In whose name, and when. */
export interface Doing {
  by: string;
  now: Date;
}

/** Changes what the workspace says of a segment that is there. @returns whether that was a change */
export async function changeSegment(
  db: Database,
  id: SegmentId,
  change: Partial<SegmentConfig>,
  { by, now }: Doing,
): Promise<boolean> {
  return db.transaction().execute(async (transaction) => {
    const item = await findItem(transaction, 'segment', id);
    if (item === undefined) return false;
    const body = { ...(item.body as SegmentConfig), ...change };
    if ((await putItem(transaction, { ...item, body }, now)) === 'unchanged') return false;
    const what = { action: 'segment.change', subject: `segment:${id}`, detail: { ...change } };
    await recordAudit(transaction, { at: now, who: by, ...what });
    return true;
  });
}

/**
 * Takes a segment out of the workspace; the next refresh forgets its members.
 * @throws `segment_in_use` unless forced
 */
export async function removeSegment(
  db: Database,
  id: SegmentId,
  { settings, force, by, now }: Doing & { settings: Settings; force: boolean },
): Promise<void> {
  if (!force) refuseInUse([id], settings);
  await db.transaction().execute(async (transaction) => {
    await removeItem(transaction, 'segment', id, now);
    const what = { action: 'segment.remove', subject: `segment:${id}`, detail: { force } };
    await recordAudit(transaction, { at: now, who: by, ...what });
  });
}
