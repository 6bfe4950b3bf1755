import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RequestSlots, type Slot } from './request-slots.ts';
import { ManualClock } from './test-support/clocks.ts';

const over = { kind: 'over' } as const;
const throttled = { kind: 'throttled' } as const;
const tick = () => new Promise((resolve) => setImmediate(resolve));

function wait(slots: RequestSlots, signal?: AbortSignal): { slot?: Slot; error?: unknown } {
  const state: { slot?: Slot; error?: unknown } = {};
  slots.acquire(signal).then(
    (slot) => (state.slot = slot),
    (error: unknown) => (state.error = error),
  );
  return state;
}

describe('RequestSlots', () => {
  it('gives out `max` and then waits, first come first served', async () => {
    const slots = new RequestSlots({ max: 2, clock: new ManualClock() });
    const [first, , third, fourth] = [wait(slots), wait(slots), wait(slots), wait(slots)];
    await tick();
    expect([third.slot, fourth.slot]).toEqual([undefined, undefined]);
    first.slot?.end(over);
    await tick();
    expect(third.slot).toBeDefined();
    expect(fourth.slot).toBeUndefined();
    third.slot?.end(over);
    third.slot?.end(over);
    await tick();
    expect(slots.inFlight).toBe(2);
  });

  it('keeps an abandoned request’s slot until the server must be done', async () => {
    const clock = new ManualClock();
    const slots = new RequestSlots({ max: 1, clock });
    const slot = await slots.acquire();
    slot.end({ kind: 'abandoned', until: new Date(clock.now().getTime() + 120_000) });
    const next = wait(slots);
    await clock.advance(119_999);
    expect(next.slot).toBeUndefined();
    expect(slots).toMatchObject({ inFlight: 1, held: 1 });
    await clock.advance(1);
    expect(next.slot).toBeDefined();
    expect(slots).toMatchObject({ inFlight: 1, held: 0 });
  });

  it('takes the slots of an earlier process over', async () => {
    const clock = new ManualClock();
    const soon = new Date(clock.now().getTime() + 1_000);
    const past = new Date(clock.now().getTime() - 1);
    const slots = new RequestSlots({ max: 2, clock, heldUntil: [soon, soon, soon, past] });
    const next = wait(slots);
    await tick();
    expect(next.slot).toBeUndefined();
    await clock.advance(1_000);
    expect(next.slot).toBeDefined();
  });

  it('halves once for all refusals of requests that left together, and climbs back one by one', async () => {
    const slots = new RequestSlots({ max: 8, clock: new ManualClock() });
    const together = await Promise.all(Array.from({ length: 8 }, () => slots.acquire()));
    for (const slot of together) slot.end(throttled);
    expect(slots.allowed).toBe(4);
    (await slots.acquire()).end(throttled);
    expect(slots.allowed).toBe(2);
    (await slots.acquire()).end(throttled);
    (await slots.acquire()).end(throttled);
    expect(slots.allowed).toBe(1);

    const heights: number[] = [];
    for (let answer = 0; answer < 200; answer++) {
      (await slots.acquire()).end(over);
      if (heights.at(-1) !== slots.allowed) heights.push(slots.allowed);
    }
    expect(heights).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
  });

  it('lets a waiter go who gives up, and starts nothing for one who had given up before', async () => {
    const slots = new RequestSlots({ max: 1, clock: new ManualClock() });
    const taken = await slots.acquire();
    const stop = new AbortController();
    const waiting = wait(slots, stop.signal);
    const behind = wait(slots);
    stop.abort(new Error('cancelled'));
    await expect(slots.acquire(stop.signal)).rejects.toThrow('cancelled');
    taken.end(over);
    await tick();
    expect(waiting.error).toBe(stop.signal.reason);
    expect(behind.slot).toBeDefined();
  });

  it('refuses those who wait when it closes, and resolves after those who have a slot', async () => {
    const slots = new RequestSlots({ max: 1, clock: new ManualClock() });
    const taken = await slots.acquire();
    const waiting = wait(slots);
    let closed = false;
    const closing = slots.close().then(() => (closed = true));
    await tick();
    expect(closed).toBe(false);
    expect(waiting.error).toMatchObject({ code: 'mailchimp_client_closed' });
    taken.end({ kind: 'abandoned', until: new Date(8.64e15) });
    await closing;
    await expect(slots.acquire()).rejects.toMatchObject({ code: 'mailchimp_client_closed' });
  });

  it('never has more in flight than `max`, and serves everybody, whatever happens', async () => {
    const ends = fc.constantFrom('over' as const, 'throttled' as const, 'abandoned' as const);
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 10 }),
        fc.array(ends, { maxLength: 60 }),
        async (max, hows) => {
          const clock = new ManualClock();
          const slots = new RequestSlots({ max, clock });
          let served = 0;
          let most = 0;
          const all = hows.map(async (kind) => {
            const slot = await slots.acquire();
            most = Math.max(most, slots.inFlight);
            await clock.sleep(10);
            const until = new Date(clock.now().getTime() + 100);
            slot.end(kind === 'abandoned' ? { kind, until } : { kind });
            served++;
          });
          for (let turn = 0; served < hows.length && turn < 2_000; turn++) await clock.advance(50);
          await Promise.all(all);
          expect(most).toBeLessThanOrEqual(max);
        },
      ),
      { numRuns: 30 },
    );
  });
});
