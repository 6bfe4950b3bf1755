import '@fastify/cookie';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Identity } from '../access/identity.ts';
import type { SignIn } from '../app/sign-in.ts';
import { PostriderError } from '../base/errors.ts';

/** Who a request comes from. */
export interface Caller {
  who: Identity | undefined;
  /** The secret of their session, where they have one. */
  session: string | undefined;
}

/** How the server is reached, as cookies and origins have to know. */
export interface Reach {
  /** As in https://postrider.example.com; absent: this machine, at the port it listens on. */
  publicUrl: string | undefined;
  host: string;
}

/** With TLS the name itself forbids that a cookie comes from another host or without TLS. */
export function sessionCookie({ publicUrl }: Reach): { name: string; secure: boolean } {
  const secure = publicUrl?.startsWith('https:') === true;
  return { name: secure ? '__Host-postrider_session' : 'postrider_session', secure };
}

/** @param session undefined: takes it away */
export function setSession(reply: FastifyReply, reach: Reach, session: string | undefined): void {
  const { name, secure } = sessionCookie(reach);
  // Lax, so that a link in a mail leads in; whoever changes something is looked at by `refuseCrossSite`.
  const options = { path: '/', httpOnly: true, sameSite: 'lax', secure } as const;
  if (session === undefined) void reply.clearCookie(name, options);
  else void reply.setCookie(name, session, { ...options, maxAge: 14 * 24 * 60 * 60 });
}

/** Who asks: by a token, or by the cookie of a session. A token that is none is an error and not nobody. */
export async function callerOf(
  request: FastifyRequest,
  signIn: Pick<SignIn, 'session' | 'token'>,
  reach: Reach,
): Promise<Caller> {
  const { authorization } = request.headers;
  if (authorization !== undefined) {
    const secret = /^Bearer ([\w-]{20,200})$/i.exec(authorization)?.[1];
    const who = secret === undefined ? undefined : await signIn.token(secret);
    if (who === undefined) throw tokenUnknown();
    return { who, session: undefined };
  }
  const session = request.cookies[sessionCookie(reach).name];
  const who = session === undefined ? undefined : await signIn.session(session);
  return who === undefined ? { who: undefined, session: undefined } : { who, session };
}

/**
 * Whether a page of somebody else sends this in the name of whoever looks at it. Browsers say where a request comes
 * from; who says nothing at all is no browser, and has no cookie that somebody else could use.
 * @throws `forbidden` / `cross_site`
 */
export function refuseCrossSite(request: FastifyRequest, caller: Caller): void {
  if (request.method === 'GET' || request.method === 'HEAD' || request.method === 'OPTIONS') return;
  const site = request.headers['sec-fetch-site'];
  const { origin } = request.headers;
  const own = site === undefined ? origin !== undefined && sameHost(origin, request) : site === 'same-origin';
  const silent = site === undefined && origin === undefined;
  if (own || (silent && caller.session === undefined)) return;
  throw new PostriderError({
    kind: 'forbidden',
    code: 'cross_site',
    message: 'This request comes from a page of somebody else.',
    hint: 'Programs send a token: Authorization: Bearer postrider_….',
  });
}

/**
 * A name that somebody else lets lead to this machine must not reach a server that listens for this machine only:
 * the browser would take it for that name's own.
 * @throws `forbidden` / `wrong_host`
 */
export function refuseForeignHost(request: FastifyRequest, { publicUrl, host }: Reach): void {
  const loopback = /^(127\.|localhost$|::1$)/.test(host);
  if (publicUrl !== undefined || !loopback) return;
  const asked = request.hostname.replace(/^\[|\]$/g, '');
  if (asked === 'localhost' || asked === '::1' || /^127\.\d+\.\d+\.\d+$/.test(asked)) return;
  throw new PostriderError({
    kind: 'forbidden',
    code: 'wrong_host',
    message: 'This server does not go by that name.',
    hint: 'Set POSTRIDER_PUBLIC_URL to the address that people reach it by.',
  });
}

function sameHost(origin: string, request: FastifyRequest): boolean {
  return URL.canParse(origin) && new URL(origin).host === request.host;
}

function tokenUnknown(): PostriderError {
  return new PostriderError({
    kind: 'forbidden',
    code: 'sign_in_needed',
    message: 'This token is none, or it is over.',
    hint: 'Make a new one: postrider tokens make NAME.',
  });
}
