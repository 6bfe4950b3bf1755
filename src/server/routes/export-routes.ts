import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { itemSchemas } from '../../app/vocabulary.ts';
import { addItemRoutes, saved, savedItem } from '../item-routes.ts';
import { idParams, listOf, time } from '../pages.ts';
import { addRoute, nothing, type ServerGround } from '../route.ts';
import { taskSchema } from '../task-schema.ts';
import { cancelledRun, runSchema } from './run-routes.ts';

const tag = 'Exports';

const listedExport = z.object({
  id: z.string(),
  name: z.string(),
  connection: z.object({ id: z.string(), name: z.string() }).nullable(),
  audience: z.string(),
  segments: z.array(z.string()),
  schedule: z.enum(['refresh', 'off', 'own']),
  next: time.nullable(),
  paused: z.object({ by: z.string(), reason: z.string(), at: time }).nullable(),
  permissions: z.object({
    look: z.boolean(),
    lookAtPeople: z.boolean(),
    edit: z.boolean(),
    run: z.boolean(),
  }),
  last: z
    .object({
      run: z.string().nullable(),
      status: z.string(),
      at: time,
      seconds: z.number().nullable(),
      requestedBy: z.string(),
      problem: z.looseObject({ code: z.string(), message: z.string() }).nullable(),
    })
    .nullable(),
  task: taskSchema.nullable(),
  updatedAt: time,
  etag: z.string(),
});

const cleared = z.object({
  export: z.string(),
  cancelled: cancelledRun.nullable(),
  withdrawn: runSchema.nullable(),
  tagsLeft: z.number(),
  people: z.number(),
});

const { match, segments, exclude } = itemSchemas.export.shape;

/** Exports themselves; their runs are elsewhere. */
export function exportRoutes(server: FastifyInstance, ground: ServerGround): void {
  addItemRoutes(server, ground, {
    sort: 'export',
    plural: 'exports',
    tag,
    save: 'saveExport',
    below: '/settings',
  });
  addRoute(server, ground, {
    method: 'GET',
    url: '/api/v1/exports',
    tag,
    summary: 'Every export, with what I may do and how its own last run ended.',
    action: 'exports',
    answer: listOf(listedExport),
    handle: async ({ actions }) => ({ items: await actions.exports() }),
  });
  addRoute(server, ground, {
    method: 'GET',
    url: '/api/v1/exports/:id',
    tag,
    summary: 'One of them.',
    action: 'export',
    params: idParams,
    answer: listedExport,
    handle: ({ actions, params }) => actions.export(params.id),
  });
  addRoute(server, ground, {
    method: 'GET',
    url: '/api/v1/exports/:id/processing',
    tag,
    summary: 'Which data of people it hands over, on whose word, and when it did.',
    action: 'processingRecord',
    params: idParams,
    answer: z.object({
      export: z.string(),
      name: z.string(),
      connection: z.object({ id: z.string(), name: z.string() }).nullable(),
      audience: z.string(),
      consent: z.object({ agreedBy: z.string(), date: z.string(), text: z.string() }).nullable(),
      fields: z.array(z.object({ field: z.string(), attribute: z.string(), sensitive: z.boolean() })),
      segments: z.array(z.object({ segment: z.string(), name: z.string() })),
      runs: z.array(
        z.object({ run: z.string(), at: time, by: z.string(), status: z.string(), people: z.number() }),
      ),
    }),
    handle: ({ actions, params }) => actions.processingRecord(params.id),
  });
  addRoute(server, ground, {
    method: 'GET',
    url: '/api/v1/exports/matching',
    tag,
    summary: 'Which attributes to map: the e-mail field proposed, with its fill and validity.',
    action: 'proposeMatching',
    answer: z.object({
      profiles: z.number(),
      email: z.string().nullable(),
      firstName: z.string().nullable(),
      lastName: z.string().nullable(),
      attributes: z.array(
        z.object({
          name: z.string(),
          type: z.string(),
          filled: z.number(),
          valid: z.number().nullable(),
        }),
      ),
    }),
    handle: ({ actions }) => actions.proposeMatching(),
  });
  addRoute(server, ground, {
    method: 'POST',
    reads: true,
    url: '/api/v1/exports/size',
    tag,
    summary: 'How many people each segment has, and how many distinct ones an export of them would want.',
    action: 'sizeAhead',
    body: z.object({ match, segments, exclude }),
    answer: z.object({
      segments: z.array(z.object({ segment: z.string(), members: z.number().nullable() })),
      people: z.number(),
    }),
    handle: ({ actions, body }) => actions.sizeAhead(body),
  });
  addRoute(server, ground, {
    method: 'POST',
    url: '/api/v1/exports/:id/duplicate',
    tag,
    summary: 'A second one with the same choices, without a connection and on demand only.',
    action: 'duplicateExport',
    params: idParams,
    body: z.object({ as: z.string().min(1).max(63) }),
    status: 201,
    answer: savedItem,
    handle: async ({ actions, params, body }) => saved(await actions.duplicateExport(params.id, body.as)),
  });
  addRoute(server, ground, {
    method: 'POST',
    url: '/api/v1/exports/:id/detach',
    tag,
    summary: 'Takes its connection away; all the rest stays, and nothing runs.',
    action: 'detachExport',
    params: idParams,
    answer: cleared,
    handle: ({ actions, params, signal }) => actions.detachExport(params.id, signal),
  });
  addRoute(server, ground, {
    method: 'DELETE',
    url: '/api/v1/exports/:id',
    tag,
    summary: 'Removes it; its contacts stay in the audience, its tags unless `withdrawTags`.',
    action: 'remove',
    params: idParams,
    query: z.object({ withdrawTags: z.stringbool().default(false) }),
    answer: cleared.extend({ removed: z.boolean() }),
    handle: ({ actions, params, query, signal }) => actions.remove(params.id, { ...query, signal }),
  });
  addRoute(server, ground, {
    method: 'POST',
    url: '/api/v1/exports/:id/pause',
    tag,
    summary: 'Stops it until it is resumed; `*` stops all of them.',
    action: 'pause',
    params: idParams,
    body: z.object({ why: z.string().max(500).default('') }),
    status: 204,
    answer: nothing,
    handle: ({ actions, params, body }) => actions.pause(params.id, body.why).then(() => undefined),
  });
  addRoute(server, ground, {
    method: 'POST',
    url: '/api/v1/exports/:id/resume',
    tag,
    summary: 'Lets it run again.',
    action: 'resume',
    params: idParams,
    answer: z.object({ wasPaused: z.boolean() }),
    handle: async ({ actions, params }) => ({ wasPaused: await actions.resume(params.id) }),
  });
  addRoute(server, ground, {
    method: 'GET',
    url: '/api/v1/audiences',
    tag,
    summary: 'What is known of each audience; asks nobody.',
    action: 'audiences',
    answer: listOf(z.looseObject({ audience: z.string(), connection: z.string() })),
    handle: async ({ actions }) => ({ items: await actions.audiences() }),
  });
}
