import type { Engine } from './engine.ts';
import { sql } from './sql.ts';

/** The tables of a schema with the names of their columns; empty where there is no such schema. */
export async function tablesIn(engine: Engine, schema: string): Promise<Map<string, string[]>> {
  const rows = await engine.rows<{ table: string; column: string }>(sql`
    SELECT table_name AS "table", column_name AS "column" FROM information_schema.columns
    WHERE table_schema = ${schema} ORDER BY table_name, ordinal_position`);
  const tables = new Map<string, string[]>();
  for (const { table, column } of rows) tables.set(table, [...(tables.get(table) ?? []), column]);
  return tables;
}
