import type { Clock } from '../base/clock.ts';
import { OutcomeUnknown } from '../delivery/destination.ts';
import { refuseIfCancelled } from './refuse-if-cancelled.ts';

const mostAttempts = 5;

/**
 * Does something that changes nothing when it is done twice, until it is known to be done. After an attempt that was
 * cut off it waits until the server is surely over.
 * @param work gets whether an attempt before may have done it
 * @param signal aborted: no further attempt begins
 * @throws `cancelled`; the last `OutcomeUnknown` after five attempts; whatever else the work throws, at once
 */
export async function untilKnown<Result>(
  clock: Clock,
  work: (maybeDone: boolean) => Promise<Result>,
  signal?: AbortSignal,
): Promise<Result> {
  for (let attempt = 1; ; attempt++) {
    refuseIfCancelled(signal);
    try {
      return await work(attempt > 1);
    } catch (error) {
      if (!(error instanceof OutcomeUnknown) || attempt === mostAttempts) throw error;
      const wait = Math.max(0, error.mayRunUntil.getTime() - clock.now().getTime());
      await clock.sleep(wait, signal).catch(() => refuseIfCancelled(signal));
    }
  }
}
