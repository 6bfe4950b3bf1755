import { randomUUID } from 'node:crypto';
import compress from '@fastify/compress';
import cookie from '@fastify/cookie';
import helmet from '@fastify/helmet';
import rateLimit from '@fastify/rate-limit';
import swagger from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import fastify, { LogController, type FastifyInstance } from 'fastify';
import { jsonSchemaTransform, jsonSchemaTransformObject, validatorCompiler } from 'fastify-type-provider-zod';
import type { App } from '../app.ts';
import type { Config } from '../base/config.ts';
import { openMetrics } from './metrics.ts';
import { ReadingTurns } from './reading-turns.ts';
import { addPage, wantsPage } from './page.ts';
import { failureOf, notFound, problemDetails } from './problem.ts';
import { checkedElsewhere, type ServerGround } from './route.ts';
import { SampleStage, type SampleBeside } from './sample-stage.ts';
import { sessionCookie } from './caller.ts';
import { accessRoutes } from './routes/access-routes.ts';
import { auditRoutes } from './routes/audit-routes.ts';
import { connectionRoutes } from './routes/connection-routes.ts';
import { exportRoutes } from './routes/export-routes.ts';
import { healthRoutes } from './routes/health-routes.ts';
import { personRoutes } from './routes/person-routes.ts';
import { runRoutes } from './routes/run-routes.ts';
import { sampleRoutes } from './routes/sample-routes.ts';
import { segmentRoutes } from './routes/segment-routes.ts';
import { signInRoutes } from './routes/sign-in-routes.ts';
import { sourceRoutes } from './routes/source-routes.ts';
import { webhookRoutes } from './routes/webhook-routes.ts';
import { workRoutes } from './routes/work-routes.ts';
import { workspaceRoutes } from './routes/workspace-routes.ts';

export interface ServerOptions {
  app: App;
  config: Pick<Config, 'publicUrl' | 'host' | 'proxies'>;
  /** Where the log goes, a line of JSON for each request; absent: nowhere. */
  log?: { write(line: string): void };
  version: string;
  /** The folder of the built web page. */
  page?: string;
  /** Makes sample data to look at, in a world of their own; absent: none are offered. */
  makeSample?: () => Promise<SampleBeside>;
  /** Called before the routes are there: for routes that are no part of the API, and hooks of tests. */
  prepare?: (server: FastifyInstance) => void;
}

/** More than there are cores, since a read also waits for the other database. */
const readsAtOnce = 8;

/** Bodies of the API are small; uploads and rows have limits of their own. */
const largestBody = 1024 * 1024;

/**
 * The HTTP server, ready to listen. It parses, calls the application and shows what comes back; what somebody may do
 * is decided there.
 */
