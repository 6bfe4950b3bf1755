import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Engine } from '../engine/engine.ts';
import { sql, type Sql } from '../engine/sql.ts';
import { nextReadFrom, takeInAudience, type MemberFacts } from './audience-facts.ts';
import { exported, hasLeft, knownAddress, refusal } from './export-tables.ts';
import { addressesOfPeople, renamedContacts } from './renamed-contacts.ts';
import { audience, openPeopleTables, putAddresses, putLedger } from './test-support/people-tables.ts';

let engine: Engine;
beforeEach(async () => {
  engine = await openPeopleTables();
});
afterEach(() => engine.close());

const at = (minute: number) => `2026-11-24T06:${String(minute).padStart(2, '0')}:00.000Z`;
const contact = (contactId: string, name: string, minute = 0, status = 'subscribed'): MemberFacts => ({
  address: `${name}@acme.test`,
  status,
  fields: {},
  tags: [],
  lastChanged: at(minute),
  ...(contactId === '' ? {} : { contactId }),
});

async function read(minute: number, whole: boolean, ...members: MemberFacts[]): Promise<void> {
  async function* pages() {
    yield members;
  }
  const now = new Date(at(minute));
  await takeInAudience(engine, audience, { whole, pages: pages(), nextFrom: () => now }, now);
}

const textOf = async (query: Sql): Promise<string[]> =>
  (await engine.rows<Record<string, string>>(query)).map((row) =>
    Object.values(row)
      .map((value) => value.replace('@acme.test', ''))
      .join(' → '),
  );
const moves = () => textOf(sql`SELECT * FROM (${renamedContacts(audience)}) ORDER BY ALL`);
const addresses = () => textOf(sql`SELECT address FROM export.audience_member ORDER BY 1`);

describe('a contact read under another address than before', () => {
  it.each([true, false])('is the same one (whole read: %s)', async (whole) => {
    await read(1, true, contact('x', 'old'), contact('y', 'ion'));
    await read(2, whole, contact('x', 'new', 2), ...(whole ? [contact('y', 'ion')] : []));
    expect(await addresses()).toEqual(['ion', 'new']);
    expect(await moves()).toEqual(['old → new']);
  });

  it('takes along what was sent, what was refused, who they are and that they left', async () => {
    await read(1, true, contact('x', 'old', 0, 'unsubscribed'), contact('y', 'ion'));
    await putLedger(engine, [
      { address: 'old@acme.test', customer: 'c1', segments: ['all'] },
      { address: 'ion@acme.test', customer: 'c2', segments: ['all'] },
    ]);
    await engine.commit([
      {
        into: refusal,
        columns: refusal.columns,
        rows: [[audience, 'old@acme.test', 'rejected', 'bad_field', '{}', at(0)]],
      },
      { into: knownAddress, columns: knownAddress.columns, rows: [['old@acme.test', 'c3']] },
    ]);
    await read(2, false, contact('x', 'new', 2, 'unsubscribed'));
    for (const table of [exported, refusal, hasLeft]) {
      const found = await textOf(
        sql`SELECT address FROM export.${{ nodes: [{ text: table.table }] }} WHERE address <> 'ion@acme.test'`,
      );
      expect(found, table.table).toEqual(['new']);
    }
    expect(await textOf(sql`SELECT address, customer_id FROM export.known_address ORDER BY ALL`)).toEqual([
      'new → c1',
      'new → c3',
      'old → c3',
    ]);
  });

  it('takes the place of what we knew of an address that was free', async () => {
    await read(1, true, contact('x', 'old'));
    await putLedger(engine, [
      { address: 'old@acme.test', customer: 'c1', segments: ['all'] },
      { address: 'new@acme.test', customer: 'c2', segments: ['gone'] },
    ]);
    await read(2, false, contact('x', 'new', 2));
    expect(await engine.rows(sql`SELECT address, customer_id FROM export.exported`)).toEqual([
      { address: 'new@acme.test', customer_id: 'c1' },
    ]);
  });

  it('is followed from place to place, and home again', async () => {
    await read(1, true, contact('x', 'one'));
    await read(2, false, contact('x', 'two', 2));
    await read(3, false, contact('x', 'three', 3));
    expect(await moves()).toEqual(['one → three', 'two → three']);
    await read(4, false, contact('x', 'one', 4));
    expect(await moves()).toEqual(['three → one', 'two → one']);
  });

  it('is no longer meant by the old address once somebody else has it', async () => {
    await read(1, true, contact('x', 'old'));
    await read(2, false, contact('x', 'new', 2));
    await read(3, false, contact('z', 'old', 3));
    expect(await moves()).toEqual([]);
    expect(await addresses()).toEqual(['new', 'old']);
  });

  it('is found by whoever has the old address in a source', async () => {
    await putAddresses(engine, { 'old@acme.test': 'c1' });
    await read(1, true, contact('x', 'old'));
    await read(2, false, contact('x', 'new', 2));
    expect(await textOf(sql`SELECT DISTINCT * FROM (${addressesOfPeople(audience)}) ORDER BY ALL`)).toEqual([
      'new → c1',
      'old → c1',
    ]);
  });
});

describe('nobody is taken for somebody else', () => {
  it('when contacts have no id', async () => {
    await read(1, true, contact('', 'old'));
    await read(2, false, contact('', 'new', 2));
    expect(await moves()).toEqual([]);
    expect(await addresses()).toEqual(['new', 'old']);
  });

  it('when an id stands for several contacts', async () => {
    await read(1, true, contact('x', 'one'), contact('x', 'two'), contact('x', 'three'));
    await read(2, false, contact('x', 'two', 2));
    await read(3, false, contact('x', 'four', 3), contact('x', 'five', 3));
    expect(await moves()).toEqual([]);
    expect(await addresses()).toEqual(['five', 'four', 'one', 'three', 'two']);
  });

  it('when the old address was read too: then the next read tells', async () => {
    await read(1, true, contact('x', 'old'));
    await read(2, false, contact('x', 'old', 2), contact('x', 'new', 2));
    expect(await moves()).toEqual([]);
    await read(3, false, contact('x', 'new', 2));
    expect(await moves()).toEqual(['old → new']);
    expect(await addresses()).toEqual(['new']);
  });

  it('when the contact is in another audience', async () => {
    await read(1, true, contact('x', 'old'));
    async function* pages() {
      yield [contact('x', 'new', 2)];
    }
    const now = new Date(at(2));
    await takeInAudience(engine, 'account:other', { whole: true, pages: pages(), nextFrom: () => now }, now);
    expect(await moves()).toEqual([]);
  });
});

it('an audience that was read before contacts had ids is read whole once more', async () => {
  await read(1, true, contact('x', 'old'));
  expect(await nextReadFrom(engine, audience)).toBe(at(1));
  await engine.commit([sql`UPDATE export.audience_read SET read_at = NULL`]);
  expect(await nextReadFrom(engine, audience)).toBeUndefined();
});
