import { describe, expect, it } from 'vitest';
import { PostriderError, type ErrorKind } from '../base/errors.ts';
import type { RunStatus } from '../exports/plan.ts';
import { exitCodeOf, exitCodeOfRun } from './exit-codes.ts';
import { someRun } from './test-support/some-run.ts';

/** Scripts rely on these numbers (DESIGN §6): 0 done, 1 failed, 2 bad input or configuration, 3 stopped. */
const ofErrors: Record<ErrorKind, number> = {
  input: 2,
  configuration: 2,
  forbidden: 1,
  conflict: 1,
  brake: 3,
  remote: 1,
  internal: 1,
};
const ofRuns: Record<RunStatus, number> = {
  planned: 0,
  stopped: 3,
  running: 1,
  succeeded: 0,
  failed: 1,
  cancelled: 1,
};

describe('exit codes', () => {
  it.each(Object.entries(ofErrors))('an error of kind %s ends with %i', (kind, code) => {
    const error = new PostriderError({
      kind: kind as ErrorKind,
      code: 'some_code',
      message: 'Some message.',
    });
    expect(exitCodeOf(error)).toBe(code);
  });

  it.each([new TypeError('a bug'), 'thrown text', undefined])(
    'anything else that was thrown ends with 1: %s',
    (error) => {
      expect(exitCodeOf(error)).toBe(1);
    },
  );

  it.each(Object.entries(ofRuns))('a run that is %s ends with %i', (status, code) => {
    expect(exitCodeOfRun(someRun({ status: status as RunStatus }))).toBe(code);
  });
});