export async function openServer(options: ServerOptions): Promise<FastifyInstance> {
  const { app, config, log, version, prepare } = options;
  const server = fastify({
    bodyLimit: largestBody,
    // The first of the hops is the connection itself.
    trustProxy: (_: string, hop: number) => hop < config.proxies,
    // A request's own lines would hold its address with what was searched for; ours hold the route (see below).
    logController: new LogController({ disableRequestLogging: true }),
    logger: log === undefined ? false : { level: 'info', stream: log },
    genReqId: () => randomUUID(),
    routerOptions: { maxParamLength: 300 },
    forceCloseConnections: 'idle',
    requestTimeout: 0,
  });
  const closing = new AbortController();
  server.addHook('preClose', async () => closing.abort(new Error('the server ends')));
  const reach = { publicUrl: config.publicUrl, host: config.host };
  const stage = new SampleStage(app, options.makeSample);
  server.addHook('onClose', () => stage.end());
  const turns = new ReadingTurns(readsAtOnce);
  const ground: ServerGround = { app, stage, reach, turns, closing: closing.signal };

  server.setValidatorCompiler((route) => {
    if (checkedElsewhere.has(route.schema as never)) return (value) => ({ value });
    const check = validatorCompiler(route as Parameters<typeof validatorCompiler>[0]);
    // Fastify says null of a body that is not there.
    return (value: unknown) => check(value ?? undefined);
  });
  // Answers are sent as they are; that they fit what /docs says of them is held by the tests.
  server.setSerializerCompiler(() => (answer) => JSON.stringify(answer));
  server.setErrorHandler((error, request, reply) => {
    const problem = problemDetails(error);
    if (problem.status >= 500) request.log.error(failureOf(error), 'failed');
    void reply.status(problem.status).type('application/problem+json');
    return reply.send(problem);
  });
  server.setNotFoundHandler((request, reply) =>
    wantsPage(request)
      ? server.sendPage(request, reply)
      : reply.status(404).type('application/problem+json').send(problemDetails(notFound())),
  );
  server.addHook('onResponse', async (request, reply) => {
    request.log.info(
      {
        id: request.id,
        method: request.method,
        // The pattern and not the address itself, which may name people.
        route: request.routeOptions.url ?? 'none',
        status: reply.statusCode,
        ms: Math.round(reply.elapsedTime),
        user: request.caller?.who?.user,
      },
      'request',
    );
  });
  // Nothing of the API is to stay in a cache between here and the browser.
  server.addHook('onSend', async (request, reply) => {
    if (request.url.startsWith('/api/')) void reply.header('cache-control', 'no-store');
  });
  server.removeContentTypeParser('text/plain');

  const metrics = openMetrics(app);
  server.addHook('onResponse', async (request, reply) => {
    metrics.noteRequest(
      request.method,
      request.routeOptions.url ?? 'none',
      reply.statusCode,
      reply.elapsedTime,
    );
  });
  await server.register(helmet, {
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: ["'self'"],
        baseUri: ["'none'"],
        formAction: ["'self'"],
        frameAncestors: ["'none'"],
        imgSrc: ["'self'", 'data:'],
        objectSrc: ["'none'"],
        scriptSrc: ["'self'"],
        styleSrc: ["'self'"],
      },
    },
    frameguard: { action: 'deny' },
    hsts: config.publicUrl?.startsWith('https:') === true,
    referrerPolicy: { policy: 'no-referrer' },
  });
  await server.register(cookie);
  await server.register(compress, { global: true, threshold: 1024 });
  await server.register(rateLimit, { global: false });
  await server.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Postrider',
        description:
          'Customers from anywhere, unified into one profile per person, in segments, in step with Mailchimp audiences. ' +
          'Errors are problem details (RFC 9457) with `kind`, `code`, `hint` and `retry`; see docs/errors.md.',
        version,
      },
      components: {
        securitySchemes: {
          session: { type: 'apiKey', in: 'cookie', name: sessionCookie(ground.reach).name },
          token: { type: 'http', scheme: 'bearer' },
        },
      },
    },
    transform: jsonSchemaTransform,
    transformObject: jsonSchemaTransformObject,
  });
  await server.register(swaggerUi, {
    routePrefix: '/docs',
    staticCSP: false,
    theme: { title: 'Postrider API' },
    logo: { type: 'image/svg+xml', content: Buffer.from(wordmark) },
    uiConfig: { docExpansion: 'none' },
  });
  prepare?.(server);
  await addPage(server, options.page, reach);

  for (const routes of [
    healthRoutes(metrics),
    signInRoutes,
    accessRoutes,
    auditRoutes,
    workspaceRoutes,
    sourceRoutes,
    segmentRoutes,
    connectionRoutes,
    exportRoutes,
    runRoutes,
    workRoutes,
    personRoutes,
    webhookRoutes,
    sampleRoutes,
  ]) {
    // Each in a scope of its own, so that how one takes bodies is not how another does.
    await server.register(async (scope) => routes(scope, ground));
  }
  await server.ready();
  return server;
}

/** In place of the library's own. */
const wordmark = `<svg xmlns="http://www.w3.org/2000/svg" width="150" height="40" viewBox="0 0 150 40">
  <text x="0" y="27" font-family="sans-serif" font-size="24" font-weight="700" fill="#fff">Postrider</text>
</svg>`;
