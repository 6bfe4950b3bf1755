import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { sql } from '../engine/sql.ts';
import { examine } from './examine.ts';
import { audienceId, TestLine, type TestPerson } from './test-support/test-line.ts';

/** The promises of DESIGN §4 that exports keep, each told as what a user would see. */
let line: TestLine;
beforeEach(async () => {
  line = await TestLine.open();
});
afterEach(() => line.close());

const ana: TestPerson = {
  id: '1',
  email: 'Ana@Acme.test ',
  first: 'Ana',
  last: 'Pop',
  buyer: 'yes',
  city: 'Iași',
};
const ion: TestPerson = { id: '2', email: 'ion@acme.test', first: 'Ion', last: 'Rus', buyer: 'no' };
const eva: TestPerson = { id: '3', email: 'eva@acme.test', first: 'Eva', last: 'Dan', buyer: 'yes' };

describe('the main job', () => {
  it('puts people into the audience with fields and tags', async () => {
    await line.people([ana, ion]);
    const run = await line.run();
    expect(run).toMatchObject({
      status: 'succeeded',
      people: { desired: 2, add: 2, update: 0, unchanged: 0 },
    });
    expect(run.changes).toEqual({ fields: 5, tag: 3, untag: 0, archive: 0 });
    expect(line.audience()).toEqual({
      'ana@acme.test': {
        status: 'subscribed',
        fields: { FNAME: 'Ana', LNAME: 'Pop', CITY: 'Iași' },
        tags: ['Buyers', 'Everyone'],
      },
      'ion@acme.test': { status: 'subscribed', fields: { FNAME: 'Ion', LNAME: 'Rus' }, tags: ['Everyone'] },
    });
  });

  it('reports who cannot be sent, each once and with a reason', async () => {
    await line.people([
      ana,
      { ...ion, email: 'ANA@acme.test' },
      { id: '4', email: '' },
      { id: '5', email: 'not an address' },
      { id: '6', email: 'x@example.com' },
    ]);
    const { people } = await line.run();
    expect(people).toMatchObject({
      desired: 5,
      add: 1,
      rejected: { duplicate_address: 1, no_address: 1, invalid_address: 1, fake_address: 1 },
    });
  });
});

