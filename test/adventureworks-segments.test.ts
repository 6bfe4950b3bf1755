import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { parse } from 'csv-parse/sync';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { SegmentId, SourceId } from '../src/base/ids.ts';
import { openDuckdb } from '../src/engine/duckdb/duckdb-engine.ts';
import type { Engine } from '../src/engine/engine.ts';
import { sql } from '../src/engine/sql.ts';
import { readProfileShape } from '../src/profiles/profile-shape.ts';
import { buildCatalogue } from '../src/segments/catalogue.ts';
import { refreshSegments } from '../src/segments/refresh-segments.ts';
import { ingestSource } from '../src/sources/ingest.ts';
import type { SourceLoad } from '../src/sources/loaded-source.ts';
import { unify } from '../src/unify/unify.ts';
import { parseWorkspace } from '../src/workspace/parse-workspace.ts';

const workspace = resolve(import.meta.dirname, '../examples/adventureworks/workspace.yaml');
const data = resolve(import.meta.dirname, '../../shared/data/adventureworks');
const now = new Date('2026-11-24T12:00:00Z');

/** Segments of the example that speak of purchases; whom they must hold is worked out from the files alone. */
describe.skipIf(!existsSync(data))('segments over the purchases of adventureworks', () => {
  let engine: Engine;
  let expected: Record<string, string[]>;

  beforeAll(async () => {
    engine = await openDuckdb({ path: ':memory:' });
    await refreshExample(engine);
    expected = customersBySegment();
  }, 120_000);
  afterAll(() => engine.close());

  it.each(['three-orders', 'recent', 'rich-and-idle', 'bike-no-helmet'])('%s', async (segment) => {
    const rows = await engine.rows<{ key: string }>(sql`SELECT record.key FROM segment.member AS member
      JOIN unify.record AS record ON record.customer_id = member.customer_id
      WHERE member.segment = ${segment}`);
    expect(rows.map(({ key }) => key).toSorted()).toEqual(expected[segment]);
    expect(rows.length).toBeGreaterThan(10);
  });
});

/** From the workspace file to the members, without a server or an export. */
async function refreshExample(engine: Engine): Promise<void> {
  const file = parseWorkspace(readFileSync(workspace, 'utf8'), workspace, {
    MAILCHIMP_API_KEY: 'none-us1',
  });
  if (file.unify === undefined) throw new Error('The example unifies nothing.');
  const loads: SourceLoad[] = [];
  for (const [id, config] of Object.entries(file.sources)) {
    loads.push(
      await ingestSource(engine, id as SourceId, config, { folder: dirname(workspace), now, env: {} }),
    );
  }
  await unify(engine, file.unify, loads, { now });
  const segments = new Map(Object.entries(file.segments).map(([id, config]) => [id as SegmentId, config]));
  const catalogue = buildCatalogue({
    profile: await readProfileShape(engine),
    sources: loads,
    unified: file.unify.sources.map(({ source }) => source),
    relationships: new Map(Object.entries(file.relationships)),
    segments,
  });
  await refreshSegments(engine, segments, catalogue, { now, timeZone: 'Europe/Bucharest' });
}

interface Customer {
  CustomerKey: string;
  Occupation: string;
  AnnualIncome: string;
}
interface Sale {
  OrderDate: string;
  OrderNumber: string;
  ProductKey: string;
  CustomerKey: string;
}
interface Product {
  ProductKey: string;
  ProductName: string;
  ModelName: string;
}

function customersBySegment(): Record<string, string[]> {
  const customers = rowsOf<Customer>('AdventureWorks_Customers.csv');
  const sales = [2017, 2018, 2019].flatMap((year) => rowsOf<Sale>(`AdventureWorks_Sales_${year}.csv`));
  const products = rowsOf<Product>('AdventureWorks_Products.csv');
  const salesOf = Map.groupBy(sales, (sale) => sale.CustomerKey);
  const those = (is: (purchases: readonly Sale[], customer: Customer) => boolean) =>
    customers
      .filter((customer) => is(salesOf.get(customer.CustomerKey) ?? [], customer))
      .map((customer) => customer.CustomerKey)
      .toSorted();

  const newest = Math.max(...sales.map(dayNumber));
  const keysOf = (is: (product: Product) => boolean) =>
    new Set(products.filter(is).map((product) => product.ProductKey));
  // The example goes by subcategory; the names of the models say the same.
  const bikes = keysOf(({ ModelName }) => /^(Mountain|Road|Touring)-\d/.test(ModelName));
  const helmets = keysOf(({ ProductName }) => ProductName.includes('Helmet'));
  return {
    'three-orders': those((purchases) => new Set(purchases.map((sale) => sale.OrderNumber)).size >= 3),
    recent: those((purchases) => purchases.some((sale) => dayNumber(sale) >= newest - 180)),
    'rich-and-idle': those(
      (purchases, { Occupation, AnnualIncome }) =>
        purchases.length === 0 &&
        ['Professional', 'Management'].includes(Occupation) &&
        Number(AnnualIncome.replaceAll(/[^\d.]/g, '')) >= 100_000,
    ),
    'bike-no-helmet': those(
      (purchases) =>
        purchases.some((sale) => bikes.has(sale.ProductKey)) &&
        !purchases.some((sale) => helmets.has(sale.ProductKey)),
    ),
  };
}

/** Days since 1970; the file has `1/31/2017`. */
function dayNumber({ OrderDate }: Sale): number {
  const [month, day, year] = OrderDate.split('/').map(Number) as [number, number, number];
  return Date.UTC(year, month - 1, day) / 86_400_000;
}

function rowsOf<T>(file: string): T[] {
  return parse(readFileSync(join(data, file), 'utf8'), { columns: true, bom: true });
}
