import { afterEach, describe, expect, it } from 'vitest';
import type { MailchimpClient } from './mailchimp-client.ts';
import { openMailchimpClient } from './open-mailchimp-client.ts';
import { memberHash } from './member-hash.ts';
import { problem, startFake, type FakeServer } from './test-support/fake-server.ts';
import { fullMember } from './test-support/full-member.ts';

let fake: FakeServer;
let client: MailchimpClient;

async function serve(handler: Parameters<typeof startFake>[0]): Promise<void> {
  fake = await startFake(handler);
  client = openMailchimpClient({ apiRoot: fake.apiRoot, token: 'secret-us1' });
}

afterEach(async () => {
  await client.close();
  await fake.stop();
});

const ana = { address: 'ana@acme.test', status: 'subscribed', mergeFields: { FNAME: 'Ana' } } as const;
const batchOf = (members: unknown[]) => ({ new_members: members, updated_members: [], errors: [] });

describe('the client', () => {
  it('reads an account and an audience, asking for what it needs', async () => {
    await serve(({ path }) =>
      path === '/'
        ? {
            status: 200,
            json: { account_id: 'a', account_name: 'Post', username: 'ana', role: 'admin' },
          }
        : { status: 200, json: { id: 'L', name: 'News', stats: { member_count: 5, total_contacts: 9 } } },
    );
    expect(await client.account()).toEqual({
      accountId: 'a',
      accountName: 'Post',
      loginName: 'ana',
      role: 'admin',
    });
    expect(await client.audience('L')).toMatchObject({ id: 'L', memberCount: 5, totalContacts: 9 });
    expect(fake.requests[1]?.query.get('include_total_contacts')).toBe('true');
    expect(fake.requests[1]?.query.get('fields')).toContain('stats.total_contacts');
  });

  it('reads listings page by page', async () => {
    const all = Array.from({ length: 2_345 }, (_, id) => ({ id, name: `tag ${id}`, member_count: id }));
    await serve(({ query }) => {
      const offset = Number(query.get('offset'));
      const segments = all.slice(offset, offset + Math.min(1_000, Number(query.get('count'))));
      return { status: 200, json: { segments, total_items: all.length } };
    });
    const tags = await client.tags('L');
    expect(tags.map(({ id }) => id)).toEqual(all.map(({ id }) => id));
    expect(fake.requests.map(({ query }) => query.get('type'))).toEqual(['static', 'static', 'static']);
  });

  it('creates an empty tag, and finds the one of the same name in another case', async () => {
    await serve(({ method }, index) => {
      if (method === 'GET')
        return {
          status: 200,
          json: { segments: [{ id: 4, name: 'Big Spenders', member_count: 2 }], total_items: 1 },
        };
      return index === 0
        ? { status: 200, json: { id: 3, name: 'New', member_count: 0 } }
        : problem(400, 'Bad Request', 'Sorry, that tag already exists.');
    });
    expect(await client.createTag('L', 'New')).toEqual({
      id: 3,
      name: 'New',
      existed: false,
    });
    expect(await client.createTag('L', 'big spenders ')).toEqual({
      id: 4,
      name: 'Big Spenders',
      existed: true,
    });
    await expect(client.createTag('L', 'other')).rejects.toMatchObject({ code: 'mailchimp_tag_exists' });
  });

  it('renames a tag without touching who has it', async () => {
    await serve(() => ({ status: 200, json: { id: 4, name: 'Neu', member_count: 2 } }));
    await client.renameTag('L', 4, 'Neu');
    expect(fake.requests[0]).toMatchObject({
      method: 'PATCH',
      path: '/lists/L/segments/4',
      body: { name: 'Neu' },
    });
  });

  it('finds a member by the hash of the folded address, or undefined', async () => {
    await serve((_request, index) =>
      index === 0
        ? { status: 200, json: fullMember('Ana@acme.test') }
        : problem(404, 'Resource Not Found', 'The requested resource could not be found.'),
    );
    expect(await client.member('L', ' Ana@Acme.test')).toMatchObject({ address: 'Ana@acme.test' });
    expect(await client.member('L', 'nobody@acme.test')).toBeUndefined();
    expect(fake.requests[0]?.path).toBe(`/lists/L/members/${memberHash('ana@acme.test')}`);
  });

  it('does not take a proxy’s 404 for a missing person', async () => {
    await serve(() => ({ status: 404, html: '<html>no such site</html>' }));
    await expect(client.member('L', 'ana@acme.test')).rejects.toMatchObject({
      code: 'mailchimp_root_not_found',
    });
  });

  it('does not take a proxy’s 404 for a webhook that is gone', async () => {
    await serve(() => ({ status: 404, html: '<html>no such site</html>' }));
    await expect(client.deleteWebhook('L', 'w1')).rejects.toMatchObject({ code: 'mailchimp_root_not_found' });
  });

  it('reads a page of members with the times of the answer', async () => {
    await serve(() => ({
      status: 200,
      json: { members: [fullMember('a@b.c')], total_items: 41 },
      headers: { date: 'Tue, 24 Nov 2026 06:00:00 GMT' },
    }));
    const page = await client.memberPage('L', {
      status: 'pending',
      changedSince: '2026-11-01T00:00:00+00:00',
      offset: 0,
      count: 1_000,
    });
    expect(page.total).toBe(41);
    expect(page.asOf.getTime()).toBeLessThanOrEqual(Date.parse('2026-11-24T06:00:00Z'));
    expect(Object.fromEntries(fake.requests[0]?.query ?? [])).toMatchObject({
      status: 'pending',
      since_last_changed: '2026-11-01T00:00:00+00:00',
      sort_field: 'last_changed',
      sort_dir: 'ASC',
    });
  });

  it('upserts with update_existing and never sync_tags', async () => {
    await serve(() => ({
      status: 200,
      json: batchOf([{ email_address: ana.address, status: 'subscribed' }]),
    }));
    expect(await client.upsert('L', [{ ...ana, tags: ['Big'], language: 'ro' }])).toEqual({
      created: [{ address: ana.address, status: 'subscribed' }],
      updated: [],
      errors: [],
    });
    expect(fake.requests[0]).toMatchObject({ method: 'POST', path: '/lists/L' });
    expect(fake.requests[0]?.query.get('skip_duplicate_check')).toBe('false');
    expect(fake.requests[0]?.body).toEqual({
      members: [
        {
          email_address: ana.address,
          status: 'subscribed',
          merge_fields: { FNAME: 'Ana' },
          tags: ['Big'],
          language: 'ro',
        },
      ],
      update_existing: true,
    });
  });

  it('survives full answers where `fields` is ignored: 500 members, 2 MB', async () => {
    const members = Array.from({ length: 500 }, (_, i) => fullMember(`p${i}@acme.test`));
    await serve(() => ({ status: 200, json: batchOf(members) }));
    const answer = await client.upsert('L', [ana]);
    expect(answer.created).toHaveLength(500);
    expect(answer.created[499]).toMatchObject({ address: 'p499@acme.test', tags: ['VIP', 'Big spenders'] });
  });

  it('goes on without `fields`, for good, where the server refuses the parameter', async () => {
    await serve(({ query }) =>
      query.has('fields')
        ? problem(400, 'RequestedFieldsInvalid', 'The fields requested from this resource are invalid.')
        : { status: 200, json: batchOf([fullMember(ana.address)]) },
    );
    expect((await client.upsert('L', [ana])).created).toHaveLength(1);
    expect((await client.upsert('L', [ana])).created).toHaveLength(1);
    expect(fake.requests.map(({ query }) => query.has('fields'))).toEqual([true, false, false]);
  });

  it('changes a tag', async () => {
    await serve(() => ({
      status: 200,
      json: {
        members_added: [{ email_address: 'a@b.c' }],
        members_removed: [],
        errors: [],
        total_added: 1,
        total_removed: 0,
      },
    }));
    expect(await client.changeTag('L', 4, { add: ['a@b.c', 'x@y.z'] })).toMatchObject({
      added: 1,
      addedAddresses: ['a@b.c'],
    });
    expect(fake.requests[0]?.body).toEqual({ members_to_add: ['a@b.c', 'x@y.z'] });
  });

  it.each([
    [204, '', 'archived'],
    [404, 'The requested resource could not be found.', 'gone'],
    [
      405,
      'This list member cannot be removed. Can not archive a contact that is bounced, pending or archived',
      'refused',
    ],
  ])('archives: %i %s → %s', async (status, detail, outcome) => {
    await serve(() => (status === 204 ? { status } : problem(status, 'x', detail)));
    expect(await client.archive('L', ana.address)).toBe(outcome);
  });

  it('refuses more than 500 people before anything is sent', async () => {
    await serve(() => ({ status: 200, json: {} }));
    await expect(
      client.upsert(
        'L',
        Array.from({ length: 501 }, () => ana),
      ),
    ).rejects.toThrow('500');
    expect(fake.requests).toHaveLength(0);
  });

  it.each([
    [
      401,
      'API Key Invalid',
      "Your API key may be invalid, or you've attempted to access the wrong datacenter.",
      'mailchimp_key_refused',
    ],
    [403, 'Forbidden', 'You are not permitted to access this resource.', 'mailchimp_forbidden'],
    [404, 'Resource Not Found', 'The requested resource could not be found.', 'mailchimp_resource_not_found'],
  ])('stops at once on %i %s, telling what to do', async (status, title, detail, code) => {
    await serve(() => problem(status, title, detail));
    await expect(client.upsert('L', [ana])).rejects.toMatchObject({
      kind: 'configuration',
      code,
      hint: expect.stringMatching(/\w/),
      message: expect.stringContaining('(POST /lists/{list_id}) Mailchimp’s reference: 3f2b1c9d'),
    });
    expect(fake.requests).toHaveLength(1);
  });

  it('tells what it does without people’s data or the token', async () => {
    const events: object[] = [];
    fake = await startFake(() => ({ status: 200, json: fullMember(ana.address) }));
    client = openMailchimpClient({
      apiRoot: fake.apiRoot,
      token: 'secret-us1',
      observe: (event) => events.push(event),
    });
    await client.member('L', ana.address);
    expect(events).toEqual([
      {
        method: 'GET',
        template: '/lists/{list_id}/members/{subscriber_hash}',
        attempt: 1,
        outcome: 'answered',
        status: 200,
        ms: expect.any(Number),
        inFlight: 0,
        allowed: 8,
      },
    ]);
    expect(client.stats()).toMatchObject({ requests: 1, writes: 0, retries: 0, inFlight: 0, allowed: 8 });
  });

  it.each([0, 11, 2.5])('refuses a ceiling of %j', async (maxRequests) => {
    await serve(() => 'cut');
    expect(() => openMailchimpClient({ apiRoot: fake.apiRoot, token: 'x', maxRequests })).toThrow('1 to 10');
  });
});
