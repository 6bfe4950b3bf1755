import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { RunId, SegmentId } from '../base/ids.ts';
import type { Engine } from '../engine/engine.ts';
import { sql } from '../engine/sql.ts';
import { takeInDoNotSend } from './do-not-send.ts';
import { countMoved, leaveOutDoNotSend, leaveOutMoved, type StartingPlan } from './moved-people.ts';
import { audience, openPeopleTables, putMembers, type Member } from './test-support/people-tables.ts';

const run = 'r1' as RunId;
const buyers = 'buyers' as SegmentId;
const now = new Date('2026-11-24T06:00:00.000Z');
const plan: StartingPlan = {
  run,
  audience,
  tags: [{ segment: buyers, name: 'Buyers', heldAs: 'Buyers', tagId: 7, origin: 'made' }],
  fields: ['FNAME'],
};

let engine: Engine;
let folder: string;
beforeEach(async () => {
  engine = await openPeopleTables();
  folder = mkdtempSync(join(tmpdir(), 'postrider-moved-'));
});
afterEach(async () => {
  await engine.close();
  rmSync(folder, { recursive: true });
});

interface Planned {
  action?: 'add' | 'update' | 'leave' | 'keptOut';
  address?: string;
  from?: string;
  seen?: string | null;
  before?: Record<string, string>;
  gives?: boolean;
  archive?: boolean;
}

async function put(planned: Planned): Promise<void> {
  const { action = 'update', address = 'ana@acme.test', from = null, seen = 'subscribed' } = planned;
  const { before = {}, gives = false, archive = false } = planned;
  await engine.commit([
    sql`INSERT INTO export.plan_person (run, position, action, address, from_address, seen_status, before, add_segments, archive)
      VALUES (${run}, 1, ${action}, ${address}, ${from}, ${seen}, ${JSON.stringify(before)},
        ${gives ? [buyers] : []}::VARCHAR[], ${archive})`,
  ]);
}

/** Why the one person of the plan was left out; undefined: they were not. */
async function leftOut(): Promise<string | undefined> {
  const [row] = await engine.rows<{ reason: string }>(
    sql`SELECT reason FROM export.outcome WHERE run = ${run} AND result = 'keptOut'`,
  );
  return row?.reason;
}

describe('who moved since the plan was made', () => {
  const ana: Member = { address: 'ana@acme.test', status: 'subscribed', fields: { FNAME: 'Ana' } };

  it.each<{ of: string; planned: Planned; members?: Member[]; why?: string }>([
    { of: 'as the plan saw them', planned: { before: { FNAME: 'Ana' } } },
    {
      of: 'unsubscribed since',
      planned: {},
      members: [{ ...ana, status: 'unsubscribed' }],
      why: 'unsubscribed',
    },
    { of: 'not in the audience any more', planned: {}, members: [], why: 'moved' },
    { of: 'new, and there by now', planned: { action: 'add', seen: null }, why: 'moved' },
    { of: 'new, and still not there', planned: { action: 'add', seen: null }, members: [] },
    { of: 'another value in a field of the plan', planned: { before: { FNAME: 'Anna' } }, why: 'moved' },
    { of: 'a blank field that somebody filled', planned: { before: { FNAME: '' } }, why: 'moved' },
    {
      of: 'given our tag by somebody else',
      planned: { gives: true },
      members: [{ ...ana, tags: ['buyers'] }],
      why: 'moved',
    },
    { of: 'another tag by somebody else', planned: { gives: true }, members: [{ ...ana, tags: ['vip'] }] },
    {
      of: 'a contact whose new address is taken by now',
      planned: { address: 'new@acme.test', from: 'ana@acme.test' },
      members: [ana, { address: 'new@acme.test', status: 'subscribed' }],
      why: 'moved',
    },
    { of: 'a leaver who only loses tags', planned: { action: 'leave' }, members: [] },
    { of: 'a leaver to be archived', planned: { action: 'leave', archive: true }, members: [], why: 'moved' },
    { of: 'somebody kept out anyway', planned: { action: 'keptOut' }, members: [] },
  ])('$of: $why', async ({ planned, members = [ana], why }) => {
    await putMembers(engine, members);
    await put(planned);
    expect((await countMoved(engine, plan)).moved).toBe(why === undefined ? 0 : 1);
    await engine.commit([leaveOutMoved(engine.dialect, plan, now)]);
    expect(await leftOut()).toBe(why);
  });
});

describe('who came onto the do-not-send list since the plan was made', () => {
  const renamed = sql`INSERT INTO export.renamed (audience, from_address, to_address, by_us)
    VALUES (${audience}, 'old@acme.test', 'ana@acme.test', FALSE)`;

  it.each<{ of: string; listed: string[]; action?: Planned['action']; moved?: boolean; why?: string }>([
    { of: 'nobody is listed', listed: [] },
    { of: 'others are listed', listed: ['ion@acme.test', 'old@acme.test'] },
    { of: 'the address is listed', listed: ['ana@acme.test'], why: 'do_not_send' },
    { of: 'a leaver is listed, who only loses tags', listed: ['ana@acme.test'], action: 'leave' },
    {
      of: 'the address is listed that the source has of a renamed contact',
      listed: ['old@acme.test'],
      moved: true,
      why: 'do_not_send',
    },
    { of: 'nobody is listed, and the contact was renamed', listed: [], moved: true },
  ])('$of: $why', async ({ listed, action = 'update', moved = false, why }) => {
    const file = join(folder, 'list.txt');
    writeFileSync(file, listed.join('\n'));
    await takeInDoNotSend(engine, file);
    if (moved) await engine.commit([renamed]);
    await put({ action });
    await engine.commit([leaveOutDoNotSend(engine.dialect, plan, now)]);
    expect(await leftOut()).toBe(why);
  });

  it('does not end anybody twice', async () => {
    const file = join(folder, 'list.txt');
    writeFileSync(file, 'ana@acme.test');
    await takeInDoNotSend(engine, file);
    await put({});
    await engine.commit([
      leaveOutMoved(engine.dialect, plan, now),
      leaveOutDoNotSend(engine.dialect, plan, now),
    ]);
    expect(await leftOut()).toBe('moved');
    expect(await engine.rows(sql`SELECT count(*) AS ends FROM export.outcome`)).toEqual([{ ends: 1 }]);
  });
});
