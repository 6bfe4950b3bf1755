import type { ItemKind } from '../store/workspace-items.ts';
import { singleId } from './load-settings.ts';
import type { WorkspaceFile } from './workspace-file.ts';

/** Where each kind that a workspace has many of stands in its file, in the file's order. */
export const sections = {
  source: 'sources',
  relationship: 'relationships',
  computed: 'computed',
  segment: 'segments',
  connection: 'connections',
  export: 'exports',
} as const satisfies Partial<Record<ItemKind, keyof WorkspaceFile>>;

/** Kinds that a workspace has many of, by id. */
export type ListedKind = keyof typeof sections;

export function isListed(kind: ItemKind): kind is ListedKind {
  return Object.hasOwn(sections, kind);
}

/** An item by kind and id; of what there is only one, the id is the file's key. */
export interface ItemPlace {
  kind: ItemKind;
  id: string;
}

/** The stored id of what there is only one of is not its key in the file. */
export function placeOf(kind: Exclude<ItemKind, ListedKind>, setting?: string): ItemPlace {
  return { kind, id: kind === 'setting' ? (setting ?? '') : singleId };
}

/** What a file says of an item; undefined: nothing. */
export function bodyIn(file: WorkspaceFile, { kind, id }: ItemPlace): unknown {
  if (isListed(kind)) return file[sections[kind]][id];
  if (kind === 'setting') return id === 'retention' ? file.retention : file.doNotSend;
  return file[kind];
}