describe('1. never resubscribes', () => {
  it.each([
    { status: 'unsubscribed', reason: 'unsubscribed' },
    { status: 'cleaned', reason: 'cleaned' },
    { status: 'pending', reason: 'pending' },
    { status: 'archived', reason: 'archived' },
  ] as const)('keeps out who is $status', async ({ status, reason }) => {
    line.seed({ address: 'ana@acme.test', status });
    await line.people([ana, ion]);
    const before = line.audience()['ana@acme.test'];
    const run = await line.run();
    expect(run.people).toMatchObject({ add: 1, keptOut: { [reason]: 1 } });
    expect(line.audience()['ana@acme.test']).toEqual(before);
  });

  it('keeps out who left between two runs, by their own hand or by somebody in Mailchimp', async () => {
    await line.people([ana, ion]);
    await line.run();
    line.act('ana@acme.test', { kind: 'unsubscribeSelf' });
    line.act('ion@acme.test', { kind: 'unsubscribeByUi' });
    await line.people([
      { ...ana, first: 'Anna' },
      { ...ion, city: 'Cluj' },
    ]);
    expect((await line.run()).people).toMatchObject({ keptOut: { unsubscribed: 2 }, update: 0 });
    expect(line.audience()).toMatchObject({
      'ana@acme.test': { status: 'unsubscribed', fields: { FNAME: 'Ana' } },
      'ion@acme.test': { status: 'unsubscribed' },
    });
  });

  it('leaves the current status as it is: a transactional contact is not subscribed by an update', async () => {
    line.seed({ address: 'ana@acme.test', status: 'transactional' });
    await line.people([ana]);
    expect((await line.run()).people.update).toBe(1);
    expect(line.audience()['ana@acme.test']).toMatchObject({
      status: 'transactional',
      fields: { FNAME: 'Ana' },
    });
  });

  it('notices who leaves after the plan, before a chunk is sent', async () => {
    await line.people([ana, ion]);
    await line.run();
    await line.people([{ ...ana, first: 'Anna' }, { ...ion, first: 'Ioan' }, ...crowd(60)]);
    const plan = await line.plan();
    line.act('ana@acme.test', { kind: 'unsubscribeByUi' });
    const run = await line.run({ plan: plan.run });
    expect(run.people).toMatchObject({ update: 1, add: 60, keptOut: { unsubscribed: 1 } });
    expect(line.audience()['ana@acme.test']).toMatchObject({
      status: 'unsubscribed',
      fields: { FNAME: 'Ana' },
    });
  });

  it('knows at the end of a run who left while it was going', async () => {
    await line.people([ana, ion]);
    line.sandbox.control.addFault({ method: 'POST', path: '/segments/', answer: { kind: 'delay', ms: 300 } });
    line.sandbox.control.setModes({ tags: 'ignored' });
    const running = line.run();
    while (line.audience()['ana@acme.test'] === undefined)
      await new Promise((resolve) => setTimeout(resolve, 5));
    line.act('ana@acme.test', { kind: 'unsubscribeSelf' });
    await running;
    const facts = await line.engine.rows(
      sql`SELECT status FROM export.audience_member WHERE address = 'ana@acme.test'`,
    );
    expect(facts).toEqual([{ status: 'unsubscribed' }]);
  });

  it.each(['error', 'silentUnchanged', 'silentMissing'] as const)(
    'believes nobody subscribed whom Mailchimp keeps out (%s)',
    async (selfUnsubscribed) => {
      line.sandbox.control.setModes({ selfUnsubscribed });
      await line.people([ana, ...crowd(30)]);
      // They leave while the request is on its way: no read can show it in time.
      line.sandbox.control.addFault({
        method: 'POST',
        path: `^/lists/${audienceId}$`,
        answer: { kind: 'delay', ms: 150 },
      });
      const running = line.run();
      while ((await sending()) === 0) await new Promise((resolve) => setTimeout(resolve, 5));
      line.seed({ address: 'ana@acme.test', status: 'unsubscribed' });
      const run = await running;
      const reason = selfUnsubscribed === 'error' ? 'compliance' : 'unsubscribed';
      expect(run.people).toMatchObject({ add: 30, keptOut: { [reason]: 1 }, failed: {} });
      expect(line.audience()['ana@acme.test']?.status).toBe('unsubscribed');
      line.writes();
      expect((await line.run()).people).toMatchObject({ unchanged: 30, keptOut: { unsubscribed: 1 } });
      expect(line.writes()).toBe(0);
    },
  );

  it('sends people who were deleted for good once, and from then on never again', async () => {
    line.seed({ address: 'ana@acme.test' });
    line.act('ana@acme.test', { kind: 'deletePermanently' });
    await line.people([ana, ion]);
    expect((await line.run()).people).toMatchObject({ add: 1, keptOut: { deleted: 1 } });
    line.writes();
    await line.people([{ ...ana, first: 'Anna' }, ion]);
    expect((await line.run()).people).toMatchObject({ unchanged: 1, keptOut: { deleted: 1 } });
    expect(line.writes()).toBe(0);
  });

  it.each(['untag', 'archive'])(
    'does not bring back who was archived by somebody else, leavers: %s',
    async (leavers) => {
      line.configure({ leavers });
      await line.people([ana, eva]);
      await line.run();
      line.act('ana@acme.test', { kind: 'archive' });
      await line.people([eva]);
      await line.run();
      await line.people([ana, eva]);
      expect((await line.run()).people).toMatchObject({ add: 0, keptOut: { archived: 1 } });
    },
  );

  it('knows who has left even when the contact was archived afterwards', async () => {
    line.configure({ leavers: 'archive' });
    await line.people([ana, eva]);
    await line.run();
    line.act('ana@acme.test', { kind: 'unsubscribeByUi' });
    await line.people([eva]);
    await line.run();
    line.act('ana@acme.test', { kind: 'archive' });
    await line.people([ana, eva]);
    expect((await line.run()).people).toMatchObject({ add: 0, keptOut: { archived: 1 } });
    await line.people([{ ...ana, email: 'ana.other@acme.test' }, eva]);
    expect((await line.run()).people).toMatchObject({ add: 0, keptOut: { left_under_other_address: 1 } });
  });

  it('forgets that we archived somebody who came back, left and was archived by somebody else', async () => {
    line.configure({ leavers: 'archive' });
    await line.people([ana, eva]);
    await line.run();
    await line.people([eva]);
    await line.run();
    line.act('ana@acme.test', { kind: 'signUp' });
    await line.run();
    line.act('ana@acme.test', { kind: 'unsubscribeByUi' });
    line.act('ana@acme.test', { kind: 'archive' });
    await line.people([ana, eva]);
    expect((await line.run()).people).toMatchObject({ add: 0, keptOut: { archived: 1 } });
  });

  it('does not send who left while Mailchimp made us wait', async () => {
    line.freshMs = 300;
    await line.people([ana]);
    await line.run();
    await line.people([{ ...ana, first: 'Anna' }, ...crowd(30)]);
    const busy = { kind: 'status', status: 429, body: 'problem' } as const;
    line.sandbox.control.addFault({ method: 'POST', path: `^/lists/${audienceId}$`, answer: busy });
    const running = line.run();
    while (!line.sandbox.control.counters().byStatus[429])
      await new Promise((resolve) => setTimeout(resolve, 5));
    line.act('ana@acme.test', { kind: 'unsubscribeByUi' });
    expect((await running).people).toMatchObject({ add: 30, keptOut: { unsubscribed: 1 } });
    expect(line.audience()['ana@acme.test']).toMatchObject({
      status: 'unsubscribed',
      fields: { FNAME: 'Ana' },
    });
  });

  it('keeps out under a new address who left under the old one', async () => {
    await line.people([ana, ion]);
    await line.run();
    line.act('ana@acme.test', { kind: 'unsubscribeSelf' });
    await line.people([{ ...ana, email: 'ana.new@acme.test' }, ion]);
    expect((await line.run()).people).toMatchObject({ add: 0, keptOut: { left_under_other_address: 1 } });
    expect(line.audience()['ana.new@acme.test']).toBeUndefined();
  });
});

