import type { Dialect } from '../engine/dialect.ts';
import type { Change } from '../engine/engine.ts';
import { sql } from '../engine/sql.ts';
import { holdsTag } from './compare-people.ts';
import { exported, ref } from './export-tables.ts';
import type { PlanInput } from './plan-input.ts';

/**
 * The change that ends what is ours of a tag which somebody took off by hand, from a person who is not to have it any
 * more: should it be put on by hand again, it is theirs, and stays (promise 2). Whoever is to have it gets it anew.
 * To be made while `export.compared` is there.
 */
export function forgetLostTags(dialect: Dialect, input: PlanInput): Change {
  const kept = dialect.textsWhere(
    input.tags.map((tag) => ({
      when: sql`list_contains(given, ${tag.segment}) AND (list_contains(segments, ${tag.segment}) OR ${holdsTag(tag)})`,
      text: tag.segment,
    })),
  );
  return sql`
    UPDATE ${ref(exported)} SET segments = still.kept
    FROM (SELECT address, given, ${kept} AS kept FROM export.compared WHERE rejected IS NULL AND len(given) > 0) AS still
    WHERE export = ${input.export} AND audience = ${input.audience} AND ${ref(exported)}.address = still.address
      AND len(still.kept) < len(still.given)`;
}
