import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { noRareFacts } from './member.ts';
import type { MemberStatus } from './member.ts';
import { MemberStore } from './member-store.ts';
import { subscriberHash } from './md5-index.ts';
import { SortedKeys } from './sorted-keys.ts';

describe('SortedKeys', () => {
  it('is a sorted set, whatever is inserted and deleted in whatever order', () => {
    const key = fc.integer({ min: 0, max: 4000 });
    const steps = fc.array(fc.tuple(fc.boolean(), key), { minLength: 1, maxLength: 6000, size: 'max' });
    fc.assert(
      fc.property(steps, key, (steps, probe) => {
        const keys = new SortedKeys();
        const model = new Set<number>();
        for (const [insert, key] of steps) {
          if (insert && !model.has(key)) keys.insert(key);
          if (!insert) expect(keys.delete(key)).toBe(model.has(key));
          if (insert) model.add(key);
          else model.delete(key);
        }
        const sorted = [...model].toSorted((left, right) => left - right);
        expect([...keys]).toEqual(sorted);
        expect(keys.size).toBe(sorted.length);
        expect(keys.rank(probe)).toBe(sorted.filter((key) => key < probe).length);
        expect(keys.slice(probe, 7)).toEqual(sorted.slice(probe, probe + 7));
      }),
      { numRuns: 30 },
    );
  });
});

describe('MemberStore', () => {
  const statuses: MemberStatus[] = ['subscribed', 'unsubscribed', 'transactional'];

  it('pages over several statuses as if they were one list sorted by last_changed', () => {
    const member = fc.tuple(
      fc.constantFrom(...statuses, 'archived' as const),
      fc.integer({ min: 0, max: 50 }),
    );
    const question = fc.record({
      after: fc.option(fc.integer({ min: 0, max: 50 }), { nil: undefined }),
      before: fc.option(fc.integer({ min: 0, max: 50 }), { nil: undefined }),
      direction: fc.constantFrom('ASC' as const, 'DESC' as const),
      offset: fc.nat(60),
      count: fc.integer({ min: 0, max: 20 }),
    });
    fc.assert(
      fc.property(fc.array(member, { maxLength: 80 }), question, (members, { after, before, ...page }) => {
        const store = new MemberStore();
        const all = members.map(([status, changedAt], index) =>
          store.add(facts(`p${index}@acme.test`, status, changedAt)),
        );
        const expected = all
          .filter((one) => statuses.includes(one.status))
          .filter(
            (one) =>
              (after === undefined || one.changedAt > after) &&
              (before === undefined || one.changedAt < before),
          )
          .toSorted((left, right) => left.changedAt - right.changedAt || left.row - right.row);
        if (page.direction === 'DESC') expected.reverse();
        const found = store.page({ ...page, statuses, after, before });
        expect(found.total).toBe(expected.length);
        expect(found.members).toEqual(expected.slice(page.offset, page.offset + page.count));
      }),
    );
  });

  it('finds members by address of any case and by MD5, also after changes of address and removals', () => {
    const store = new MemberStore();
    const members = Array.from({ length: 5000 }, (_, index) =>
      store.add(facts(`P${index}@acme.test`, 'subscribed', 1)),
    );
    store.readdress(members[7]!, 'seven@acme.test');
    store.remove(members[8]!);
    expect(store.byAddress('p7@acme.test')).toBeUndefined();
    expect(store.byAddress('SEVEN@acme.test')).toBe(members[7]);
    expect(store.byHash(subscriberHash('seven@acme.test').toUpperCase())).toBe(members[7]);
    expect(store.byAddress('p8@acme.test')).toBeUndefined();
    for (const member of members.slice(9)) {
      expect(store.byHash(subscriberHash(member.address))).toBe(member);
      expect(store.idOf(member)).toBe(subscriberHash(member.address));
    }
  });

  function facts(address: string, status: MemberStatus, changedAt: number) {
    return {
      address,
      status,
      changedAt,
      leftBy: 'nobody' as const,
      signedUpAt: 0,
      optedInAt: 0,
      values: [],
      tags: [],
      language: '',
      source: '',
      origin: 'seed' as const,
      rare: noRareFacts,
    };
  }
});
