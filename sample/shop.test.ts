import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'csv-parse/sync';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sampleColumns, writeSampleShop, type SampleShop } from './shop.ts';

type Row = Record<string, string>;

const now = new Date('2026-11-24T12:00:00Z');
let folder: string;
let shop: SampleShop;
let crm: Row[];
let customers: Row[];
let orders: Row[];

async function rowsOf(path: string): Promise<Row[]> {
  // Strict: a stray quote or a row with a cell too many is an error.
  return parse(await readFile(path, 'utf8'), { columns: true });
}

async function digestOf(files: SampleShop['files']): Promise<string[]> {
  const texts = await Promise.all(Object.values(files).map((path) => readFile(path)));
  return texts.map((bytes) => createHash('sha256').update(bytes).digest('hex'));
}

const usable = /^[^@\s]+@[^@\s]+\.[a-z]+$/;
const folded = (address: string): string => address.trim().toLowerCase();
const shareOf = (rows: readonly Row[], holds: (row: Row) => boolean): number =>
  rows.filter(holds).length / rows.length;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sample-shop-'));
  shop = await writeSampleShop({ folder: join(folder, 'shop'), people: 6000, seed: 7, now });
  [crm, customers, orders] = await Promise.all([
    rowsOf(shop.files.crm),
    rowsOf(shop.files.shop),
    rowsOf(shop.files.orders),
  ]);
});
afterAll(() => rm(folder, { recursive: true }));

describe('the files', () => {
  it('are three, valid CSV under their headers, and nothing half-written stays', async () => {
    expect((await readdir(shop.folder)).toSorted()).toEqual(['crm.csv', 'orders.csv', 'shop.csv']);
    expect(Object.keys(crm[0] ?? {})).toEqual([...sampleColumns.crm]);
    expect(Object.keys(customers[0] ?? {})).toEqual([...sampleColumns.shop]);
    expect(Object.keys(orders[0] ?? {})).toEqual([...sampleColumns.orders]);
  });

  it('have the same bytes for the same seed and others for another', async () => {
    const options = { people: 800, seed: 3, now };
    const one = await writeSampleShop({ ...options, folder: join(folder, 'one') });
    const same = await writeSampleShop({ ...options, folder: join(folder, 'same') });
    const other = await writeSampleShop({ ...options, folder: join(folder, 'other'), seed: 4 });
    expect(await digestOf(same.files)).toEqual(await digestOf(one.files));
    expect(same.truth).toEqual(one.truth);
    const digests = new Set(await digestOf(one.files));
    expect((await digestOf(other.files)).filter((digest) => digests.has(digest))).toEqual([]);
  });

  it('keep those who are there when more people are asked for', async () => {
    const more = await writeSampleShop({ folder: join(folder, 'more'), people: 6100, seed: 7, now });
    for (const file of ['crm', 'shop', 'orders'] as const) {
      const before = await readFile(shop.files[file], 'utf8');
      const after = await readFile(more.files[file], 'utf8');
      expect(after.startsWith(before)).toBe(true);
      expect(more.truth.records[file]).toBeGreaterThan(shop.truth.records[file]);
    }
  });

  it.each([
    [0, { crm: 0, shop: 0, orders: 0 }],
    [1, undefined],
  ])('can hold %i people', async (people, records) => {
    const small = await writeSampleShop({ folder: join(folder, `small-${people}`), people, now });
    expect(small.truth.people).toBe(people);
    if (records !== undefined) expect(small.truth.records).toEqual(records);
  });

  it('have as many orders as are asked for', async () => {
    const none = await writeSampleShop({
      folder: join(folder, 'none'),
      people: 500,
      now,
      ordersPerCustomer: 0,
    });
    const many = await writeSampleShop({
      folder: join(folder, 'many'),
      people: 3000,
      now,
      ordersPerCustomer: 9,
    });
    expect(none.truth.orders).toBe(0);
    const mean = many.truth.orders / many.truth.records.shop;
    expect(mean).toBeGreaterThan(8);
    expect(mean).toBeLessThan(10);
  });

  it('hold nothing newer than now', () => {
    const times = [...crm.map((row) => row['changed']), ...orders.map((row) => row['ordered_at'])];
    expect(times.every((time) => time !== undefined && time <= now.toISOString())).toBe(true);
  });

  it('have keys that tell all rows apart', () => {
    expect(new Set(crm.map((row) => row['id'])).size).toBe(crm.length);
    expect(new Set(customers.map((row) => row['customer_no'])).size).toBe(customers.length);
    expect(new Set(orders.map((row) => `${row['order_no']} ${row['line']}`)).size).toBe(orders.length);
  });

  it('can write to nobody real', () => {
    const addresses = [...crm.map((row) => row['mail']), ...customers.map((row) => row['email'])].map(
      (text) => folded(text ?? ''),
    );
    const reachable = addresses.filter((address) => usable.test(address));
    expect(reachable.filter((address) => !/(?:\.test|@example\.com)$/.test(address))).toEqual([]);
  });
});

