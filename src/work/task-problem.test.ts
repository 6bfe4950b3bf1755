import { describe, expect, it } from 'vitest';
import { PostriderError } from '../base/errors.ts';
import { problemOf } from './task-problem.ts';

describe('problemOf', () => {
  it('keeps what is told to people, without its cause', () => {
    const error = new PostriderError({
      kind: 'remote',
      code: 'away',
      message: 'It is away.',
      retry: 'later',
      cause: new Error('ana@acme.test'),
    });
    expect(problemOf(error)).toEqual({
      kind: 'remote',
      code: 'away',
      message: 'It is away.',
      retry: 'later',
    });
  });

  it('says of a bug what and where it is, and not what a row held', () => {
    const found = problemOf(new TypeError('Could not convert "ana@acme.test"\n  at ana.test:1:1'));
    expect(found).toMatchObject({ kind: 'internal', code: 'bug', retry: 'never' });
    expect(found.message).toMatch(/TypeError at task-problem\.test\.ts:\d+/);
    expect(found.message).not.toContain('ana');
    expect(problemOf('ana@acme.test').message).not.toContain('ana');
  });
});
