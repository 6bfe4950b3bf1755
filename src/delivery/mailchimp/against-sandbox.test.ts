import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../base/clock.ts';
// Only this test knows the sandbox: the client knows nothing but the wire.
import { startSandbox, type Sandbox } from '../../sandbox/sandbox.ts';
import type { BatchMember, Member } from './audience-model.ts';
import { classifyPerson } from './classify-person.ts';
import type { MailchimpClient, MailchimpOptions } from './mailchimp-client.ts';
import { MailchimpOutcomeUnknown } from './mailchimp-error.ts';
import { openMailchimpClient } from './open-mailchimp-client.ts';
import { readMembers } from './read-audience.ts';
import { fastClock } from './test-support/clocks.ts';

let sandbox: Sandbox;
let client: MailchimpClient;
const audience = 'L1';

function open(options: Partial<MailchimpOptions> = {}): MailchimpClient {
  const { apiRoot, apiKey: token } = sandbox;
  // Waits for another try pass quickly; the deadline is far, so that a busy machine is no time-out.
  const hurried = { clock: fastClock(50), deadlineMs: 5_000_000 };
  return openMailchimpClient({ apiRoot, token, ...hurried, ...options });
}

beforeEach(async () => {
  sandbox = await startSandbox();
  sandbox.control.createAudience({ id: audience, name: 'News', tags: ['VIP'] });
  client = open();
});

afterEach(async () => {
  await client.close();
  await sandbox.close();
});

const person = (n: number, more: Partial<BatchMember> = {}): BatchMember => ({
  address: `person${n}@acme.test`,
  status: 'subscribed',
  mergeFields: { FNAME: `Ana ${n}` },
  ...more,
});

async function everybody(): Promise<Map<string, Member>> {
  const found = new Map<string, Member>();
  for await (const page of readMembers(client, audience))
    for (const member of page) found.set(member.address, member);
  return found;
}

