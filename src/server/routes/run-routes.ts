import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { reasonText } from '../../app/reason-texts.ts';
import { idParams, listOf, offsetQuery, pageOf, pageQuery } from '../pages.ts';
import { addRoute, type ServerGround } from '../route.ts';
import { sendCsv } from '../send-csv.ts';
import { taskSchema } from '../task-schema.ts';

const tag = 'Runs';
const counts = z.record(z.string(), z.number());

const meter = z.object({ now: z.number(), after: z.number() });
const problem = z.looseObject({ code: z.string(), message: z.string() });

/** A plan or run in figures. */
export const runSchema = z.looseObject({
  run: z.string(),
  export: z.string(),
  status: z.enum(['planned', 'stopped', 'running', 'succeeded', 'failed', 'cancelled']),
  madeAt: z.string(),
  startedAt: z.string().nullable(),
  finishedAt: z.string().nullable(),
  people: z.object({
    desired: z.number(),
    add: z.number(),
    update: z.number(),
    unchanged: z.number(),
    keptOut: counts,
    rejected: counts,
    failed: counts,
    leave: z.number(),
  }),
  changes: z
    .object({
      fields: z.number(),
      tag: z.number(),
      untag: z.number(),
      archive: z.number(),
      moves: z.number().optional(),
    })
    .optional(),
  requests: z.number().optional(),
  retries: z.number().optional(),
  seconds: z.number().optional(),
  brake: problem.nullable().optional(),
  release: z.object({ by: z.string(), why: z.string(), at: z.string() }).nullable().optional(),
  failure: problem.extend({ hint: z.string().optional() }).nullable().optional(),
  kind: z.enum(['export', 'undo', 'withdraw']).optional(),
  undoes: z.string().optional().describe('Of an undo: the run that it takes back.'),
  limit: z.number().nullable().optional(),
  newFields: z.array(z.looseObject({ tag: z.string(), name: z.string(), type: z.string() })).optional(),
  fieldProblems: z
    .array(
      z.object({
        field: z.string(),
        kind: z.string(),
        what: z.string(),
        rejects: z.boolean(),
        people: z.number(),
        share: z.number(),
      }),
    )
    .optional(),
  contacts: z
    .object({ audience: meter, account: meter, limit: z.number().nullable() })
    .optional()
    .describe('Contacts that count for the bill: now, and when all new ones are in.'),
  alerts: z
    .array(z.object({ code: z.string(), text: z.string(), people: z.number(), share: z.number() }))
    .optional(),
  trimmedAt: z.string().optional().describe('When its people were removed because of their age.'),
  warnings: z.array(z.string()),
  requestedBy: z.string(),
});

/** A run that was cancelled after it had been cut off, and how far it had got. */
export const cancelledRun = z.object({
  run: runSchema,
  reached: z.object({ people: z.number(), reached: z.number(), notSent: z.number() }),
});

const planAction = z.enum(['add', 'update', 'leave', 'keptOut', 'rejected']);
const planLine = z.object({
  action: planAction,
  reason: z.string().nullable(),
  email: z.string(),
  status: z.string().nullable(),
  fields: z.record(z.string(), z.object({ before: z.string(), after: z.string() })),
  gains: z.array(z.string()),
  loses: z.array(z.string()),
  from: z.string().optional(),
  archive: z.literal(true).optional(),
  detail: z.string().optional(),
  stays: z.array(z.string()).optional(),
});

