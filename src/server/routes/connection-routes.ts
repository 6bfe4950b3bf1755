import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { languages } from '../../app/vocabulary.ts';
import { PostriderError } from '../../base/errors.ts';
import { idParams, listOf, time } from '../pages.ts';
import { addRoute, nothing, type ServerGround } from '../route.ts';

const tag = 'Connections';

const pickable = z.object({ id: z.string(), name: z.string(), type: z.string() });
const connectionSchema = pickable.extend({
  sharedWith: z.array(z.string()),
  consent: z.object({ agreedBy: z.string(), date: z.string(), text: z.string() }),
  exportUser: z.string().nullable(),
  connectedBy: z.enum(['apiKey', 'oauth', 'reference']).nullable(),
  createdAt: time,
  createdBy: z.string().nullable(),
  updatedAt: time,
  usedBy: z.array(z.string()),
  etag: z.string(),
});
const login = z.object({
  account: z.object({ id: z.string(), name: z.string() }),
  login: z.string().optional(),
  role: z.string(),
  audiences: z.array(z.object({ id: z.string(), name: z.string(), contacts: z.number() })),
});

const sharedWith = z.array(z.enum(['administrators', 'contributors'])).max(2);

/** Accounts of Mailchimp, who may use them, and in whose name things are sent. */
export function connectionRoutes(server: FastifyInstance, ground: ServerGround): void {
  addRoute(server, ground, {
    method: 'GET',
    url: '/api/v1/connections/pickable',
    tag,
    summary: 'Those that I may use, for the Mailchimp section of an export.',
    action: 'pickableConnections',
    answer: listOf(pickable),
    handle: async ({ actions }) => ({ items: await actions.pickableConnections() }),
  });
  addRoute(server, ground, {
    method: 'GET',
    url: '/api/v1/connections',
    tag,
    summary: 'All of them, without their secrets.',
    action: 'connections',
    answer: listOf(connectionSchema),
    handle: async ({ actions }) => ({ items: await actions.connections() }),
  });
  addRoute(server, ground, {
    method: 'GET',
    url: '/api/v1/connections/:id',
    tag,
    summary: 'One of them.',
    action: 'connection',
    params: idParams,
    answer: connectionSchema,
    handle: ({ actions, params }) => actions.connection(params.id),
  });
  addRoute(server, ground, {
    method: 'GET',
    url: '/api/v1/consent-text',
    tag,
    summary: 'What one agrees to who saves a connection.',
    action: 'consentText',
    query: z.object({ version: z.string().max(20).optional(), language: z.enum(languages).default('en') }),
    answer: z.object({ version: z.string(), title: z.string(), points: z.array(z.string()) }),
    handle: ({ actions, query }) => actions.consentText(query.version, query.language),
  });
  addRoute(server, ground, {
    method: 'PUT',
    url: '/api/v1/connections/:id',
    tag,
    summary: 'Saves it: a display name, who may use it, "I agree", and one way in.',
    action: 'saveConnection',
    params: idParams,
    body: z.strictObject({
      name: z.string().trim().min(1).max(100).describe('Says what it is for and where it leads; unique.'),
      type: z.literal('mailchimp'),
      sharedWith: sharedWith.default([]).describe('Beside administrators, who always may.'),
      consent: z.object({ agree: z.boolean(), text: z.string().max(20) }).optional(),
      signIn: z.string().max(200).optional().describe('A sign-in with Mailchimp that went well.'),
      apiKey: z
        .string()
        .trim()
        .regex(/^[\x21-\x7e]{8,300}$/, 'an API key has printable characters without spaces')
        .optional(),
      apiKeyFrom: z
        .union([z.strictObject({ env: z.string().min(1) }), z.strictObject({ file: z.string().min(1) })])
        .optional(),
      exportUser: z.boolean().optional().describe('Add yourself as export user.'),
    }),
    answer: connectionSchema,
    handle: ({ actions, params, body, ifMatch, ifNew }) =>
      actions.saveConnection(params.id, body, { ifMatch, ifNew }),
  });
  addRoute(server, ground, {
    method: 'POST',
    url: '/api/v1/connections/:id/test',
    tag,
    summary: 'Asks Mailchimp whom it lets in, and to which audiences.',
    action: 'testConnection',
    params: idParams,
    answer: login,
    handle: ({ actions, params }) => actions.testConnection(params.id),
  });
  addRoute(server, ground, {
    method: 'GET',
    reads: false,
    url: '/api/v1/connections/:id/audiences/:audience',
    tag,
    summary: 'The fields and tags of an audience, or that the account does not have it.',
    action: 'describeAudience',
    params: idParams.extend({ audience: z.string().min(1).max(64) }),
    answer: z.object({
      id: z.string(),
      name: z.string(),
      doubleOptIn: z.boolean(),
      marketingPermissions: z.boolean(),
      fields: z.array(
        z.object({
          tag: z.string(),
          name: z.string(),
          type: z.string(),
          required: z.boolean(),
          options: z.looseObject({}),
        }),
      ),
      tags: z.array(z.object({ id: z.number(), name: z.string() })),
    }),
    handle: ({ actions, params }) => actions.describeAudience(params.id, params.audience),
  });
  addRoute(server, ground, {
    method: 'POST',
    url: '/api/v1/connections/:id/export-user',
    tag,
    summary: 'I take over: runs of exports are in my name from now on.',
    action: 'becomeExportUser',
    params: idParams,
    answer: connectionSchema,
    handle: ({ actions, params }) => actions.becomeExportUser(params.id),
  });
  addRoute(server, ground, {
    method: 'POST',
    url: '/api/v1/connections/:id/remove',
    tag,
    summary: 'Removes it, and says for each export that uses it what becomes of that.',
    action: 'removeConnection',
    params: idParams,
    body: z.object({ exports: z.record(z.string(), z.enum(['detach', 'remove'])).default({}) }),
    status: 204,
    answer: nothing,
    handle: ({ actions, params, body, ifMatch, signal }) =>
      actions.removeConnection(params.id, { exports: body.exports, ifMatch, signal }).then(() => undefined),
  });
  addRoute(server, ground, {
    method: 'POST',
    url: '/api/v1/mailchimp/sign-in',
    tag,
    summary: 'Where to send the browser to sign in with Mailchimp.',
    action: 'beginSignIn',
    body: z.object({ connection: z.string().max(63).optional() }),
    answer: z.object({ url: z.url() }),
    handle: ({ actions, body }) => actions.beginSignIn(body.connection),
  });
  addRoute(server, ground, {
    method: 'GET',
    reads: false,
    url: '/api/v1/mailchimp/callback',
    tag,
    summary: 'The browser is back from Mailchimp; leads to the connection.',
    action: 'finishSignIn',
    query: z.object({
      state: z.string().max(500).optional(),
      code: z.string().max(500).optional(),
      error: z.string().max(200).optional(),
    }),
    answer: z.unknown(),
    async handle({ actions, query, reply }) {
      const back = (words: Record<string, string>) =>
        reply.redirect(`/admin/connections?${new URLSearchParams(words).toString()}`, 302);
      try {
        const { signIn, connection } = await actions.finishSignIn(query);
        return await back(connection === null ? { signIn } : { connected: connection });
      } catch (error) {
        if (error instanceof PostriderError) return back({ error: error.code });
        throw error;
      }
    },
  });
}
