import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Engine } from '../engine/engine.ts';
import { sql } from '../engine/sql.ts';
import {
  audienceSizes,
  dropBrokenReads,
  factsOf,
  fieldsJson,
  nextReadFrom,
  takeInAudience,
  type MemberFacts,
} from './audience-facts.ts';
import { openPeopleTables } from './test-support/people-tables.ts';

let engine: Engine;
beforeEach(async () => {
  engine = await openPeopleTables();
});
afterEach(() => engine.close());

const minute = (at: number) => `2026-11-24T06:${String(at).padStart(2, '0')}:00.000Z`;
const member = (address: string, changes: Partial<MemberFacts> = {}): MemberFacts => ({
  address,
  status: 'subscribed',
  fields: {},
  tags: [],
  lastChanged: minute(0),
  ...changes,
});

async function* pagesOf(...pages: MemberFacts[][]): AsyncIterable<MemberFacts[]> {
  yield* pages;
}

function take(audience: string, at: number, whole: boolean, ...pages: MemberFacts[][]): Promise<number> {
  const now = new Date(minute(at));
  return takeInAudience(engine, audience, { whole, pages: pagesOf(...pages), nextFrom: () => now }, now);
}

const held = (audience: string, ...addresses: string[]) =>
  factsOf(engine, audience, addresses).then((facts) => [...facts.values()]);

/** How many members wait to become facts. */
async function waiting(): Promise<number> {
  const [row] = await engine.rows<{ members: number }>(
    sql`SELECT count(*) AS members FROM export.read_member`,
  );
  return row?.members ?? 0;
}

