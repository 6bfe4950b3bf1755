import type { Target } from './benchmark.ts';

/** A number of write calls that is not to be exceeded; there is no better than that. */
export function writeCalls(most: number): Target {
  return { better: 'less', bar: most, goal: most, show: (calls) => `${calls} write calls` };
}
