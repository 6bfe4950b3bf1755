import type { Change } from '../engine/engine.ts';
import { sql } from '../engine/sql.ts';
import { exported, ref } from './export-tables.ts';
import type { PlanInput } from './plan-input.ts';

/**
 * The change that ends what is ours of a tag which somebody took off by hand, from a person who is not to have it any
 * more: should it be put on by hand again, it is theirs, and stays (promise 2). Whoever is to have it gets it anew.
 * To be made while `export.compared` is there.
 */
export function forgetLostTags(input: PlanInput): Change {
  return sql`
    UPDATE ${ref(exported)} SET segments = still.kept_segments FROM export.compared AS still
    WHERE export = ${input.export} AND audience = ${input.audience} AND ${ref(exported)}.address = still.address
      AND still.kept_segments IS NOT NULL`;
}
