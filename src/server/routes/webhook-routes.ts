import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { idParams, listOf } from '../pages.ts';
import { addRoute, type ServerGround } from '../route.ts';
import { webhookListener } from '../webhook-listener.ts';

const tag = 'Webhooks';

const listed = z.object({
  id: z.string().nullable(),
  audience: z.string(),
  connection: z.string(),
  url: z.string(),
  signed: z.boolean(),
  createdAt: z.string(),
  createdBy: z.string(),
  there: z.boolean().nullable(),
});

/** Mailchimp calls when somebody leaves, instead of our waiting for the next read. */
export function webhookRoutes(server: FastifyInstance, ground: ServerGround): void {
  addRoute(server, ground, {
    method: 'GET',
    reads: false,
    url: '/api/v1/webhooks',
    tag,
    summary: 'Those that were made here, and whether Mailchimp still has them.',
    action: 'webhooks',
    answer: listOf(listed),
    handle: async ({ actions }) => ({ items: await actions.webhooks() }),
  });
  addRoute(server, ground, {
    method: 'POST',
    url: '/api/v1/exports/:id/webhook',
    tag,
    summary: 'Lets Mailchimp call about the audience of an export, at this server’s public address.',
    action: 'makeWebhook',
    params: idParams,
    body: z.object({ url: z.url({ protocol: /^https?$/ }).max(500) }),
    status: 201,
    answer: listed,
    handle: ({ actions, params, body }) => actions.makeWebhook(params.id, body.url),
  });
  addRoute(server, ground, {
    method: 'DELETE',
    url: '/api/v1/webhooks/:id',
    tag,
    summary: 'Takes a webhook away, in Mailchimp and here.',
    action: 'removeWebhook',
    params: idParams,
    answer: z.object({ wasThere: z.boolean() }),
    handle: async ({ actions, params }) => ({ wasThere: await actions.removeWebhook(params.id) }),
  });

  const listener = webhookListener(ground.app);
  // The signature is over the raw body, so nobody parses it before the listener.
  void server.register(async (raw) => {
    raw.removeAllContentTypeParsers();
    raw.addContentTypeParser('*', (_, __, done) => done(null));
    raw.route({
      method: ['GET', 'HEAD', 'POST'],
      url: '/webhooks/mailchimp/:token',
      exposeHeadRoute: false,
      schema: { hide: true },
      handler: async (request, reply) => {
        reply.hijack();
        await listener(request.raw, reply.raw);
      },
    });
  });
}