describe('takeInAudience', () => {
  it('knows nothing of an audience that was never read', async () => {
    expect(await nextReadFrom(engine, 'a')).toBeUndefined();
    expect(await audienceSizes(engine, 'a')).toEqual({});
    expect(await held('a', 'ana@acme.test')).toEqual([]);
  });

  it('makes a whole read the facts', async () => {
    const ana = member('ana@acme.test', { fields: { LNAME: 'Pop', FNAME: 'Ana' }, tags: ['vip'] });
    expect(await take('a', 1, true, [ana], [], [member('ion@acme.test', { status: 'cleaned' })])).toBe(2);
    expect(await held('a', 'ana@acme.test', 'nobody@acme.test')).toEqual([ana]);
    expect(await audienceSizes(engine, 'a')).toEqual({ subscribed: 1, cleaned: 1 });
    expect(await nextReadFrom(engine, 'a')).toBe(minute(1));
  });

  it('folds changes in and leaves the others as they were', async () => {
    await take('a', 1, true, [member('ana@acme.test'), member('ion@acme.test')]);
    await take('a', 2, false, [
      member('ion@acme.test', { status: 'unsubscribed', lastChanged: minute(1) }),
      member('eva@acme.test', { lastChanged: minute(1) }),
    ]);
    expect(await audienceSizes(engine, 'a')).toEqual({ subscribed: 2, unsubscribed: 1 });
    expect(await held('a', 'ion@acme.test')).toMatchObject([{ status: 'unsubscribed' }]);
    expect(await nextReadFrom(engine, 'a')).toBe(minute(2));
  });

  it('notes when changes were read, also when there were none, and when the whole was', async () => {
    await take('a', 1, true, [member('ana@acme.test')]);
    await take('a', 2, false);
    expect(await engine.rows(sql`SELECT * FROM export.audience_read`)).toEqual([
      { audience: 'a', read_from: minute(2), full_read_at: minute(1), beyond: null, read_at: minute(2) },
    ]);
    expect(await audienceSizes(engine, 'a')).toEqual({ subscribed: 1 });
  });

  it('forgets with a whole read who is no longer there', async () => {
    await take('a', 1, true, [member('ana@acme.test'), member('ion@acme.test')]);
    await take('a', 2, true, [member('ion@acme.test')]);
    expect(await held('a', 'ana@acme.test', 'ion@acme.test')).toEqual([member('ion@acme.test')]);
  });

  it('keeps audiences apart', async () => {
    await take('a', 1, true, [member('ana@acme.test')]);
    await take('b', 2, true, [member('ana@acme.test', { status: 'cleaned' })]);
    await take('b', 3, true);
    expect(await audienceSizes(engine, 'a')).toEqual({ subscribed: 1 });
    expect(await audienceSizes(engine, 'b')).toEqual({});
    expect(await nextReadFrom(engine, 'a')).toBe(minute(1));
  });

  it.each([
    ['the later one first', [5, 3], 5],
    ['the later one last', [3, 5], 5],
  ])('takes the later state of a member that came twice: %s', async (_, order, last) => {
    const twice = order.map((at) => [
      member('ana@acme.test', { status: `state of ${at}`, lastChanged: minute(at) }),
    ]);
    await take('a', 9, true, ...twice);
    expect(await held('a', 'ana@acme.test')).toMatchObject([{ status: `state of ${last}` }]);
    await take('a', 10, false, ...twice);
    expect(await held('a', 'ana@acme.test')).toMatchObject([{ status: `state of ${last}` }]);
  });

  it('takes a dated state before one without a date', async () => {
    const dateless = member('ana@acme.test', { status: 'archived', lastChanged: null });
    await take('a', 1, true, [dateless, member('ana@acme.test'), dateless]);
    expect(await held('a', 'ana@acme.test')).toMatchObject([{ status: 'subscribed' }]);
  });

  // Mailchimp's clock has seconds: somebody who left within the second of our write must not look subscribed.
  it('believes of two states of one second the one that keeps the person out', async () => {
    for (const [index, status] of ['unsubscribed', 'cleaned', 'archived', 'pending'].entries()) {
      await take(`a${index}`, 1, true, [member('ana@acme.test', { status }), member('ana@acme.test')]);
      expect(await held(`a${index}`, 'ana@acme.test'), status).toMatchObject([{ status }]);
    }
  });

  it('changes nothing when a read breaks off, and the next one starts clean', async () => {
    await take('a', 1, true, [member('ana@acme.test')]);
    async function* broken(): AsyncIterable<MemberFacts[]> {
      yield [member('ana@acme.test', { status: 'cleaned' }), member('ion@acme.test')];
      // More than one commit takes in.
      yield Array.from({ length: 10_000 }, (_, index) => member(`p${index}@acme.test`));
      throw new Error('the line went dead');
    }
    for (const whole of [true, false]) {
      const read = takeInAudience(
        engine,
        'a',
        { whole, pages: broken(), nextFrom: () => new Date(minute(9)) },
        new Date(minute(9)),
      );
      await expect(read).rejects.toThrow('the line went dead');
      expect(await audienceSizes(engine, 'a')).toEqual({ subscribed: 1 });
      expect(await nextReadFrom(engine, 'a')).toBe(minute(1));
      expect(await waiting(), 'nobody is left on the disk').toBe(0);
    }
    await take('a', 10, false, [member('eva@acme.test')]);
    expect(await held('a', 'ana@acme.test', 'ion@acme.test', 'eva@acme.test')).toHaveLength(2);
  });

  it('changes nothing when the read turns out to be incomplete at its end', async () => {
    const read = {
      whole: true,
      pages: pagesOf([member('ana@acme.test')]),
      nextFrom: () => {
        throw new Error('members are missing');
      },
    };
    await expect(takeInAudience(engine, 'a', read, new Date(minute(1)))).rejects.toThrow(
      'members are missing',
    );
    expect(await audienceSizes(engine, 'a')).toEqual({});
    expect(await nextReadFrom(engine, 'a')).toBeUndefined();
    expect(await waiting()).toBe(0);
  });

  it('leaves what a dead process read to be dropped at the next start', async () => {
    await engine.commit([
      sql`INSERT INTO export.read_member (audience, address) VALUES ('a', 'ana@acme.test')`,
    ]);
    await dropBrokenReads(engine);
    expect(await waiting()).toBe(0);
  });

  it('folds the names of tags, sorts them, and keeps no blank field', async () => {
    const fields = { LNAME: 'Pop', FNAME: '', CITY: 'Iași' };
    await take('a', 1, true, [member('ana@acme.test', { fields, tags: ['VIP', 'Buyers'] })]);
    expect(await engine.rows(sql`SELECT fields, tags FROM export.audience_member`)).toEqual([
      { fields: '{"CITY":"Iași","LNAME":"Pop"}', tags: ['buyers', 'vip'] },
    ]);
  });
});

describe('fieldsJson', () => {
  it('is the same text for the same values, in whatever order they came', () => {
    expect(fieldsJson({ B: '2', A: '1', C: '' })).toBe('{"A":"1","B":"2"}');
    expect(fieldsJson({ A: '1', B: '2' })).toBe(fieldsJson({ B: '2', A: '1' }));
    expect(fieldsJson({})).toBe('{}');
  });
});
