import type { FastifyInstance, FastifyReply, FastifyRequest, FastifySchema } from 'fastify';
import { z } from 'zod';
import type { Identity } from '../access/identity.ts';
import { cancelled } from '../base/errors.ts';
import type { Actions, App } from '../app.ts';
import { actionRules, neededFor } from '../app/action-rules.ts';
import { refuseAction } from '../app/permitted-actions.ts';
import { signInNeeded } from '../app/sign-in.ts';
import type { SampleStage } from './sample-stage.ts';
import type { ReadingTurns } from './reading-turns.ts';
import { callerOf, refuseCrossSite, refuseForeignHost, type Caller, type Reach } from './caller.ts';

/** What routes stand on. */
export interface ServerGround {
  app: App;
  /** Which world people see. */
  stage: SampleStage;
  reach: Reach;
  /** What only reads our own databases goes by turns. */
  turns: ReadingTurns;
  /** Aborted when the server is to end: what would stay open ends then. */
  closing: AbortSignal;
}

/** What a handler may answer where a schema says what goes over the wire: times are sent as text. */
export type Sent<Wire> = Wire extends string
  ? Wire | Date
  : Wire extends readonly (infer Item)[]
    ? readonly Sent<Item>[]
    : Wire extends object
      ? Loose<Wire> extends true
        ? { readonly [Key in keyof Wire as string extends Key ? never : Key]: Sent<Wire[Key]> }
        : { readonly [Key in keyof Wire]: Sent<Wire[Key]> }
      : Wire;

/** Whether more than what is named may stand there. */
type Loose<Wire> = string extends keyof Wire ? (unknown extends Wire[keyof Wire] ? true : false) : false;

type Parsed<Schema> = Schema extends z.ZodType ? z.output<Schema> : undefined;

/** A request that was let in. */
export interface Call<Params, Query, Body> {
  params: Parsed<Params>;
  query: Parsed<Query>;
  body: Parsed<Body>;
  /** What this caller may do. */
  actions: Actions;
  who: Identity;
  session: string | undefined;
  ifMatch: string | undefined;
  /** Only if nothing is there: `If-None-Match: *`. */
  ifNew: boolean;
  idempotencyKey: string | undefined;
  /** Aborted when the caller is gone. */
  signal: AbortSignal;
  request: FastifyRequest;
  reply: FastifyReply;
}

/** One thing that can be asked for; the action says who may. */
export interface Route<Params, Query, Body, Answer extends z.ZodType> {
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  url: string;
  tag: string;
  summary: string;
  /** The action that this route does: its rule says what the caller needs. */
  action: keyof Actions;
  params?: Params;
  query?: Query;
  body?: Body;
  /** The body is told by its schema and checked by the action, which knows more. */
  checkedByAction?: true;
  status?: 200 | 201 | 202 | 204;
  answer: Answer;
  /** What is sent instead of JSON, as in text/csv. */
  media?: string;
  headers?: z.ZodObject;
  bodyLimit?: number;
  /** Whether it reads our own databases and nothing else; absent: a GET that answers with JSON does. */
  reads?: boolean;
  handle(call: Call<Params, Query, Body>): Promise<Sent<z.output<Answer>> | FastifyReply>;
}

/** Nothing is answered. */
export const nothing = z.undefined();

/** Bodies whose schema is for readers of /docs. */
export const checkedElsewhere = new WeakSet<z.ZodType>();

declare module 'fastify' {
  interface FastifyContextConfig {
    /** What the caller needs; absent: the route is for anybody. */
    action?: keyof Actions;
  }
  interface FastifyRequest {
    caller?: Caller;
  }
}

const ifMatchHeader = z.string().max(400).optional();
const keyHeader = z
  .string()
  .regex(/^[\w.:-]{1,200}$/)
  .optional();

/** Adds a route: who asks is found out first, then whether they may, then whether what they send is well formed. */
export function addRoute<
  Params extends z.ZodType | undefined = undefined,
  Query extends z.ZodType | undefined = undefined,
  Body extends z.ZodType | undefined = undefined,
  Answer extends z.ZodType = z.ZodType,
>(
  fastify: FastifyInstance,
  { app, stage, reach, turns }: ServerGround,
  route: Route<Params, Query, Body, Answer>,
): void {
  const { action, status = 200, answer, media, body } = route;
  if (body !== undefined && route.checkedByAction) checkedElsewhere.add(body);
  const needed = neededFor(actionRules[action]).map((each) => `\`${each}\``);
  const { reads = route.method === 'GET' && media === undefined } = route;
  const schema: FastifySchema = {
    tags: [route.tag],
    summary: route.summary,
    description: `Needs ${needed.join(' and ')}.`,
    security: [{ session: [] }, { token: [] }],
    ...(route.params === undefined ? {} : { params: route.params }),
    ...(route.query === undefined ? {} : { querystring: route.query }),
    ...(body === undefined ? {} : { body }),
    ...(route.headers === undefined ? {} : { headers: route.headers }),
    response: {
      [status]:
        media === undefined
          ? answer
          : { description: route.summary, content: { [media]: { schema: z.string() } } },
    },
  };
  fastify.route({
    method: route.method,
    url: route.url,
    config: { action },
    ...(route.bodyLimit === undefined ? {} : { bodyLimit: route.bodyLimit }),
    schema,
    // Before the body is read: memory is for those who may.
    preParsing: async (request) => {
      refuseForeignHost(request, reach);
      const caller = await callerOf(request, app.signIn, reach);
      refuseCrossSite(request, caller);
      if (caller.who === undefined) throw signInNeeded();
      refuseAction(caller.who, action);
      request.caller = caller;
    },
    handler: async (request: FastifyRequest, reply: FastifyReply): Promise<unknown> => {
      const { who, session } = request.caller ?? {};
      if (who === undefined) throw signInNeeded();
      const gone = new AbortController();
      reply.raw.once('close', () => {
        if (!reply.raw.writableFinished) gone.abort(cancelled('Whoever asked is gone.'));
      });
      const { 'if-match': ifMatch, 'if-none-match': ifNone, 'idempotency-key': key } = request.headers;
      const call = {
        params: request.params as Parsed<Params>,
        query: request.query as Parsed<Query>,
        body: request.body as Parsed<Body>,
        actions: await stage.actionsFor(who, action),
        who,
        session,
        ifMatch: parseHeader(ifMatchHeader, ifMatch, 'If-Match: up to 400 characters.'),
        ifNew: ifNone === '*',
        idempotencyKey: parseHeader(
          keyHeader,
          key,
          'Idempotency-Key: up to 200 letters, digits, ".", ":", "_" and "-".',
        ),
        signal: gone.signal,
        request,
        reply,
      };
      const read = async () => {
        // Nobody takes a turn from others for an answer that goes nowhere.
        gone.signal.throwIfAborted();
        return route.handle(call);
      };
      const result = await (reads ? turns.take(read) : route.handle(call));
      if (reply.sent || result === reply) return reply;
      void reply.status(status);
      const { etag } = (result ?? {}) as { etag?: unknown };
      if (typeof etag === 'string') void reply.header('etag', etag);
      return reply.send(status === 204 ? null : result);
    },
  });
}

function parseHeader(
  schema: z.ZodType<string | undefined>,
  value: string | string[] | undefined,
  what: string,
): string | undefined {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw badRequest(what);
}

/** @returns an error that is answered with 400 */
export function badRequest(message: string): Error {
  return Object.assign(new Error(message), { statusCode: 400 });
}
