import { describe, expect, it } from 'vitest';
import { nextWait } from './retry-schedule.ts';

const schedule = { attempts: 5, firstWaitMs: 1000, longestWaitMs: 3000 };

describe('nextWait', () => {
  it.each([
    { failed: 1, shortest: 500, longest: 1000 },
    { failed: 2, shortest: 1000, longest: 2000 },
    { failed: 3, shortest: 1500, longest: 3000 },
    { failed: 4, shortest: 1500, longest: 3000 },
  ])('after $failed tries is $shortest to $longest ms', ({ failed, shortest, longest }) => {
    expect(nextWait(schedule, failed, () => 0)).toBe(shortest);
    expect(nextWait(schedule, failed, () => 1)).toBe(longest);
  });

  it.each([5, 6])('is none after %i', (failed) => {
    expect(nextWait(schedule, failed)).toBeUndefined();
  });
});
