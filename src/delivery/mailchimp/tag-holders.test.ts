import { describe, expect, it } from 'vitest';
import type { Member } from './audience-model.ts';
import { tagHolders } from './tag-holders.ts';

const tag = { id: 7, name: 'Buyers' };
const addressAt = (index: number) => `p${index}@acme.test`;
const range = (from: number, to: number) => Array.from({ length: to - from }, (_, index) => from + index);

/** An audience in which people up to a number have the tag; those in `hidden` are in no page. */
function audience(holders: number, hidden: ReadonlySet<number> = new Set()) {
  const listed = range(0, holders).filter((index) => !hidden.has(index));
  const asked = { pages: 0, people: 0 };
  return {
    asked,
    tagMembers: (_id: string, _tag: number, { offset, count }: { offset: number; count: number }) => {
      asked.pages += 1;
      const items = listed.slice(offset, offset + count).map((index) => addressAt(index).toUpperCase());
      return Promise.resolve({ items, total: listed.length });
    },
    member: (_id: string, address: string) => {
      asked.people += 1;
      const index = Number(/\d+/.exec(address)?.[0]);
      if (index >= 100_000) return Promise.resolve(undefined);
      const tags = index < holders ? ['buyers'] : ['other'];
      return Promise.resolve({ address, tags } as unknown as Member);
    },
  };
}

describe('who has a tag', () => {
  it.each([
    {
      of: '500 people of a small tag: one page',
      holders: 400,
      among: range(0, 500),
      found: 400,
      pages: 1,
      people: 0,
    },
    {
      of: 'all are on the first page',
      holders: 90_000,
      among: range(0, 500),
      found: 500,
      pages: 1,
      people: 0,
    },
    {
      of: '3 people of a large tag: one by one',
      holders: 90_000,
      among: [5, 50_000, 99_000],
      found: 2,
      pages: 1,
      people: 2,
    },
    {
      of: '60 people who are far down in a large tag: one by one',
      holders: 90_000,
      among: range(89_970, 90_030),
      found: 30,
      pages: 1,
      people: 60,
    },
    {
      of: '300 people of a very large tag: one by one',
      holders: 1_000_000,
      among: range(50_000, 50_300),
      found: 300,
      pages: 1,
      people: 300,
    },
    {
      of: 'more than a few who are in no page of a small tag: nobody is looked at',
      holders: 400,
      among: range(500, 600),
      found: 0,
      pages: 1,
      people: 0,
    },
    { of: 'two pages', holders: 1_500, among: range(1_200, 1_700), found: 300, pages: 2, people: 0 },
    { of: 'nobody', holders: 10, among: [], found: 0, pages: 0, people: 0 },
  ])('$of', async ({ holders, among, found, pages, people }) => {
    const client = audience(holders);
    const held = await tagHolders(client, 'L', tag, among.map(addressAt));
    expect(held.size).toBe(found);
    expect([...held].every((address) => among.map(addressAt).includes(address))).toBe(true);
    expect(client.asked).toEqual({ pages, people });
  });

  it('looks at those singly whom no page shows, as archived people are', async () => {
    const client = audience(100, new Set([3]));
    expect([...(await tagHolders(client, 'L', tag, [addressAt(3), addressAt(100_001)]))]).toEqual([
      addressAt(3),
    ]);
  });
});
