import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { leasesInProcess } from './account-lease.ts';

const tick = () => new Promise((resolve) => setImmediate(resolve));
const quietly = () => undefined;

describe('leases of accounts', () => {
  it('are given to one at a time, first come first served, and say how many are before one', async () => {
    const leases = leasesInProcess();
    const order: string[] = [];
    const told: number[] = [];
    const run = async (name: string) => {
      const lease = await leases.acquire('a', (before) => told.push(before));
      order.push(`${name} begins`);
      await tick();
      order.push(`${name} ends`);
      lease.release();
    };
    await Promise.all([run('first'), run('second'), run('third')]);
    expect(order).toEqual(['first', 'second', 'third'].flatMap((name) => [`${name} begins`, `${name} ends`]));
    expect(told).toEqual([1, 2]);
  });

  it('of one account do not hold up another', async () => {
    const leases = leasesInProcess();
    await leases.acquire('a', quietly);
    await expect(leases.acquire('b', quietly)).resolves.toBeDefined();
  });

  it('are not waited for by whoever gave up', async () => {
    const leases = leasesInProcess();
    const first = await leases.acquire('a', quietly);
    const cancel = new AbortController();
    const second = leases.acquire('a', quietly, cancel.signal);
    const third = leases.acquire('a', quietly);
    cancel.abort(new Error('cancelled'));
    await expect(second).rejects.toThrow('cancelled');
    first.release();
    await expect(third).resolves.toBeDefined();
    await expect(leases.acquire('a', quietly, cancel.signal)).rejects.toThrow('cancelled');
  });

  it('never have two holders and leave nobody waiting, whoever gives up and releases twice', () =>
    fc.assert(
      fc.asyncProperty(
        fc.array(fc.record({ account: fc.constantFrom('a', 'b'), givesUp: fc.boolean() }), { maxLength: 12 }),
        async (runs) => {
          const leases = leasesInProcess();
          const holders = new Map<string, number>();
          const ended = await Promise.allSettled(
            runs.map(async ({ account, givesUp }) => {
              const cancel = new AbortController();
              const asked = leases.acquire(account, quietly, cancel.signal);
              if (givesUp) cancel.abort(new Error('gave up'));
              const lease = await asked;
              const now = (holders.get(account) ?? 0) + 1;
              holders.set(account, now);
              await tick();
              holders.set(account, now - 1);
              lease.release();
              lease.release();
              return now;
            }),
          );
          for (const [index, end] of ended.entries()) {
            if (end.status === 'fulfilled') expect(end.value).toBe(1);
            else expect(runs[index]?.givesUp).toBe(true);
          }
        },
      ),
      { numRuns: 60 },
    ));
});
