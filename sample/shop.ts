import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { CsvFile, cell } from './csv-file.ts';
import { SampleCount, type SampleTruth } from './truth.ts';
import { crmRecords, shopRecord, type CrmRecord, type ShopRecord } from './records.ts';
import type { Order } from './orders.ts';
import { timeText } from './time-text.ts';
import { peopleEver, storyOf, type SampleWorld, type Story } from './world.ts';

export interface SampleOptions {
  /** Made if absent; files of the same names are replaced. */
  folder: string;
  /** Default 20,000. */
  people?: number;
  /** A whole number; the same one gives the same bytes. Default 1. */
  seed?: number;
  /** Nothing in the files is newer. */
  now: Date;
  /** Orders of a shop customer on average; an order has 1.6 lines. Default 4. */
  ordersPerCustomer?: number;
}

/** A shop on disk: plain data, enough to make the same files again or to let time pass in them. */
export interface SampleShop {
  folder: string;
  world: SampleWorld;
  /** Paths. */
  files: { crm: string; shop: string; orders: string };
  truth: SampleTruth;
}

/** The columns of the three files. */
export const sampleColumns = {
  crm: ['id', 'mail', 'fname', 'lname', 'born', 'tel', 'country', 'city', 'consent', 'changed'],
  shop: ['customer_no', 'email', 'first', 'last', 'dob', 'country'],
  orders: ['order_no', 'line', 'customer_no', 'product', 'category', 'quantity', 'total', 'ordered_at'],
} as const;

/**
 * Writes `crm.csv`, `shop.csv` and `orders.csv` of a shop that never was: people who stand in one or both of
 * the first two, with the dirt of real life, and what they ordered. All addresses end in `.test` or stand at
 * example.com. Memory is constant in the number of people.
 */
export async function writeSampleShop(options: SampleOptions): Promise<SampleShop> {
  return writeWorld(options.folder, {
    seed: options.seed ?? 1,
    people: options.people ?? 20_000,
    now: options.now.getTime(),
    ordersPerCustomer: options.ordersPerCustomer ?? 4,
    days: [],
  });
}

/**
 * Writes the files as they are after all days of this world.
 * @param seen called with each person as they pass, those who left included
 */
export async function writeWorld(
  folder: string,
  world: SampleWorld,
  seen?: (story: Story) => void,
): Promise<SampleShop> {
  await mkdir(folder, { recursive: true });
  const crm = await CsvFile.create(join(folder, 'crm.csv'), sampleColumns.crm);
  const shop = await CsvFile.create(join(folder, 'shop.csv'), sampleColumns.shop);
  const orders = await CsvFile.create(join(folder, 'orders.csv'), sampleColumns.orders);
  const files = [crm, shop, orders];
  const count = new SampleCount();

  for (let index = 0, end = peopleEver(world); index < end; index += 1) {
    const story = storyOf(world, index);
    seen?.(story);
    for (const order of story.orders) addOrder(orders, order);
    count.addOrders(story.orders);
    if (!story.gone) {
      const inCrm = crmRecords(world.seed, story.person);
      const inShop = shopRecord(world.seed, story.person);
      for (const record of inCrm) crm.add(crmLine(record));
      if (inShop !== undefined) shop.add(shopLine(inShop));
      count.addPerson(story.person, inCrm, inShop);
    }
    for (const file of files) if (file.full) await file.flush();
  }

  for (const file of files) await file.close();
  return {
    folder,
    world,
    files: { crm: crm.path, shop: shop.path, orders: orders.path },
    truth: count.truth({ crm: crm.records, shop: shop.records, orders: orders.records }),
  };
}

function crmLine(record: CrmRecord): string {
  const { id, mail, first, last, born, phone, country, city, consent, changed } = record;
  return [
    id,
    cell(mail.text),
    cell(first),
    cell(last),
    born,
    cell(phone),
    country,
    cell(city),
    consent,
    timeText(changed),
  ].join(',');
}

function shopLine(record: ShopRecord): string {
  const { customerNo, mail, first, last, born, country } = record;
  return [customerNo, cell(mail.text), cell(first), cell(last), born, country].join(',');
}

function addOrder(file: CsvFile, order: Order): void {
  const { orderNo, customerNo, lines } = order;
  const orderedAt = timeText(order.orderedAt);
  for (const [position, { product, category, quantity, total }] of lines.entries()) {
    const money = total === undefined ? 'n/a' : (total / 100).toFixed(2);
    file.add(
      [orderNo, position + 1, customerNo, cell(product), category, quantity, money, orderedAt].join(','),
    );
  }
}
