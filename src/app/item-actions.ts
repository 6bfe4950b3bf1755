import type { ConnectionId, SourceId } from '../base/ids.ts';
import { secretOfConnection } from '../connections/connection-secrets.ts';
import { openDestination } from '../delivery/open-destination.ts';
import { forgetSources } from '../sources/loaded-source.ts';
import { listItems, type ItemKind, type WorkspaceItem } from '../store/workspace-items.ts';
import { checkAtSave } from '../workspace/check-at-save.ts';
import { dropItem, storeItem, workspaceWith } from '../workspace/edit-item.ts';
import { bodyIn, placeOf, type ItemPlace } from '../workspace/sections.ts';
import type { WorkspaceFile } from '../workspace/workspace-file.ts';
import type { AppGround } from './app-ground.ts';
import { refuseForeignPlaces } from './foreign-places.ts';
import { itemEtag, knownItem, presentItem, refuseStale, type Edit } from './item-state.ts';
import { connectionNotShared, reaches } from './permitted-actions.ts';

/** One thing of the workspace as somebody edits it. */
export interface Item {
  kind: ItemKind;
  id: string;
  name: string;
  /** As under its id in a workspace file; never with a secret. */
  body: unknown;
  createdAt: Date;
  updatedAt: Date;
  etag: string;
}

/** What was saved, and what the one who saved should know. */
export interface SavedItem extends Item {
  /** Whether anything was changed. */
  changed: boolean;
  warnings: string[];
}

/** The parts of the workspace, each by itself: what a file says at once, a page edits one by one. */
export interface ItemActions {
  items(kind: ItemKind): Promise<Item[]>;
  item(kind: ItemKind, id: string): Promise<Item>;
  saveSource(id: string, body: unknown, edit: Edit): Promise<SavedItem>;
  removeSource(id: string, edit: Edit): Promise<void>;
  saveUnify(body: unknown, edit: Edit): Promise<SavedItem>;
  saveRelationship(id: string, body: unknown, edit: Edit): Promise<SavedItem>;
  removeRelationship(id: string, edit: Edit): Promise<void>;
  saveComputed(id: string, body: unknown, edit: Edit): Promise<SavedItem>;
  removeComputed(id: string, edit: Edit): Promise<void>;
  saveSegment(id: string, body: unknown, edit: Edit): Promise<SavedItem>;
  /** Its audience is looked up in the account, its tags and fields too; it runs with the next refresh, or on demand. */
  saveExport(id: string, body: unknown, edit: Edit): Promise<SavedItem>;
  /** A second export with the same choices, on demand only, so that nothing is sent twice by accident. */
  duplicateExport(id: string, as: string): Promise<SavedItem>;
  saveSchedule(body: unknown, edit: Edit): Promise<SavedItem>;
  saveRetention(body: unknown, edit: Edit): Promise<SavedItem>;
}

const patience = { prune: false, force: false };

export function itemActions(ground: AppGround): ItemActions {
  const { store, engine, clock, who, by, env, config, accounts } = ground;
  const { db } = store;
  const doing = () => ({ by, now: clock.now() });

  async function save(
    place: ItemPlace,
    body: unknown,
    edit: Edit,
    check: (file: WorkspaceFile) => Promise<string[]> | string[] = () => [],
  ): Promise<SavedItem> {
    await refuseStaleItem(place, edit);
    const file = await workspaceWith(db, place, body);
    const warnings = await check(file);
    const parsed = bodyIn(file, place);
    const changed = await storeItem(db, place, parsed, {
      ...doing(),
      action: `${place.kind}.save`,
      check: (before) => refuseStale(place, edit, before && shown(before)),
    });
    return { ...shown(await knownItem(db, place)), changed, warnings };
  }

  async function refuseStaleItem(place: ItemPlace, edit: Edit): Promise<void> {
    const before = await presentItem(db, place);
    // Whoever edits what they saw does not want to make it anew.
    const edits = edit.ifNew !== true && edit.ifMatch !== undefined && edit.ifMatch !== '*';
    if (before === undefined && edits) await knownItem(db, place);
    refuseStale(place, edit, before && shown(before));
  }

  async function remove(place: ItemPlace, edit: Edit): Promise<void> {
    refuseStale(place, edit, shown(await knownItem(db, place)));
    await workspaceWith(db, place, undefined);
    await dropItem(db, place, doing());
  }

  /** Looks into the account, and at people, for this export alone. */
  const lookAtExport =
    (id: string) =>
    async (file: WorkspaceFile): Promise<string[]> => {
      const wanted = file.exports[id];
      const connection = wanted?.connection ?? null;
      if (connection !== null && !reaches(who, file.connections[connection])) throw connectionNotShared();
      const alone = { ...file, exports: wanted === undefined ? {} : { [id]: wanted } };
      return checkAtSave(engine, db, ground.key, alone, {
        ...patience,
        env,
        offline: false,
        open: async (each: ConnectionId) =>
          openDestination(
            config.mailchimp,
            each,
            await secretOfConnection(db, ground.key, each, { settings: file.connections[each], env }),
            accounts,
          ),
      });
    };

  return {
    items: async (kind) => (await listItems(db, kind)).map(shown),
    item: async (kind, id) => shown(await knownItem(db, { kind, id })),
    saveSource: (id, body, edit) =>
      save({ kind: 'source', id }, body, edit, async (file) => {
        await refuseForeignPlaces(ground, { ...file, segments: {} }, id);
        return [];
      }),
    removeSource: async (id, edit) => {
      await remove({ kind: 'source', id }, edit);
      // A refresh that began before may be about to load it once more.
      await ground.inTurn(() => forgetSources(engine, [id as SourceId]));
    },
    saveUnify: (body, edit) =>
      save(placeOf('unify'), body, edit, async (file) => {
        await refuseForeignPlaces(ground, file);
        return [];
      }),
    saveRelationship: (id, body, edit) => save({ kind: 'relationship', id }, body, edit),
    removeRelationship: (id, edit) => remove({ kind: 'relationship', id }, edit),
    saveComputed: (id, body, edit) => save({ kind: 'computed', id }, body, edit),
    removeComputed: (id, edit) => remove({ kind: 'computed', id }, edit),
    saveSegment: (id, body, edit) =>
      save({ kind: 'segment', id }, body, edit, async (file) => {
        await refuseForeignPlaces(ground, { ...file, sources: {} }, id);
        return [];
      }),
    saveExport: async (id, body, edit) => save({ kind: 'export', id }, body, edit, lookAtExport(id)),
    duplicateExport: async (id, as) => {
      const { name, body } = await knownItem(db, { kind: 'export', id });
      // A second export of the same people to the same audience would fight over the tags.
      const copy = { ...(body as object), name: `${name} (copy)`, schedule: 'off', connection: null };
      return save({ kind: 'export', id: as }, copy, { ifNew: true });
    },
    saveSchedule: (body, edit) => save(placeOf('schedule'), body, edit),
    saveRetention: (body, edit) => save(placeOf('setting', 'retention'), body, edit),
  };
}

function shown(item: WorkspaceItem): Item {
  const { kind, id, name, body, createdAt, updatedAt } = item;
  return { kind, id, name, body, createdAt, updatedAt, etag: itemEtag(item) };
}
