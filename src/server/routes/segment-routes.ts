import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { columnTypes, languages } from '../../app/vocabulary.ts';
import { addItemRoutes } from '../item-routes.ts';
import { idParams, listOf, offsetQuery, pageOf, pageQuery } from '../pages.ts';
import { addRoute, nothing, type ServerGround } from '../route.ts';
import { sendCsv } from '../send-csv.ts';
import { taskSchema } from '../task-schema.ts';
import { withoutAbsent } from './access-routes.ts';

const tag = 'Segments';

const overview = z.object({
  segment: z.string(),
  name: z.string(),
  state: z.string(),
  type: z.string().optional(),
  tags: z.array(z.string()),
  members: z.number().nullable(),
  refreshedAt: z.string().nullable(),
  tests: z.object({ passed: z.number(), failed: z.array(z.number()) }),
  unlisted: z.number(),
  usedBy: z.object({ segments: z.array(z.string()), exports: z.array(z.string()) }),
});

const rules = z.looseObject({ rules: z.array(z.unknown()) });
const refreshed = z.object({ segments: z.array(overview), unlistedLines: z.array(z.number()) });
const explained = z.looseObject({ customerId: z.string(), holds: z.boolean() });
const cell = z.union([z.string(), z.number(), z.boolean(), z.null(), z.array(z.string())]);
const ruleField = z.object({ name: z.string(), type: z.enum(columnTypes) });
const language = z.enum(languages).default('en');
const newSegment = z.string().min(1).max(63);

