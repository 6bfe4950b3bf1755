import type { Change, Engine } from '../engine/engine.ts';
import { join, name, sql, type Sql } from '../engine/sql.ts';
import { tablesIn } from '../engine/tables-in.ts';

/** Somebody as this stage knows them. */
export interface UnifiedPerson {
  /** Ids they have and had. */
  customers: readonly string[];
  records: readonly { source: string; key: string }[];
  /** Folded. */
  addresses: readonly string[];
}

/** The rows of a person in one table, and the change that takes them out. */
export interface TableTraces {
  table: string;
  rows: number;
  remove: Change;
}

// As in keys of several columns; the id of a source cannot hold it.
const between = '\u001f';

/**
 * Every row of a person in the tables of unification and in the profiles. Tables are found by their columns, so that a
 * new one cannot be forgotten: whatever names a customer, a record or an address does it under these names.
 */
export async function unifiedTraces(engine: Engine, person: UnifiedPerson): Promise<TableTraces[]> {
  const pairs = person.records.map(({ source, key }) => `${source}${between}${key}`);
  const isRecord = (source: string, key: string) =>
    sql`list_contains(${pairs}, (${name(source)} || ${between} || ${name(key)}))`;
  const found: TableTraces[] = [];
  for (const schema of ['unify', 'profile']) {
    for (const [table, columns] of await tablesIn(engine, schema)) {
      const has = (...names: string[]) => names.every((column) => columns.includes(column));
      const tests: Sql[] = [
        ...['customer_id', 'first_id', 'was']
          .filter((column) => has(column))
          .map((column) => sql`list_contains(${person.customers}, ${name(column)})`),
        ...(has('source', 'key') ? [isRecord('source', 'key')] : []),
        ...(has('with_source', 'with_key') ? [isRecord('with_source', 'with_key')] : []),
        ...(has('address') ? [sql`list_contains(${person.addresses}, address)`] : []),
      ];
      if (tests.length === 0) continue;
      const where = sql`coalesce(${join(tests, ' OR ')}, FALSE)`;
      const rows = name(schema, table);
      const [counted] = await engine.rows<{ n: number }>(
        sql`SELECT count(*) AS n FROM ${rows} WHERE ${where}`,
      );
      if ((counted?.n ?? 0) === 0) continue;
      found.push({
        table: `${schema}.${table}`,
        rows: counted?.n ?? 0,
        remove: sql`DELETE FROM ${rows} WHERE ${where}`,
      });
    }
  }
  return found;
}
