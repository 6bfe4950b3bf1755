import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { SegmentId } from '../base/ids.ts';
import { sql } from '../engine/sql.ts';
import { audienceOverviews } from '../exports/audience-overview.ts';
import { describeRules } from '../segments/describe-rules.ts';
import { checkRules } from '../segments/check-rules.ts';
import { segmentConfig } from '../segments/segment-config.ts';
import { currentCatalogue, refresh } from './refresh.ts';
import { audienceId, TestLine, type TestPerson } from './test-support/test-line.ts';

/** What people do in Mailchimp comes back (docs/live-facts.md). */
let line: TestLine;
beforeEach(async () => {
  line = await TestLine.open();
});
afterEach(() => line.close());

const ana: TestPerson = { id: '1', email: 'ana@acme.test', first: 'Ana', last: 'Pop', buyer: 'yes' };
const ion: TestPerson = { id: '2', email: 'ion@acme.test', first: 'Ion', last: 'Rus', buyer: 'no' };
const eva: TestPerson = { id: '3', email: 'eva@acme.test', first: 'Eva', last: 'Dan', buyer: 'yes' };

function ask(segment: string, ...rules: unknown[]): void {
  const config = segmentConfig.parse({ name: segment, rules: { combinator: 'and', rules } });
  line.settings = {
    ...line.settings,
    segments: new Map([...line.settings.segments, [segment as SegmentId, config]]),
  };
}

async function membersOf(segment: string): Promise<unknown[]> {
  const rows = await line.engine.rows<{ email: string }>(sql`
    SELECT profile.email FROM segment.member AS member
    JOIN profile.profile AS profile ON profile.customer_id = member.customer_id
    WHERE member.segment = ${segment} ORDER BY profile.email`);
  return rows.map(({ email }) => email);
}

describe('a contact that changes its address in Mailchimp', () => {
  const addresses = () => Object.keys(line.audience()).toSorted();

  it('stays who it was: nothing is sent until something else changes, and then to the new address', async () => {
    await line.people([ana, ion]);
    await line.run();
    line.act('ana@acme.test', { kind: 'changeAddress', to: 'Ana.New@acme.test' });
    line.writes();
    expect((await line.run()).people).toMatchObject({ desired: 2, add: 0, unchanged: 2, leave: 0 });
    expect(line.writes()).toBe(0);

    await line.people([{ ...ana, first: 'Anna' }, ion]);
    expect((await line.run()).people).toMatchObject({ add: 0, update: 1, unchanged: 1, leave: 0 });
    expect(addresses()).toEqual(['ana.new@acme.test', 'ion@acme.test']);
    expect(line.audience()['ana.new@acme.test']).toMatchObject({
      fields: { FNAME: 'Anna' },
      tags: ['Buyers', 'Everyone'],
    });
  });

  it('may move twice, and back', async () => {
    await line.people([ana]);
    await line.run();
    for (const [from, to] of [
      ['ana', 'ana.two'],
      ['ana.two', 'ana.three'],
      ['ana.three', 'ana'],
    ]) {
      line.act(`${from}@acme.test`, { kind: 'changeAddress', to: `${to}@acme.test` });
      line.writes();
      expect((await line.run()).people, to).toMatchObject({ add: 0, unchanged: 1, leave: 0 });
      expect(line.writes()).toBe(0);
    }
    expect(await line.engine.rows(sql`SELECT from_address FROM export.renamed ORDER BY 1`)).toEqual([
      { from_address: 'ana.three@acme.test' },
      { from_address: 'ana.two@acme.test' },
    ]);
  });

  it('leaves under the new address and is kept out under the old one', async () => {
    await line.people([ana, ion]);
    await line.run();
    line.act('ana@acme.test', { kind: 'changeAddress', to: 'ana.new@acme.test' });
    line.act('ana.new@acme.test', { kind: 'unsubscribeSelf' });
    expect((await line.run()).people).toMatchObject({ add: 0, unchanged: 1, keptOut: { unsubscribed: 1 } });
    expect(addresses()).toEqual(['ana.new@acme.test', 'ion@acme.test']);
    // A source that learns the address, or has a third one, makes no difference.
    await line.people([{ ...ana, email: 'ana.new@acme.test' }, ion]);
    expect((await line.run()).people).toMatchObject({ add: 0, keptOut: { unsubscribed: 1 } });
    await line.people([{ ...ana, email: 'ana.third@acme.test' }, ion]);
    expect((await line.run()).people).toMatchObject({ add: 0, keptOut: { left_under_other_address: 1 } });
  });

  it('is one person with whoever has that address in a source', async () => {
    await line.people([ana, ion]);
    await line.run();
    line.act('ana@acme.test', { kind: 'changeAddress', to: 'shared@acme.test' });
    await line.people([ana, ion, { ...eva, email: 'shared@acme.test' }]);
    expect((await line.run()).people).toMatchObject({ add: 0, rejected: { duplicate_address: 1 } });
  });

  it('is left out of a plan that was made before', async () => {
    await line.people([ana, ion]);
    await line.run();
    await line.people([{ ...ana, first: 'Anna' }, ...crowd(30)]);
    const plan = await line.plan();
    line.act('ana@acme.test', { kind: 'changeAddress', to: 'ana.new@acme.test' });
    expect((await line.run({ plan: plan.run })).people).toMatchObject({ add: 30, keptOut: { moved: 1 } });
    expect(line.audience()['ana@acme.test']).toBeUndefined();
  });

  it('makes room for somebody else, who stands for themselves', async () => {
    await line.people([ana, ion]);
    await line.run();
    line.act('ana@acme.test', { kind: 'changeAddress', to: 'ana.new@acme.test' });
    await line.run();
    line.act('ana@acme.test', { kind: 'signUp' });
    const run = await line.run();
    expect(run.people).toMatchObject({ desired: 2, add: 0, update: 1, unchanged: 1 });
    expect(line.audience()['ana@acme.test']).toMatchObject({ fields: { FNAME: 'Ana' } });
  });

  it('is archived under the new address when it leaves the segments, if it came through us', async () => {
    line.configure({ leavers: 'archive' });
    await line.people([ana, eva]);
    await line.run();
    line.act('ana@acme.test', { kind: 'changeAddress', to: 'ana.new@acme.test' });
    await line.people([eva]);
    expect((await line.run()).people).toMatchObject({ leave: 1 });
    expect(line.audience()['ana.new@acme.test']?.status).toBe('archived');
  });
});