describe('2. touches only what is ours', () => {
  it('leaves foreign contacts, tags and fields as they are', async () => {
    line.seed(
      { address: 'guest@acme.test', mergeFields: { FNAME: 'Guest' }, tags: ['Gala'] },
      { address: 'ana@acme.test', mergeFields: { FNAME: 'A.', PHONE: '0712' }, tags: ['Gala', 'VIP'] },
    );
    await line.people([ana, eva]);
    await line.run();
    await line.people([ion, eva]);
    await line.run();
    expect(line.audience()).toMatchObject({
      'guest@acme.test': { status: 'subscribed', fields: { FNAME: 'Guest' }, tags: ['Gala'] },
      'ana@acme.test': { fields: { FNAME: 'Ana', PHONE: '0712' }, tags: ['Gala', 'VIP'] },
    });
  });

  it('refuses a tag of the same name that is there already', async () => {
    line.seed({ address: 'guest@acme.test', tags: ['buyers'] });
    await line.people([ana]);
    await expect(line.plan()).rejects.toMatchObject({ code: 'tag_exists' });
    expect(line.audience()['guest@acme.test']?.tags).toEqual(['buyers']);
  });

  it('takes an adopted tag only from those it gave it to', async () => {
    line.configure({ adoptTags: ['Buyers'] });
    line.seed(
      { address: 'guest@acme.test', tags: ['Buyers'] },
      { address: 'eva@acme.test', tags: ['Buyers'] },
    );
    const buyer = { ...ion, buyer: 'yes' };
    await line.people([ana, eva, buyer]);
    await line.run();
    await line.people([{ ...ana, buyer: 'no' }, { ...eva, buyer: 'no' }, buyer]);
    await line.run();
    expect(line.audience()).toMatchObject({
      'guest@acme.test': { tags: ['Buyers'] },
      'ana@acme.test': { tags: ['Everyone'] },
      'eva@acme.test': { tags: ['Buyers', 'Everyone'] },
    });
  });

  it('a blank never erases', async () => {
    line.seed({ address: 'ion@acme.test', mergeFields: { CITY: 'Arad' } });
    await line.people([ion]);
    await line.run();
    await line.people([{ ...ion, first: '  ' }]);
    expect((await line.run()).people.unchanged).toBe(1);
    expect(line.audience()['ion@acme.test']?.fields).toMatchObject({ FNAME: 'Ion', CITY: 'Arad' });
  });

  it.each([
    { leavers: 'untag', expected: { status: 'subscribed', tags: [] } },
    { leavers: 'archive', expected: { status: 'archived' } },
    { leavers: 'keep', expected: { status: 'subscribed', tags: ['Buyers', 'Everyone'] } },
  ])('does with leavers as the export says: $leavers', async ({ leavers, expected }) => {
    line.configure({ leavers });
    line.seed({ address: 'ion@acme.test' });
    await line.people([ana, ion, eva]);
    await line.run();
    await line.people([eva]);
    expect((await line.run()).people.leave).toBe(2);
    expect(line.audience()['ana@acme.test']).toMatchObject(expected);
    // Ion was there before us: he may lose our tags, and nothing else.
    expect(line.audience()['ion@acme.test']?.status).toBe('subscribed');
    line.writes();
    await line.run();
    expect(line.writes()).toBe(0);
  });

  it('lets people who left come back, archived ones too', async () => {
    line.configure({ leavers: 'archive' });
    await line.people([ana, eva]);
    await line.run();
    await line.people([eva]);
    await line.run();
    await line.people([ana, eva]);
    expect((await line.run()).people.add).toBe(1);
    expect(line.audience()['ana@acme.test']).toMatchObject({
      status: 'subscribed',
      tags: ['Buyers', 'Everyone'],
    });
    await line.people([eva]);
    expect((await line.run()).people.leave).toBe(1);
  });

  it('renames its tag with the segment and keeps it when the segment is no longer chosen until people lost it', async () => {
    await line.people([ana]);
    await line.run();
    line.rename('buyers', 'Customers');
    await line.run();
    expect(line.audience()['ana@acme.test']?.tags).toEqual(['Customers', 'Everyone']);
    line.configure({ segments: ['everyone'] });
    await line.run();
    expect(line.audience()['ana@acme.test']?.tags).toEqual(['Everyone']);
  });
});

