import type { Change } from '../engine/engine.ts';
import { sql } from '../engine/sql.ts';
import { exported, ref } from './export-tables.ts';
import type { PlanInput } from './plan-input.ts';

/**
 * The change that makes `export.unwanted`: the ledger rows of an export whose address no desired person has. Their people
 * leave, or have another address now. A table, for they are few, and what is joined to few rows must be planned as such.
 */
export function findUnwanted(input: PlanInput): Change {
  return sql`
    CREATE OR REPLACE TABLE export.unwanted AS
    SELECT ledger.* FROM ${ref(exported)} AS ledger
    WHERE ledger.export = ${input.export} AND ledger.audience = ${input.audience}
      AND ledger.address NOT IN (SELECT address FROM export.desired WHERE rejected IS NULL)`;
}