describe('what somebody is in Mailchimp, in segments', () => {
  const status = `mailchimp.${audienceId}.status`;

  it('is known to rules before segments are computed, whoever did it and whenever', async () => {
    ask('gone', { field: status, operator: 'in', value: ['unsubscribed', 'cleaned', 'archived'] });
    ask('strangers', { field: status, operator: 'null' });
    ask('lately', {
      combinator: 'or',
      rules: [{ field: `mailchimp.${audienceId}.since`, operator: 'withinLast', value: { days: 1 } }],
    });
    ask('reachable', { field: status, operator: '!=', value: 'cleaned', includeMissing: true });
    await line.people([ana, ion, eva]);
    expect(await membersOf('strangers')).toHaveLength(3);
    expect(await membersOf('gone')).toEqual([]);
    await line.run();

    line.act('ana@acme.test', { kind: 'unsubscribeSelf', reason: 'too many mails' });
    line.act('ion@acme.test', { kind: 'bounce' });
    await line.people([ana, ion, { ...eva, email: 'eva.new@acme.test' }]);
    expect(await membersOf('gone')).toEqual(['ana@acme.test', 'ion@acme.test']);
    // Eva is the contact that she was under her former address.
    expect(await membersOf('strangers')).toEqual([]);
    expect(await membersOf('lately')).toHaveLength(3);
    expect(await membersOf('reachable')).toEqual(['ana@acme.test', 'eva.new@acme.test']);
    const reasons = await line.engine.rows(
      sql`SELECT address, reason FROM export.contact_state WHERE reason IS NOT NULL ORDER BY address`,
    );
    expect(reasons).toEqual([
      { address: 'ana@acme.test', reason: 'too many mails' },
      { address: 'ion@acme.test', reason: 'bounced' },
    ]);
  });

  it('is what was last read when Mailchimp does not answer, and progress says so', async () => {
    ask('gone', { field: status, operator: '=', value: 'unsubscribed' });
    await line.people([ana, ion]);
    await line.run();
    line.act('ana@acme.test', { kind: 'unsubscribeSelf' });
    await line.people([ana, ion]);
    line.act('ion@acme.test', { kind: 'unsubscribeSelf' });
    line.sandbox.control.revokeToken();
    await line.people([ana, ion]);
    expect(await membersOf('gone')).toEqual(['ana@acme.test']);
    expect(line.said.at(-1)).toContain('segments use what was read last');
  });

  it.each([
    { what: 'a bug of ours', message: 'not a function' },
    { what: 'a cancel', message: 'Cancelled while the audience was read; nothing was sent.' },
  ])('is not taken for unreadable because of $what', async ({ what, message }) => {
    ask('gone', { field: status, operator: '=', value: 'unsubscribed' });
    await line.people([ana]);
    const cancel = new AbortController();
    const parts = line.parts();
    const refreshed = refresh(
      {
        ...parts,
        async openDestination(connection) {
          const destination = await parts.openDestination(connection);
          if (what === 'a cancel') cancel.abort(new Error('cancelled'));
          else
            destination.read = () => {
              throw new TypeError('not a function');
            };
          return destination;
        },
      },
      { until: 'segments', by: 'test', signal: cancel.signal },
    );
    await expect(refreshed).rejects.toThrow(message);
  });

  it('is not asked for when no rule speaks of it', async () => {
    await line.people([ana]);
    expect(line.sandbox.control.counters().requests).toBe(0);
  });

  it('is suggested, and stands in the sentence about the rules', async () => {
    await line.people([ana]);
    const catalogue = await currentCatalogue(line.parts());
    const rule = (field: string) => ({
      combinator: 'and' as const,
      rules: [{ field, operator: '=' as const, value: 'unsubscribed' }],
    });
    const { problems } = checkRules(rule(`mailchimp.${audienceId}.stats`), catalogue, 'rules');
    expect(problems).toMatchObject([
      { code: 'unknown_field', hint: expect.stringContaining(status) as string },
    ]);
    const { rules } = checkRules(rule(status), catalogue, 'rules');
    expect(describeRules(rules, catalogue)).toBe(`People for whom ${status} is “unsubscribed”.`);
  });
});

