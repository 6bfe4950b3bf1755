import type { SegmentId } from '../base/ids.ts';
import type { Engine, TableName } from '../engine/engine.ts';
import { sql, type Sql } from '../engine/sql.ts';
import { createTable, tableRef } from '../engine/table.ts';
import { asOfDay } from './as-of-day.ts';
import type { Catalogue } from './catalogue.ts';
import { checkSegments, keepsPeople } from './check-segments.ts';
import { compileRules } from './compile-rules.ts';
import { holdingOut } from './hold-out.ts';
import { overTables } from './over-tables.ts';
import type { SegmentConfig } from './segment-config.ts';
import { segmentTables } from './segment-sizes.ts';

/** People who are not those that everybody sees. */
export interface OtherPeople {
  profile: TableName;
  record: TableName;
  /** Made here; whoever has made the others takes it away with them. */
  member: TableName;
}

/**
 * Finds the members of segments among other people, as a refresh would, into a table of their own. Static and inactive
 * segments, and those of a list, keep the members of theirs who are still somebody; attributes that other stages keep by customer are those of now.
 * @returns how many each has
 * @throws RulesError with everything that is wrong in the rules
 */
export async function previewSegments(
  engine: Engine,
  segments: ReadonlyMap<SegmentId, SegmentConfig>,
  catalogue: Catalogue,
  people: OtherPeople,
  { now, timeZone }: { now: Date; timeZone: string },
): Promise<Map<SegmentId, number>> {
  const text = { type: 'text' } as const;
  const tables = [
    { from: { schema: 'profile', table: 'profile' }, to: people.profile },
    { from: { schema: 'unify', table: 'record' }, to: people.record },
    { from: { schema: 'segment', table: 'member' }, to: people.member },
  ];
  await engine.commit([
    ...segmentTables(engine),
    createTable(engine.dialect, people.member, [
      { name: 'segment', ...text },
      { name: 'customer_id', ...text },
    ]),
  ]);
  const frozen = await engine.rows<{ segment: string }>(sql`SELECT segment FROM segment.size`);
  const write = (id: SegmentId, members: Sql) =>
    engine.commit([
      sql`INSERT INTO ${tableRef(people.member)} SELECT ${id}, member.customer_id FROM (${members}) AS member`,
    ]);
  const asTheyWere = (id: SegmentId) => sql`SELECT m.customer_id FROM segment.member m
    JOIN ${tableRef(people.profile)} p ON p.customer_id = m.customer_id WHERE m.segment = ${id}`;
  // First: rules of the others may speak of them.
  for (const [id, config] of segments) {
    if (keepsPeople(config, segments)) await write(id, asTheyWere(id));
  }
  for (const { id, type, rules, asOf, list, holdOut } of checkSegments(segments, catalogue)) {
    const stays = list !== undefined || (type === 'static' && frozen.some(({ segment }) => segment === id));
    const today = await asOfDay(engine, asOf, { now, timeZone });
    const { dialect } = engine;
    const found = holdingOut(dialect, compileRules(rules, { dialect, today, timeZone }), holdOut);
    await write(id, stays ? asTheyWere(id) : overTables(found, tables));
  }
  const rows = await engine.rows<{ segment: SegmentId; n: number }>(
    sql`SELECT segment, count(*) AS n FROM ${tableRef(people.member)} GROUP BY segment`,
  );
  return new Map([...segments.keys()].map((id) => [id, rows.find(({ segment }) => segment === id)?.n ?? 0]));
}
