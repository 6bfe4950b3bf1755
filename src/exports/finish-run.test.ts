import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { RunId, SegmentId } from '../base/ids.ts';
import type { Engine } from '../engine/engine.ts';
import { sql } from '../engine/sql.ts';
import { finishRun } from './finish-run.ts';
import { accountedFor, type PeopleCounts } from './plan.ts';
import { runPeople } from './run-people.ts';
import { audience, openPeopleTables, putLedger, putMembers } from './test-support/people-tables.ts';
import { testRun } from './test-support/test-run.ts';

const buyers = 'buyers' as SegmentId;
const ana = 'ana@acme.test';

let engine: Engine;
beforeEach(async () => {
  engine = await openPeopleTables();
});
afterEach(() => engine.close());

interface Case {
  of: string;
  action: 'add' | 'update' | 'leave' | 'keptOut' | 'same';
  /** What is sent of her; absent: nothing but tags. */
  fields?: Record<string, string>;
  /** What Mailchimp said of her. */
  answer?: {
    result: string;
    reason?: string;
    status?: string;
    /** What leads to it from what was sent. */
    fields?: Record<string, string | null>;
    tags?: string[];
    created?: boolean;
  };
  /** Her segment call, and whether it was done. */
  work?: ['tag' | 'untag' | 'archive', boolean];
  /** How she ended: `done`, or the count and the reason. */
  ended: 'done' | [keyof PeopleCounts, string];
  /** Her row of the ledger afterwards; absent: as it was. */
  ledger?: Record<string, unknown>;
  journal?: string[];
}

const before = { segments: [buyers], sent: '{"FNAME":"Old"}', left_at: null };

/** A run with Ana alone, who was exported before. */
async function finished({ action, fields, answer, work }: Case) {
  await putMembers(engine, [
    { address: ana, status: 'subscribed', fields: { FNAME: 'Old' }, tags: ['buyers'] },
  ]);
  await putLedger(engine, [{ address: ana, customer: 'c1', sent: { FNAME: 'Old' }, segments: [buyers] }]);
  const reason = action === 'keptOut' ? 'cleaned' : null;
  const desired = action === 'leave' || action === 'same' ? 0 : 1;
  const sent = JSON.stringify(fields ?? {});
  await engine.commit([
    sql`INSERT INTO export.plan_person (run, position, action, reason, address, email, customer_id, seen_status, status,
        fields, before, field_count, add_segments, remove_segments, archive)
      VALUES ('r1', 1, ${action}, ${reason}, ${ana}, ${ana}, 'c1', ${action === 'add' ? null : 'subscribed'}, 'subscribed',
        ${sent}, '{"FNAME":"Old"}', ${Object.keys(fields ?? {}).length}, []::VARCHAR[], []::VARCHAR[], FALSE)`,
    sql`INSERT INTO export.plan_count (run, action, reason, people) VALUES ('r1', ${action}, ${reason}, 1),
      ('r1', 'desired', NULL, ${desired})`,
  ]);
  if (answer !== undefined) {
    const { result, reason: why = null, status = null, tags = null, created = false } = answer;
    const held = answer.fields === undefined ? null : JSON.stringify(answer.fields);
    await engine.commit([
      sql`INSERT INTO export.outcome (run, position, address, result, reason, status, fields, tags, created)
        VALUES ('r1', 1, ${ana}, ${result}, ${why}, ${status}, ${held}, ${tags}, ${created})`,
    ]);
  }
  if (work !== undefined) {
    const [kind, done] = work;
    await engine.commit([
      sql`INSERT INTO export.tag_work (run, kind, segment, position, address, done)
        VALUES ('r1', ${kind}, ${kind === 'archive' ? null : buyers}, 1, ${ana}, ${done})`,
    ]);
  }
  return finishRun(
    engine,
    testRun({
      run: 'r1',
      audience,
      tags: [{ segment: buyers, name: 'Buyers', heldAs: 'Buyers', tagId: 7, origin: 'made' }],
    }),
  );
}

