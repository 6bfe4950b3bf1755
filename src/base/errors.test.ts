import { describe, expect, it } from 'vitest';
import { inputError, messageOf, PostriderError } from './errors.ts';

describe('PostriderError', () => {
  it('shows neither its stack nor its cause', () => {
    const error = inputError('bad_row', 'Row 7 is bad.', 'Mend it.', new Error('with a secret'));
    expect(error.cause).toBeInstanceOf(Error);
    expect(JSON.parse(JSON.stringify(error))).toEqual({
      kind: 'input',
      code: 'bad_row',
      message: 'Row 7 is bad.',
      hint: 'Mend it.',
      retry: 'never',
    });
  });

  it('has no hint where there is none', () => {
    const error = new PostriderError({ kind: 'remote', code: 'down', message: 'Down.', retry: 'later' });
    expect(error.toJSON()).toEqual({ kind: 'remote', code: 'down', message: 'Down.', retry: 'later' });
  });
});

describe('messageOf', () => {
  it.each([
    [new Error('words'), 'words'],
    ['text', 'text'],
    [undefined, 'undefined'],
  ])('has words for anything that was thrown: %s', (thrown, expected) => {
    expect(messageOf(thrown)).toBe(expected);
  });
});
