import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { idPattern, newRunId } from './ids.ts';

describe('newRunId', () => {
  const random = (bytes: number) => new Uint8Array(bytes).fill(0);
  const second = fc.integer({ min: 1_700_000_000, max: 4_000_000_000 });

  it('sorts by the second in which it was made', () => {
    fc.assert(
      fc.property(second, second, (one, other) => {
        const a = newRunId(new Date(one * 1000), random);
        const b = newRunId(new Date(other * 1000), random);
        expect(Math.sign(one - other)).toBe(a === b ? 0 : a < b ? -1 : 1);
      }),
    );
  });

  it('is short, begins with r and has no letter that is mistaken for another', () => {
    fc.assert(
      fc.property(second, fc.uint8Array({ minLength: 4, maxLength: 4 }), (at, tail) => {
        expect(newRunId(new Date(at * 1000), () => tail)).toMatch(/^r[2-9bcdfghjkmnpqrstvwxz]{10,12}$/);
      }),
    );
  });

  it('differs within a second by chance alone', () => {
    const now = new Date('2026-11-24T06:00:00.000Z');
    const ids = new Set(Array.from({ length: 200 }, () => newRunId(now)));
    expect(ids.size).toBeGreaterThan(190);
    expect(new Set(Array.from(ids, (id) => id.slice(0, -4))).size).toBe(1);
  });
});

describe('idPattern', () => {
  it.each(['a', 'A', 'crm', 'big-spenders', 'a_1', `a${'b'.repeat(62)}`])('takes %s', (id) => {
    expect(idPattern.test(id)).toBe(true);
  });

  it.each(['', '1a', '-a', '_a', 'a b', 'a.b', 'ă', 'a\n', `a${'b'.repeat(63)}`])(
    'does not take %j',
    (id) => {
      expect(idPattern.test(id)).toBe(false);
    },
  );
});