/** Who is in which segment, since when and why. */
export function segmentRoutes(server: FastifyInstance, ground: ServerGround): void {
  addItemRoutes(server, ground, {
    sort: 'segment',
    plural: 'segments',
    tag,
    save: 'saveSegment',
    below: '/settings',
  });
  addRoute(server, ground, {
    method: 'GET',
    url: '/api/v1/segments',
    tag,
    summary: 'Every segment, drafts too, with how many people it has.',
    action: 'segments',
    answer: listOf(overview),
    handle: async ({ actions }) => ({ items: await actions.segments() }),
  });
  addRoute(server, ground, {
    method: 'GET',
    url: '/api/v1/segments/:id',
    tag,
    summary: 'One of them.',
    action: 'segment',
    params: idParams,
    answer: overview,
    handle: ({ actions, params }) => actions.segment(params.id),
  });
  addRoute(server, ground, {
    method: 'PATCH',
    url: '/api/v1/segments/:id',
    tag,
    summary:
      'What people see and the tag is called, the words to find it by, its state, or that it is dynamic again.',
    action: 'changeSegment',
    params: idParams,
    body: z.object({
      name: z.string().min(1).max(200).optional(),
      description: z.string().max(2000).optional(),
      tags: z.array(z.string()).optional(),
      state: z.enum(['active', 'inactive', 'draft']).optional(),
      type: z.literal('dynamic').optional(),
    }),
    answer: overview,
    handle: ({ actions, params, body }) => actions.changeSegment(params.id, withoutAbsent(body)),
  });
  addRoute(server, ground, {
    method: 'DELETE',
    url: '/api/v1/segments/:id',
    tag,
    summary: 'Removes it; with `force` also from what speaks of it.',
    action: 'removeSegment',
    params: idParams,
    query: z.object({ force: z.stringbool().default(false) }),
    status: 204,
    answer: nothing,
    handle: ({ actions, params, query }) => actions.removeSegment(params.id, query).then(() => undefined),
  });
  addRoute(server, ground, {
    method: 'POST',
    url: '/api/v1/segments/:id/refresh',
    tag,
    summary: 'Finds its people anew, in its turn.',
    action: 'wantSegment',
    params: idParams,
    status: 202,
    answer: taskSchema,
    handle: ({ actions, params, idempotencyKey }) => actions.wantSegment(params.id, { idempotencyKey }),
  });
  addRoute(server, ground, {
    method: 'POST',
    url: '/api/v1/segments/:id/freeze',
    tag,
    summary: 'Makes it static: the people it has now stay.',
    action: 'freezeSegment',
    params: idParams,
    answer: refreshed,
    handle: ({ actions, params }) => actions.freezeSegment(params.id),
  });
  addRoute(server, ground, {
    method: 'POST',
    url: '/api/v1/segments/:id/duplicate',
    tag,
    summary: 'A new one with the same rules, as a draft.',
    action: 'duplicateSegment',
    params: idParams,
    body: z.object({ as: newSegment }),
    status: 201,
    answer: overview,
    handle: ({ actions, params, body }) => actions.duplicateSegment(params.id, body.as),
  });
  addRoute(server, ground, {
    method: 'POST',
    url: '/api/v1/segments/quick',
    tag,
    summary: 'A segment of one value of an attribute; `>=` or `<=` may stand before a number or a day.',
    action: 'quickSegment',
    body: z.object({ id: newSegment, field: z.string().min(1).max(200), value: z.string().max(1000) }),
    status: 201,
    answer: overview,
    handle: ({ actions, body }) => actions.quickSegment(body.id, body.field, body.value),
  });
  addRoute(server, ground, {
    method: 'GET',
    url: '/api/v1/segments/:id/members',
    tag,
    summary: 'Its people, a page of them.',
    action: 'segmentMemberPage',
    params: idParams,
    query: pageQuery,
    answer: pageOf(z.record(z.string(), cell)),
    handle: async ({ actions, params, query }) =>
      (await actions.segmentMemberPage(params.id, query)) as never,
  });
  addRoute(server, ground, {
    method: 'GET',
    url: '/api/v1/segments/:id/members.csv',
    tag,
    summary: 'All of its people as CSV.',
    action: 'segmentCsv',
    params: idParams,
    answer: z.string(),
    media: 'text/csv',
    handle: ({ actions, params, reply }) =>
      sendCsv(reply, `segment-${params.id}.csv`, actions.segmentCsv(params.id)),
  });
  addRoute(server, ground, {
    method: 'GET',
    url: '/api/v1/segments/:id/trend',
    tag,
    summary: 'How it grew, the newest refreshes.',
    action: 'segmentTrend',
    params: idParams,
    query: z.object({ limit: z.coerce.number().int().min(1).max(500).default(90) }),
    answer: listOf(
      z.object({
        members: z.number(),
        refreshedAt: z.string(),
        entered: z.number(),
        left: z.number(),
      }),
    ),
    handle: async ({ actions, params, query }) => ({ items: await actions.segmentTrend(params.id, query) }),
  });
  addRoute(server, ground, {
    method: 'GET',
    url: '/api/v1/segments/:id/changes',
    tag,
    summary: 'Who entered and left, the newest first, with what is known of them now.',
    action: 'memberChanges',
    params: idParams,
    query: offsetQuery.extend({ change: z.enum(['entered', 'left']).optional() }),
    answer: listOf(
      z.object({
        customerId: z.string(),
        change: z.enum(['entered', 'left']),
        at: z.string(),
        person: z.record(z.string(), cell).nullable(),
      }),
    ),
    handle: async ({ actions, params, query }) => ({
      items: await actions.memberChanges(params.id, query),
    }),
  });
  addRoute(server, ground, {
    method: 'POST',
    reads: true,
    url: '/api/v1/segments/:id/why',
    tag,
    summary: 'Rule by rule why the people behind an address or id are in it, or are not.',
    action: 'whyInSegment',
    params: idParams,
    // In a body, so that no address stands in an address.
    body: z.object({ person: z.string().min(1).max(300), language }),
    answer: listOf(explained),
    handle: async ({ actions, params, body }) => ({
      items: await actions.whyInSegment(params.id, body.person, body.language),
    }),
  });
  addRoute(server, ground, {
    method: 'POST',
    reads: true,
    url: '/api/v1/segments/overlap',
    tag,
    summary: 'How many people several segments have in common.',
    action: 'segmentOverlap',
    body: z.object({ segments: z.array(z.string()).max(20) }),
    answer: listOf(z.object({ segments: z.array(z.string()), people: z.number() })),
    handle: async ({ actions, body }) => ({ items: await actions.segmentOverlap(body.segments) }),
  });
  addRoute(server, ground, {
    method: 'POST',
    reads: true,
    url: '/api/v1/segments/look-ahead',
    tag,
    summary: 'Rules that are being written: how many people, rule by rule, in words, and some of them.',
    action: 'lookAhead',
    body: z.object({ rules, asOf: z.unknown().optional(), language }),
    answer: z.object({
      everybody: z.number(),
      people: z.number(),
      rules: z.array(z.object({ path: z.string(), people: z.number(), running: z.number() })),
      sentence: z.string(),
      first: z.array(explained.extend({ person: z.record(z.string(), cell).nullable() })),
    }),
    handle: async ({ actions, body: { language: words, ...draft }, signal }) => {
      const { first, ...ahead } = await actions.lookAhead(draft as never, { language: words, signal });
      return { ...ahead, first };
    },
  });
  addRoute(server, ground, {
    method: 'GET',
    url: '/api/v1/fields',
    tag,
    summary: 'What rules can ask: attributes of people, and rows of related tables.',
    action: 'ruleFields',
    answer: z.object({
      attributes: z.array(ruleField),
      tables: z.array(z.object({ source: z.string(), unified: z.boolean(), columns: z.array(ruleField) })),
      relationships: z.array(
        z.object({ id: z.string(), name: z.string(), from: z.string(), to: z.string() }),
      ),
      segments: z.array(z.object({ id: z.string(), name: z.string() })),
    }),
    handle: ({ actions }) => actions.ruleFields(),
  });
  addRoute(server, ground, {
    method: 'GET',
    url: '/api/v1/fields/:id/values',
    tag,
    summary: 'The values of a field, the commonest first.',
    action: 'suggestValues',
    params: idParams,
    query: offsetQuery.extend({ prefix: z.string().max(200).default('') }),
    answer: z.object({
      values: z.array(z.object({ value: cell, rows: z.number() })),
      distinct: z.number(),
      missing: z.number(),
    }),
    handle: ({ actions, params, query, signal }) => actions.suggestValues(params.id, { ...query, signal }),
  });
  addRoute(server, ground, {
    method: 'GET',
    url: '/api/v1/fields/:id',
    tag,
    summary: 'What stands in one attribute.',
    action: 'fieldOverview',
    params: idParams,
    answer: z.looseObject({ field: z.string(), distinct: z.number(), missing: z.number() }),
    handle: async ({ actions, params }) => await actions.fieldOverview(params.id),
  });
}
