import { Readable } from 'node:stream';
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { itemSchemas } from '../../app/vocabulary.ts';
import { addItemRoutes, addSingleRoutes } from '../item-routes.ts';
import { listOf } from '../pages.ts';
import { addRoute, type ServerGround } from '../route.ts';

/** The workspace as a whole, and the parts of it that have no page of their own. */
export function workspaceRoutes(server: FastifyInstance, ground: ServerGround): void {
  addRoute(server, ground, {
    method: 'GET',
    url: '/api/v1/workspace',
    tag: 'Workspace',
    summary: 'All of it as a workspace file, without secrets.',
    action: 'dump',
    answer: z.string(),
    media: 'application/yaml',
    handle: async ({ actions, reply }) => reply.type('application/yaml').send(await actions.dump()),
  });
  addRoute(server, ground, {
    method: 'GET',
    reads: false,
    url: '/api/v1/doctor',
    tag: 'Workspace',
    summary: 'Looks at everything a run depends on; changes nothing.',
    action: 'examine',
    answer: listOf(
      z.object({
        about: z.string(),
        verdict: z.enum(['good', 'doubtful', 'bad']),
        says: z.string(),
        hint: z.string().optional(),
      }),
    ),
    handle: async ({ actions }) => ({ items: await Array.fromAsync(actions.examine()) }),
  });
  addRoute(server, ground, {
    method: 'POST',
    url: '/api/v1/secret-key/rotate',
    tag: 'Workspace',
    summary: 'Another key seals the secrets from now on.',
    action: 'rotateKey',
    answer: z.object({ secrets: z.number() }),
    handle: ({ actions }) => actions.rotateKey(),
  });
  addRoute(server, ground, {
    method: 'GET',
    url: '/api/v1/backup.tar',
    tag: 'Workspace',
    summary: 'Everything that would be missed, without the secret key; to be restored at the machine.',
    action: 'backup',
    answer: z.string(),
    media: 'application/x-tar',
    handle: async ({ actions, reply }) => {
      void reply.type('application/x-tar').header('content-disposition', 'attachment; filename="backup.tar"');
      return reply.send(Readable.from(actions.backup()));
    },
  });
  addItemRoutes(server, ground, {
    sort: 'relationship',
    plural: 'relationships',
    tag: 'Unify',
    save: 'saveRelationship',
    remove: 'removeRelationship',
  });
  addItemRoutes(server, ground, {
    sort: 'computed',
    plural: 'computed',
    tag: 'Unify',
    save: 'saveComputed',
    remove: 'removeComputed',
  });
  addRoute(server, ground, {
    method: 'POST',
    url: '/api/v1/unify/preview',
    tag: 'Unify',
    summary: 'What settings would do to people, segments and exports; changes nothing.',
    action: 'previewUnifySettings',
    body: itemSchemas.unify,
    checkedByAction: true,
    answer: z.looseObject({}),
    handle: ({ actions, body, signal }) => actions.previewUnifySettings(body, { signal }),
  });
  addRoute(server, ground, {
    method: 'GET',
    reads: false,
    url: '/api/v1/unify/proposals',
    tag: 'Unify',
    summary: 'Weights of agreement, and rules made of them, from the loaded sources; changes nothing.',
    action: 'proposeRules',
    answer: listOf(z.looseObject({})),
    handle: async ({ actions }) => ({ items: await actions.proposeRules() }),
  });
  addRoute(server, ground, {
    method: 'GET',
    url: '/api/v1/unify/shared-values',
    tag: 'Unify',
    summary: 'Values that many people of different names share, so that nobody is joined by them.',
    action: 'proposeBypass',
    query: z.object({
      records: z.coerce.number().int().min(2).max(1_000_000).default(5),
      names: z.coerce.number().int().min(1).max(1_000_000).default(3),
      limit: z.coerce.number().int().min(1).max(1_000).default(100),
    }),
    answer: listOf(z.looseObject({})),
    handle: async ({ actions, query }) => ({ items: await actions.proposeBypass(query) }),
  });
  addSingleRoutes(server, ground, { sort: 'unify', tag: 'Unify', save: 'saveUnify' });
  addSingleRoutes(server, ground, { sort: 'schedule', tag: 'Schedule', save: 'saveSchedule' });
  addSingleRoutes(server, ground, { sort: 'retention', tag: 'Workspace', save: 'saveRetention' });
}
