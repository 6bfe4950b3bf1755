import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Engine } from '../engine/engine.ts';
import { sql } from '../engine/sql.ts';
import { audiencesAskedFor, contactAttributes, publishContactState } from './contact-state.ts';
import { knownAddress, refusal, renamed } from './export-tables.ts';
import { audience, openPeopleTables, putAddresses, putMembers } from './test-support/people-tables.ts';

let engine: Engine;
beforeEach(async () => {
  engine = await openPeopleTables();
});
afterEach(() => engine.close());

const at = '2026-11-24T06:00:00.000Z';
const state = async () => {
  await publishContactState(engine);
  return engine.rows(sql`
    SELECT audience, customer_id, address, status, reason, since FROM export.contact_state ORDER BY customer_id`);
};
const known = (address: string, customer: string) =>
  engine.commit([{ into: knownAddress, columns: knownAddress.columns, rows: [[address, customer]] }]);

describe('what somebody is in an audience', () => {
  it('is what their contact is, by the id of the audience', async () => {
    await putAddresses(engine, { 'ana@acme.test': 'c1', 'ion@acme.test': 'c2' });
    await putMembers(engine, [
      { address: 'ana@acme.test', status: 'unsubscribed', reason: 'too many mails' },
      { address: 'guest@acme.test', status: 'subscribed' },
    ]);
    expect(await state()).toEqual([
      {
        audience: 'aud1',
        customer_id: 'c1',
        address: 'ana@acme.test',
        status: 'unsubscribed',
        reason: 'too many mails',
        since: at,
      },
    ]);
  });

  it.each<{ of: string; contacts: Record<string, string>; expected: string }>([
    {
      of: 'unsubscribed under one of two addresses, since nobody sends them under the other',
      contacts: { 'a@acme.test': 'subscribed', 'b@acme.test': 'unsubscribed' },
      expected: 'b@acme.test',
    },
    {
      of: 'unsubscribed under an address that no source has any more',
      contacts: { 'a@acme.test': 'subscribed', 'earlier@acme.test': 'unsubscribed' },
      expected: 'earlier@acme.test',
    },
    {
      of: 'reachable under one of two',
      contacts: { 'a@acme.test': 'cleaned', 'b@acme.test': 'subscribed' },
      expected: 'b@acme.test',
    },
    {
      of: 'what they are under an address of now, not of earlier',
      contacts: { 'a@acme.test': 'archived', 'earlier@acme.test': 'subscribed' },
      expected: 'a@acme.test',
    },
    {
      of: 'the first by name where nothing else tells them apart',
      contacts: { 'b@acme.test': 'pending', 'a@acme.test': 'pending' },
      expected: 'a@acme.test',
    },
  ])('is one thing: $of', async ({ contacts, expected }) => {
    await putAddresses(engine, { 'a@acme.test': 'c1', 'b@acme.test': 'c1' });
    await known('earlier@acme.test', 'c1');
    await putMembers(
      engine,
      Object.entries(contacts).map(([address, status]) => ({ address, status })),
    );
    expect(await state()).toMatchObject([{ address: expected, status: contacts[expected] }]);
  });

  it('is found under the address that the contact has by now', async () => {
    await putAddresses(engine, { 'ana@acme.test': 'c1' });
    await putMembers(engine, [{ address: 'ana.new@acme.test', status: 'subscribed' }]);
    await engine.commit([
      {
        into: renamed,
        columns: renamed.columns,
        rows: [[audience, 'ana@acme.test', 'ana.new@acme.test', at, null]],
      },
    ]);
    expect(await state()).toMatchObject([{ customer_id: 'c1', address: 'ana.new@acme.test' }]);
  });

  it.each([
    { status: 'cleaned', compliance: false, reason: 'bounced' },
    { status: 'unsubscribed', compliance: true, reason: 'compliance' },
    { status: 'subscribed', compliance: false, reason: null },
  ])('has a reason where Mailchimp gives none: $status, $reason', async ({ status, compliance, reason }) => {
    await putAddresses(engine, { 'ana@acme.test': 'c1' });
    await putMembers(engine, [{ address: 'ana@acme.test', status }]);
    const row = [audience, 'ana@acme.test', 'keptOut', 'compliance', null, at];
    if (compliance) await engine.commit([{ into: refusal, columns: refusal.columns, rows: [row] }]);
    expect(await state()).toMatchObject([{ status, reason }]);
  });
});

describe('audiencesAskedFor', () => {
  const attributes = contactAttributes(['aud1', 'aud2', 'aud1']);

  it('names each attribute once', () => {
    expect(attributes.map(({ name, type }) => `${name} ${type}`)).toEqual(
      ['aud1', 'aud2'].flatMap((id) => [
        `mailchimp.${id}.status text`,
        `mailchimp.${id}.reason text`,
        `mailchimp.${id}.since time`,
        `mailchimp.${id}.address text`,
      ]),
    );
  });

  it('finds them in nested groups and as the other field of a comparison', () => {
    const rules = {
      combinator: 'and' as const,
      rules: [
        {
          field: 'email',
          operator: '!=' as const,
          value: 'mailchimp.aud2.address',
          valueSource: 'field' as const,
        },
        { combinator: 'or' as const, rules: [{ field: 'mailchimp.aud1.status', operator: 'null' as const }] },
      ],
    };
    expect(audiencesAskedFor([rules], attributes)).toEqual(new Set(['aud1', 'aud2']));
    expect(audiencesAskedFor([{ combinator: 'and', rules: [] }], attributes)).toEqual(new Set());
    // A value is a value, whatever it looks like.
    const value = { field: 'email', operator: '=' as const, value: 'mailchimp.aud1.status' };
    expect(audiencesAskedFor([{ combinator: 'and', rules: [value] }], attributes)).toEqual(new Set());
  });
});
