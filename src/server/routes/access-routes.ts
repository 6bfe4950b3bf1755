import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { languages, permissions, roles } from '../../app/vocabulary.ts';
import { setSession } from '../caller.ts';
import { idParams, listOf, pageOf, pageQuery, time } from '../pages.ts';
import { addRoute, nothing, type ServerGround } from '../route.ts';

const me = 'Me';
const users = 'Users';
const tokens = 'Tokens';

export const userSchema = z.object({
  id: z.string(),
  email: z.string(),
  name: z.string(),
  role: z.enum(roles),
  extra: z.array(z.enum(permissions)).describe('Permissions beyond the role.'),
  language: z.enum(languages),
  hasPassword: z.boolean(),
  createdAt: time,
  updatedAt: time,
  lastSeenAt: time.optional(),
});
const listedUser = userSchema.extend({ etag: z.string() });

const tokenSchema = z.object({
  id: z.string(),
  user: z.string(),
  name: z.string(),
  scopes: z.array(z.enum(permissions)),
  createdAt: time,
  expiresAt: time,
  usedAt: time.optional(),
  revokedAt: time.optional(),
});

const link = z.object({ link: z.url() });
const name = z.string().trim().min(1).max(100);
const password = z.string().min(1).max(1000);

/** Oneself, users and tokens. */
export function accessRoutes(server: FastifyInstance, ground: ServerGround): void {
  const { reach } = ground;
  addRoute(server, ground, {
    method: 'PATCH',
    url: '/api/v1/me',
    tag: me,
    summary: 'My name and language.',
    action: 'changeMe',
    body: z.object({ name: name.optional(), language: z.enum(languages).optional() }),
    answer: listedUser,
    handle: ({ actions, body }) => actions.changeMe(withoutAbsent(body)),
  });
  addRoute(server, ground, {
    method: 'POST',
    url: '/api/v1/me/password',
    tag: me,
    summary: 'A new password; ends all my sessions.',
    action: 'changePassword',
    body: z.object({ before: z.string().max(1000).default(''), password }),
    status: 204,
    answer: nothing,
    async handle({ actions, body, reply }) {
      await actions.changePassword(body.before, body.password);
      setSession(reply, reach, undefined);
      return undefined;
    },
  });
  addRoute(server, ground, {
    method: 'GET',
    url: '/api/v1/me/sessions',
    tag: me,
    summary: 'Where I am signed in.',
    action: 'mySessions',
    answer: listOf(
      z.object({
        id: z.string(),
        startedAt: time,
        usedAt: time,
        address: z.string(),
        userAgent: z.string(),
        current: z.boolean(),
      }),
    ),
    handle: async ({ actions, session }) => ({ items: await actions.mySessions(session) }),
  });
  addRoute(server, ground, {
    method: 'DELETE',
    url: '/api/v1/me/sessions/:id',
    tag: me,
    summary: 'Signs out there; `all`: everywhere.',
    action: 'endMySession',
    params: idParams,
    answer: z.object({ ended: z.number() }),
    handle: async ({ actions, params }) => ({ ended: await actions.endMySession(params.id) }),
  });

  addRoute(server, ground, {
    method: 'GET',
    url: '/api/v1/me/tokens',
    tag: tokens,
    summary: 'My tokens, without their secrets.',
    action: 'myTokens',
    query: pageQuery,
    answer: pageOf(tokenSchema),
    handle: ({ actions, query }) => actions.myTokens(query),
  });
  addRoute(server, ground, {
    method: 'POST',
    url: '/api/v1/me/tokens',
    tag: tokens,
    summary: 'A token for a program; its secret is shown this once.',
    action: 'makeToken',
    body: z.object({
      name,
      scopes: z.array(z.enum(permissions)).min(1),
      expiresInDays: z.number().int(),
    }),
    status: 201,
    answer: z.object({ secret: z.string(), token: tokenSchema }),
    handle: ({ actions, body }) => actions.makeToken(body),
  });
  addRoute(server, ground, {
    method: 'DELETE',
    url: '/api/v1/tokens/:id',
    tag: tokens,
    summary: 'Ends a token: one’s own, or with `tokens.edit` anybody’s.',
    action: 'revokeToken',
    params: idParams,
    status: 204,
    answer: nothing,
    handle: ({ actions, params }) => actions.revokeToken(params.id).then(() => undefined),
  });
  addRoute(server, ground, {
    method: 'GET',
    url: '/api/v1/tokens',
    tag: tokens,
    summary: 'Everybody’s tokens.',
    action: 'tokens',
    query: pageQuery,
    answer: pageOf(tokenSchema),
    handle: ({ actions, query }) => actions.tokens(query),
  });

  addRoute(server, ground, {
    method: 'GET',
    url: '/api/v1/users',
    tag: users,
    summary: 'Who may come in.',
    action: 'users',
    query: pageQuery,
    answer: pageOf(listedUser),
    handle: ({ actions, query }) => actions.users(query),
  });
  addRoute(server, ground, {
    method: 'POST',
    url: '/api/v1/users',
    tag: users,
    summary: 'Invites somebody: a link for seven days, which nobody is sent.',
    action: 'inviteUser',
    body: z.object({ email: z.string().min(3).max(254), role: z.enum(roles) }),
    status: 201,
    answer: link,
    handle: ({ actions, body }) => actions.inviteUser(body),
  });
  addRoute(server, ground, {
    method: 'GET',
    url: '/api/v1/users/:id',
    tag: users,
    summary: 'A user, by id or e-mail address.',
    action: 'user',
    params: idParams,
    answer: listedUser,
    handle: ({ actions, params }) => actions.user(params.id),
  });
  addRoute(server, ground, {
    method: 'PATCH',
    url: '/api/v1/users/:id',
    tag: users,
    summary: 'Name, role, permissions beyond it, language.',
    action: 'changeUser',
    params: idParams,
    body: z.object({
      name: name.optional(),
      role: z.enum(roles).optional(),
      extra: z.array(z.enum(permissions)).optional(),
      language: z.enum(languages).optional(),
    }),
    answer: listedUser,
    handle: ({ actions, params, body, ifMatch }) =>
      actions.changeUser(params.id, withoutAbsent(body), ifMatch),
  });
  addRoute(server, ground, {
    method: 'DELETE',
    url: '/api/v1/users/:id',
    tag: users,
    summary: 'Removes a user with their sessions and tokens.',
    action: 'removeUser',
    params: idParams,
    status: 204,
    answer: nothing,
    handle: ({ actions, params }) => actions.removeUser(params.id).then(() => undefined),
  });
  addRoute(server, ground, {
    method: 'POST',
    url: '/api/v1/users/:id/reset-link',
    tag: users,
    summary: 'A link for a new password, for two hours.',
    action: 'resetLink',
    params: idParams,
    answer: link,
    handle: ({ actions, params }) => actions.resetLink(params.id),
  });
}

/** What was not given is not there, rather than there and undefined. */
export function withoutAbsent<Given extends object>(
  given: Given,
): { [Key in keyof Given]: Exclude<Given[Key], undefined> } {
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) as never;
}
