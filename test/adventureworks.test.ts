import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parse } from 'csv-parse/sync';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startSandbox, type Sandbox } from '../src/sandbox/sandbox.ts';
import { apiKey, audience } from './support/newsletter-workspace.ts';
import { Postrider } from './support/postrider-process.ts';
import { expectRunDocument, type RunDocument } from './support/run-document.ts';
import { fold, wholeAudience } from './support/whole-audience.ts';
import { workFolder } from './support/work-folder.ts';

const workspace = resolve(import.meta.dirname, '../examples/adventureworks/workspace.yaml');
const data = resolve(import.meta.dirname, '../../shared/data/adventureworks');

/** The example of the repository on its real data; whom each segment must hold is worked out in plain TypeScript. */
describe.skipIf(!existsSync(data))('the adventureworks example', { timeout: 120_000 }, async () => {
  const folder = await workFolder();
  let sandbox: Sandbox;
  let postrider: Postrider;
  let run: RunDocument;
  let expected: Record<keyof typeof tags, Set<string>>;
  let sizes: Record<string, number>;

  beforeAll(async () => {
    sandbox = await startSandbox({ apiKey });
    sandbox.control.createAudience({ id: audience, name: 'Cyclists' });
    postrider = new Postrider(join(folder, 'data'), {
      MAILCHIMP_API_KEY: apiKey,
      MAILCHIMP_BASE_URL: sandbox.apiRoot,
    });
    await postrider.do('apply', workspace);
    const { segments } = await postrider.json<{
      segments: { segment: string; members: number; refreshedAt: string }[];
    }>('refresh');
    sizes = Object.fromEntries(segments.map(({ segment, members }) => [segment, members]));
    expected = segmentsOf(
      customersIn(data),
      ordersIn(data),
      dayIn('Europe/Bucharest', segments[0]?.refreshedAt ?? ''),
    );
    run = await postrider.json<RunDocument>('run', 'cyclists');
  });
  afterAll(() => sandbox.close());

  it.each(Object.entries(tags) as [keyof typeof tags, string][])(
    'puts exactly the people of %s under its tag',
    (segment, tag) => {
      expect(expected[segment].size).toBeGreaterThan(100);
      expect(sizes[segment]).toBe(expected[segment].size);
      const tagged = [...wholeAudience(sandbox, audience).values()].filter((member) =>
        member.tags.includes(tag),
      );
      expect(sorted(tagged.map((member) => fold(member.address)))).toEqual(
        sorted(expected[segment]).filter(isSendable),
      );
    },
  );

  it('lists the people of a segment as CSV, those with unsendable addresses too', async () => {
    const { stdout } = await postrider.do('segments', 'members', 'regulars', '--csv');
    const listed = parse<{ email: string }>(stdout, { columns: true }).map(({ email }) => fold(email));
    expect(sorted(listed)).toEqual(sorted(expected.regulars));
  });

  it('sends everybody once, with their name, but for addresses that Mailchimp refuses', () => {
    const names = new Map(
      customersIn(data).map((row) => [fold(row.EmailAddress), [row.FirstName, row.LastName]]),
    );
    const wanted = new Set(Object.values(expected).flatMap((members) => [...members]));
    const held = [...wholeAudience(sandbox, audience)].map(([address, { status, mergeFields }]) => [
      address,
      status,
      mergeFields['FNAME'],
      mergeFields['LNAME'],
    ]);
    const sendable = [...wanted].filter(isSendable);
    const should = sendable.map((address) => [address, 'subscribed', ...(names.get(address) ?? [])]);
    expect(held.toSorted(byFirst)).toEqual(should.toSorted(byFirst));
    expectRunDocument(run);
    expect(run).toMatchObject({
      status: 'succeeded',
      people: {
        desired: wanted.size,
        add: sendable.length,
        keptOut: {},
        rejected: { invalid_address: wanted.size - sendable.length },
        failed: {},
      },
    });
    expect(wanted.size).toBeGreaterThan(sendable.length);
  });
});

