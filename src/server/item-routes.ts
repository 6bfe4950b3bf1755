import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import type { Actions } from '../app.ts';
import type { Item, SavedItem } from '../app/item-actions.ts';
import type { Edit } from '../app/item-state.ts';
import { itemSchemas } from '../app/vocabulary.ts';
import { idParams, listOf, time } from './pages.ts';
import { addRoute, nothing, type Call, type ServerGround } from './route.ts';

/** A part of the workspace as it is edited: its settings are those under its id in a workspace file. */
function itemOf<Settings extends z.ZodType>(settings: Settings) {
  return z.object({
    kind: z.string(),
    id: z.string(),
    name: z.string(),
    settings,
    createdAt: time,
    updatedAt: time,
    etag: z.string(),
  });
}
// Answers hold what is stored, which has its defaults: more than the schema of what is sent would say.
const shownItem = itemOf(z.looseObject({}));
export const savedItem = shownItem.extend({ changed: z.boolean(), warnings: z.array(z.string()) });

export type ItemSort = 'source' | 'relationship' | 'computed' | 'segment' | 'export';
type SingleSort = 'unify' | 'schedule' | 'retention';

interface ItemRoutes {
  sort: ItemSort;
  /** As in /api/v1/segments. */
  plural: string;
  tag: string;
  save: keyof Actions & ('saveSource' | 'saveRelationship' | 'saveComputed' | 'saveSegment' | 'saveExport');
  /** Absent: removed by a route of its own. */
  remove?: keyof Actions & ('removeSource' | 'removeRelationship' | 'removeComputed');
  /** Where the settings stand, when the address itself shows something else: `/settings`. */
  below?: string;
}

/** Reads and edits one sort of things; every edit says from which state it began. */
export function addItemRoutes(server: FastifyInstance, ground: ServerGround, routes: ItemRoutes): void {
  const { sort, plural, tag, save, remove, below = '' } = routes;
  const url = `/api/v1/${plural}/:id${below}`;
  if (below === '') {
    addRoute(server, ground, {
      method: 'GET',
      url: `/api/v1/${plural}`,
      tag,
      summary: 'All of them, in their order.',
      action: 'items',
      answer: listOf(shownItem),
      handle: async ({ actions }) => ({ items: (await actions.items(sort)).map(shown) }),
    });
  }
  addRoute(server, ground, {
    method: 'GET',
    url,
    tag,
    summary: 'Its settings, to edit them.',
    action: 'item',
    params: idParams,
    answer: shownItem,
    handle: async ({ actions, params }) => shown(await actions.item(sort, params.id)),
  });
  addRoute(server, ground, {
    method: 'PUT',
    url,
    tag,
    summary: 'Saves it; saving sends nothing. `If-Match` with its etag, or `If-None-Match: *` for a new one.',
    action: save,
    params: idParams,
    body: itemSchemas[sort],
    checkedByAction: true,
    answer: savedItem,
    handle: async ({ actions, params, body, ...call }) =>
      saved(await actions[save](params.id, body, editOf(call))),
  });
  if (remove === undefined) return;
  addRoute(server, ground, {
    method: 'DELETE',
    url,
    tag,
    summary: 'Removes it, unless something speaks of it.',
    action: remove,
    params: idParams,
    status: 204,
    answer: nothing,
    handle: ({ actions, params, ...call }) => actions[remove](params.id, editOf(call)).then(() => undefined),
  });
}

/** Settings that are there once. */
export function addSingleRoutes(
  server: FastifyInstance,
  ground: ServerGround,
  {
    sort,
    tag,
    save,
  }: { sort: SingleSort; tag: string; save: 'saveUnify' | 'saveSchedule' | 'saveRetention' },
): void {
  const url = `/api/v1/${sort}`;
  addRoute(server, ground, {
    method: 'GET',
    url,
    tag,
    summary: 'As it is set; null where nothing was said.',
    action: 'items',
    answer: z.object({ item: shownItem.nullable() }),
    async handle({ actions, reply }) {
      const [kind, id] =
        sort === 'retention' ? (['setting', 'retention'] as const) : ([sort, undefined] as const);
      const item = (await actions.items(kind)).find((each) => id === undefined || each.id === id);
      if (item !== undefined) void reply.header('etag', item.etag);
      return { item: item === undefined ? null : shown(item) };
    },
  });
  addRoute(server, ground, {
    method: 'PUT',
    url,
    tag,
    summary: 'Saves it. `If-Match` with its etag where there is one.',
    action: save,
    body: itemSchemas[sort],
    checkedByAction: true,
    answer: savedItem,
    handle: async ({ actions, body, ...call }) => saved(await actions[save](body, editOf(call))),
  });
}

/** From which state an edit begins. */
export function editOf({
  ifMatch,
  ifNew,
}: Pick<Call<undefined, undefined, undefined>, 'ifMatch' | 'ifNew'>): Edit {
  return { ifMatch, ifNew };
}

export function shown({ body, ...item }: Item) {
  return { ...item, settings: body as Record<string, unknown> };
}

export function saved({ body, ...item }: SavedItem) {
  return { ...item, settings: body as Record<string, unknown> };
}
