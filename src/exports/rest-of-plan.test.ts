import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { RunId, SegmentId } from '../base/ids.ts';
import { openDuckdb } from '../engine/duckdb/duckdb-engine.ts';
import type { Engine } from '../engine/engine.ts';
import { sql } from '../engine/sql.ts';
import { ensureExportTables } from './export-tables.ts';
import { planTotals } from './plan-totals.ts';
import { restOfPlan } from './rest-of-plan.ts';
import { testRun } from './test-support/test-run.ts';

const buyers = 'buyers' as SegmentId;
const lapsed = 'lapsed' as SegmentId;

let engine: Engine;
beforeEach(async () => {
  engine = await openDuckdb({ path: ':memory:', threads: 1 });
  await ensureExportTables(engine);
});
afterEach(() => engine.close());

interface Case {
  of: string;
  action: 'add' | 'update' | 'leave' | 'keptOut';
  /** Whether fields are sent of her. */
  fields?: boolean;
  gives?: SegmentId[];
  takes?: SegmentId[];
  archive?: boolean;
  answer?: { result: string; reason?: string; status?: string; tags?: string[] };
  /** Calls that were done. */
  done?: [kind: 'tag' | 'untag' | 'archive', segment: SegmentId | null][];
  /** What is left of her; undefined: nothing. */
  rest?: Record<string, unknown>;
}

describe('what a run left of its plan', () => {
  it.each<Case>([
    {
      of: 'somebody new who was not come to: all of it',
      action: 'add',
      fields: true,
      gives: [buyers],
      rest: {
        action: 'add',
        seen_status: null,
        fields: '{"FNAME":"Ana"}',
        field_count: 1,
        add_segments: [buyers],
      },
    },
    ...['not_sent', 'not_answered', 'not_mentioned'].map((reason) => ({
      of: `somebody new who ended as ${reason}: all of it`,
      action: 'add' as const,
      fields: true,
      answer: { result: 'failed', reason },
      rest: { action: 'add', field_count: 1 },
    })),
    {
      of: 'somebody whom no answer spoke of: all of it',
      action: 'update',
      fields: true,
      answer: { result: 'unmentioned' },
      rest: { action: 'update', field_count: 1 },
    },
    {
      of: 'somebody who was refused: nothing, they have had their answer',
      action: 'add',
      fields: true,
      gives: [buyers],
      answer: { result: 'rejected', reason: 'bad_field' },
    },
    {
      of: 'somebody new who is in, without their tags: these alone',
      action: 'add',
      fields: true,
      gives: [buyers, lapsed],
      answer: { result: 'done', status: 'subscribed', tags: ['buyers'] },
      rest: {
        action: 'update',
        seen_status: 'subscribed',
        fields: '{}',
        field_count: 0,
        add_segments: [lapsed],
      },
    },
    {
      of: 'somebody who is in with all of their tags: nothing',
      action: 'add',
      fields: true,
      gives: [buyers],
      answer: { result: 'done', status: 'subscribed', tags: ['Buyers'.toLowerCase()] },
    },
    {
      of: 'somebody who left meanwhile, whose tags are missing: nothing',
      action: 'update',
      fields: true,
      gives: [buyers],
      answer: { result: 'done', status: 'unsubscribed' },
    },
    {
      of: 'a tag that was given: nothing',
      action: 'update',
      gives: [buyers],
      done: [['tag', buyers]],
    },
    {
      of: 'a tag to give and one to take, of which one is done: the other',
      action: 'update',
      gives: [buyers],
      takes: [lapsed],
      done: [['tag', buyers]],
      rest: { action: 'update', add_segments: [], remove_segments: [lapsed] },
    },
    {
      of: 'a leaver who lost the tag and is not archived yet: the archiving',
      action: 'leave',
      takes: [buyers],
      archive: true,
      done: [['untag', buyers]],
      rest: { action: 'leave', remove_segments: [], archive: true },
    },
    {
      of: 'a leaver who is archived: nothing',
      action: 'leave',
      archive: true,
      done: [['archive', null]],
    },
    { of: 'somebody kept out: nothing', action: 'keptOut' },
  ])(
    'of $of',
    async ({ action, fields = false, gives = [], takes = [], archive = false, answer, done = [], rest }) => {
      const seen = action === 'add' ? null : 'subscribed';
      await engine.commit([
        sql`INSERT INTO export.plan_person (run, position, action, address, email, customer_id, seen_status, status,
          fields, before, field_count, add_segments, remove_segments, archive)
        VALUES ('r1', 1, ${action}, 'ana@acme.test', 'Ana@acme.test', 'c1', ${seen}, 'subscribed',
          ${fields ? '{"FNAME":"Ana"}' : '{}'}, '{}', ${fields ? 1 : 0}, ${gives}::VARCHAR[], ${takes}::VARCHAR[], ${archive})`,
        ...done.map(
          ([kind, segment]) => sql`INSERT INTO export.tag_work (run, kind, segment, position, address, done)
          VALUES ('r1', ${kind}, ${segment}, 1, 'ana@acme.test', TRUE)`,
        ),
      ]);
      if (answer !== undefined) {
        const { result, reason = null, status = null, tags = null } = answer;
        await engine.commit([
          sql`INSERT INTO export.outcome (run, position, address, result, reason, status, tags)
          VALUES ('r1', 1, 'ana@acme.test', ${result}, ${reason}, ${status}, ${tags})`,
        ]);
      }
      const tags = [
        { segment: buyers, name: 'Buyers', heldAs: 'Buyers', tagId: 7, origin: 'made' as const },
        { segment: lapsed, name: 'Lapsed', heldAs: 'Lapsed', tagId: 8, origin: 'made' as const },
      ];
      const run = 'r2' as RunId;
      await engine.commit(restOfPlan(engine.dialect, testRun({ run: 'r1', status: 'failed', tags }), run));
      const people = await engine.rows(sql`SELECT * FROM export.plan_person WHERE run = ${run}`);
      expect(people).toMatchObject(
        rest === undefined ? [] : [{ position: 1, address: 'ana@acme.test', ...rest }],
      );
      expect(people).toHaveLength(rest === undefined ? 0 : 1);
      const counts = (await planTotals(engine, run)).people;
      expect(counts.add + counts.update).toBe(counts.desired);
      expect(counts.desired + counts.leave).toBe(people.length);
    },
  );
});
