import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { pageOf, pageQuery, time } from '../pages.ts';
import { addRoute, type ServerGround } from '../route.ts';
import { sendCsv } from '../send-csv.ts';

const filter = z.object({
  action: z.string().max(100).optional().describe('An action, or what it begins with up to a point.'),
  subject: z.string().max(300).optional(),
  who: z.string().max(254).optional(),
  since: z.coerce.date().optional(),
  until: z.coerce.date().optional(),
});

/** Who did what, and who looked at people. */
export function auditRoutes(server: FastifyInstance, ground: ServerGround): void {
  addRoute(server, ground, {
    method: 'GET',
    url: '/api/v1/audit',
    tag: 'Audit',
    summary: 'The newest entries first.',
    action: 'audit',
    query: filter.extend(pageQuery.shape),
    answer: pageOf(
      z.object({
        id: z.number(),
        at: time,
        who: z.string(),
        action: z.string(),
        subject: z.string(),
        detail: z.record(z.string(), z.unknown()),
      }),
    ),
    handle: ({ actions, query }) => actions.audit(query),
  });
  addRoute(server, ground, {
    method: 'GET',
    url: '/api/v1/audit.csv',
    tag: 'Audit',
    summary: 'All of them as CSV.',
    action: 'auditCsv',
    query: filter,
    answer: z.string(),
    media: 'text/csv',
    handle: ({ actions, query, reply }) => sendCsv(reply, 'audit.csv', actions.auditCsv(query)),
  });
}
