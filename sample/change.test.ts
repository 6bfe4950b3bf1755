import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'csv-parse/sync';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { changeSampleShop, type PersonKeys, type SampleChange } from './change.ts';
import { writeSampleShop, type SampleShop } from './shop.ts';

type Row = Record<string, string>;
type Table = Map<string, Row>;
interface Tables {
  crm: Table;
  shop: Table;
  orders: Table;
}

async function read(shop: SampleShop): Promise<Tables> {
  const table = async (path: string, keyOf: (row: Row) => string): Promise<Table> => {
    const rows: Row[] = parse(await readFile(path, 'utf8'), { columns: true });
    return new Map(rows.map((row) => [keyOf(row), row]));
  };
  return {
    crm: await table(shop.files.crm, (row) => row['id'] ?? ''),
    shop: await table(shop.files.shop, (row) => row['customer_no'] ?? ''),
    orders: await table(shop.files.orders, (row) => `${row['order_no']} ${row['line']}`),
  };
}

const keysOnlyIn = (one: Table, other: Table): string[] =>
  [...one.keys()].filter((key) => !other.has(key)).toSorted();

/** The columns that differ, by key, of rows that are in both. */
function differences(before: Table, after: Table): Map<string, string> {
  const found = new Map<string, string>();
  for (const [key, row] of before) {
    const now = after.get(key);
    if (now === undefined) continue;
    const columns = Object.keys(row).filter((column) => row[column] !== now[column]);
    if (columns.length > 0) found.set(key, columns.join(' '));
  }
  return found;
}

const crmIds = (people: readonly PersonKeys[]): string[] =>
  people.flatMap((person) => person.crmIds).toSorted();
const customerNos = (people: readonly PersonKeys[]): string[] =>
  people.flatMap(({ customerNo }) => (customerNo === undefined ? [] : [customerNo])).toSorted();

const options = { people: 4000, seed: 11, now: new Date('2026-11-24T12:00:00Z') };
let folder: string;
let shop: SampleShop;
let change: SampleChange;
let before: Tables;
let after: Tables;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sample-change-'));
  shop = await writeSampleShop({ ...options, folder: join(folder, 'shop') });
  before = await read(shop);
  change = await changeSampleShop(shop);
  after = await read(change.shop);
});
afterAll(() => rm(folder, { recursive: true }));

describe('a few days later', () => {
  it('each kind of change happened to somebody', () => {
    const counts = Object.values(change.people).map((people) => people.length);
    expect(counts.every((count) => count > 0)).toBe(true);
    expect(change.readdressed).toBeDefined();
  });

  it('only those who joined are new and only those who left are missing', () => {
    const { joined, left } = change.people;
    expect(keysOnlyIn(after.crm, before.crm)).toEqual(crmIds(joined));
    expect(keysOnlyIn(after.shop, before.shop)).toEqual(customerNos(joined));
    expect(keysOnlyIn(before.crm, after.crm)).toEqual(crmIds(left));
    expect(keysOnlyIn(before.shop, after.shop)).toEqual(customerNos(left));
    expect(joined).toHaveLength(20);
  });

  it('the CRM differs where it is said to and nowhere else', () => {
    const found = differences(before.crm, after.crm);
    const { renamed, moved, withdrew } = change.people;
    const touched = [renamed, moved, withdrew, change.readdressed === undefined ? [] : [change.readdressed]];
    expect([...found.keys()].toSorted()).toEqual(touched.flatMap(crmIds).toSorted());
    // Names of the few records that have first and last swapped change in the other column.
    for (const id of crmIds(renamed)) expect(found.get(id)).toMatch(/^(?:lname|fname) changed$/);
    // And some records never had the city.
    for (const id of crmIds(moved)) expect(found.get(id)).toMatch(/^(?:city )?changed$/);
    for (const id of crmIds(withdrew)) {
      expect(found.get(id)).toBe('consent changed');
      expect(after.crm.get(id)?.['consent']).toBe('false');
    }
  });

  it('the shop differs in names and in one address', () => {
    const found = differences(before.shop, after.shop);
    const { readdressed } = change;
    const expected = [...customerNos(change.people.renamed), readdressed?.customerNo ?? ''].toSorted();
    expect([...found.keys()].toSorted()).toEqual(expected);
    expect(found.get(readdressed?.customerNo ?? '')).toBe('email');
  });

  it('one person has a new address everywhere and an old one nowhere', () => {
    const { before: old, after: fresh } = change.readdressed ?? { before: '', after: '' };
    const holding = (tables: Tables, address: string): number =>
      [...tables.crm.values(), ...tables.shop.values()].filter(
        (row) => (row['mail'] ?? row['email'])?.trim().toLowerCase() === address,
      ).length;
    expect(fresh).not.toBe(old);
    expect([holding(before, old), holding(before, fresh)]).toEqual([holding(after, fresh), 0]);
    expect(holding(after, old)).toBe(0);
  });

  it('no order is lost or changed; the new ones are of those days and of those who ordered or joined', () => {
    expect(keysOnlyIn(before.orders, after.orders)).toEqual([]);
    expect([...differences(before.orders, after.orders)]).toEqual([]);
    const fresh = keysOnlyIn(after.orders, before.orders).map((key) => after.orders.get(key));
    const { ordered, joined } = change.people;
    const mayOrder = new Set(['', ...customerNos(ordered), ...customerNos(joined)]);
    expect(fresh.filter((row) => !mayOrder.has(row?.['customer_no'] ?? '?'))).toEqual([]);
    expect(customerNos(ordered).filter((no) => !fresh.some((row) => row?.['customer_no'] === no))).toEqual(
      [],
    );
    const times = fresh.map((row) => row?.['ordered_at'] ?? '').toSorted();
    expect((times[0] ?? '') >= '2026-11-24T12:00:00Z').toBe(true);
    expect((times.at(-1) ?? '') <= '2026-11-27T12:00:00Z').toBe(true);
  });
});

describe('days in a row', () => {
  it('leave the same files as the same days elsewhere, and nobody comes back', async () => {
    const twin = await changeSampleShop(await writeSampleShop({ ...options, folder: join(folder, 'twin') }));
    const next = await changeSampleShop(twin.shop, { days: 1, joined: 0, shares: { left: 0.05 } });
    const again = await changeSampleShop({ ...change.shop }, { days: 1, joined: 0, shares: { left: 0.05 } });
    for (const file of ['crm', 'shop', 'orders'] as const) {
      expect(await readFile(again.shop.files[file])).toEqual(await readFile(next.shop.files[file]));
    }
    const tables = await read(again.shop);
    const gone = [...crmIds(change.people.left), ...crmIds(again.people.left)];
    expect(gone.filter((id) => tables.crm.has(id))).toEqual([]);
    expect(again.people.joined).toEqual([]);
    expect(again.readdressed?.before).not.toBe(change.readdressed?.before);
  });

  it('can change nobody at all', async () => {
    const quiet = await writeSampleShop({
      folder: join(folder, 'quiet'),
      people: 1,
      seed: 1,
      now: options.now,
    });
    const shares = { renamed: 0, moved: 0, withdrew: 0, ordered: 0, left: 0 };
    const same = await changeSampleShop(quiet, { joined: 0, shares });
    expect(same.readdressed).toBeUndefined();
    expect(same.shop.truth).toEqual(quiet.truth);
  });
});
