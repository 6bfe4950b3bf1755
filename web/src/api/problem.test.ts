// @vitest-environment jsdom
import { expect, test } from 'vitest';
import { answerOf } from './client.ts';
import { mayGoBetter, problemFrom, problemOf } from './problem.ts';

async function failureOf(error: Error): Promise<unknown> {
  const asked = async (): Promise<never> => {
    throw error;
  };
  try {
    return await answerOf(asked());
  } catch (failure) {
    return failure;
  }
}

test('a server that does not answer is told as such, and a fault of the page is not', async () => {
  expect(problemOf(await failureOf(new TypeError('Failed to fetch')))).toMatchObject({
    kind: 'network',
    code: 'no_answer',
  });
  expect(problemOf(new TypeError('rows is undefined'))).toMatchObject({ code: 'page_failed' });
});

test('a request that was called off stays so', async () => {
  const off = new DOMException('called off', 'AbortError');
  expect(await failureOf(off)).toBe(off);
});

test.each([
  ['our own problem', 409, { code: 'item_exists', detail: 'It is there.' }, 'item_exists', false],
  ['a proxy with nobody behind it', 502, '<html>', 'no_answer', true],
  ['a proxy that takes no such file', 413, undefined, 'refused_on_the_way', false],
])('of %s', (_, status, body, code, better) => {
  const problem = problemFrom(status, body);
  expect(problemOf(problem)).toMatchObject({ status, code });
  expect(mayGoBetter(problem)).toBe(better);
});

test('what was not answered may be asked again', async () => {
  expect(mayGoBetter(await failureOf(new TypeError('Failed to fetch')))).toBe(true);
});
