import type { FastifyInstance, FastifyReply, FastifyRequest, FastifySchema } from 'fastify';
import { z } from 'zod';
import { callerOf, refuseCrossSite, refuseForeignHost } from './caller.ts';
import type { Sent, ServerGround } from './route.ts';

/** Something that anybody may ask who has not said yet who they are. */
export interface OpenRoute<Query, Body, Answer extends z.ZodType> {
  method: 'GET' | 'POST' | 'DELETE';
  url: string;
  tag: string;
  summary: string;
  query?: Query;
  body?: Body;
  status?: 200 | 204 | 302;
  answer: Answer;
  /** Guessing is slow: so many from one address in a minute. */
  perMinute?: number;
  handle(call: OpenCall<Query, Body>): Promise<Sent<z.output<Answer>> | FastifyReply>;
}

export interface OpenCall<Query, Body> {
  query: Query extends z.ZodType ? z.output<Query> : undefined;
  body: Body extends z.ZodType ? z.output<Body> : undefined;
  /** Of whoever has one already. */
  session: string | undefined;
  /** From where they come, for the lock on guessing and the list of sessions. */
  from: { address: string; userAgent: string };
  request: FastifyRequest;
  reply: FastifyReply;
}

/** The few routes of the door. */
export function addOpenRoute<
  Query extends z.ZodType | undefined = undefined,
  Body extends z.ZodType | undefined = undefined,
  Answer extends z.ZodType = z.ZodType,
>(server: FastifyInstance, { app, reach }: ServerGround, route: OpenRoute<Query, Body, Answer>): void {
  const { status = 200, perMinute } = route;
  const schema: FastifySchema = {
    tags: [route.tag],
    summary: route.summary,
    security: [],
    ...(route.query === undefined ? {} : { querystring: route.query }),
    ...(route.body === undefined ? {} : { body: route.body }),
    response: { [status]: route.answer },
  };
  server.route({
    method: route.method,
    url: route.url,
    config: perMinute === undefined ? {} : { rateLimit: { max: perMinute, timeWindow: '1 minute' } },
    schema,
    // After the limit on guessing, before the body is read.
    preParsing: async (request) => {
      refuseForeignHost(request, reach);
      const caller = await callerOf(request, app.signIn, reach);
      refuseCrossSite(request, caller);
      request.caller = caller;
    },
    handler: async (request: FastifyRequest, reply: FastifyReply): Promise<unknown> => {
      const result = await route.handle({
        query: request.query as OpenCall<Query, Body>['query'],
        body: request.body as OpenCall<Query, Body>['body'],
        session: request.caller?.session,
        from: { address: request.ip, userAgent: request.headers['user-agent'] ?? '' },
        request,
        reply,
      });
      if (reply.sent || result === reply) return reply;
      return reply.status(status).send(status === 204 ? null : result);
    },
  });
}
