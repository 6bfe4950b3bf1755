import type { Task } from '../work/task.ts';
import type { Alert } from './send-alert.ts';

/**
 * What somebody should be told of a task that ended: permanent failures, brakes, what was skipped because of them, and
 * the first success after one. Nothing of successes, of retries, and of what somebody cancelled.
 * @param before how the same work ended the last time
 */
export function alertOf(task: Task, before: Task | undefined, link: string): Alert | undefined {
  const about = aboutText(task);
  const alert = (event: Alert['event'], title: string, text: string): Alert => ({
    event,
    subject: about,
    title,
    text,
    code: task.problem?.code,
    link,
    at: task.finishedAt ?? task.createdAt,
  });
  const why = [task.problem?.message, task.problem?.hint].filter((line) => line !== undefined).join('\n');
  switch (task.status) {
    case 'failed':
      return alert('failed', `${about} failed`, why);
    case 'stopped':
      return alert(
        'stopped',
        `A brake stopped ${about}`,
        `${why}\nNothing was sent. Look at the plan, and release it or not.`,
      );
    case 'skipped':
      return alert('skipped', `${about} was skipped`, why);
    case 'succeeded':
    case 'warnings': {
      const wasBad =
        before?.status === 'failed' || before?.status === 'skipped' || before?.status === 'stopped';
      return wasBad
        ? alert('recovered', `${about} is well again`, 'It came to its end as it should.')
        : undefined;
    }
    case 'cancelled':
    case 'queued':
    case 'running':
    case 'retrying':
      return undefined;
    default:
      throw new Error(`no such status: ${String(task.status satisfies never)}`);
  }
}

function aboutText({ kind, subject }: Task): string {
  switch (kind) {
    case 'refresh':
      return 'the refresh';
    case 'segment':
      return `segment ${subject}`;
    case 'plan':
      return `the plan of export ${subject}`;
    case 'run':
      return `export ${subject}`;
    case 'release':
    case 'undo':
      return `the ${kind} of export ${subject}`;
    default:
      throw new Error(`no such kind: ${String(kind satisfies never)}`);
  }
}
