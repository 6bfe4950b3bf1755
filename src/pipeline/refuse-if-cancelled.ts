import { PostriderError } from '../base/errors.ts';

/**
 * Called before each request, or run of requests, until the first person is sent: from then on a run that is cancelled
 * has an end of its own (promise 9).
 * @throws `conflict` / `cancelled`
 */
export function refuseIfCancelled(
  signal: AbortSignal | undefined,
  message = 'Cancelled; nothing was sent.',
): void {
  if (signal?.aborted !== true) return;
  throw new PostriderError({ kind: 'conflict', code: 'cancelled', message });
}
