import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ExportId, RunId, SegmentId } from '../base/ids.ts';
import type { Engine } from '../engine/engine.ts';
import { sql } from '../engine/sql.ts';
import { buildPlan, segmentsInLedger } from './build-plan.ts';
import type { PlanInput } from './plan-input.ts';
import { planTotals } from './plan-totals.ts';
import { refusal } from './export-tables.ts';
import type { PlannedTag } from './plan.ts';
import {
  audience,
  exportId,
  openPeopleTables,
  putAddresses,
  putLedger,
  putMembers,
  putProfiles,
} from './test-support/people-tables.ts';

let engine: Engine;
beforeEach(async () => {
  engine = await openPeopleTables();
});
afterEach(() => engine.close());

const tag = (segment: string): PlannedTag => ({
  segment: segment as SegmentId,
  name: segment,
  heldAs: segment,
  tagId: 1,
  origin: 'made',
});

async function plan(
  input: Partial<Omit<PlanInput, 'config'>> & { config?: Partial<PlanInput['config']> } = {},
) {
  const run = input.run ?? ('r1' as RunId);
  const result = await buildPlan(engine, {
    export: exportId as ExportId,
    audience,
    email: { name: 'email', type: 'text' },
    fields: [
      { tag: 'FNAME', type: 'text', attribute: { name: 'first', type: 'text' } },
      { tag: 'VISITS', type: 'number', attribute: { name: 'visits', type: 'number' } },
    ],
    tags: [tag('all')],
    ...input,
    run,
    config: { segments: ['all'], exclude: [], leavers: 'untag', newContacts: 'subscribed', ...input.config },
  });
  const rows = await engine.rows<Record<string, unknown>>(
    sql`SELECT * EXCLUDE (run) FROM export.plan_person WHERE run = ${run} ORDER BY position`,
  );
  return { ...result, rows };
}

const ana = { id: 'c1', email: 'ana@acme.test', first: 'Ana', segments: ['all'] };
const present = { address: 'ana@acme.test', status: 'subscribed', tags: ['all'] };

describe('whom a plan wants', () => {
  it('stores of a new person all that is to be sent', async () => {
    await putProfiles(engine, [{ ...ana, email: ' Ana@ACME.test ', visits: 5 }]);
    const { rows, people, changes } = await plan({ config: { newContacts: 'pending' } });
    expect(rows).toEqual([
      {
        position: 1,
        action: 'add',
        reason: null,
        address: 'ana@acme.test',
        email: 'Ana@ACME.test',
        customer_id: 'c1',
        seen_status: null,
        status: 'pending',
        fields: '{"FNAME":"Ana","VISITS":"5"}',
        before: '{"FNAME":"","VISITS":""}',
        field_count: 2,
        add_segments: ['all'],
        remove_segments: [],
        archive: false,
        detail: null,
        from_address: null,
      },
    ]);
    expect({ people, changes }).toEqual(await planTotals(engine, 'r1' as RunId));
  });

  // docs/addresses.md: "What is sent is the address as the source spells it, without outer blanks."
  it.each([' Ana@Acme.test ', '\tAna@Acme.test', 'Ana@Acme.test\r\n', '\u00a0Ana@Acme.test\u2028'])(
    'takes the blanks around %j away',
    async (email) => {
      await putProfiles(engine, [{ ...ana, email }]);
      const { rows } = await plan();
      expect(rows).toMatchObject([{ action: 'add', address: 'ana@acme.test', email: 'Ana@Acme.test' }]);
    },
  );

  it.each<{ of: string; firstSeen: [string, string]; winner: string }>([
    { of: 'the one known longest', firstSeen: ['2026-01-02', '2026-01-01'], winner: 'c2' },
    { of: 'else the smaller id', firstSeen: ['2026-01-01', '2026-01-01'], winner: 'c1' },
  ])('sends of two with one address $of, and reports the other', async ({ firstSeen, winner }) => {
    await putProfiles(
      engine,
      firstSeen.map((day, index) => ({
        ...ana,
        id: `c${index + 1}`,
        email: index === 0 ? 'ANA@acme.test' : ' ana@acme.test',
        firstSeen: `${day}T00:00:00.000Z`,
      })),
    );
    const { rows } = await plan();
    expect(rows.map(({ action, reason }) => [action, reason])).toEqual([
      ['add', null],
      ['rejected', 'duplicate_address'],
    ]);
    expect(rows[0]?.customer_id).toBe(winner);
  });

  it('counts a person of several segments once, and leaves out who is in an excluded one', async () => {
    await putProfiles(engine, [
      { ...ana, segments: ['all', 'buyers', 'lapsed'] },
      { ...ana, id: 'c2', email: 'ion@acme.test', segments: ['all', 'staff'] },
    ]);
    const config = { segments: ['all', 'buyers'], exclude: ['staff'] };
    const { people, rows } = await plan({ config, tags: [tag('all'), tag('buyers')] });
    expect(people).toMatchObject({ desired: 1, add: 1 });
    expect(rows).toMatchObject([{ add_segments: ['all', 'buyers'] }]);
  });

  it('takes the place of what a plan of the same run stored before', async () => {
    await putProfiles(engine, [ana]);
    await plan();
    const { people, rows } = await plan();
    expect(people).toMatchObject({ desired: 1, add: 1 });
    expect(rows).toHaveLength(1);
  });
});

