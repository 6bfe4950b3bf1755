import type { FastifyInstance } from 'fastify';
import { productVersion } from '../../base/version.ts';
import { callerOf, refuseForeignHost } from '../caller.ts';
import type { Metrics } from '../metrics.ts';
import { addOpenRoute } from '../open-route.ts';
import { time } from '../pages.ts';
import { addRoute, type ServerGround } from '../route.ts';
import { signInNeeded } from '../../app/sign-in.ts';
import { refuseAction } from '../../app/permitted-actions.ts';
import { z } from 'zod';

/** Whether the process lives, whether it can work, and how it does. */
export function healthRoutes(metrics: Metrics) {
  const startedAt = new Date();
  return (server: FastifyInstance, ground: ServerGround): void => {
    addOpenRoute(server, ground, {
      method: 'GET',
      url: '/healthz',
      tag: 'Operation',
      summary: 'Whether the process lives.',
      answer: z.object({ alive: z.literal(true) }),
      handle: async () => ({ alive: true as const }),
    });
    addOpenRoute(server, ground, {
      method: 'GET',
      url: '/readyz',
      tag: 'Operation',
      summary: 'Whether its databases answer.',
      answer: z.object({ ready: z.boolean() }),
      async handle({ reply }) {
        try {
          await ground.app.ready();
          return { ready: true };
        } catch {
          return reply.status(503).send({ ready: false });
        }
      },
    });
    addRoute(server, ground, {
      method: 'GET',
      url: '/api/v1/about',
      tag: 'Operation',
      summary: 'Which version this is, and since when it runs.',
      action: 'me',
      answer: z.object({ version: z.string(), node: z.string(), startedAt: time }),
      handle: async () => ({ version: productVersion(), node: process.version, startedAt }),
    });
    server.get('/metrics', { schema: { hide: true } }, async (request, reply) => {
      refuseForeignHost(request, ground.reach);
      const { who } = await callerOf(request, ground.app.signIn, ground.reach);
      if (who === undefined) throw signInNeeded();
      refuseAction(who, 'tasks');
      return reply.type(metrics.contentType).send(await metrics.text());
    });
  };
}
