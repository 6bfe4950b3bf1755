import { Readable } from 'node:stream';
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { alertTarget, stages } from '../../app/vocabulary.ts';
import { idParams, listOf, pageOf, pageQuery, time } from '../pages.ts';
import { addRoute, nothing, type ServerGround } from '../route.ts';
import { taskKinds, taskSchema, taskStatuses } from '../task-schema.ts';

const tag = 'Work';
const alertTag = 'Alerts';

const channel = z.object({
  id: z.string(),
  name: z.string(),
  kind: z.enum(['email', 'slack', 'webhook']),
  shown: z.string(),
  updatedAt: time,
  lastSentAt: time.optional(),
  lastProblem: z.string().optional(),
});

/** What waits and goes on, what comes by itself, and whom to tell. */
export function workRoutes(server: FastifyInstance, ground: ServerGround): void {
  addRoute(server, ground, {
    method: 'POST',
    url: '/api/v1/refresh',
    tag,
    summary: 'A refresh in its turn, up to a stage or all of the line; as in "after my dbt run".',
    action: 'wantRefresh',
    body: z.object({ until: z.enum(stages).optional() }).default({}),
    status: 202,
    answer: taskSchema,
    handle: ({ actions, body, idempotencyKey }) => actions.wantRefresh({ ...body, idempotencyKey }),
  });
  addRoute(server, ground, {
    method: 'GET',
    url: '/api/v1/tasks',
    tag,
    summary: 'What waits, goes on and ended, the newest first.',
    action: 'tasks',
    query: pageQuery.extend({
      kind: z.enum(taskKinds).optional(),
      subject: z.string().max(200).optional(),
      status: z.enum(taskStatuses).optional(),
    }),
    answer: pageOf(taskSchema),
    handle: ({ actions, query }) => actions.tasks(query),
  });
  addRoute(server, ground, {
    method: 'GET',
    url: '/api/v1/tasks/:id',
    tag,
    summary: 'One of them.',
    action: 'task',
    params: idParams,
    answer: taskSchema,
    handle: ({ actions, params }) => actions.task(params.id),
  });
  addRoute(server, ground, {
    method: 'POST',
    url: '/api/v1/tasks/:id/cancel',
    tag,
    summary: 'Ends it: at once where it waits, else it starts no new request and says how far it got.',
    action: 'cancelTask',
    params: idParams,
    answer: taskSchema,
    handle: ({ actions, params }) => actions.cancelTask(params.id),
  });
  addRoute(server, ground, {
    method: 'GET',
    url: '/api/v1/tasks/:id/events',
    tag,
    summary: 'The task now and after each change, up to its end, as server-sent events.',
    action: 'watchTask',
    params: idParams,
    answer: z.string(),
    media: 'text/event-stream',
    async handle({ actions, params, signal, reply }) {
      await actions.task(params.id);
      void reply.type('text/event-stream').header('x-accel-buffering', 'no');
      const either = AbortSignal.any([signal, ground.closing]);
      return reply.send(Readable.from(eventsOf(actions.watchTask(params.id, either))));
    },
  });
  addRoute(server, ground, {
    method: 'GET',
    url: '/api/v1/schedule/ahead',
    tag: 'Schedule',
    summary: 'What will happen by itself, and when.',
    action: 'schedule',
    answer: z.object({
      on: z.boolean(),
      timeZone: z.string(),
      refresh: z.array(time),
      exports: z.array(
        z.object({ export: z.string(), schedule: z.enum(['refresh', 'off', 'own']), next: z.array(time) }),
      ),
    }),
    handle: ({ actions }) => actions.schedule(),
  });

  addRoute(server, ground, {
    method: 'GET',
    url: '/api/v1/alerts',
    tag: alertTag,
    summary: 'Whom failures, brakes and recoveries are told.',
    action: 'alertChannels',
    answer: listOf(channel),
    handle: async ({ actions }) => ({ items: await actions.alertChannels() }),
  });
  addRoute(server, ground, {
    method: 'POST',
    url: '/api/v1/alerts',
    tag: alertTag,
    summary: 'One more channel; its address is kept sealed.',
    action: 'addAlertChannel',
    body: z.object({ name: z.string().trim().min(1).max(100), target: alertTarget }),
    status: 201,
    answer: channel,
    handle: ({ actions, body }) => actions.addAlertChannel(body),
  });
  addRoute(server, ground, {
    method: 'DELETE',
    url: '/api/v1/alerts/:id',
    tag: alertTag,
    summary: 'Takes a channel away.',
    action: 'removeAlertChannel',
    params: idParams,
    status: 204,
    answer: nothing,
    handle: ({ actions, params }) => actions.removeAlertChannel(params.id).then(() => undefined),
  });
  addRoute(server, ground, {
    method: 'POST',
    url: '/api/v1/alerts/:id/test',
    tag: alertTag,
    summary: 'Sends one that says it is a test.',
    action: 'testAlertChannel',
    params: idParams,
    status: 204,
    answer: nothing,
    handle: ({ actions, params }) => actions.testAlertChannel(params.id).then(() => undefined),
  });
}

/** So that proxies do not take a quiet connection for a dead one. */
const quietMs = 15_000;

async function* eventsOf(tasks: AsyncIterable<unknown>): AsyncIterable<string> {
  const changes = tasks[Symbol.asyncIterator]();
  try {
    let next = changes.next();
    for (;;) {
      let timer: NodeJS.Timeout | undefined;
      const quiet = new Promise<'quiet'>((resolve) => (timer = setTimeout(() => resolve('quiet'), quietMs)));
      const change = await Promise.race([next, quiet]);
      clearTimeout(timer);
      if (change === 'quiet') {
        yield ': still there\n\n';
        continue;
      }
      if (change.done === true) break;
      yield `event: task\ndata: ${JSON.stringify(change.value)}\n\n`;
      next = changes.next();
    }
    yield 'event: end\ndata: {}\n\n';
  } finally {
    await changes.return?.();
  }
}
