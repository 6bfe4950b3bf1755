import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { addRoute, nothing, type ServerGround } from '../route.ts';

const tag = 'Sample';
const url = '/api/v1/sample';

/** Sample data for people who have none yet: a world beside theirs, seen in the browser until it is ended. */
export function sampleRoutes(server: FastifyInstance, ground: ServerGround): void {
  const { stage } = ground;
  addRoute(server, ground, {
    method: 'GET',
    url,
    tag,
    summary: 'Whether sample data are shown, and whether they can be.',
    action: 'isEmpty',
    answer: z.object({
      shown: z.boolean(),
      offered: z.boolean(),
      mailchimp: z.string().nullable().describe('The local Mailchimp, on the machine of the server.'),
    }),
    handle: async ({ actions }) => ({
      shown: stage.made !== undefined,
      offered: stage.canBegin && stage.made === undefined && (await actions.isEmpty()),
      mailchimp: stage.made?.mailchimp ?? null,
    }),
  });
  addRoute(server, ground, {
    method: 'POST',
    url,
    tag,
    summary:
      'Shows sample data in the browser; what is there stays as it is, and programs see nothing of it.',
    action: 'beginSample',
    status: 204,
    answer: nothing,
    handle: async ({ actions }) => {
      await actions.beginSample(() => stage.begin());
      return undefined;
    },
  });
  addRoute(server, ground, {
    method: 'DELETE',
    url,
    tag,
    summary: 'Ends the sample, with everything that was made in it.',
    action: 'endSample',
    status: 204,
    answer: nothing,
    handle: async ({ actions }) => {
      await actions.endSample(() => stage.end());
      return undefined;
    },
  });
}
