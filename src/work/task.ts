import type { PostriderError } from '../base/errors.ts';

/** Sorts of work that take their time. */
export type TaskKind = 'refresh' | 'plan' | 'run' | 'release' | 'undo' | 'segment';

/**
 * queued → running → an end; `retrying` waits for its next attempt. `warnings`: done, with people or exports that did not
 * end as wanted; `stopped`: a brake waits for a person; `skipped`: not even tried, with the reason.
 */
export type TaskStatus =
  | 'queued'
  | 'running'
  | 'retrying'
  | 'succeeded'
  | 'warnings'
  | 'stopped'
  | 'skipped'
  | 'cancelled'
  | 'failed';

/** How far a task is; sentences are for people, without people's data. */
export interface TaskProgress {
  sentence?: string | undefined;
  /** Of a refresh. */
  stage?: string | undefined;
  /** `done` of `total` of what; without a total nobody knows of how many. */
  what?: string | undefined;
  done?: number | undefined;
  total?: number | undefined;
}

export type TaskProblem = Pick<PostriderError, 'kind' | 'code' | 'message' | 'retry'> & { hint?: string };

/** A piece of work, from the wish for it to its end. */
export interface Task {
  id: string;
  kind: TaskKind;
  /** What it is about: an export (also of a release or an undo), a segment, or `workspace`. */
  subject: string;
  request: TaskRequest;
  /** As in the audit log. */
  requestedBy: string;
  user: string;
  status: TaskStatus;
  attempt: number;
  createdAt: Date;
  startedAt: Date | undefined;
  finishedAt: Date | undefined;
  /** Somebody asked for its end. */
  cancelAt: Date | undefined;
  progress: TaskProgress;
  /** What came of it: the ids of runs, say. */
  result: Readonly<Record<string, unknown>> | undefined;
  problem: TaskProblem | undefined;
}

export interface TaskRequest {
  /** Of a refresh: the last stage. */
  until?: 'sources' | 'unify' | 'segments' | 'exports' | undefined;
  /** Of a release or an undo: the run that it is about. */
  run?: string | undefined;
  /** Of a run or an undo: a stored plan. Of a run: a canary of so many people. */
  plan?: string | undefined;
  limit?: number | undefined;
  /** Of a release. */
  why?: string | undefined;
  /** When it was due, ISO 8601, where the schedule asked for it. */
  due?: string | undefined;
  /** It was missed, and is caught up. */
  late?: boolean | undefined;
}

/** How a task ended. */
export interface TaskOutcome {
  status: Extract<TaskStatus, 'succeeded' | 'warnings' | 'stopped' | 'skipped' | 'cancelled' | 'failed'>;
  result?: Readonly<Record<string, unknown>>;
  problem?: TaskProblem;
}

export function isOver({ status }: Pick<Task, 'status'>): boolean {
  return status !== 'queued' && status !== 'running' && status !== 'retrying';
}
