import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { roles } from '../../app/vocabulary.ts';
import { PostriderError } from '../../base/errors.ts';
import { setSession, sessionCookie } from '../caller.ts';
import { addOpenRoute } from '../open-route.ts';
import { addRoute, nothing, type ServerGround } from '../route.ts';
import { userSchema } from './access-routes.ts';

const tag = 'Sign-in';
const secret = z.string().min(20).max(200);
const password = z.string().min(1).max(1000);
const serviceCookie = 'postrider_service';

/** The door: how one becomes somebody. */
export function signInRoutes(server: FastifyInstance, ground: ServerGround): void {
  const { app, reach } = ground;
  const { signIn } = app;

  addOpenRoute(server, ground, {
    method: 'GET',
    url: '/api/v1/sign-in',
    tag,
    summary: 'What a sign-in page has to offer.',
    answer: z.object({ password: z.boolean(), service: z.boolean(), firstStart: z.boolean() }),
    handle: () => signIn.ways(),
  });
  addOpenRoute(server, ground, {
    method: 'POST',
    url: '/api/v1/sign-in',
    tag,
    summary: 'Signs in with e-mail address and password.',
    body: z.object({ email: z.string().min(3).max(254), password }),
    answer: userSchema,
    perMinute: 60,
    async handle({ body, from, session, reply }) {
      const { session: next, user } = await signIn.withPassword(body, from);
      // Whoever was signed in in this browser is not any more.
      if (session !== undefined) await signIn.signOut(session);
      setSession(reply, reach, next);
      return user;
    },
  });
  addOpenRoute(server, ground, {
    method: 'POST',
    url: '/api/v1/sign-in/again',
    tag,
    summary: 'The password once more, for what asks for a sign-in of the last ten minutes.',
    body: z.object({ password }),
    answer: userSchema,
    perMinute: 60,
    async handle({ body, from, session, reply }) {
      if (session === undefined) throw noSession();
      const { session: next, user } = await signIn.again(session, body.password, from);
      setSession(reply, reach, next);
      return user;
    },
  });
  addOpenRoute(server, ground, {
    method: 'DELETE',
    url: '/api/v1/session',
    tag,
    summary: 'Signs out.',
    status: 204,
    answer: nothing,
    async handle({ session, reply }) {
      if (session !== undefined) await signIn.signOut(session);
      setSession(reply, reach, undefined);
      return undefined;
    },
  });
  addOpenRoute(server, ground, {
    method: 'POST',
    url: '/api/v1/links/read',
    tag,
    summary: 'What a link is for: the first owner, an invitation or a new password.',
    body: z.object({ secret }),
    answer: z.object({
      purpose: z.enum(['owner', 'invitation', 'reset']),
      email: z.string().optional(),
      role: z.enum(roles).optional(),
    }),
    perMinute: 30,
    handle: ({ body }) => signIn.link(body.secret),
  });
  addOpenRoute(server, ground, {
    method: 'POST',
    url: '/api/v1/links/use',
    tag,
    summary: 'Uses a link up, and signs in.',
    body: z.object({
      secret,
      email: z.string().max(254).optional().describe('Of the first owner.'),
      name: z.string().trim().min(1).max(100).optional(),
      password,
    }),
    answer: userSchema,
    perMinute: 30,
    async handle({ body: { secret: link, ...given }, from, reply }) {
      const { session, user } = await signIn.useLink(link, given, from);
      setSession(reply, reach, session);
      return user;
    },
  });
  addOpenRoute(server, ground, {
    method: 'GET',
    url: '/api/v1/sign-in/service',
    tag,
    summary: 'Leads to the sign-in service, and back to a page of ours.',
    query: z.object({ returnTo: z.string().max(500).default('/') }),
    status: 302,
    answer: nothing,
    perMinute: 60,
    async handle({ query, session, reply }) {
      const { url, cookie } = await signIn.beginService(ownPage(query.returnTo), session);
      const { secure } = sessionCookie(reach);
      const options = { path: '/api/v1/sign-in/service', httpOnly: true, sameSite: 'lax', secure } as const;
      void reply.setCookie(serviceCookie, cookie, { ...options, maxAge: 600 });
      return reply.redirect(url, 302);
    },
  });
  addOpenRoute(server, ground, {
    method: 'GET',
    url: '/api/v1/sign-in/service/callback',
    tag,
    summary: 'The browser is back from the sign-in service.',
    query: z.looseObject({}),
    status: 302,
    answer: nothing,
    async handle({ request, from, session, reply }) {
      const query = request.url.slice(request.url.indexOf('?'));
      try {
        const done = await signIn.finishService(query, request.cookies[serviceCookie], from, session);
        setSession(reply, reach, done.session);
        void reply.clearCookie(serviceCookie, { path: '/api/v1/sign-in/service' });
        return await reply.redirect(ownPage(done.returnTo), 302);
      } catch (error) {
        if (!(error instanceof PostriderError)) throw error;
        return reply.redirect(`/sign-in?error=${error.code}`, 302);
      }
    },
  });
  addRoute(server, ground, {
    method: 'GET',
    url: '/api/v1/me',
    tag: 'Me',
    summary: 'Who I am, and what I may do.',
    action: 'me',
    answer: userSchema.extend({
      etag: z.string(),
      via: z.enum(['session', 'token', 'local', 'schedule']),
      may: z.array(z.string()),
    }),
    handle: async ({ actions, who }) => ({ ...(await actions.me()), via: who.via, may: app.allowed(who) }),
  });
}

/** A page of ours, whatever was asked for: `//example.com` and `/\example.com` lead elsewhere. */
export function ownPage(path: string): string {
  return /^\/(?![/\\])[\w\-./?=&%#~]*$/.test(path) ? path : '/';
}

function noSession(): PostriderError {
  return new PostriderError({
    kind: 'forbidden',
    code: 'sign_in_needed',
    message: 'This needs a session.',
    hint: 'Sign in first.',
  });
}
