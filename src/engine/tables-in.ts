import type { Engine } from './engine.ts';
import { sql } from './sql.ts';

interface Known {
  version: number;
  tables: ReadonlyMap<string, readonly string[]>;
}

/** The catalogue is asked before almost everything, and takes longer to answer than what is asked afterwards. */
const known = new WeakMap<Engine, Map<string, Known>>();

/** The tables of a schema with the names of their columns; empty where there is no such schema. */
export async function tablesIn(
  engine: Engine,
  schema: string,
): Promise<ReadonlyMap<string, readonly string[]>> {
  const ofEngine = known.get(engine) ?? new Map<string, Known>();
  known.set(engine, ofEngine);
  const before = ofEngine.get(schema);
  // Read before the question: what a commit changes meanwhile is asked for again.
  const version = engine.tablesVersion;
  if (before?.version === version) return before.tables;
  const tables = await readTables(engine, schema);
  ofEngine.set(schema, { version, tables });
  return tables;
}

async function readTables(engine: Engine, schema: string): Promise<Map<string, string[]>> {
  const rows = await engine.rows<{ table: string; column: string }>(sql`
    SELECT table_name AS "table", column_name AS "column" FROM information_schema.columns
    WHERE table_schema = ${schema} ORDER BY table_name, ordinal_position`);
  const tables = new Map<string, string[]>();
  for (const { table, column } of rows) tables.set(table, [...(tables.get(table) ?? []), column]);
  return tables;
}