describe('a tag name that passes from one segment to another', () => {
  it('stays with its own people', async () => {
    await line.people([ana, ion]);
    await line.run();
    const before = await segmentsOfAudience();
    line.rename('buyers', 'Best');
    line.rename('everyone', 'Buyers');
    await line.run();
    expect(line.audience()['ana@acme.test']?.tags).toEqual(['Best', 'Buyers']);
    expect(line.audience()['ion@acme.test']?.tags).toEqual(['Buyers']);
    expect(await segmentsOfAudience()).toEqual(
      new Map([
        ['Best', before.get('Buyers')],
        ['Buyers', before.get('Everyone')],
      ]),
    );
    line.writes();
    await line.run();
    expect(line.writes()).toBe(0);
  });
});

describe('tags that somebody changes in Mailchimp', () => {
  it('are made anew and given again when they were deleted', async () => {
    await line.people([ana, eva]);
    await line.run();
    const tags = await segmentsOfAudience();
    await fetch(`${line.sandbox.apiRoot}/lists/${audienceId}/segments/${tags.get('Buyers')}`, {
      method: 'DELETE',
      headers: { authorization: `Bearer ${line.sandbox.apiKey}` },
    });
    await line.run();
    expect(line.audience()['ana@acme.test']?.tags).toEqual(['Buyers', 'Everyone']);
  });

  it('are not followed by a look at whether all is well, which changes nothing', async () => {
    await line.people([ana]);
    await line.run();
    const tags = await segmentsOfAudience();
    await fetch(`${line.sandbox.apiRoot}/lists/${audienceId}/segments/${tags.get('Buyers')}`, {
      method: 'PATCH',
      headers: { authorization: `Bearer ${line.sandbox.apiKey}`, 'content-type': 'application/json' },
      body: JSON.stringify({ name: 'Renamed' }),
    });
    const known = () => line.engine.rows(sql`SELECT * FROM export.own_tag ORDER BY segment`);
    const before = await known();
    const findings = await Array.fromAsync(examine(line.parts(), line.folder));
    expect(findings).toContainEqual(expect.objectContaining({ about: 'export news', verdict: 'good' }));
    expect(await known()).toEqual(before);
    await line.plan();
    expect(await known()).not.toEqual(before);
  });

  it('cost nobody a request when they were renamed with their segment', async () => {
    await line.people([ana, eva]);
    await line.run();
    line.rename('everyone', 'Friends');
    await line.run();
    line.writes();
    expect((await line.run()).people).toMatchObject({ unchanged: 2, update: 0 });
    expect(line.writes()).toBe(0);
    expect(line.audience()['ana@acme.test']?.tags).toEqual(['Buyers', 'Friends']);
  });

  it('count as given when the answer of the call was lost, also in a cancelled run', async () => {
    line.sandbox.control.setModes({ tags: 'ignored' });
    line.sandbox.control.addFault({
      method: 'POST',
      path: '/segments/',
      when: 'after',
      times: 2,
      answer: { kind: 'reset' },
    });
    await line.people([ana, eva]);
    await line.run();
    await line.people([eva]);
    await line.run();
    expect(line.audience()['ana@acme.test']?.tags).toEqual([]);
  });

  it('do not count as given when no call went through', async () => {
    line.sandbox.control.setModes({ tags: 'ignored' });
    line.sandbox.control.addFault({
      method: 'POST',
      path: '/segments/',
      times: null,
      answer: { kind: 'reset' },
    });
    line.deadlineMs = 50;
    await line.people([ana]);
    expect((await line.run()).people).toMatchObject({ add: 0, failed: { not_sent: 1 } });
    line.sandbox.control.clearFaults();
    await line.run();
    expect(line.audience()['ana@acme.test']?.tags).toEqual(['Buyers', 'Everyone']);
  });
});

