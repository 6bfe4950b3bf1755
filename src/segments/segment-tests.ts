import type { SegmentId } from '../base/ids.ts';
import type { Change, Column, Engine } from '../engine/engine.ts';
import { sql } from '../engine/sql.ts';
import { createTable, tableRef } from '../engine/table.ts';
import { tablesIn } from '../engine/tables-in.ts';
import { namedPeople } from '../profiles/named-people.ts';
import type { SegmentConfig, SegmentTest } from './segment-config.ts';

/** How a test of a segment ended in the last refresh. */
export interface TestResult {
  segment: SegmentId;
  /** Its place in the list, from 0. */
  position: number;
  is: SegmentTest['is'];
  /** How many people have the address or id; nobody is never "in". */
  people: number;
  passed: boolean;
}

// While one refresh is written: the addresses in it must not stay.
const asked = { schema: 'segment', table: 'asked' };
const askedColumns: Column[] = [
  { name: 'segment', type: 'text' },
  { name: 'position', type: 'integer' },
  { name: 'expected', type: 'text' },
  { name: 'text', type: 'text' },
];

/**
 * What looks at the tests of segments after their members are written, in place of the results before. Addresses stay in
 * the workspace: results name tests by their places.
 */
export function lookAtTests(engine: Engine, segments: ReadonlyMap<SegmentId, SegmentConfig>): Change[] {
  const rows = [...segments].flatMap(([id, { tests = [], state }]) =>
    state === 'draft'
      ? []
      : tests.map(({ is, address, id: customer }, position) => [id, position, is, address ?? customer ?? '']),
  );
  const forget = sql`DELETE FROM segment.test`;
  if (rows.length === 0) return [forget];
  const all = tableRef(asked);
  return [
    forget,
    createTable(engine.dialect, asked, askedColumns),
    { into: asked, columns: askedColumns, rows },
    // One look at everybody's addresses for all of them, as nothing else can be written meanwhile.
    sql`INSERT INTO segment.test
      SELECT asked.segment, asked.position, asked.expected, count(named.customer_id), count(member.customer_id)
      FROM ${all} AS asked
      LEFT JOIN (${namedPeople(engine.dialect, sql`SELECT DISTINCT text FROM ${all}`)}) AS named
        ON named.text = asked.text
      LEFT JOIN segment.member AS member
        ON member.segment = asked.segment AND member.customer_id = named.customer_id
      GROUP BY asked.segment, asked.position, asked.expected`,
    sql`DROP TABLE ${all}`,
  ];
}

/** How all tests ended in the last refresh, by segment and place. */
export async function testResults(engine: Engine): Promise<TestResult[]> {
  if (!(await tablesIn(engine, 'segment')).has('test')) return [];
  const rows = await engine.rows<Omit<TestResult, 'passed'> & { members: number }>(
    sql`SELECT segment, position, expected AS "is", people, members FROM segment.test ORDER BY segment, position`,
  );
  return rows.map(({ members, ...test }) => ({
    ...test,
    passed: test.is === 'in' ? members > 0 : members === 0,
  }));
}
