import { expect, it } from 'vitest';
import { waitAfter } from './lock-out.ts';

it.each([
  [0, 0],
  [4, 0],
  [5, 30],
  [6, 60],
  [11, 1920],
  [12, 3600],
  [5000, 3600],
])('after %i failures in a row: %i seconds', (failures, seconds) => {
  expect(waitAfter(failures)).toBe(seconds);
});
