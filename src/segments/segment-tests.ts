import type { SegmentId } from '../base/ids.ts';
import type { Change, Engine } from '../engine/engine.ts';
import { sql } from '../engine/sql.ts';
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

/**
 * What looks at the tests of segments after their members are written, in place of the results before. Addresses stay in
 * the workspace: results name tests by their places.
 */
export function lookAtTests(engine: Engine, segments: ReadonlyMap<SegmentId, SegmentConfig>): Change[] {
  const changes: Change[] = [sql`DELETE FROM segment.test`];
  for (const [id, { tests = [], state }] of segments) {
    if (state === 'draft') continue;
    for (const [position, { is, ...who }] of tests.entries()) {
      const text = sql`SELECT ${who.address ?? who.id ?? ''} AS text`;
      changes.push(sql`INSERT INTO segment.test
        SELECT ${id}, ${position}, ${is}, count(*), count(*) FILTER (WHERE customer_id IN
          (SELECT customer_id FROM segment.member WHERE segment = ${id}))
        FROM (${namedPeople(engine.dialect, text)})`);
    }
  }
  return changes;
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
