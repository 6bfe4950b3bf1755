import { collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { App } from '../app.ts';

/** What Prometheus is told: how the process is, how requests went, what waits and how work ended. Nobody's data. */
export interface Metrics {
  contentType: string;
  text(): Promise<string>;
  noteRequest(method: string, route: string, status: number, ms: number): void;
}

export function openMetrics(app: Pick<App, 'taskCounts'>): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry, prefix: 'postrider_' });
  const requests = new Histogram({
    name: 'postrider_http_request_seconds',
    help: 'How long requests took, by route and status.',
    labelNames: ['method', 'route', 'status'],
    buckets: [0.005, 0.02, 0.05, 0.1, 0.3, 1, 3, 10],
    registers: [registry],
  });
  const tasks = new Gauge({
    name: 'postrider_tasks',
    help: 'Tasks that are kept, by kind and status; queued, running and retrying are not over.',
    labelNames: ['kind', 'status'],
    registers: [registry],
  });
  const last = new Gauge({
    name: 'postrider_task_last_end_seconds',
    help: 'When the last task of this kind and status ended, in seconds since 1970.',
    labelNames: ['kind', 'status'],
    registers: [registry],
  });
  return {
    contentType: registry.contentType,
    async text() {
      tasks.reset();
      last.reset();
      for (const { kind, status, tasks: count, last: at } of await app.taskCounts()) {
        tasks.set({ kind, status }, count);
        if (at !== null) last.set({ kind, status }, at.getTime() / 1000);
      }
      return registry.metrics();
    },
    noteRequest: (method, route, status, ms) => requests.observe({ method, route, status }, ms / 1000),
  };
}