describe('the client and the sandbox', () => {
  it('agree about an account, an audience, its fields and its tags', async () => {
    expect(await client.account()).toMatchObject({ role: 'owner' });
    expect(await client.audience(audience)).toMatchObject({ id: audience, name: 'News', memberCount: 0 });
    expect((await client.mergeFields(audience)).map(({ tag }) => tag)).toContain('FNAME');
    expect(await client.tags(audience)).toMatchObject([{ name: 'VIP' }]);
    expect(await client.createTag(audience, 'vip')).toMatchObject({ name: 'VIP', existed: true });

    const made = await client.createTag(audience, 'Big');
    expect(made).toMatchObject({ name: 'Big', existed: false });
    expect(await client.renameTag(audience, made.id, 'Bigger')).toMatchObject({
      id: made.id,
      name: 'Bigger',
    });
  });

  it.each(['honoured', 'ignored', 'refused'] as const)(
    'write and read people, `fields` on POST %s',
    async (postFields) => {
      sandbox.control.setModes({ postFields });
      const first = await client.upsert(audience, [person(1), person(2, { tags: ['Big'] })]);
      expect(first.created.map(({ address, status }) => [address, status])).toEqual([
        ['person1@acme.test', 'subscribed'],
        ['person2@acme.test', 'subscribed'],
      ]);
      expect(first.created[1]?.tags).toEqual(['Big']);
      const again = await client.upsert(audience, [person(1, { mergeFields: { FNAME: '' } })]);
      expect(again).toMatchObject({ created: [], updated: [{ mergeFields: { FNAME: '' } }], errors: [] });

      const [vip] = await client.tags(audience);
      const change = await client.changeTag(audience, vip?.id ?? 0, {
        add: ['person1@acme.test', 'nobody@acme.test'],
        remove: ['person2@acme.test'],
      });
      expect(change).toMatchObject({ added: 1, addedAddresses: ['person1@acme.test'], removed: 0 });
      expect(await client.member(audience, 'Person1@acme.test')).toMatchObject({ tags: ['VIP'] });
      expect(await client.member(audience, 'nobody@acme.test')).toBeUndefined();

      expect(await client.archive(audience, 'person1@acme.test')).toBe('archived');
      expect(await client.archive(audience, 'nobody@acme.test')).toBe('gone');
      expect(await client.archive(audience, 'person1@acme.test')).toBe('refused');
      expect(await client.member(audience, 'person1@acme.test')).toMatchObject({ status: 'archived' });
    },
  );

  it('understand each other about people who are not taken', async () => {
    sandbox.control.createAudience({
      id: 'L2',
      name: 'Strict',
      mergeFields: [{ tag: 'LTV', name: 'Value', type: 'number' }],
    });
    const { control } = sandbox;
    const members = ['left', 'gone'].map((name) => ({ address: `${name}@acme.test` }));
    control.seedMembers({ audience: 'L2', members });
    control.act({ audience: 'L2', address: 'left@acme.test', act: { kind: 'unsubscribeSelf' } });
    control.act({ audience: 'L2', address: 'gone@acme.test', act: { kind: 'deletePermanently' } });

    const answer = await client.upsert('L2', [
      person(1),
      { ...person(2), address: 'left@acme.test' },
      { ...person(3), address: 'gone@acme.test' },
      { ...person(4), address: 'someone@example.com' },
      person(5, { mergeFields: { LTV: 'much' } }),
      { ...person(1), address: 'PERSON1@acme.test' },
    ]);
    const reasons = answer.errors.map((error) => [error.address.toLowerCase(), classifyPerson(error).reason]);
    expect(Object.fromEntries(reasons)).toEqual({
      'left@acme.test': 'compliance',
      'gone@acme.test': 'deleted',
      'someone@example.com': 'fake_address',
      'person5@acme.test': 'bad_field',
      'person1@acme.test': 'duplicate',
    });
    expect(answer.created).toHaveLength(1);
  });

  it('read an audience of any status, whole and then only what changed', async () => {
    await client.close();
    client = open({ clock: systemClock });
    const { control } = sandbox;
    control.fillAudience({ audience, count: 3_500 });
    const rest = ['unsubscribed', 'cleaned', 'pending', 'transactional', 'archived'] as const;
    for (const status of rest)
      control.fillAudience({ audience, count: 20, status, address: `${status}{n}@acme.test` });
    const reading = readMembers(client, audience);
    expect(new Set((await Array.fromAsync(reading)).flat().map(({ id }) => id)).size).toBe(3_600);
    expect(reading.short).toEqual([]);

    control.advanceTime({ seconds: 60 });
    control.act({ audience, address: 'person7@acme.test', act: { kind: 'unsubscribeSelf' } });
    const since = new Date((reading.nextSince?.getTime() ?? 0) + 30_000).toISOString();
    const changed = (await Array.fromAsync(readMembers(client, audience, { since }))).flat();
    expect(changed).toMatchObject([{ address: 'person7@acme.test', status: 'unsubscribed' }]);
  });

  it.each(['problem', 'html 429', 'html 403', 'empty 429'] as const)(
    'get everybody in when others take most of the ceiling, told by %s',
    async (flood) => {
      sandbox.control.setModes({ ceiling: 3, flood });
      sandbox.control.setLatency({ kind: 'fixed', ms: 5 });
      const chunks = Array.from({ length: 40 }, (_, chunk) => [person(2 * chunk), person(2 * chunk + 1)]);
      const answers = await Promise.all(chunks.map((chunk) => client.upsert(audience, chunk)));
      expect(answers.flatMap(({ created }) => created)).toHaveLength(80);
      expect(client.stats().throttled).toBeGreaterThan(0);
    },
  );

  it.each([
    ['a cut connection', { kind: 'reset' }],
    ['a 502', { kind: 'status', status: 502, body: 'html' }],
    ['a 500', { kind: 'status', status: 500, body: 'problem' }],
  ] as const)('leave no doubt about doubt: %s after the work, and before it', async (_what, answer) => {
    const post = { method: 'POST', answer };
    sandbox.control.addFault({ ...post, when: 'after' });
    await expect(client.upsert(audience, [person(1)])).rejects.toBeInstanceOf(MailchimpOutcomeUnknown);
    sandbox.control.addFault({ ...post, when: 'before' });
    await expect(client.upsert(audience, [person(2)])).rejects.toBeInstanceOf(MailchimpOutcomeUnknown);
    expect([...(await everybody()).keys()]).toEqual(['person1@acme.test']);
  });

  it('never have more than the ceiling in flight, whatever happens to requests', async () => {
    await client.close();
    // The server's own cut comes long before the work is over; what we hear of it is a 502.
    client = open({ maxRequests: 4, deadlineMs: 15_000 });
    sandbox.control.setModes({ ceiling: 10, deadlineMs: 60 });
    sandbox.control.setLatency({ kind: 'lognormal', medianMs: 20, sigma: 1, maxMs: 250 });
    for (const when of ['before', 'after'] as const) {
      sandbox.control.addFault({ method: 'GET', rate: 0.1, times: null, when, answer: { kind: 'reset' } });
    }
    sandbox.control.fillAudience({ audience, count: 50 });
    await Promise.allSettled(
      Array.from({ length: 40 }, (_, n) => client.member(audience, `person${n}@acme.test`)),
    );
    expect(sandbox.control.counters().maxInFlight).toBeLessThanOrEqual(4);
  });
});