describe('since when', () => {
  const since = async () => {
    const [row] = await line.engine.rows<{ since: string }>(
      sql`SELECT since FROM export.audience_member WHERE address = 'ana@acme.test'`,
    );
    return row?.since;
  };

  it('is kept while the status stays, whatever else changes, and over a change of address', async () => {
    await line.people([ana]);
    await line.run();
    await line.run();
    const first = await since();
    line.sandbox.control.advanceTime({ seconds: 600 });
    line.act('ana@acme.test', { kind: 'editFields', mergeFields: { CITY: 'Arad' } });
    await line.run();
    expect(await since()).toBe(first);
    line.act('ana@acme.test', { kind: 'unsubscribeSelf' });
    await line.run();
    expect(Date.parse((await since()) ?? '') - Date.parse(first ?? '')).toBeGreaterThanOrEqual(590_000);
  });
});

describe('the audiences', () => {
  it('are told with what they hold, what of it is ours, and who left since', async () => {
    line.seed({ address: 'guest@acme.test' });
    await line.people([ana, ion]);
    await line.run();
    expect(await audienceOverviews(line.engine)).toMatchObject([
      {
        audience: audienceId,
        connection: 'account',
        name: 'Test audience',
        members: { subscribed: 3 },
        ours: 2,
        leftSinceLastRun: 0,
        calls: 0,
      },
    ]);
    line.sandbox.control.advanceTime({ seconds: 60 });
    line.act('ana@acme.test', { kind: 'unsubscribeSelf' });
    await line.plan();
    const [after] = await audienceOverviews(line.engine);
    expect(after).toMatchObject({
      members: { subscribed: 2, unsubscribed: 1 },
      ours: 1,
      leftSinceLastRun: 1,
    });
    expect(after?.lastFullRead).not.toBe(after?.lastRead);
  });
});

function crowd(count: number): TestPerson[] {
  return Array.from({ length: count }, (_, n) => ({
    id: `c${n}`,
    email: `crowd${n}@acme.test`,
    first: `C${n}`,
  }));
}