describe('3. sends only changes', () => {
  it('makes no write call over an unchanged world', async () => {
    await line.people([ana, ion]);
    await line.run();
    expect(line.writes()).toBeGreaterThan(0);
    const again = await line.run();
    expect(again.people).toMatchObject({ add: 0, update: 0, unchanged: 2 });
    expect(line.writes()).toBe(0);
  });

  it('does not resend values that Mailchimp keeps in a form of its own', async () => {
    const long = 'ș'.repeat(200);
    line.configure({ attributes: { FNAME: 'first_name', LNAME: 'last_name' } });
    await line.people([{ ...ana, last: long }]);
    await line.run();
    expect(String(line.audience()['ana@acme.test']?.fields.LNAME)).toHaveLength(127);
    line.writes();
    expect((await line.run()).people.unchanged).toBe(1);
    expect(line.writes()).toBe(0);
  });

  it('does not repeat what was refused until its cause changes', async () => {
    await line.people([{ ...ana, email: 'ana@example.com' }]);
    await line.run();
    line.writes();
    expect((await line.run()).people.rejected).toEqual({ fake_address: 1 });
    expect(line.writes()).toBe(0);
    await line.people([ana]);
    expect((await line.run()).people.add).toBe(1);
  });

  it('adopts what another tool put there and sends only differences', async () => {
    line.seed({ address: 'ana@acme.test', mergeFields: { FNAME: 'Ana', LNAME: 'Pop', CITY: 'Iași' } });
    await line.people([ana]);
    const run = await line.run();
    expect(run.people).toMatchObject({ add: 0, update: 1 });
    expect(run.changes).toEqual({ fields: 0, tag: 2, untag: 0, archive: 0 });
  });
});

