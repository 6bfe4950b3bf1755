import { finished, Transform, type Readable } from 'node:stream';
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { cancelled } from '../../base/errors.ts';
import { addItemRoutes, editOf, saved, savedItem } from '../item-routes.ts';
import { idParams, listOf, offsetQuery } from '../pages.ts';
import { addRoute, badRequest, type ServerGround } from '../route.ts';
import { sendCsv } from '../send-csv.ts';

const tag = 'Sources';

const loadSchema = z.object({
  source: z.string(),
  columns: z.array(
    z.object({
      name: z.string(),
      type: z.string(),
      format: z.string().optional(),
      semantic: z.string().optional(),
    }),
  ),
  key: z.array(z.string()),
  rows: z.number(),
  rejected: z.number(),
  suppressed: z.number(),
  loadedAt: z.string(),
  dataAt: z.string(),
  files: z.array(z.string()),
  warnings: z.array(z.string()),
});

const row = z.record(
  z.string().max(200),
  z.union([z.string().max(100_000), z.number(), z.boolean(), z.null()]),
);
const mostRows = 10_000;
const largestBatch = 32 * 1024 * 1024;
const largestUpload = 8 * 1024 * 1024 * 1024;

/** What came in: settings of sources, what was loaded of them, and data that come by the network. */
export function sourceRoutes(server: FastifyInstance, ground: ServerGround): void {
  addItemRoutes(server, ground, {
    sort: 'source',
    plural: 'sources',
    tag,
    save: 'saveSource',
    remove: 'removeSource',
  });
  addRoute(server, ground, {
    method: 'GET',
    url: '/api/v1/loads',
    tag,
    summary: 'What each source holds since its last load.',
    action: 'sources',
    answer: listOf(loadSchema),
    handle: async ({ actions }) => ({ items: await actions.sources() }),
  });
  addRoute(server, ground, {
    method: 'GET',
    url: '/api/v1/sources/:id/columns',
    tag,
    summary: 'What stands in its columns.',
    action: 'columnSummary',
    params: idParams,
    answer: z.object({ load: loadSchema, columns: z.array(z.looseObject({ name: z.string() })) }),
    handle: async ({ actions, params }) => {
      const { load, columns } = await actions.columnSummary(params.id);
      return { load, columns: columns.map((column) => ({ ...column })) };
    },
  });
  addRoute(server, ground, {
    method: 'GET',
    url: '/api/v1/sources/:id/rejected',
    tag,
    summary: 'Rows that were set aside, with why.',
    action: 'rejectedRows',
    params: idParams,
    query: offsetQuery,
    answer: listOf(z.looseObject({ reason: z.string() })),
    handle: async ({ actions, params, query }) => ({
      items: await actions.rejectedRows(params.id, query),
    }),
  });
  addRoute(server, ground, {
    method: 'GET',
    url: '/api/v1/sources/:id/rejected.csv',
    tag,
    summary: 'All of them as CSV.',
    action: 'rejectedCsv',
    params: idParams,
    answer: z.string(),
    media: 'text/csv',
    handle: ({ actions, params, reply }) =>
      sendCsv(reply, `rejected-${params.id}.csv`, actions.rejectedCsv(params.id)),
  });
  addRoute(server, ground, {
    method: 'PUT',
    url: '/api/v1/sources/:id/pushed',
    tag,
    summary: 'Makes a source whose rows programs send. `If-None-Match: *` for a new one.',
    action: 'savePushedSource',
    params: idParams,
    body: z.object({
      name: z.string().trim().min(1).max(100).optional(),
      columns: z.array(z.string().min(1).max(200)).min(1).max(500),
      key: z.array(z.string().min(1)).min(1).max(16),
    }),
    answer: savedItem,
    handle: async ({ actions, params, body, ...call }) =>
      saved(await actions.savePushedSource(params.id, body, editOf(call))),
  });
  addRoute(server, ground, {
    method: 'POST',
    url: '/api/v1/sources/:id/rows',
    tag,
    summary: `Rows to put in place of those with the same keys, and keys to take away: ${mostRows} at most. The next refresh takes them in.`,
    action: 'pushRows',
    params: idParams,
    bodyLimit: largestBatch,
    headers: z.object({
      'idempotency-key': z.string().describe('The same one again: the batch is there already.'),
    }),
    body: z
      .object({ upsert: z.array(row).default([]), delete: z.array(row).default([]) })
      .refine(
        ({ upsert, delete: gone }) => upsert.length + gone.length <= mostRows,
        `at most ${mostRows} rows`,
      )
      .refine(({ upsert, delete: gone }) => upsert.length + gone.length > 0, 'at least one row'),
    status: 202,
    answer: z.object({ upserted: z.number(), deleted: z.number(), known: z.boolean() }),
    handle({ actions, params, body, idempotencyKey }) {
      if (idempotencyKey === undefined) throw badRequest('Idempotency-Key is needed.');
      const keys = body.delete.map((each) => each as Record<string, string | number>);
      return actions.pushRows(params.id, { upsert: body.upsert, delete: keys }, idempotencyKey);
    },
  });

  // Files go to the disk as they come, so they are no JSON and have no size in memory.
  void server.register(async (files) => {
    files.removeAllContentTypeParsers();
    files.addContentTypeParser('*', (_, payload, done) => done(null, payload));
    addRoute(files, ground, {
      method: 'PUT',
      url: '/api/v1/sources/:id/files/:name',
      tag,
      summary: 'Keeps a file for a source; name the path that comes back in its settings.',
      action: 'upload',
      params: idParams.extend({ name: z.string().min(1).max(200) }),
      bodyLimit: largestUpload,
      status: 201,
      answer: z.object({ path: z.string() }),
      handle: ({ actions, params, request }) => {
        const file = request.body as Readable | undefined;
        if (file === undefined) throw badRequest('The file itself is the body.');
        const content = file.pipe(upTo(largestUpload));
        // `pipe` passes no end on that comes too soon, and whoever writes would wait for ever. (`pipeline` would close the
        // connection on a file too large, and nobody would be told why.)
        finished(file, (error) => error != null && content.destroy(cancelled('The upload was cut off.')));
        return actions.upload(params.id, { name: params.name, content });
      },
    });
  });
}

function upTo(most: number): Transform {
  let bytes = 0;
  return new Transform({
    transform(chunk: Buffer, _, done) {
      bytes += chunk.length;
      if (bytes > most) done(Object.assign(new Error('too large'), { statusCode: 413 }));
      else done(null, chunk);
    },
  });
}
