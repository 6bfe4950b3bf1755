/** The right to be the only one who runs on an account (promise 6). */
export interface AccountLease {
  /** Gives it back, once. */
  release(): void;
}

/**
 * Who may run on which account. One process keeps them in memory; several processes on one database need leases that
 * they all see, which is why this is an interface.
 */
export interface AccountLeases {
  /**
   * Resolves when nobody else has the account: first come, first served.
   * @param account the destination's own id of it: two connections to one account share it
   * @param waiting called when somebody is before us, with how many
   * @throws the signal's reason when it is aborted before
   */
  acquire(account: string, waiting: (before: number) => void, signal?: AbortSignal): Promise<AccountLease>;
}

/** Leases that hold within this process. */
export function leasesInProcess(): AccountLeases {
  /** The holder and those who wait, in order; absent: the account is free. */
  const queues = new Map<string, (() => void)[]>();
  return {
    async acquire(account, waiting, signal) {
      signal?.throwIfAborted();
      const queue = queues.get(account) ?? [];
      queues.set(account, queue);
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      queue.push(resolve);
      const leave = () => {
        const place = queue.indexOf(resolve);
        if (place < 0) return;
        queue.splice(place, 1);
        if (queue.length === 0) queues.delete(account);
        // Whoever is first now has the account.
        else if (place === 0) queue[0]?.();
      };
      const giveUp = () => {
        // Granted in this very moment: then there is something to release.
        if (queue[0] === resolve) return;
        leave();
        reject(signal?.reason as Error);
      };
      if (queue.length === 1) resolve();
      else {
        waiting(queue.length - 1);
        signal?.addEventListener('abort', giveUp, { once: true });
      }
      await promise;
      signal?.removeEventListener('abort', giveUp);
      return { release: leave };
    },
  };
}
