import { z } from 'zod';
import { time } from './pages.ts';

export const taskKinds = ['refresh', 'plan', 'run', 'release', 'undo', 'segment'] as const;
export const taskStatuses = [
  'queued',
  'running',
  'retrying',
  'succeeded',
  'warnings',
  'stopped',
  'skipped',
  'cancelled',
  'failed',
] as const;

/** A piece of work as it is shown. */
export const taskSchema = z.object({
  id: z.string(),
  kind: z.enum(taskKinds),
  subject: z.string(),
  request: z.looseObject({}),
  requestedBy: z.string(),
  user: z.string(),
  status: z.enum(taskStatuses),
  attempt: z.number(),
  createdAt: time,
  startedAt: time.optional(),
  finishedAt: time.optional(),
  cancelAt: time.optional(),
  progress: z.object({
    sentence: z.string().optional(),
    stage: z.string().optional(),
    what: z.string().optional(),
    done: z.number().optional(),
    total: z.number().optional(),
  }),
  result: z.looseObject({}).optional(),
  problem: z
    .object({
      kind: z.string(),
      code: z.string(),
      message: z.string(),
      hint: z.string().optional(),
      retry: z.string(),
    })
    .optional(),
});