describe('what is believed of the audience', () => {
  it('is read again where it does not add up: contacts deleted for good, or another account', async () => {
    await line.people([ana, ion]);
    await line.run();
    line.act('ion@acme.test', { kind: 'deletePermanently' });
    expect((await line.run()).people).toMatchObject({ unchanged: 1, keptOut: { deleted: 1 } });
    expect(line.said.join()).toContain('does not add up');
    line.sandbox.control.reset();
    line.sandbox.control.createAudience({
      id: audienceId,
      name: 'Anew',
      mergeFields: [{ tag: 'CITY', name: 'City', type: 'text' }],
    });
    expect((await line.run()).people).toMatchObject({ add: 1 });
    expect(line.audience()['ana@acme.test']?.tags).toEqual(['Buyers', 'Everyone']);
  });
});

describe('4. what you saw is what is done', () => {
  it('plans the same twice, and a plan is carried out once', async () => {
    await line.people([ana, ion]);
    const first = await line.plan();
    const second = await line.plan();
    expect({ ...second.people, changes: second.changes }).toEqual({
      ...first.people,
      changes: first.changes,
    });
    expect(second.ground).toBe(first.ground);
    await line.run({ plan: first.run });
    await expect(line.run({ plan: first.run })).rejects.toMatchObject({ code: 'plan_used' });
  });

  it('sends what the plan said, not what the data say by now', async () => {
    await line.people([ana]);
    const plan = await line.plan();
    await line.people([{ ...ana, first: 'Changed' }, ion]);
    await line.run({ plan: plan.run });
    expect(line.audience()).toEqual({
      'ana@acme.test': expect.objectContaining({ fields: expect.objectContaining({ FNAME: 'Ana' }) }),
    });
  });

  it('leaves out people who moved meanwhile, and refuses the whole when more than 5 % did', async () => {
    await line.people([ana, ...crowd(40)]);
    const plan = await line.plan();
    line.seed({ address: 'ana@acme.test', mergeFields: { FNAME: 'By hand' } });
    const run = await line.run({ plan: plan.run });
    expect(run.people).toMatchObject({ add: 40, keptOut: { moved: 1 } });

    await line.people([ion, eva]);
    const second = await line.plan();
    line.seed({ address: 'ion@acme.test' });
    line.writes();
    await expect(line.run({ plan: second.run })).rejects.toMatchObject({ code: 'plan_outdated' });
    expect(line.writes()).toBe(0);
  });

  it('refuses a plan whose ground changed', async () => {
    await line.people([ana]);
    const plan = await line.plan();
    line.configure({ leavers: 'keep' });
    await expect(line.run({ plan: plan.run })).rejects.toMatchObject({ code: 'plan_outdated' });
  });

  it('a canary sends so many people and lets nobody go', async () => {
    await line.people([ana, ion, eva]);
    const run = await line.run({ limit: 1 });
    expect(run.people).toMatchObject({ desired: 3, add: 1, keptOut: { beyond_limit: 2 } });
    expect((await line.run()).people).toMatchObject({ add: 2, unchanged: 1 });
  });
});

