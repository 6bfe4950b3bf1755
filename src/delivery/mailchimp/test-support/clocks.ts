import { systemClock, type Clock } from '../../../base/clock.ts';

/** A clock that runs `speed` times as fast: waits of minutes pass in a test, in the right order. */
export function fastClock(speed: number): Clock {
  const start = Date.now();
  return {
    now: () => new Date(start + (Date.now() - start) * speed),
    sleep: (ms, signal) => systemClock.sleep(ms / speed, signal),
  };
}

/** A clock that stands until it is told to go on. */
export class ManualClock implements Clock {
  #now = Date.parse('2026-11-24T06:00:00Z');
  #sleepers: { at: number; wake: () => void }[] = [];

  now(): Date {
    return new Date(this.#now);
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason as Error);
      this.#sleepers.push({ at: this.#now + ms, wake: resolve });
      signal?.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
    });
  }

  /** Wakes everybody whose time comes; returns when they have run as far as they can at once. */
  async advance(ms: number): Promise<void> {
    this.#now += ms;
    const due = this.#sleepers.filter(({ at }) => at <= this.#now);
    this.#sleepers = this.#sleepers.filter(({ at }) => at > this.#now);
    for (const { wake } of due) wake();
    await new Promise((resolve) => setImmediate(resolve));
  }
}
