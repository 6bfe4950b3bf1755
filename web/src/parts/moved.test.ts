import { expect, test } from 'vitest';
import { moved } from './moved.ts';

test('a list in another order has the same items', () => {
  expect(moved(['a', 'b', 'c'], 1, -1)).toEqual(['b', 'a', 'c']);
  expect(moved(['a', 'b', 'c'], 1, 1)).toEqual(['a', 'c', 'b']);
});
