import type { Cell, Change, Column, Engine, Row } from '../engine/engine.ts';
import { sql } from '../engine/sql.ts';
import { createTable } from '../engine/table.ts';
import { buildCatalogue, type BesideAttribute, type Catalogue } from './catalogue.ts';

/** A small world with the table names of the stages before this one, made by hand. */
export interface People {
  /** With `customer_id` and the attributes, those kept beside the profile too. */
  people: Row[];
  /** With `_key`; `customer` says whose record it is. */
  shop: Row[];
  owners: { key: string; customer: string }[];
  orders: Row[];
  members: { segment: string; customer: string }[];
  /** None where absent. */
  products?: Row[];
  makers?: Row[];
  branches?: Row[];
}

const contactTable = { schema: 'people', table: 'contact' };

export const attributes: Column[] = [
  { name: 'country', type: 'text' },
  { name: 'first_name', type: 'text' },
  { name: 'last_name', type: 'text' },
  { name: 'age', type: 'integer' },
  { name: 'score', type: 'number' },
  { name: 'vip', type: 'boolean' },
  { name: 'born', type: 'date' },
  { name: 'married', type: 'date' },
  { name: 'seen_at', type: 'time' },
  { name: 'labels', type: 'texts' },
];
/** Kept in a table of contacts, where the same people have other values in another list. */
export const besideAttributes: BesideAttribute[] = (['status', 'left'] as const).map((column) => ({
  name: `list.one.${column}`,
  type: column === 'left' ? 'time' : 'text',
  beside: { table: contactTable, where: 'list', value: 'one', column },
}));
export const shopColumns: Column[] = [
  { name: 'customer_no', type: 'integer' },
  { name: 'branch_no', type: 'integer' },
];
export const orderColumns: Column[] = [
  { name: 'order_no', type: 'integer' },
  { name: 'customer_no', type: 'integer' },
  { name: 'total', type: 'number' },
  { name: 'status', type: 'text' },
  { name: 'ordered_at', type: 'time' },
  { name: 'shipped', type: 'date' },
  { name: 'product_no', type: 'integer' },
];
export const productColumns: Column[] = [
  // A number that orders have as an integer.
  { name: 'product_no', type: 'number' },
  { name: 'label', type: 'text' },
  { name: 'price', type: 'number' },
  { name: 'made_by', type: 'text' },
  { name: 'follows', type: 'integer' },
];
export const makerColumns: Column[] = [
  { name: 'code', type: 'text' },
  { name: 'founded', type: 'date' },
];
export const branchColumns: Column[] = [
  { name: 'branch_no', type: 'integer' },
  { name: 'town', type: 'text' },
];

export const catalogue: Catalogue = buildCatalogue({
  profile: { attributes },
  beside: besideAttributes,
  sources: [
    { source: 'shop', columns: shopColumns },
    { source: 'orders', columns: orderColumns },
    { source: 'products', columns: productColumns },
    { source: 'makers', columns: makerColumns },
    { source: 'branches', columns: branchColumns },
  ],
  unified: ['shop'],
  relationships: new Map([
    ['shop_orders', { from: 'orders.customer_no', to: 'shop.customer_no', name: 'Orders' }],
    ['product', { from: 'orders.product_no', to: 'products.product_no', name: 'Products' }],
    ['maker', { from: 'products.made_by', to: 'makers.code', name: 'Makers' }],
    ['predecessor', { from: 'products.follows', to: 'products.product_no' }],
    ['branch', { from: 'shop.branch_no', to: 'branches.branch_no', name: 'Branches' }],
  ]),
  segments: new Map([
    ['early', { name: 'Early birds' }],
    ['late', {}],
  ]),
});

const text = (name: string): Column => ({ name, type: 'text' });
const line: Column = { name: '_line', type: 'integer' };
const profileColumns: Column[] = [text('customer_id'), { name: 'first_seen', type: 'time' }, ...attributes];
const tables = [
  { schema: 'profile', table: 'profile', columns: profileColumns },
  { schema: 'source', table: 'shop', columns: [line, text('_key'), ...shopColumns] },
  { schema: 'source', table: 'orders', columns: [line, text('_key'), ...orderColumns] },
  { schema: 'source', table: 'products', columns: [line, text('_key'), ...productColumns] },
  { schema: 'source', table: 'makers', columns: [line, text('_key'), ...makerColumns] },
  { schema: 'source', table: 'branches', columns: [line, text('_key'), ...branchColumns] },
  { schema: 'unify', table: 'record', columns: [text('source'), text('key'), text('customer_id')] },
  { schema: 'segment', table: 'member', columns: [text('segment'), text('customer_id')] },
  {
    ...contactTable,
    columns: [text('list'), text('customer_id'), text('status'), { name: 'left', type: 'time' as const }],
  },
];

/** Puts these people into the engine in place of whoever was there. */
export async function loadPeople(engine: Engine, world: People): Promise<void> {
  const rows: Row[][] = [
    world.people,
    world.shop,
    world.orders,
    world.products ?? [],
    world.makers ?? [],
    world.branches ?? [],
    world.owners.map(({ key, customer }) => ({ source: 'shop', key, customer_id: customer })),
    world.members.map(({ segment, customer }) => ({ segment, customer_id: customer })),
    world.people.flatMap(contactsOf),
  ];
  const changes = tables.flatMap(({ schema, table, columns }, index): Change[] => {
    const into = { schema, table };
    const cells = (rows[index] ?? []).map((row) => columns.map((column): Cell => row[column.name] ?? null));
    return [
      { nodes: [{ text: `CREATE SCHEMA IF NOT EXISTS ${schema}` }] },
      { nodes: [{ text: `DROP TABLE IF EXISTS ${schema}.${table}` }] },
      createTable(engine.dialect, into, columns),
      { into, columns, rows: cells },
    ];
  });
  await engine.commit(changes);
}

/** Nobody without a value is in the table; everybody is in another list. */
function contactsOf(row: Row): Row[] {
  const [status = null, left = null] = besideAttributes.map(({ name }) => row[name] ?? null);
  const elsewhere = {
    list: 'two',
    customer_id: row.customer_id ?? null,
    status: 'RO',
    left: '2026-03-01T00:00:00.000Z',
  };
  if (status === null && left === null) return [elsewhere];
  return [elsewhere, { list: 'one', customer_id: row.customer_id ?? null, status, left }];
}

/** One person with these attributes, the rest missing. */
export function person(id: string, cells: Row): Row {
  return { customer_id: id, ...cells };
}

/** A world of these people, nobody of whom has bought anything. */
export function onlyPeople(...people: Row[]): People {
  return { people, shop: [], owners: [], orders: [], members: [] };
}

/** The ids a query gives, in order; twice if it gives somebody twice. */
export async function idsOf(engine: Engine, query: ReturnType<typeof sql>): Promise<string[]> {
  const rows = await engine.rows<{ customer_id: string }>(query);
  return rows.map(({ customer_id }) => customer_id).toSorted();
}
