import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Member, MemberStatus } from './audience-model.ts';
import type { MailchimpClient, MemberQuery } from './mailchimp-client.ts';
import { memberHash } from './member-hash.ts';
import { readMembers, type ReadOptions } from './read-audience.ts';

const start = Date.parse('2026-11-24T06:00:00Z');

/** An audience in memory that other people change between any two page reads. */
class LivingAudience {
  members: Member[] = [];
  queries: MemberQuery[] = [];
  mostAtOnce = 0;
  #atOnce = 0;
  #changes = 0;
  change: (audience: LivingAudience, read: number) => void = () => {};

  fill(count: number, status: MemberStatus = 'subscribed'): void {
    for (let i = 0; i < count; i++) {
      const address = `${status}${i}@acme.test`;
      const lastChanged = `2026-01-01T00:00:00+00:00`;
      this.members.push({ id: memberHash(address), address, status, mergeFields: {}, tags: [], lastChanged });
    }
  }

  /** Changes the member at this place; it goes to the end, as the order is by `lastChanged`. */
  touch(place: number, status?: MemberStatus): void {
    const [member] = this.members.splice(place, 1);
    if (member === undefined) return;
    const lastChanged = new Date(start + ++this.#changes * 1_000).toISOString();
    this.members.push({ ...member, status: status ?? member.status, lastChanged });
  }

  get client(): MailchimpClient {
    const memberPage: MailchimpClient['memberPage'] = async (_id, query, { signal } = {}) => {
      signal?.throwIfAborted();
      this.mostAtOnce = Math.max(this.mostAtOnce, ++this.#atOnce);
      const read = this.queries.push(query);
      await new Promise((resolve) => setImmediate(resolve));
      const found = this.members.filter(
        ({ status, lastChanged }) =>
          status === query.status && (query.changedSince === undefined || lastChanged >= query.changedSince),
      );
      const members = found.slice(query.offset, query.offset + query.count);
      this.#atOnce--;
      this.change(this, read);
      return { members, total: found.length, asOf: new Date(start + read) };
    };
    return { maxRequests: 4, memberPage } as Partial<MailchimpClient> as MailchimpClient;
  }

  async read(options?: ReadOptions) {
    const reading = readMembers(this.client, 'L', options);
    const found = new Map<string, Member>();
    let rows = 0;
    for await (const page of reading) {
      rows += page.length;
      for (const member of page) found.set(member.id, member);
    }
    return { reading, found, rows };
  }
}

describe('readMembers', () => {
  it.each([0, 1, 989, 990, 999, 1_000, 1_001, 1_990, 1_991, 12_345])(
    'reads %i members once each',
    async (count) => {
      const audience = new LivingAudience();
      audience.fill(count);
      const { found, rows, reading } = await audience.read({ statuses: ['subscribed'] });
      expect(found.size).toBe(count);
      expect(rows).toBe(count);
      expect(reading.short).toEqual([]);
      expect(audience.queries).toHaveLength(count <= 1_000 ? 1 : Math.ceil((count - 10) / 990));
    },
  );

  it('reads every status, and several pages at a time, no more than twice the ceiling', async () => {
    const audience = new LivingAudience();
    const statuses: MemberStatus[] = [
      'subscribed',
      'unsubscribed',
      'cleaned',
      'pending',
      'transactional',
      'archived',
    ];
    for (const status of statuses) audience.fill(status === 'subscribed' ? 20_000 : 30, status);
    const { found } = await audience.read();
    expect(found.size).toBe(20_150);
    expect(audience.mostAtOnce).toBeGreaterThan(4);
    expect(audience.mostAtOnce).toBeLessThanOrEqual(8 + statuses.length);
  });

  it('waits for a slow reader with at most twice the ceiling of pages', async () => {
    const audience = new LivingAudience();
    audience.fill(50_000);
    const pages = readMembers(audience.client, 'L', { statuses: ['subscribed'] })[Symbol.asyncIterator]();
    await pages.next();
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(audience.queries.length).toBeLessThanOrEqual(9);
    await pages.return?.();
    const asked = audience.queries.length;
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(audience.queries).toHaveLength(asked);
  });

  it('asks only for what changed', async () => {
    const audience = new LivingAudience();
    audience.fill(100);
    audience.touch(3);
    audience.touch(7);
    const { found } = await audience.read({ since: new Date(start).toISOString() });
    expect(found.size).toBe(2);
  });

  it('says from when the next read must start: the moment the first request left', async () => {
    const audience = new LivingAudience();
    audience.fill(5_000);
    const { reading } = await audience.read();
    expect(reading.nextSince).toEqual(new Date(start + 1));
  });

  it('misses nobody when more rows move away between two pages than the pages share', async () => {
    const audience = new LivingAudience();
    audience.fill(6_000);
    const everybody = new Set(audience.members.map(({ id }) => id));
    // 300 of the first page leave while the second is under way.
    audience.change = (self, read) => {
      if (read === 2) for (let i = 0; i < 300; i++) self.touch(i, 'unsubscribed');
    };
    const { found } = await audience.read();
    expect([...everybody].filter((id) => !found.has(id)).length).toBe(0);
  });

  it('misses nobody, whoever changes or leaves while it reads', async () => {
    const change = fc.record({
      read: fc.integer({ min: 1, max: 12 }),
      place: fc.integer({ min: 0, max: 4_000 }),
      many: fc.integer({ min: 1, max: 400 }),
      status: fc.constantFrom(undefined, 'unsubscribed', 'cleaned', 'archived') as fc.Arbitrary<
        MemberStatus | undefined
      >,
    });
    await fc.assert(
      fc.asyncProperty(fc.array(change, { maxLength: 8 }), async (changes) => {
        const audience = new LivingAudience();
        audience.fill(4_200);
        const everybody = audience.members.map(({ id }) => id);
        audience.change = (self, read) => {
          for (const each of changes) {
            if (each.read === read) for (let i = 0; i < each.many; i++) self.touch(each.place, each.status);
          }
        };
        const { found, reading } = await audience.read();
        const since = reading.nextSince?.toISOString() ?? '';
        audience.change = () => {};
        for (const [id, member] of (await audience.read({ since })).found) found.set(id, member);
        expect(everybody.filter((id) => !found.has(id)).length).toBe(0);
        // The full read and the one after it together know how everybody stands.
        const stale = audience.members.filter(
          ({ id, lastChanged }) => found.get(id)?.lastChanged !== lastChanged,
        );
        expect(stale.length).toBe(0);
      }),
      { numRuns: 60 },
    );
  });

  it('reads a status again when fewer people came than are counted, and says so when that does not help', async () => {
    const audience = new LivingAudience();
    audience.fill(10);
    const { client } = audience;
    const lying: MailchimpClient = {
      ...client,
      memberPage: async (...args) => ({ ...(await client.memberPage(...args)), total: 11 }),
    };
    const reading = readMembers(lying, 'L', { statuses: ['subscribed'] });
    expect((await Array.fromAsync(reading)).length).toBe(4);
    expect(reading.short).toEqual(['subscribed']);
  });

  it('ends with the first failure, or when its caller gives up', async () => {
    const audience = new LivingAudience();
    audience.fill(30_000);
    const stop = new AbortController();
    audience.change = (_self, read) => read === 5 && stop.abort(new Error('cancelled'));
    await expect(audience.read({ signal: stop.signal })).rejects.toThrow('cancelled');
  });
});
