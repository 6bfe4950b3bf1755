import { setTimeout as sleep } from 'node:timers/promises';

/** How long a database may be away before what should be noted in it is given up. */
const mostMs = 15 * 60_000;
const everyMs = 1_000;

/** PostgreSQL's own: it shuts down, starts, or has no room for one more. */
const passing = /^(08\w{3}|57P0[123]|53300)$/;

/** Whether the database could not be reached, or cut us off: another try may go through. */
export function isUnreachable(error: unknown): boolean {
  for (let each: unknown = error; each instanceof Error; each = each.cause) {
    const { code = '', syscall } = each as NodeJS.ErrnoException;
    if (passing.test(code) || (syscall === 'connect' && code !== '')) return true;
    if (/^(ECONNRESET|EPIPE)$/.test(code)) return true;
    // What the driver says of a connection that is gone has no code.
    if (/connection terminated|client has encountered a connection error/i.test(each.message)) return true;
  }
  return false;
}

/**
 * Notes what has happened already, and so must be noted: while the database is away it is tried again, up to a quarter of an
 * hour.
 * @param write once done it may be done again: the answer of a try may be what was lost
 * @throws the last failure; an AbortError when `signal` is aborted between two tries
 */
export async function patiently<Result>(write: () => Promise<Result>, signal?: AbortSignal): Promise<Result> {
  for (const until = Date.now() + mostMs; ;) {
    try {
      return await write();
    } catch (error) {
      if (!isUnreachable(error) || Date.now() > until || signal?.aborted === true) throw error;
    }
    await sleep(everyMs, undefined, signal === undefined ? {} : { signal });
  }
}