describe('the truth', () => {
  const addressesOf = (rows: readonly Row[], column: string): string[] =>
    rows.map((row) => folded(row[column] ?? ''));

  it('counts the records', () => {
    expect(shop.truth.records).toEqual({ crm: crm.length, shop: customers.length, orders: orders.length });
    expect(shop.truth.orders).toBe(new Set(orders.map((row) => row['order_no'])).size);
    const { people, crmOnly, shopOnly, both, duplicates, records } = shop.truth;
    expect(crmOnly + shopOnly + both).toBe(people);
    expect(crmOnly + both + duplicates).toBe(records.crm);
    expect(shopOnly + both).toBe(records.shop);
  });

  it('counts the addresses as one finds them in the files', () => {
    const all = [...addressesOf(crm, 'mail'), ...addressesOf(customers, 'email')];
    const good = all.filter((address) => usable.test(address));
    expect(shop.truth.addresses).toEqual({
      missing: all.filter((address) => address === '').length,
      invalid: all.filter((address) => address !== '' && !usable.test(address)).length,
      fake: good.filter((address) => address.endsWith('@example.com')).length,
      role: good.filter((address) => /^(?:info|office|support|webmaster)@/.test(address)).length,
    });
    expect(shop.truth.profilesByAddress).toBe(new Set(good).size + all.length - good.length);
  });

  it('counts the people in both files whom their address shows', () => {
    // The files share no key; the number within it is the person's, which nobody but this test may know.
    const inCrm = new Map<number, string[]>();
    for (const row of crm) {
      const person = Math.floor((Number(row['id']?.slice(1)) - 100_000) / 2);
      inCrm.set(person, [...(inCrm.get(person) ?? []), folded(row['mail'] ?? '')]);
    }
    const twice = [...inCrm.values()].filter((addresses) => addresses.length === 2);
    expect(twice).toHaveLength(shop.truth.duplicates);
    expect(twice.filter(([one = '', other]) => usable.test(one) && one === other)).toHaveLength(
      shop.truth.duplicatesByAddress,
    );
    const shown = customers.filter((row) => {
      const address = folded(row['email'] ?? '');
      return (
        usable.test(address) && inCrm.get(Number(row['customer_no']) - 200_000)?.includes(address) === true
      );
    });
    expect(shown).toHaveLength(shop.truth.bothByAddress);
  });

  it('counts orders that are nobody’s and lines that are broken', () => {
    const nobodys = orders.filter((row) => row['customer_no'] === '');
    expect(new Set(nobodys.map((row) => row['order_no'])).size).toBe(shop.truth.nobodysOrders);
    const broken = orders.filter((row) => !/^\d+\.\d\d$/.test(row['total'] ?? ''));
    expect(broken).toHaveLength(shop.truth.brokenOrderLines);
    const known = new Set(customers.map((row) => row['customer_no']));
    expect(orders.filter((row) => row['customer_no'] !== '' && !known.has(row['customer_no']))).toEqual([]);
  });
});

describe('the dirt', () => {
  const mail = (row: Row): string => row['mail'] ?? '';

  it.each<[string, number, number, (row: Row) => boolean]>([
    ['has no address', 0.02, 0.04, (row) => mail(row) === ''],
    ['has no @', 0.001, 0.01, (row) => mail(row) !== '' && !mail(row).includes('@')],
    ['has two @', 0.0005, 0.006, (row) => mail(row).split('@').length === 3],
    ['has a blank inside', 0.0005, 0.006, (row) => mail(row).trim().includes(' ')],
    ['ends in a dot', 0.0005, 0.006, (row) => mail(row).endsWith('.')],
    ['says n/a', 0.0003, 0.006, (row) => mail(row) === 'n/a'],
    ['has blanks around', 0.04, 0.12, (row) => mail(row) !== mail(row).trim()],
    ['has capitals in the address', 0.08, 0.16, (row) => mail(row) !== mail(row).toLowerCase()],
    [
      'has letters beyond ASCII in the name',
      0.6,
      0.9,
      (row) => /[^\x20-\x7f]/.test(`${row['fname']}${row['lname']}`),
    ],
    ['has a quote in the name', 0.001, 0.01, (row) => row['fname']?.includes('"') === true],
    ['has a comma in the name', 0.001, 0.01, (row) => row['lname']?.includes(',') === true],
    ['has a line break in the city', 0.0005, 0.006, (row) => row['city']?.includes('\n') === true],
    ['has marks apart from their letters', 0.0005, 0.008, (row) => /\p{Mark}/u.test(row['lname'] ?? '')],
    ['has no birthday', 0.05, 0.11, (row) => row['born'] === ''],
    ['has a telephone with +', 0.3, 0.5, (row) => row['tel']?.startsWith('+') === true],
    ['has a telephone with 0', 0.3, 0.6, (row) => /^\(?0/.test(row['tel'] ?? '')],
    ['agreed', 0.67, 0.77, (row) => row['consent'] === 'true'],
    ['did not', 0.23, 0.33, (row) => row['consent'] === 'false'],
  ])('of the CRM %s', (_, least, most, holds) => {
    const share = shareOf(crm, holds);
    expect(share).toBeGreaterThan(least);
    expect(share).toBeLessThan(most);
  });

  it('has people of other names at one address', () => {
    expect(shop.truth.familyMembers / shop.truth.people).toBeGreaterThan(0.015);
    expect(shop.truth.familyMembers / shop.truth.people).toBeLessThan(0.04);
  });

  it('spells some people in two ways in the two files', () => {
    const names = new Map(crm.map((row) => [folded(mail(row)), `${row['fname']} ${row['lname']}`]));
    const pairs = customers.flatMap((row) => {
      const inCrm = names.get(folded(row['email'] ?? ''));
      return inCrm === undefined || inCrm === ' ' ? [] : [[inCrm, `${row['first']} ${row['last']}`]];
    });
    const differing = pairs.filter(([one, other]) => one !== other).length / pairs.length;
    expect(differing).toBeGreaterThan(0.2);
    expect(differing).toBeLessThan(0.45);
  });
});
