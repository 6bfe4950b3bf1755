import { asKnown, PostriderError } from '../base/errors.ts';
import { isUnreachable } from '../store/patiently.ts';
import type { TaskProblem } from './task.ts';

/**
 * An error as a task keeps and an alert sends it: without a stack, and without a cause or the message of a bug, which may
 * name people.
 */
export function problemOf(thrown: unknown): TaskProblem {
  const error = isUnreachable(thrown) ? databaseAway(thrown) : asKnown(thrown);
  if (error instanceof PostriderError) return error.toJSON();
  return {
    kind: 'internal',
    code: 'bug',
    message: `This is a bug in Postrider (${whatAndWhere(error)}).`,
    hint: 'Report it with what stands in the brackets.',
    retry: 'never',
  };
}

/** `TypeError at build-plan.ts:31`: engines and parsers quote what a row held in their messages. */
function whatAndWhere(error: unknown): string {
  if (!(error instanceof Error)) return 'nobody knows where';
  const frames = (error.stack ?? '').replace(error.message, '').match(/[\w.-]+:\d+(?=:\d+\)?$)/gm);
  return [error.name, ...(frames ?? []).slice(0, 1)].join(' at ');
}

function databaseAway(cause: unknown): PostriderError {
  return new PostriderError({
    kind: 'remote',
    code: 'database_unreachable',
    message: 'The PostgreSQL server that DATABASE_URL names was away.',
    hint: 'It is tried again; look at that server if it stays.',
    retry: 'later',
    cause,
  });
}