describe('which fields a plan changes', () => {
  it.each<{
    of: string;
    first?: string | null;
    held?: Record<string, string>;
    sent?: Record<string, string>;
    cameBack?: Record<string, string>;
    fields: Record<string, string> | null;
  }>([
    { of: 'none, where the audience holds what we have', held: { FNAME: 'Ana' }, fields: null },
    { of: 'one that differs', held: { FNAME: 'Anna' }, fields: { FNAME: 'Ana' } },
    { of: 'one that is blank there', fields: { FNAME: 'Ana' } },
    { of: 'none to a blank', first: null, held: { FNAME: 'Ana' }, fields: null },
    { of: 'none to blanks', first: '  ', held: { FNAME: 'Ana' }, fields: null },
    {
      of: 'none that Mailchimp keeps in its own form of what we sent',
      held: { FNAME: 'ANA' },
      sent: { FNAME: 'Ana' },
      cameBack: { FNAME: 'ANA' },
      fields: null,
    },
    {
      of: 'one that somebody changed since it came back',
      held: { FNAME: 'Anna' },
      sent: { FNAME: 'Ana' },
      cameBack: { FNAME: 'ANA' },
      fields: { FNAME: 'Ana' },
    },
    {
      of: 'one whose source has changed since we sent it',
      held: { FNAME: 'ANA' },
      sent: { FNAME: 'Anamaria' },
      cameBack: { FNAME: 'ANA' },
      fields: { FNAME: 'Ana' },
    },
    {
      of: 'one that Mailchimp took and kept blank: not again',
      sent: { FNAME: 'Ana' },
      cameBack: {},
      fields: null,
    },
    { of: 'one by its case', held: { FNAME: 'ana' }, fields: { FNAME: 'Ana' } },
  ])('$of', async ({ first = 'Ana', held = {}, sent = {}, cameBack = {}, fields }) => {
    await putProfiles(engine, [{ ...ana, first }]);
    await putMembers(engine, [{ ...present, fields: { CITY: 'Iași', ...held } }]);
    await putLedger(engine, [{ address: 'ana@acme.test', sent, cameBack, segments: ['all'] }]);
    const { rows } = await plan();
    expect(rows.map((row) => JSON.parse(String(row.fields)) as unknown)).toEqual(
      fields === null ? [] : [fields],
    );
    expect(rows.map((row) => row.status)).toEqual(fields === null ? [] : ['subscribed']);
  });
});

describe('whom Mailchimp refused', () => {
  const refused = (changes: Partial<Record<'kind' | 'reason' | 'fields', string | null>>) => {
    const row = { kind: 'rejected', reason: 'bad_field', fields: '{"FNAME":"Ana"}', ...changes };
    return engine.commit([
      {
        into: refusal,
        columns: refusal.columns,
        rows: [[audience, 'ana@acme.test', row.kind, row.reason, row.fields, '2026-11-24T06:00:00.000Z']],
      },
    ]);
  };

  it('is not sent the same again', async () => {
    await putProfiles(engine, [ana]);
    await refused({});
    expect((await plan()).rows).toMatchObject([{ action: 'rejected', reason: 'bad_field' }]);
  });

  it('is sent something else', async () => {
    await putProfiles(engine, [{ ...ana, first: 'Anna' }]);
    await refused({});
    expect((await plan()).rows).toMatchObject([{ action: 'add' }]);
  });

  it('is never sent when it was for good, until they are in the audience by themselves', async () => {
    await putProfiles(engine, [{ ...ana, first: 'Anna' }]);
    await refused({ kind: 'keptOut', reason: 'deleted', fields: null });
    expect((await plan()).rows).toMatchObject([{ action: 'keptOut', reason: 'deleted' }]);
    await putMembers(engine, [present]);
    expect((await plan()).rows).toMatchObject([{ action: 'update' }]);
  });
});

