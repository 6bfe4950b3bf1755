import type { Engine } from '../engine/engine.ts';
import { sql, type Sql } from '../engine/sql.ts';
import { tablesIn } from '../engine/tables-in.ts';

/** The addresses of people who are here now for which a condition holds. */
export async function addressesAmongPeople(
  engine: Engine,
  condition: (address: Sql) => Sql,
): Promise<string[]> {
  if (!(await tablesIn(engine, 'unify')).has('address')) return [];
  const rows = await engine.rows<{ address: string }>(
    sql`SELECT DISTINCT address FROM unify.address WHERE ${condition(sql`address`)}`,
  );
  return rows.map((row) => row.address);
}

/** Whose an address is, over all records that are there now. */
export async function customersOf(engine: Engine, addresses: readonly string[]): Promise<string[]> {
  if (!(await tablesIn(engine, 'unify')).has('address')) return [];
  const rows = await engine.rows<{ id: string }>(
    sql`SELECT DISTINCT customer_id AS id FROM unify.address WHERE list_contains(${addresses}, address) ORDER BY id`,
  );
  return rows.map((row) => row.id);
}

/** Which addresses these people have in any record that is there now. */
export async function addressesOfCustomers(engine: Engine, customers: readonly string[]): Promise<string[]> {
  if (!(await tablesIn(engine, 'unify')).has('address')) return [];
  const rows = await engine.rows<{ address: string }>(
    sql`SELECT DISTINCT address FROM unify.address WHERE list_contains(${customers}, customer_id) ORDER BY address`,
  );
  return rows.map((row) => row.address);
}

/** Ids of people who became part of these. */
export async function previousIdsOf(engine: Engine, customers: readonly string[]): Promise<string[]> {
  if (!(await tablesIn(engine, 'unify')).has('previous_id')) return [];
  const rows = await engine.rows<{ was: string }>(
    sql`SELECT DISTINCT was FROM unify.previous_id WHERE list_contains(${customers}, customer_id) ORDER BY was`,
  );
  return rows.map((row) => row.was);
}

/** The records of these people, those included that are gone from their source. */
export async function recordsOfCustomers(
  engine: Engine,
  customers: readonly string[],
): Promise<{ source: string; key: string }[]> {
  const tables = await tablesIn(engine, 'unify');
  if (!tables.has('record') || !tables.has('departed')) return [];
  return engine.rows(sql`
    SELECT source, key FROM unify.record WHERE list_contains(${customers}, customer_id)
    UNION SELECT source, key FROM unify.departed WHERE list_contains(${customers}, customer_id)
    ORDER BY source, key`);
}

/** Whose records these are. */
export async function customersOfRecords(
  engine: Engine,
  records: readonly { source: string; key: string }[],
): Promise<string[]> {
  if (!(await tablesIn(engine, 'unify')).has('record')) return [];
  const sources = [...new Set(records.map(({ source }) => source))];
  const found = new Set<string>();
  for (const source of sources) {
    const keys = records.filter((record) => record.source === source).map(({ key }) => key);
    const rows = await engine.rows<{ id: string }>(sql`
      SELECT DISTINCT customer_id AS id FROM unify.record WHERE source = ${source} AND list_contains(${keys}, key)`);
    for (const { id } of rows) found.add(id);
  }
  return [...found];
}

/** Which of these ids belong to somebody who has a profile. */
export async function livingAmong(engine: Engine, customers: readonly string[]): Promise<string[]> {
  if (!(await tablesIn(engine, 'profile')).has('profile')) return [];
  const rows = await engine.rows<{ id: string }>(
    sql`SELECT customer_id AS id FROM profile.profile WHERE list_contains(${customers}, customer_id)`,
  );
  return rows.map((row) => row.id);
}