describe('the end of a run', () => {
  const fields = { FNAME: 'Ana' };
  it.each<Case>([
    {
      of: 'somebody new who was taken',
      action: 'add',
      fields,
      answer: { result: 'done', status: 'subscribed', fields: { FNAME: 'ANA' }, created: true },
      ended: 'done',
      ledger: { sent: '{"FNAME":"Ana"}', came_back: '{"FNAME":"ANA"}', created: true, segments: [buyers] },
      journal: ['create', 'field'],
    },
    {
      of: 'a change that was taken',
      action: 'update',
      fields,
      answer: { result: 'done', status: 'subscribed' },
      ended: 'done',
      ledger: { sent: '{"FNAME":"Ana"}', came_back: '{"FNAME":"Ana"}', created: false },
      journal: ['field'],
    },
    {
      of: 'somebody new of whom the audience keeps one field of two, and has one more',
      action: 'add',
      fields: { FNAME: 'Ana', ZIP: '1' },
      answer: { result: 'done', status: 'subscribed', fields: { ZIP: null, PHONE: '' } },
      ended: 'done',
      ledger: {
        sent: '{"FNAME":"Ana","ZIP":"1"}',
        came_back: '{"FNAME":"Ana","PHONE":""}',
        segments: [buyers],
      },
      journal: ['create', 'field', 'field'],
    },
    {
      of: 'a change that was refused',
      action: 'update',
      fields,
      answer: { result: 'rejected', reason: 'bad_field' },
      ended: ['rejected', 'bad_field'],
    },
    {
      of: 'a refusal without a reason',
      action: 'update',
      fields,
      answer: { result: 'failed' },
      ended: ['failed', 'unknown'],
    },
    {
      of: 'somebody who left meanwhile',
      action: 'update',
      fields,
      answer: { result: 'keptOut', reason: 'unsubscribed', status: 'unsubscribed' },
      ended: ['keptOut', 'unsubscribed'],
    },
    {
      of: 'somebody whom no answer spoke of',
      action: 'add',
      fields,
      answer: { result: 'unmentioned' },
      ended: ['failed', 'not_mentioned'],
    },
    { of: 'somebody who was not come to', action: 'add', fields, ended: ['failed', 'not_sent'] },
    {
      of: 'a tag that was given',
      action: 'update',
      work: ['tag', true],
      ended: 'done',
      ledger: { segments: [buyers], sent: '{"FNAME":"Old"}' },
      journal: ['tag'],
    },
    {
      of: 'a tag that was not given',
      action: 'update',
      work: ['tag', false],
      ended: ['failed', 'not_sent'],
    },
    {
      of: 'somebody taken whose tag was not given',
      action: 'update',
      fields,
      answer: { result: 'done', status: 'subscribed' },
      work: ['tag', false],
      ended: ['failed', 'not_sent'],
      // What was sent is known to be ours, though the rest of it failed.
      ledger: { sent: '{"FNAME":"Ana"}' },
      journal: ['field'],
    },
    {
      of: 'a leaver whose tag was taken',
      action: 'leave',
      work: ['untag', true],
      ended: 'done',
      ledger: { segments: [], left_at: expect.any(String) },
      journal: ['untag'],
    },
    {
      of: 'a leaver whose tag was not taken',
      action: 'leave',
      work: ['untag', false],
      ended: ['failed', 'not_sent'],
    },
    { of: 'somebody kept out by the plan', action: 'keptOut', ended: ['keptOut', 'cleaned'] },
  ])('of $of', async (one) => {
    const { action, ended, ledger, journal = [] } = one;
    const run = await finished(one);

    const row = (await engine.rows(sql`SELECT * FROM export.exported`)) as [Record<string, unknown>];
    expect(row).toMatchObject([{ address: ana, ...before, ...ledger }]);
    const kinds = await engine.rows<{ kind: string }>(sql`SELECT kind FROM export.journal ORDER BY kind`);
    expect(kinds.map(({ kind }) => kind)).toEqual(journal);

    // Everybody is counted once (promise 7), and the list of people says the same as the counts.
    expect(accountedFor(run.people)).toBe(run.people.desired);
    const [person] = (await Array.fromAsync(runPeople(engine, run))).flat();
    if (ended === 'done') {
      expect(run.people[action as 'add']).toBe(1);
      expect(person).toMatchObject({ ended: 'done', endReason: null });
    } else {
      const [count, reason] = ended;
      expect(person).toMatchObject({ ended: count, endReason: reason });
      expect(run.people[action as 'add'] ?? 0).not.toBe(1);
      // Leavers are counted apart, and those who did not leave not at all.
      if (action !== 'leave') expect(run.people[count]).toEqual({ [reason]: 1 });
    }
  });

  it('brings back into the ledger who had left, is wanted again and lacks nothing', async () => {
    await putLedger(engine, [{ address: ana, segments: [buyers], left: true }]);
    const run = 'r1' as RunId;
    await engine.commit([
      sql`INSERT INTO export.plan_person (run, position, action, address, email, fields, before, field_count, add_segments, remove_segments)
        VALUES (${run}, 1, 'same', ${ana}, ${ana}, '{}', '{}', 0, []::VARCHAR[], []::VARCHAR[])`,
    ]);
    await finishRun(engine, testRun({ run, audience }));
    expect(await engine.rows(sql`SELECT left_at, segments FROM export.exported`)).toEqual([
      { left_at: null, segments: [buyers] },
    ]);
  });
});
