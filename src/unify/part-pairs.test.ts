import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { linksBeside, spelledOut, type Link } from './part-pairs.ts';

const record = fc.integer({ min: 1, max: 12 });
const link = fc
  .tuple(record, record, fc.constantFrom<number | null>(null, 0.5, 0.7, 0.9))
  .filter(([a, b]) => a !== b)
  .map(([a, b, similarity]): Link => ({ n: Math.max(a, b), head: Math.min(a, b), similarity }));
const pair = fc.tuple(record, record).filter(([a, b]) => a !== b);

/** Who is whose, when all links hold. */
function leaders(links: readonly Link[]): (record: number) => number {
  const leader = new Map<number, number>();
  const find = (at: number): number => (leader.has(at) ? find(leader.get(at) as number) : at);
  for (const { n, head } of links) {
    const [one, other] = [find(n), find(head)];
    if (one !== other) leader.set(one, other);
  }
  return find;
}

describe('links beside pairs that are never one person', () => {
  it('never lead from one to the other, lose no link without need, and do not depend on the order', () => {
    fc.assert(
      fc.property(
        fc.array(link, { maxLength: 20 }),
        fc.array(pair, { maxLength: 4 }),
        fc.nat(),
        (links, never, seed) => {
          const alone = new Map(Array.from({ length: 12 }, (_, place) => [place + 1, place + 1]));
          const kept = linksBeside(links, alone, never);
          const find = leaders(kept);
          for (const [one, other] of never) expect(find(one)).not.toBe(find(other));
          // Any link that is gone would have joined a pair.
          for (const gone of links.filter((each) => !kept.includes(each))) {
            const with_ = leaders([...kept, gone]);
            expect(never.some(([one, other]) => with_(one) === with_(other))).toBe(true);
          }
          const turned = [
            ...links.slice(seed % (links.length + 1)),
            ...links.slice(0, seed % (links.length + 1)),
          ];
          expect(linksBeside(turned, alone, never.toReversed())).toEqual(kept);
        },
      ),
    );
  });

  it('knows what earlier rules have joined', () => {
    const groups = new Map([
      [1, 1],
      [2, 1],
      [3, 3],
    ]);
    expect(linksBeside([{ n: 3, head: 2, similarity: null }], groups, [[1, 3]])).toEqual([]);
  });
});

it('parts many groups at once, each where its own pair is', () => {
  const groups = Array.from({ length: 30_000 }, (_, place) => place * 3 + 1);
  const links = groups.flatMap((first): Link[] => [
    { n: first + 1, head: first, similarity: 0.9 },
    { n: first + 2, head: first + 1, similarity: 0.8 },
  ]);
  const never = groups.map((first) => [first, first + 2] as const);
  expect(linksBeside(links, new Map(), never)).toEqual(links.filter(({ similarity }) => similarity === 0.9));
});

describe('a star spelled out', () => {
  const star: Link[] = [2, 3, 4].map((n) => ({ n, head: 1, similarity: null }));
  it.each<[string, (one: number, other: number) => boolean, number, number]>([
    ['all pairs', () => true, 200, 6],
    ['pairs of different sources only', (one, other) => one % 2 !== other % 2, 200, 4],
    ['not when it is large', () => true, 2, 3],
  ])('%s', (_, apart, largest, expected) => {
    expect(spelledOut(star, apart, largest)).toHaveLength(expected);
  });
});
