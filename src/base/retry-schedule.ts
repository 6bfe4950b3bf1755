/** How often and how slowly to try again. */
export interface RetrySchedule {
  /** Tries in all, the first included. */
  attempts: number;
  /** The wait before the second try, in ms; doubles after each. */
  firstWaitMs: number;
  longestWaitMs: number;
}

/**
 * The wait before the next try in ms, or undefined when `failed` tries are all there are.
 * Half of it is chance: many callers that failed together must not come back together.
 * @param failed how many tries have failed so far, from 1
 */
export function nextWait(
  schedule: RetrySchedule,
  failed: number,
  random: () => number = Math.random,
): number | undefined {
  if (failed >= schedule.attempts) return undefined;
  const full = Math.min(schedule.longestWaitMs, schedule.firstWaitMs * 2 ** (failed - 1));
  return Math.round(full / 2 + (full / 2) * random());
}