/** What would be sent, what was, and taking it back. */
export function runRoutes(server: FastifyInstance, ground: ServerGround): void {
  addRoute(server, ground, {
    method: 'POST',
    url: '/api/v1/exports/:id/plan',
    tag,
    summary: 'Makes a plan in its turn; sends nothing.',
    action: 'wantPlan',
    params: idParams,
    body: z.object({ limit: z.int().min(1).max(100_000_000).optional() }).default({}),
    status: 202,
    answer: taskSchema,
    handle: ({ actions, params, body, idempotencyKey }) =>
      actions.wantPlan(params.id, { ...body, idempotencyKey }),
  });
  addRoute(server, ground, {
    method: 'POST',
    url: '/api/v1/exports/:id/run',
    tag,
    summary: 'Runs it in its turn: a stored plan, a canary of so many people, or what is wanted now.',
    action: 'wantRun',
    params: idParams,
    body: z
      .object({
        plan: z.string().max(100).optional(),
        limit: z.int().min(1).max(100_000_000).optional(),
      })
      .default({}),
    status: 202,
    answer: taskSchema,
    handle: ({ actions, params, body, idempotencyKey }) =>
      actions.wantRun(params.id, { ...body, idempotencyKey }),
  });
  addRoute(server, ground, {
    method: 'POST',
    url: '/api/v1/exports/run-all',
    tag,
    summary: 'Runs those that have an active schedule.',
    action: 'wantRunAll',
    status: 202,
    answer: listOf(taskSchema),
    handle: async ({ actions }) => ({ items: await actions.wantRunAll() }),
  });
  addRoute(server, ground, {
    method: 'GET',
    url: '/api/v1/runs',
    tag,
    summary: 'Plans and runs, the newest first.',
    action: 'runPage',
    query: pageQuery.extend({ export: z.string().max(63).optional() }),
    answer: pageOf(runSchema),
    handle: ({ actions, query }) => actions.runPage(query),
  });
  addRoute(server, ground, {
    method: 'GET',
    url: '/api/v1/runs/:id',
    tag,
    summary: 'One of them.',
    action: 'findRun',
    params: idParams,
    answer: runSchema,
    handle: async ({ actions, params }) => await actions.findRun(params.id),
  });
  addRoute(server, ground, {
    method: 'GET',
    url: '/api/v1/runs/:id/people',
    tag,
    summary: 'The people of its plan: who enters, changes, leaves, is kept out or rejected, and why.',
    action: 'planPage',
    params: idParams,
    query: pageQuery.extend({ action: planAction.optional() }),
    answer: pageOf(planLine),
    handle: ({ actions, params, query }) => actions.planPage(params.id, query),
  });
  addRoute(server, ground, {
    method: 'GET',
    url: '/api/v1/runs/:id/plan.csv',
    tag,
    summary: 'Every person of its plan as CSV.',
    action: 'planCsv',
    params: idParams,
    answer: z.string(),
    media: 'text/csv',
    handle: async ({ actions, params, reply }) =>
      sendCsv(reply, `plan-${params.id}.csv`, actions.planCsv(await actions.findRun(params.id))),
  });
  addRoute(server, ground, {
    method: 'GET',
    url: '/api/v1/runs/:id/people.csv',
    tag,
    summary: 'Every person with how each ended, as CSV.',
    action: 'runCsv',
    params: idParams,
    answer: z.string(),
    media: 'text/csv',
    handle: ({ actions, params, reply }) => sendCsv(reply, `run-${params.id}.csv`, actions.runCsv(params.id)),
  });
  addRoute(server, ground, {
    method: 'GET',
    url: '/api/v1/runs/:id/exceptions',
    tag,
    summary: 'Who did not end as wanted, and why.',
    action: 'runDetails',
    params: idParams,
    query: offsetQuery,
    answer: listOf(
      z.object({
        email: z.string(),
        result: z.string(),
        reason: z.string(),
        detail: z.string().nullable(),
        what: z.string(),
        cure: z.string(),
      }),
    ),
    handle: async ({ actions, params, query }) => {
      const { exceptions } = await actions.runDetails(params.id, query);
      return { items: exceptions.map((each) => ({ ...each, ...reasonText(each.reason) })) };
    },
  });
  addRoute(server, ground, {
    method: 'POST',
    url: '/api/v1/runs/:id/release',
    tag,
    summary: 'Lets a run go that a brake holds; who, when and why are kept.',
    action: 'wantRelease',
    params: idParams,
    body: z.object({ why: z.string().trim().min(1, 'say why').max(500) }),
    status: 202,
    answer: taskSchema,
    handle: ({ actions, params, body, idempotencyKey }) =>
      actions.wantRelease(params.id, { ...body, idempotencyKey }),
  });
  addRoute(server, ground, {
    method: 'POST',
    url: '/api/v1/runs/:id/undo-plan',
    tag,
    summary: 'The plan that takes it back; sends nothing.',
    action: 'planUndo',
    params: idParams,
    status: 201,
    answer: runSchema,
    handle: async ({ actions, params }) => await actions.planUndo(params.id),
  });
  addRoute(server, ground, {
    method: 'POST',
    url: '/api/v1/runs/:id/undo',
    tag,
    summary: 'Takes it back in its turn, and pauses its export.',
    action: 'wantUndo',
    params: idParams,
    body: z.object({ plan: z.string().max(100).optional() }).default({}),
    status: 202,
    answer: taskSchema,
    handle: ({ actions, params, body, idempotencyKey }) =>
      actions.wantUndo(params.id, { ...body, idempotencyKey }),
  });
  addRoute(server, ground, {
    method: 'POST',
    url: '/api/v1/runs/:id/cancel',
    tag,
    summary: 'Cancels a run that was cut off; one that goes on is cancelled by its task.',
    action: 'cancel',
    params: idParams,
    answer: cancelledRun,
    handle: async ({ actions, params }) => {
      const { run, reached } = await actions.cancel(params.id);
      return { run: { ...run }, reached };
    },
  });
}