describe('who leaves', () => {
  it.each<{
    of: string;
    leavers: PlanInput['config']['leavers'];
    created?: boolean;
    status?: string;
    held?: string[];
    expected: { status: string | null; remove_segments: string[]; archive?: boolean };
  }>([
    { of: 'untag', leavers: 'untag', expected: { status: 'subscribed', remove_segments: ['all'] } },
    { of: 'keep', leavers: 'keep', expected: { status: 'subscribed', remove_segments: [] } },
    {
      of: 'archive, our own contact',
      leavers: 'archive',
      created: true,
      expected: { status: 'subscribed', archive: true, remove_segments: ['all'] },
    },
    {
      of: 'archive, a contact of theirs',
      leavers: 'archive',
      expected: { status: 'subscribed', remove_segments: ['all'] },
    },
    {
      of: 'a bounced one is not archived',
      leavers: 'archive',
      created: true,
      status: 'cleaned',
      expected: { status: 'cleaned', remove_segments: ['all'] },
    },
    {
      of: 'a tag they do not hold is not taken',
      leavers: 'untag',
      held: ['theirs'],
      expected: { status: 'subscribed', remove_segments: [] },
    },
  ])(
    '$of',
    async ({ leavers, created = false, status = 'subscribed', held = ['all', 'theirs'], expected }) => {
      await putMembers(engine, [{ ...present, status, tags: held }]);
      await putLedger(engine, [{ address: 'ana@acme.test', customer: 'c1', segments: ['all'], created }]);
      const { rows } = await plan({ config: { leavers } });
      expect(rows).toMatchObject([{ action: 'leave', seen_status: status, fields: '{}', ...expected }]);
    },
  );

  it('does so once', async () => {
    await putMembers(engine, [present]);
    await putLedger(engine, [{ address: 'ana@acme.test', segments: [], left: true }]);
    expect((await plan()).people.leave).toBe(0);
  });

  it('takes the tags of those whom an earlier "keep" let go with them', async () => {
    await putMembers(engine, [present]);
    await putLedger(engine, [{ address: 'ana@acme.test', segments: ['all'], left: true }]);
    expect((await plan()).people.leave).toBe(1);
    expect((await plan({ config: { leavers: 'keep' } })).people.leave).toBe(0);
  });

  it('counts nobody as archived whom somebody else has archived already', async () => {
    await putMembers(engine, [{ ...present, status: 'archived' }]);
    await putLedger(engine, [{ address: 'ana@acme.test', segments: ['all'] }]);
    const { people, changes } = await plan();
    expect(people.leave).toBe(1);
    expect(changes.archive).toBe(0);
  });
});

describe('who left under another address', () => {
  const ion = { ...ana, id: 'c2', email: 'ion@acme.test' };
  const away = { address: 'old@acme.test', status: 'unsubscribed' };

  it('is kept out when a source has that address', async () => {
    await putProfiles(engine, [ana, ion]);
    await putAddresses(engine, { 'old@acme.test': 'c1' });
    await putMembers(engine, [away]);
    const { rows } = await plan();
    expect(rows).toMatchObject([
      { action: 'add', address: 'ion@acme.test' },
      { action: 'keptOut', reason: 'left_under_other_address', address: 'ana@acme.test' },
    ]);
  });

  it('is kept out when they were wanted under it before, though no source has it any more', async () => {
    await putProfiles(engine, [{ ...ana, email: 'old@acme.test' }]);
    await plan();
    await putMembers(engine, [away]);
    await putProfiles(engine, [ana]);
    expect((await plan({ run: 'r2' as RunId })).rows).toMatchObject([
      { action: 'keptOut', reason: 'left_under_other_address' },
    ]);
  });
});

describe('segmentsInLedger', () => {
  it('lists each once, in order', async () => {
    await putLedger(engine, [
      { address: 'a@acme.test', segments: ['two', 'one'] },
      { address: 'b@acme.test', segments: ['one'] },
      { address: 'c@acme.test', segments: [] },
    ]);
    expect(await segmentsInLedger(engine, exportId as ExportId)).toEqual(['one', 'two']);
    expect(await segmentsInLedger(engine, 'other' as ExportId)).toEqual([]);
  });
});
