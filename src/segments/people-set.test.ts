import fc from 'fast-check';
import { expect, it } from 'vitest';
import { PeopleSet, setAlgebra, setSize } from './people-set.ts';

/** What an engine would say: `Buffer` and bits, the first number in the highest. */
function encoded(numbers: readonly number[], people: number): string | null {
  if (numbers.length === 0) return null;
  const bytes = Buffer.alloc(setSize(people) / 8);
  for (const n of numbers) bytes[n >> 3] = (bytes[n >> 3] ?? 0) | (0x80 >> (n & 7));
  return bytes.toString('base64');
}

it.each([
  [0, 8],
  [1, 8],
  [8, 8],
  [9, 16],
])('of %i people takes %i bits', (people, bits) => {
  expect(setSize(people)).toBe(bits);
});

it('does what sets do', () => {
  const numbersBelow = (people: number) =>
    people === 0 ? fc.constant<number[]>([]) : fc.uniqueArray(fc.nat(people - 1), { maxLength: people });
  const two = fc
    .nat(40)
    .chain((people) => fc.tuple(fc.constant(people), numbersBelow(people), numbersBelow(people)));
  fc.assert(
    fc.property(two, ([people, left, right]) => {
      const [one, other] = [left, right].map((numbers) =>
        PeopleSet.decode(encoded(numbers, people), people),
      ) as [PeopleSet, PeopleSet];
      const { everybody, and, or, not } = setAlgebra(people);
      const members = (set: PeopleSet) => {
        expect(set.size).toBe(set.first(people).length);
        return set.first(people);
      };
      const all = Array.from({ length: people }, (_, n) => n);
      expect(members(everybody)).toEqual(all);
      expect(members(one)).toEqual(left.toSorted((a, b) => a - b));
      expect(members(and([one, other]))).toEqual(all.filter((n) => left.includes(n) && right.includes(n)));
      expect(members(or([one, other]))).toEqual(all.filter((n) => left.includes(n) || right.includes(n)));
      expect(members(not(one))).toEqual(all.filter((n) => !left.includes(n)));
      expect(one.first(1)).toEqual(left.toSorted((a, b) => a - b).slice(0, 1));
    }),
  );
});
