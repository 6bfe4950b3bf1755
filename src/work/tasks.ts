import { randomUUID } from 'node:crypto';
import { inputError } from '../base/errors.ts';
import { pageOf, readTimeCursor, timeKey, type Page, type PageAsked } from '../base/page.ts';
import type { Database, Row } from '../store/tables.ts';
import {
  isOver,
  type Task,
  type TaskKind,
  type TaskOutcome,
  type TaskProgress,
  type TaskRequest,
  type TaskStatus,
} from './task.ts';

/** A wish for work. */
export interface WantedTask {
  kind: TaskKind;
  subject: string;
  request?: TaskRequest;
  requestedBy: string;
  user: string;
  idempotencyKey?: string | undefined;
}

/**
 * Writes a task down.
 * @returns with `known`, the one that the same key of the same user made before
 * @throws `input` / `idempotency_reused` when that one was about something else
 */
export async function addTask(
  db: Database,
  wanted: WantedTask,
  now: Date,
): Promise<{ task: Task; known: boolean }> {
  const id = randomUUID();
  const inserted = await db
    .insertInto('task')
    .values({
      id,
      kind: wanted.kind,
      subject: wanted.subject,
      request: JSON.stringify(wanted.request ?? {}),
      requested_by: wanted.requestedBy,
      app_user: wanted.user,
      status: 'queued',
      attempt: 0,
      idempotency_key: wanted.idempotencyKey ?? null,
      created_at: now,
    })
    .onConflict((conflict) => conflict.columns(['app_user', 'idempotency_key']).doNothing())
    .returningAll()
    .executeTakeFirst();
  if (inserted !== undefined) return { task: toTask(inserted), known: false };
  const before = await taskOfKey(db, wanted);
  if (before === undefined) throw new Error('A task is neither new nor there.');
  const same =
    before.kind === wanted.kind &&
    before.subject === wanted.subject &&
    JSON.stringify(before.request) === JSON.stringify(wanted.request ?? {});
  if (same) return { task: before, known: true };
  throw inputError(
    'idempotency_reused',
    'This idempotency key was used for other work.',
    'Take a new key for each piece of work, and the same one only to ask again.',
  );
}

/** @returns the task that an idempotency key of a user made before */
export async function taskOfKey(
  db: Database,
  { user, idempotencyKey }: Pick<WantedTask, 'user' | 'idempotencyKey'>,
): Promise<Task | undefined> {
  const row = await db
    .selectFrom('task')
    .selectAll()
    .where('app_user', '=', user)
    .where('idempotency_key', '=', idempotencyKey ?? '')
    .executeTakeFirst();
  return row === undefined ? undefined : toTask(row);
}

/** Writes down work that was done as part of other work, or that was due and is not done. */
export async function addEndedTask(
  db: Database,
  { kind, subject, request = {}, requestedBy, user, idempotencyKey }: WantedTask,
  outcome: TaskOutcome,
  time: { startedAt: Date | undefined; finishedAt: Date },
): Promise<Task> {
  const row = await db
    .insertInto('task')
    .values({
      id: randomUUID(),
      kind,
      subject,
      request: JSON.stringify(request),
      requested_by: requestedBy,
      app_user: user,
      idempotency_key: idempotencyKey ?? null,
      attempt: 1,
      created_at: time.startedAt ?? time.finishedAt,
      started_at: time.startedAt ?? null,
      ...endColumns(outcome, time.finishedAt),
    })
    .returningAll()
    .executeTakeFirstOrThrow();
  return toTask(row);
}

/** @throws `input` / `task_unknown` */
export async function readTask(db: Database, id: string): Promise<Task> {
  const row = await db.selectFrom('task').selectAll().where('id', '=', id).executeTakeFirst();
  if (row !== undefined) return toTask(row);
  throw inputError('task_unknown', 'There is no such task.', 'See them under System › Status.');
}

export interface TaskFilter {
  kind?: TaskKind | undefined;
  subject?: string | undefined;
  status?: TaskStatus | undefined;
}

/** The newest first. */
export async function listTasks(
  db: Database,
  { limit, cursor, kind, subject, status }: TaskFilter & PageAsked,
): Promise<Page<Task>> {
  const after = readTimeCursor(cursor);
  let query = db.selectFrom('task').selectAll();
  if (kind !== undefined) query = query.where('kind', '=', kind);
  if (subject !== undefined) query = query.where('subject', '=', subject);
  if (status !== undefined) query = query.where('status', '=', status);
  if (after !== undefined) {
    const { at, id: last } = after;
    query = query.where((where) =>
      where.or([
        where('created_at', '<', at),
        where.and([where('created_at', '=', at), where('id', '>', last)]),
      ]),
    );
  }
  const rows = await query
    .orderBy('created_at', 'desc')
    .orderBy('id')
    .limit(limit + 1)
    .execute();
  return pageOf(rows.map(toTask), limit, ({ createdAt: at, id }) => timeKey({ at, id }));
}

/** Of each export the last time that it ran or was to. */
export async function lastRunTasks(db: Database): Promise<Task[]> {
  const rows = await db
    .selectFrom('task')
    .selectAll()
    .distinctOn('subject')
    .where('kind', '=', 'run')
    .orderBy('subject')
    .orderBy('created_at', 'desc')
    .execute();
  return rows.map(toTask);
}