describe('7. every person ends somewhere', () => {
  it('looks for people whom the answer does not mention', async () => {
    await line.people([ana, ion]);
    // The first batch is written and its answer lost; the second answer is believed.
    line.sandbox.control.addFault({
      method: 'POST',
      path: `^/lists/${audienceId}$`,
      when: 'after',
      answer: { kind: 'reset' },
    });
    const run = await line.run();
    expect(run).toMatchObject({ status: 'succeeded', people: { add: 2 } });
    expect(line.audience()['ana@acme.test']?.tags).toEqual(['Buyers', 'Everyone']);
    line.writes();
    await line.run();
    expect(line.writes()).toBe(0);
  });

  it.each(['applied', 'ignored', 'notEchoed'] as const)(
    'gives the same tags when batches have them %s',
    async (tags) => {
      line.sandbox.control.setModes({ tags });
      await line.people([ana, ion]);
      expect((await line.run()).changes.tag).toBe(3);
      expect(line.audience()).toMatchObject({
        'ana@acme.test': { tags: ['Buyers', 'Everyone'] },
        'ion@acme.test': { tags: ['Everyone'] },
      });
      line.writes();
      await line.run();
      expect(line.writes()).toBe(0);
    },
  );
});

describe('8. brakes', () => {
  it('stops before the first write and goes on when a named person says so', async () => {
    line.configure({ limits: { leavers: '10%' } });
    await line.people([ana, ion, eva]);
    await line.run();
    await line.people([ana]);
    line.writes();
    const stopped = await line.run();
    expect(stopped).toMatchObject({ status: 'stopped', brake: { code: 'too_many_leavers' } });
    expect(line.writes()).toBe(0);
    await expect(line.release(stopped.run, '  ')).rejects.toMatchObject({ code: 'release_without_reason' });
    const released = await line.release(stopped.run);
    expect(released).toMatchObject({ status: 'succeeded', people: { leave: 2 }, release: { by: 'test' } });
    await expect(line.release(stopped.run)).rejects.toMatchObject({ code: 'run_not_stopped' });
  });

  it.each([
    { limits: { people: 1 }, code: 'too_many_people' },
    { limits: { contract: 1 }, code: 'contract_exceeded' },
  ])('stops at $code', async ({ limits, code }) => {
    line.configure({ limits });
    await line.people([ana, ion]);
    expect(await line.run()).toMatchObject({ status: 'stopped', brake: { code } });
  });

  it('stops when a segment became empty, whatever the share of leavers', async () => {
    await line.people([ana, ion]);
    await line.run();
    await line.people([{ ...ana, buyer: 'no' }, ion]);
    expect(await line.run()).toMatchObject({ status: 'stopped', brake: { code: 'segment_emptied' } });
  });
});

describe('9. cancel', () => {
  it('sends nothing new, and says how far it got', async () => {
    await line.people(crowd(3000));
    line.sandbox.control.setLatency({ kind: 'fixed', ms: 60 });
    const cancel = new AbortController();
    const running = line.run({ signal: cancel.signal });
    while (line.sandbox.control.counters().membersSent === 0)
      await new Promise((resolve) => setTimeout(resolve, 5));
    cancel.abort(new Error('cancelled'));
    const run = await running;
    expect(run.status).toBe('cancelled');
    expect(run.people.add + (run.people.failed.not_sent ?? 0)).toBe(3000);
    expect(Object.keys(line.audience())).toHaveLength(run.people.add);
  });
});

async function sending(): Promise<number> {
  const [row] = await line.engine.rows<{ n: number }>(
    sql`SELECT count(*) AS n FROM export.chunk WHERE state = 'sending'`,
  );
  return row?.n ?? 0;
}

async function segmentsOfAudience(): Promise<Map<string, number>> {
  const answer = await fetch(`${line.sandbox.apiRoot}/lists/${audienceId}/segments?type=static&count=100`, {
    headers: { authorization: `Bearer ${line.sandbox.apiKey}` },
  });
  const { segments } = (await answer.json()) as { segments: { id: number; name: string }[] };
  return new Map(segments.map(({ id, name }) => [name, id]));
}

function crowd(size: number): TestPerson[] {
  return Array.from({ length: size }, (_, index) => ({
    id: `c${index}`,
    email: `c${index}@acme.test`,
    first: `First ${index}`,
    last: `Last ${index}`,
    buyer: index % 2 === 0 ? 'yes' : 'no',
  }));
}
