import { describe, expect, it } from 'vitest';
import type { Task, TaskStatus } from '../work/task.ts';
import { alertOf } from './task-alert.ts';

const task = (status: TaskStatus, more: Partial<Task> = {}): Task => ({
  id: 't1',
  kind: 'run',
  subject: 'newsletter',
  request: {},
  requestedBy: 'schedule',
  user: 'schedule',
  status,
  attempt: 1,
  createdAt: new Date(0),
  startedAt: undefined,
  finishedAt: new Date(1000),
  cancelAt: undefined,
  progress: {},
  result: undefined,
  problem: undefined,
  ...more,
});

describe('alertOf', () => {
  it.each<[TaskStatus, TaskStatus | undefined, string | undefined]>([
    ['failed', undefined, 'failed'],
    ['stopped', 'succeeded', 'stopped'],
    ['skipped', 'succeeded', 'skipped'],
    ['succeeded', 'succeeded', undefined],
    ['succeeded', undefined, undefined],
    ['succeeded', 'failed', 'recovered'],
    ['warnings', 'stopped', 'recovered'],
    ['succeeded', 'skipped', 'recovered'],
    ['cancelled', 'failed', undefined],
    ['retrying', 'failed', undefined],
  ])('of %s after %s: %s', (status, before, event) => {
    const last = before === undefined ? undefined : task(before, { id: 't0' });
    expect(alertOf(task(status), last, 'https://postrider.test')?.event).toBe(event);
  });

  it('says what it is about, why, and what to do', () => {
    const problem = { kind: 'remote', code: 'key_refused', message: 'The key is refused.', hint: 'Mend it.' };
    expect(
      alertOf(task('failed', { problem: { ...problem, kind: 'remote', retry: 'never' } }), undefined, 'l'),
    ).toEqual({
      event: 'failed',
      subject: 'export newsletter',
      title: 'export newsletter failed',
      text: 'The key is refused.\nMend it.',
      code: 'key_refused',
      link: 'l',
      at: new Date(1000),
    });
    expect(alertOf(task('failed', { kind: 'refresh', subject: 'workspace' }), undefined, 'l')?.title).toBe(
      'the refresh failed',
    );
  });
});