/** Those that wait or go on, the oldest first. */
export async function unfinishedTasks(db: Database, kind?: TaskKind): Promise<Task[]> {
  let query = db.selectFrom('task').selectAll().where('finished_at', 'is', null);
  if (kind !== undefined) query = query.where('kind', '=', kind);
  const rows = await query.orderBy('created_at').orderBy('id').execute();
  return rows.map(toTask);
}

/** The task of the same kind and subject that ended last before this one; for telling a recovery. */
export async function endBefore(db: Database, task: Task): Promise<Task | undefined> {
  const row = await db
    .selectFrom('task')
    .selectAll()
    .where('kind', '=', task.kind)
    .where('subject', '=', task.subject)
    .where('id', '!=', task.id)
    .where('finished_at', 'is not', null)
    .where('status', 'not in', ['cancelled'])
    .orderBy('finished_at', 'desc')
    .limit(1)
    .executeTakeFirst();
  return row === undefined ? undefined : toTask(row);
}

/**
 * Takes up a task: one that waits, or one that a process which is gone was at.
 * @returns undefined when it is over
 */
export async function beginTask(db: Database, id: string, now: Date): Promise<Task | undefined> {
  const row = await db
    .updateTable('task')
    .set(({ eb }) => ({ status: 'running', started_at: now, attempt: eb('attempt', '+', 1) }))
    .where('id', '=', id)
    .where('finished_at', 'is', null)
    .returningAll()
    .executeTakeFirst();
  return row === undefined ? undefined : toTask(row);
}

/** What is told of a task that goes on; nothing of one that is over. */
export async function noteProgress(db: Database, id: string, progress: TaskProgress): Promise<void> {
  await db
    .updateTable('task')
    .set({ progress: JSON.stringify(progress) })
    .where('id', '=', id)
    .where('finished_at', 'is', null)
    .execute();
}

/** It failed in a way that may pass. */
export async function noteRetry(db: Database, id: string, problem: TaskOutcome['problem']): Promise<void> {
  await db
    .updateTable('task')
    .set({ status: 'retrying', problem: problem === undefined ? null : JSON.stringify(problem) })
    .where('id', '=', id)
    .where('finished_at', 'is', null)
    .execute();
}

/** Writes down how a task ended. @returns it, as it ended first where it is over already */
export async function finishTask(db: Database, id: string, outcome: TaskOutcome, now: Date): Promise<Task> {
  const row = await db
    .updateTable('task')
    .set(endColumns(outcome, now))
    .where('id', '=', id)
    .where('finished_at', 'is', null)
    .returningAll()
    .executeTakeFirst();
  return row === undefined ? readTask(db, id) : toTask(row);
}

/** One that waits is over at once; one that goes on is told so, and ends when it can. */
export async function askTaskToEnd(db: Database, id: string, now: Date): Promise<Task> {
  const task = await readTask(db, id);
  if (isOver(task)) return task;
  await db.updateTable('task').set({ cancel_at: now }).where('id', '=', id).execute();
  const waits = await db
    .updateTable('task')
    .set({ status: 'cancelled', finished_at: now })
    .where('id', '=', id)
    .where('status', 'in', ['queued', 'retrying'])
    .returningAll()
    .executeTakeFirst();
  return waits === undefined ? readTask(db, id) : toTask(waits);
}

/** @returns how many were too old to be kept */
export async function forgetTasks(db: Database, before: Date): Promise<number> {
  const gone = await db.deleteFrom('task').where('finished_at', '<', before).executeTakeFirst();
  return Number(gone.numDeletedRows);
}

export interface TaskCount {
  kind: string;
  status: string;
  tasks: number;
  /** When the last of them ended. */
  last: Date | null;
}

/** Counts by kind and status, for metrics. */
export async function countTasks(db: Database): Promise<TaskCount[]> {
  const rows = await db
    .selectFrom('task')
    .select(({ fn }) => [
      'kind',
      'status',
      fn.countAll<string | number>().as('tasks'),
      fn.max<Date | null>('finished_at').as('last'),
    ])
    .groupBy(['kind', 'status'])
    .execute();
  return rows.map((row) => ({ ...row, tasks: Number(row.tasks) }));
}

function endColumns({ status, result, problem }: TaskOutcome, finishedAt: Date) {
  return {
    status,
    finished_at: finishedAt,
    result: result === undefined ? null : JSON.stringify(result),
    problem: problem === undefined ? null : JSON.stringify(problem),
  };
}

function toTask(row: Row<'task'>): Task {
  return {
    id: row.id,
    kind: row.kind as TaskKind,
    subject: row.subject,
    request: row.request as TaskRequest,
    requestedBy: row.requested_by,
    user: row.app_user,
    status: row.status as TaskStatus,
    attempt: row.attempt,
    createdAt: row.created_at,
    startedAt: row.started_at ?? undefined,
    finishedAt: row.finished_at ?? undefined,
    cancelAt: row.cancel_at ?? undefined,
    progress: row.progress ?? {},
    result: (row.result ?? undefined) as Task['result'],
    problem: (row.problem ?? undefined) as Task['problem'],
  };
}