const tags = {
  'high-income': 'High income',
  'family-homes': 'Family homes',
  birthdays: 'Birthday within a week',
  regulars: 'Regulars',
};

type Row = Readonly<Record<string, string>>;
interface Customer extends Row {
  CustomerKey: string;
  EmailAddress: string;
  FirstName: string;
  LastName: string;
}

function customersIn(folder: string): Customer[] {
  return rowsOf(join(folder, 'AdventureWorks_Customers.csv')) as Customer[];
}

function ordersIn(folder: string): Row[] {
  return [2017, 2018, 2019].flatMap((year) => rowsOf(join(folder, `AdventureWorks_Sales_${year}.csv`)));
}

function rowsOf(file: string): Row[] {
  return parse(readFileSync(file, 'utf8'), { columns: true, bom: true });
}

/** Some of the made-up addresses have an é in them, which no mail server of Mailchimp's takes. */
function isSendable(address: string): boolean {
  return /^[\x21-\x7e]+$/.test(address);
}

/** Addresses by segment. Every customer of this data has an address of their own. */
function segmentsOf(
  customers: readonly Customer[],
  orders: readonly Row[],
  today: string,
): Record<keyof typeof tags, Set<string>> {
  const those = (is: (row: Customer) => boolean) =>
    new Set(customers.filter(is).map((row) => fold(row.EmailAddress)));
  const days = orders.map((row) => isoDay(row['OrderDate'] ?? ''));
  const newest = days.reduce((a, b) => (a > b ? a : b));
  const yearBefore = `${Number(newest.slice(0, 4)) - 1}${newest.slice(4)}`;
  const ordersLately = new Map<string, Set<string>>();
  orders.forEach((row, index) => {
    if ((days[index] ?? '') < yearBefore) return;
    const of = ordersLately.get(row['CustomerKey'] ?? '') ?? new Set();
    ordersLately.set(row['CustomerKey'] ?? '', of.add(row['OrderNumber'] ?? ''));
  });
  const week = new Set(Array.from({ length: 8 }, (_, ahead) => daysAfter(today, ahead)).flatMap(birthdaysOn));
  return {
    'high-income': those(
      (row) =>
        ['Professional', 'Management'].includes(row['Occupation'] ?? '') &&
        Number((row['AnnualIncome'] ?? '').replaceAll(/[$, ]/g, '')) >= 100_000,
    ),
    'family-homes': those((row) => row['HomeOwner'] === 'Y' && Number(row['TotalChildren']) >= 1),
    birthdays: those((row) => week.has(isoDay(row['BirthDate'] ?? '').slice(5))),
    regulars: those((row) => (ordersLately.get(row.CustomerKey)?.size ?? 0) >= 3),
  };
}

/** Months and days that are celebrated on a day: those of 29 February on the 28th, where there is no 29th. */
function birthdaysOn(day: string): string[] {
  const own = day.slice(5);
  return own === '02-28' && daysAfter(day, 1).endsWith('03-01') ? [own, '02-29'] : [own];
}

function daysAfter(day: string, count: number): string {
  return new Date(Date.parse(`${day}T00:00:00Z`) + count * 86_400_000).toISOString().slice(0, 10);
}

/** `5/14/1965` as `1965-05-14`. */
function isoDay(text: string): string {
  const [month = '', day = '', year = ''] = text.split('/');
  return `${year}-${month.padStart(2, '0')}-${day.padStart(2, '0')}`;
}

function dayIn(timeZone: string, instant: string): string {
  return new Intl.DateTimeFormat('sv-SE', { timeZone, dateStyle: 'short' }).format(new Date(instant));
}

function sorted(texts: Iterable<string>): string[] {
  return [...texts].toSorted();
}

function byFirst([a = '']: readonly unknown[], [b = '']: readonly unknown[]): number {
  return String(a) < String(b) ? -1 : 1;
}
