import type { Dialect } from '../engine/dialect.ts';
import type { Column, Engine, TableName } from '../engine/engine.ts';
import { join, name, sql, type Sql } from '../engine/sql.ts';
import { createTable, tableRef } from '../engine/table.ts';

/**
 * What is kept from one refresh to the next. `record` holds every record of the sources and its person;
 * `departed` the records that are gone from their source, so that a person who returns is known again;
 * `customer` every id ever given; `previous_id` ids that became part of another person.
 */
export const memory = {
  record: columns('source text, key text, customer_id text, first_id text'),
  departed: columns('source text, key text, customer_id text, first_id text, gone_since time'),
  customer: columns('customer_id text, first_seen time'),
  previous_id: columns('customer_id text, was text, since time'),
  /** Why: this record agrees with that one under a rule; how much at least, where it asks for similar values. */
  link: columns('source text, key text, rule text, with_source text, with_key text, similarity number'),
  /** Values that a profile could have had, of the records that gave way. */
  alternate: columns('customer_id text, attribute text, value text, source text'),
  /** Every usable e-mail address of any record, folded, and its person. */
  address: columns('address text, customer_id text'),
} as const;

/** Tables of one unification; nothing in them outlives it. */
const scratchSchema = 'unify_work';

/** A scratch table as it stands in a query. */
export function scratch(table: string): Sql {
  return name(scratchSchema, table);
}

/** The same as a name, for rows to be appended to. */
export function scratchTable(table: string): TableName {
  return { schema: scratchSchema, table };
}

/** A scratch table anew, with the rows of `select`. */
export function replaceScratch(table: string, select: Sql): Sql {
  return sql`CREATE OR REPLACE TABLE ${scratch(table)} AS ${select}`;
}

/** The tables that a unification replaces. Everything else only grows. */
const replaced: readonly TableName[] = [
  { schema: 'unify', table: 'record' },
  { schema: 'unify', table: 'departed' },
  { schema: 'unify', table: 'previous_id' },
  { schema: 'unify', table: 'link' },
  { schema: 'unify', table: 'alternate' },
  { schema: 'unify', table: 'address' },
  { schema: 'profile', table: 'profile' },
  { schema: 'profile', table: 'attribute' },
];

/** The successor of a table, filled beside it while everybody still reads the old one. */
export function nextTable({ schema, table }: TableName): TableName {
  return { schema, table: `${table}_next` };
}

/** A new successor with the rows of `select`, whose columns come in the order of `tableColumns`. */
export function fillNext(
  dialect: Dialect,
  table: TableName,
  tableColumns: readonly Column[],
  select: Sql,
): Sql[] {
  return [createNext(dialect, table, tableColumns), insertNext(table, tableColumns, select)];
}

/** The empty successor of a table, to be filled in parts by `insertNext`. */
export function createNext(dialect: Dialect, table: TableName, tableColumns: readonly Column[]): Sql {
  return createTable(dialect, nextTable(table), tableColumns);
}

/** Rows of `select`, whose columns come in the order of `tableColumns`, into a successor that is there. */
export function insertNext(table: TableName, tableColumns: readonly Column[], select: Sql): Sql {
  return sql`INSERT INTO ${tableRef(nextTable(table))} (${join(tableColumns.map((column) => name(column.name)))}) ${select}`;
}

/** All successors take their places: changes of the catalogue only, so the commit is short. */
export const succeed: readonly Sql[] = replaced.flatMap((table) => [
  sql`DROP TABLE IF EXISTS ${tableRef(table)}`,
  sql`ALTER TABLE ${tableRef(nextTable(table))} RENAME TO ${name(table.table)}`,
]);

/** Tables of two unifications side by side, which belong to a preview. */
export const previewSchema = 'unify_preview';

/** Takes away what a preview that was killed has left. */
export const clearPreview: readonly Sql[] = [sql`DROP SCHEMA IF EXISTS ${name(previewSchema)} CASCADE`];

/** Takes away what is only of use during a unification. */
export const clearWork: readonly Sql[] = [
  sql`DROP SCHEMA IF EXISTS ${name(scratchSchema)} CASCADE`,
  ...replaced.map((table) => sql`DROP TABLE IF EXISTS ${tableRef(nextTable(table))}`),
];

/**
 * Takes away what a unification or a preview of it left that was killed: copies of people's data, where
 * nobody would look for them. Called at each start.
 */
export async function clearLeftOvers(engine: Engine): Promise<void> {
  await engine.commit([...clearWork, ...clearPreview]);
}

/** An empty scratch schema, whatever a killed process left, and memory tables to read from. */
export async function prepareTables(engine: Engine): Promise<void> {
  await engine.commit([
    sql`CREATE SCHEMA IF NOT EXISTS unify`,
    sql`CREATE SCHEMA IF NOT EXISTS profile`,
    ...clearWork,
    sql`CREATE SCHEMA ${name(scratchSchema)}`,
  ]);
  const present = await engine.rows<{ table: string }>(
    sql`SELECT table_name AS "table" FROM information_schema.tables WHERE table_schema = 'unify'`,
  );
  const missing = Object.entries(memory).filter(([table]) => !present.some((row) => row.table === table));
  await engine.commit(
    missing.map(([table, tableColumns]) =>
      createTable(engine.dialect, { schema: 'unify', table }, tableColumns),
    ),
  );
}

/** How many rows there are in what stands after FROM. */
export async function countRows(engine: Engine, from: Sql): Promise<number> {
  const [row] = await engine.rows<{ n: number }>(sql`SELECT count(*) AS n FROM ${from}`);
  return row?.n ?? 0;
}

/** An empty scratch table; an error if it exists. */
export function createScratch(dialect: Dialect, table: string, tableColumns: readonly Column[]): Sql {
  return createTable(dialect, scratchTable(table), tableColumns);
}

function columns(text: string): Column[] {
  return text.split(', ').map((column) => {
    const [columnName, type] = column.split(' ');
    return { name: columnName, type } as Column;
  });
}
