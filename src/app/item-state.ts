import { checkIfMatch, etagOf } from '../base/etag.ts';
import { inputError, PostriderError } from '../base/errors.ts';
import { suggestName } from '../base/nearest.ts';
import type { Database } from '../store/tables.ts';
import { findItem, listItems, type WorkspaceItem } from '../store/workspace-items.ts';
import type { ItemPlace } from '../workspace/sections.ts';

/**
 * From which state an edit begins. `ifMatch` names it; `ifNew` says that nothing of this id may be there. Saving sends
 * nothing.
 */
export interface Edit {
  ifMatch?: string | undefined;
  ifNew?: boolean | undefined;
}

/** Names the state of a part of the workspace. */
export function itemEtag({ kind, id, name, body, updatedAt }: WorkspaceItem): string {
  return etagOf(kind, id, name, body, updatedAt);
}

/** A part of the workspace that is there. @throws `input` / `<kind>_unknown`, with the name that may be meant */
export async function knownItem(db: Database, { kind, id }: ItemPlace): Promise<WorkspaceItem> {
  const item = await presentItem(db, { kind, id });
  if (item !== undefined) return item;
  const ids = (await listItems(db, kind)).map((each) => each.id);
  throw inputError(`${kind}_unknown`, `There is no ${kind} "${id}".`, suggestName(id, ids));
}

/**
 * Refuses an edit that begins from another state than the one that is there.
 * @param before what is there; undefined: nothing is
 * @throws `item_exists`, `edited_meanwhile`, `precondition_required`
 */
export function refuseStale(
  { kind, id }: ItemPlace,
  { ifMatch, ifNew }: Edit,
  before: { etag: string; updatedAt: Date } | undefined,
): void {
  if (before === undefined) return;
  if (ifNew !== true) return checkIfMatch(ifMatch, before);
  throw new PostriderError({
    kind: 'conflict',
    code: 'item_exists',
    message: `There is a ${kind} "${id}" already.`,
    hint: 'Take another id, or edit that one.',
  });
}

/** A part of the workspace, where it is there. */
export async function presentItem(db: Database, { kind, id }: ItemPlace): Promise<WorkspaceItem | undefined> {
  const item = await findItem(db, kind, id);
  return item?.removedAt === undefined ? item : undefined;
}
