import { afterAll, beforeAll, expect, it } from 'vitest';
import type { SegmentId } from '../base/ids.ts';
import { sql } from '../engine/sql.ts';
import { checkExportsAtSave } from './check-exports-at-save.ts';
import { TestLine } from './test-support/test-line.ts';

/** The limit of an export that says none: a million distinct people over all its segments, and not one more. */
const limit = 1_000_000;
let line: TestLine;

beforeAll(async () => {
  line = await TestLine.open();
  await line.people([{ id: 'first', email: 'first@acme.test', buyer: 'yes' }]);
});
afterAll(() => line.close());

/** So many more people, in one of the two segments or in both: who is in both counts once. */
async function addPeople(from: number, to: number): Promise<void> {
  await line.engine.commit([
    sql`INSERT INTO profile.profile (customer_id, first_seen, email)
      SELECT concat('c', range), TIMESTAMP '2026-01-01', concat('c', range, '@acme.test') FROM range(${from}, ${to})`,
    sql`INSERT INTO segment.member SELECT 'everyone', concat('c', range) FROM range(${from}, ${to})`,
    sql`INSERT INTO segment.member SELECT 'buyers', concat('c', range) FROM range(${from}, ${to}) WHERE range % 2 = 0`,
  ]);
}

const save = () =>
  checkExportsAtSave(line.engine, {
    exports: line.settings.exports,
    names: new Map<SegmentId, string>(),
    outdated: new Set(),
    open: () => Promise.resolve(undefined),
    patienceMs: 1_000,
  });

it('lets a million people be saved and planned, and refuses one more at save and at run', async () => {
  await addPeople(1, limit);
  await expect(save()).resolves.toEqual([]);
  const plan = await line.plan();
  expect(plan.people).toMatchObject({ desired: limit, add: limit });
  expect(plan.brake).toBeNull();

  await addPeople(limit, limit + 1);
  await expect(save()).rejects.toMatchObject({
    code: 'people_limit',
    message: expect.stringContaining('1,000,001 people, the limit is 1,000,000') as string,
  });
  line.writes();
  const run = await line.run();
  expect(run).toMatchObject({
    status: 'stopped',
    brake: { code: 'too_many_people', figures: { people: limit + 1, limit } },
  });
  expect(line.writes()).toBe(0);
}, 240_000);
