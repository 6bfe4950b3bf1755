import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { accountedFor, groundOf } from './plan.ts';

describe('groundOf', () => {
  it('does not mind the order of keys, at any depth', () => {
    expect(groundOf({ a: 1, b: { c: [{ d: 1, e: 2 }] } })).toBe(
      groundOf({ b: { c: [{ e: 2, d: 1 }] }, a: 1 }),
    );
  });

  it.each([
    ['a value', { a: 1 }, { a: 2 }],
    ['its type', { a: 1 }, { a: '1' }],
    ['null or nothing', { a: null }, {}],
    ['a name', { a: 1 }, { b: 1 }],
    ['the order of a list', [1, 2], [2, 1]],
    ['where a list ends', [[1], [2]], [[1, 2]]],
    ['a list or an object', [1], { 0: 1 }],
    ['text that looks like structure', { a: '1,"b":2' }, { a: '1', b: '2' }],
    ['nothing in a list', [undefined, 1], [1]],
  ])('minds %s', (_, one, other) => {
    expect(groundOf(one)).not.toBe(groundOf(other));
  });

  it('takes what is undefined for absent, as JSON does', () => {
    expect(groundOf({ a: 1, b: undefined })).toBe(groundOf({ a: 1 }));
  });

  it('tells any two values apart that JSON tells apart, and no others', () => {
    // In this form the order of keys does not show.
    const sorted = (value: unknown): unknown =>
      Array.isArray(value)
        ? value.map(sorted)
        : typeof value === 'object' && value !== null
          ? Object.entries(value)
              .map(([key, each]): [string, unknown] => [key, sorted(each)])
              .toSorted(([a], [b]) => (a < b ? -1 : 1))
          : value;
    const marked = (value: unknown) => JSON.stringify([Array.isArray(value), sorted(value)]);
    // Few keys and leaves, so that equal ones come up. Lists and objects are kept apart by their leaves.
    const leaf = fc.constantFrom(0, 1, '1', null, true);
    const value = fc.oneof(
      leaf,
      fc.dictionary(fc.constantFrom('a', 'b', 'c'), leaf, { maxKeys: 3 }),
      fc.array(leaf, { maxLength: 3 }),
    );
    fc.assert(
      fc.property(value, value, (one, other) => {
        expect(groundOf(one) === groundOf(other)).toBe(marked(one) === marked(other));
      }),
    );
  });
});

describe('accountedFor', () => {
  it('counts everybody but the leavers', () => {
    expect(
      accountedFor({
        desired: 0,
        add: 1,
        update: 20,
        unchanged: 300,
        keptOut: { unsubscribed: 4_000, cleaned: 50_000 },
        rejected: { no_address: 600_000 },
        failed: { unknown: 7_000_000 },
        leave: 80_000_000,
      }),
    ).toBe(7_654_321);
  });
});
