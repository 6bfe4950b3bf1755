import { inputError } from '../base/errors.ts';
import { refuseBadId, type SegmentId } from '../base/ids.ts';
import { segmentExists, storeItem, type Doing } from './edit-item.ts';
import { fightingExports } from './fighting-exports.ts';
import { loadSettings } from './load-settings.ts';
import { refuseInUse } from '../pipeline/refuse-in-use.ts';
import type { Settings } from '../pipeline/settings.ts';
import { segmentConfig, type SegmentConfig } from '../segments/segment-config.ts';
import { recordAudit } from '../store/audit.ts';
import type { Database } from '../store/tables.ts';
import { findItem, putItem, removeItem } from '../store/workspace-items.ts';

/**
 * Changes what the workspace says of a segment that is there.
 * @returns whether that was a change
 * @throws `segment_invalid`; `tag_shared` for a name that is another segment's tag in an audience of both
 */
export async function changeSegment(
  db: Database,
  id: SegmentId,
  change: Partial<SegmentConfig>,
  { by, now }: Doing,
): Promise<boolean> {
  return db.transaction().execute(async (transaction) => {
    const item = await findItem(transaction, 'segment', id);
    if (item === undefined) return false;
    const body = parsed(id, { ...(item.body as SegmentConfig), ...change });
    const name = body.name ?? id;
    if ((await putItem(transaction, { ...item, name, body }, now)) === 'unchanged') return false;
    const { exports, segments } = await loadSettings(transaction);
    const [fight] = fightingExports(Object.fromEntries(exports), Object.fromEntries(segments));
    if (fight !== undefined) throw inputError(fight.code ?? 'segment_invalid', `${fight.message}.`);
    const what = { action: 'segment.change', subject: `segment:${id}`, detail: { ...change } };
    await recordAudit(transaction, { at: now, who: by, ...what });
    return true;
  });
}

/**
 * Stores a segment that is new, behind all others.
 * @throws `segment_exists`, also for one that was removed: its history would become that of the new one; `segment_invalid`
 */
export async function addSegment(
  db: Database,
  id: string,
  config: unknown,
  doing: Doing,
): Promise<SegmentId> {
  refuseBadId(id);
  await storeItem(db, { kind: 'segment', id }, parsed(id, config), {
    ...doing,
    action: 'segment.create',
    check: (before) => {
      if (before !== undefined) throw segmentExists(id);
    },
  });
  return id as SegmentId;
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

function parsed(id: string, config: unknown): SegmentConfig {
  const { success, data, error } = segmentConfig.safeParse(config);
  if (success) return data;
  const [issue] = error.issues;
  const place = ['segments', id, ...(issue?.path ?? [])].join('.');
  throw inputError('segment_invalid', `${place}: ${issue?.message ?? 'is wrong'}`);
}
