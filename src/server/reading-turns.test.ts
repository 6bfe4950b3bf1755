import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { ReadingTurns } from './reading-turns.ts';

describe('ReadingTurns', () => {
  it('lets so many go on at once, and the others in their order, whatever fails', async () => {
    const turns = new ReadingTurns(2);
    const begun: number[] = [];
    let going = 0;
    let most = 0;
    const ends = await Promise.allSettled(
      [0, 1, 2, 3, 4, 5].map((n) =>
        turns.take(async () => {
          begun.push(n);
          most = Math.max(most, (going += 1));
          await sleep(2);
          going -= 1;
          if (n % 2 === 1) throw new Error(`no ${n}`);
          return n;
        }),
      ),
    );
    expect(begun).toEqual([0, 1, 2, 3, 4, 5]);
    expect(most).toBe(2);
    expect(ends.map(({ status }) => status)).toEqual(
      Array.from({ length: 3 }, () => ['fulfilled', 'rejected']).flat(),
    );
    expect(await turns.take(async () => 'again')).toBe('again');
  });
});
