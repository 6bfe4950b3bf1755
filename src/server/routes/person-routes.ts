import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import type { Page } from '../../base/page.ts';
import { listOf, pageOf } from '../pages.ts';
import { addRoute, type ServerGround } from '../route.ts';

const tag = 'People';
const person = z.string().trim().min(1).max(300).describe('An e-mail address or a customer id.');
const cell = z.union([z.string(), z.number(), z.boolean(), z.null(), z.array(z.string())]);
const pageBody = z.object({
  search: z.string().max(300).optional(),
  limit: z.int().min(1).max(500).default(100),
  cursor: z.string().max(1000).optional(),
});
const receipt = z.looseObject({ erasure: z.string(), state: z.enum(['open', 'done', 'lifted']) });

/**
 * One person's whole story, and its end. All of it by POST: addresses of people belong into no address of the web, which
 * stand in logs and histories.
 */
export function personRoutes(server: FastifyInstance, ground: ServerGround): void {
  addRoute(server, ground, {
    method: 'POST',
    reads: true,
    url: '/api/v1/people/find',
    tag,
    summary:
      'The people behind an address or customer id: records, segments with why, what was sent and answered.',
    action: 'person',
    body: z.object({ person }),
    answer: listOf(z.looseObject({ customerId: z.string() })),
    handle: async ({ actions, body }) => ({
      items: await actions.person(body.person),
    }),
  });
  addRoute(server, ground, {
    method: 'POST',
    reads: true,
    url: '/api/v1/people/list',
    tag,
    summary: 'All customers, a page of them; with `search` those in whose texts every word of it stands.',
    action: 'customers',
    body: pageBody.default({ limit: 100 }),
    answer: pageOf(z.record(z.string(), cell)),
    handle: async ({ actions, body }) => (await actions.customers(body)) as Page<Record<string, string>>,
  });
  addRoute(server, ground, {
    method: 'POST',
    url: '/api/v1/people/forget/preview',
    tag,
    summary: 'What an erasure would take away.',
    action: 'previewForget',
    body: z.object({ person }),
    answer: z.looseObject({ addresses: z.array(z.string()), profiles: z.number() }),
    handle: async ({ actions, body }) => await actions.previewForget(body.person),
  });
  addRoute(server, ground, {
    method: 'POST',
    url: '/api/v1/people/forget',
    tag,
    summary: 'Erases somebody here and in Mailchimp, and keeps them out from then on.',
    action: 'forget',
    body: z.object({
      person,
      how: z.enum(['archive', 'delete']),
      why: z.string().trim().min(1).max(500),
      people: z
        .int()
        .min(1)
        .max(1000)
        .optional()
        .describe('How many profiles may go; needed for more than one.'),
    }),
    answer: receipt,
    handle: ({ actions, body: { person: address, people, ...request } }) =>
      actions.forget(address, { ...request, ...(people === undefined ? {} : { people }) }),
  });
  addRoute(server, ground, {
    method: 'POST',
    url: '/api/v1/people/forget/lift',
    tag,
    summary: 'Lets an erased person in again.',
    action: 'liftForget',
    body: z.object({ person, why: z.string().trim().min(1).max(500) }),
    answer: listOf(receipt),
    handle: async ({ actions, body }) => ({
      items: await actions.liftForget(body.person, body.why),
    }),
  });
  addRoute(server, ground, {
    method: 'POST',
    url: '/api/v1/people/forget/receipts',
    tag,
    summary: 'The receipts of an address, the newest first.',
    action: 'forgetReceipts',
    body: z.object({ person }),
    answer: listOf(receipt),
    handle: async ({ actions, body }) => ({
      items: await actions.forgetReceipts(body.person),
    }),
  });
}
