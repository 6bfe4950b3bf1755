import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { call } from './test-support/conformance-call.ts';
import { subscriberHash } from './md5-index.ts';
import { startSandbox } from './sandbox.ts';
import type { Sandbox } from './sandbox.ts';

let sandbox: Sandbox;
const api = (method: string, path: string, body?: unknown) => call(sandbox, method, path, body);
const member = (address: string) => `/lists/L/members/${subscriberHash(address)}`;
const batch = (members: unknown[], more: object = {}, query = '') =>
  api('POST', `/lists/L${query}`, { update_existing: true, members, ...more });
const statusOf = (address: string) => sandbox.control.memberState({ audience: 'L', address })?.status;

beforeAll(async () => {
  sandbox = await startSandbox();
});
afterAll(() => sandbox.close());
beforeEach(() => {
  sandbox.control.reset();
  sandbox.control.createAudience({
    id: 'L',
    name: 'Newsletter',
    mergeFields: [
      { tag: 'LTV', name: 'Lifetime value', type: 'number' },
      { tag: 'COLOUR', name: 'Colour', type: 'radio', choices: ['Red', 'Blue'] },
    ],
  });
});

function seed(address: string, more: object = {}) {
  sandbox.control.seedMembers({ audience: 'L', members: [{ address, ...more }] });
}

describe('FACTS §9.3: a batch with a bit of everything', () => {
  it('answers new, updated and refused members apart, each refusal in its own words', async () => {
    seed('old@acme.test');
    seed('gone@acme.test');
    sandbox.control.act({ audience: 'L', address: 'gone@acme.test', act: { kind: 'deletePermanently' } });
    const { status, json } = await batch([
      { email_address: 'new@acme.test', status: 'subscribed' },
      { email_address: 'old@acme.test', status: 'subscribed', merge_fields: { FNAME: 'Ana' } },
      { email_address: 'x@example.com', status: 'subscribed' },
      { email_address: 'gone@acme.test', status: 'subscribed' },
      { email_address: 'n@acme.test', status: 'subscribed', merge_fields: { LTV: 'much' } },
    ]);
    expect(status).toBe(200);
    expect([json.total_created, json.total_updated, json.error_count]).toEqual([1, 1, 3]);
    expect(json.new_members[0]).toMatchObject({ email_address: 'new@acme.test', status: 'subscribed' });
    expect(json.updated_members[0].merge_fields.FNAME).toBe('Ana');
    expect(json.errors).toHaveLength(3);
    expect(json.errors).toEqual(
      expect.arrayContaining([
        {
          email_address: 'x@example.com',
          error: 'x@example.com looks fake or invalid, please enter a real email address.',
          error_code: 'ERROR_GENERIC',
        },
        {
          email_address: 'gone@acme.test',
          error:
            'gone@acme.test was permanently deleted and cannot be re-imported. The contact must re-subscribe to get back on the list.',
          error_code: 'ERROR_GENERIC',
        },
        {
          email_address: 'n@acme.test',
          error: 'Your merge fields were invalid.',
          error_code: 'ERROR_GENERIC',
          field: 'LTV',
          field_message: 'Please enter a number',
        },
      ]),
    );
  });

  it('§4: without update_existing a known address is an error and nothing changes', async () => {
    seed('old@acme.test', { mergeFields: { FNAME: 'Old' } });
    const body = { update_existing: false };
    const { json } = await batch(
      [{ email_address: 'old@acme.test', status: 'unsubscribed', merge_fields: { FNAME: 'New' } }],
      body,
    );
    expect(json.errors).toEqual([
      {
        email_address: 'old@acme.test',
        error:
          'old@acme.test is already a list member, do you want to update? please provide update_existing:true in the request body',
        error_code: 'ERROR_CONTACT_EXISTS',
      },
    ]);
    expect(sandbox.control.memberState({ audience: 'L', address: 'old@acme.test' })).toMatchObject({
      status: 'subscribed',
      mergeFields: { FNAME: 'Old' },
    });
  });

  it.each([
    ['', 'Blank email address'],
    ['no-at-sign', 'Please provide a valid email address.'],
  ])('§8: the address %j is refused: %s', async (address, error) => {
    const { json } = await batch([{ email_address: address, status: 'subscribed' }]);
    expect(json.errors[0].error).toBe(error);
  });

  it('§4: a fault of the schema is an error of each member', async () => {
    const { json } = await batch([
      { email_address: 'a@acme.test', status: 'subscriber' },
      { email_address: 'b@acme.test', status: 'subscribed', merge_fields: { FNAME: null } },
    ]);
    expect(json.errors.map((row: { error: string }) => row.error)).toEqual([
      "The resource submitted could not be validated. For field-specific details, see the 'errors' array.",
      "The resource submitted could not be validated. For field-specific details, see the 'errors' array.",
    ]);
    expect(json.errors.map((row: { field: string }) => row.field).toSorted()).toEqual([
      'merge_fields.FNAME',
      'status',
    ]);
  });

  it.each(['honoured', 'ignored', 'refused'] as const)('§4: `fields` on this POST, mode %s', async (mode) => {
    sandbox.control.setModes({ postFields: mode });
    const { status, json } = await batch(
      [{ email_address: 'a@acme.test', status: 'subscribed' }],
      {},
      '?fields=total_created,new_members.email_address',
    );
    if (mode === 'refused') expect(status).toBe(400);
    else if (mode === 'ignored') expect(json.new_members[0]).toHaveProperty('location');
    else expect(json).toEqual({ new_members: [{ email_address: 'a@acme.test' }], total_created: 1 });
  });
});

describe('FACTS §9.4, §9.5, §9.9: people who left', () => {
  it.each([
    ['error', 0, 1],
    ['silentUnchanged', 1, 0],
    ['silentMissing', 0, 0],
  ] as const)('§9.4: self-unsubscribed in a batch, mode %s', async (mode, updated, errors) => {
    seed('left@acme.test');
    sandbox.control.act({ audience: 'L', address: 'left@acme.test', act: { kind: 'unsubscribeSelf' } });
    sandbox.control.setModes({ selfUnsubscribed: mode });
    const { json } = await batch([{ email_address: 'left@acme.test', status: 'subscribed' }]);
    expect([json.total_created, json.total_updated, json.error_count]).toEqual([0, updated, errors]);
    if (updated === 1) expect(json.updated_members[0].status).toBe('unsubscribed');
    if (errors === 1) expect(json.errors[0].error).toContain('is in a compliance state due to unsubscribe');
    expect(statusOf('left@acme.test')).toBe('unsubscribed');
  });

  it.each(['unsubscribeByUi', 'unsubscribeByApi'] as const)(
    '§9.5: after %s a batch resubscribes',
    async (kind) => {
      seed('left@acme.test');
      sandbox.control.act({ audience: 'L', address: 'left@acme.test', act: { kind } });
      await batch([{ email_address: 'left@acme.test', status: 'subscribed' }]);
      expect(statusOf('left@acme.test')).toBe('subscribed');
    },
  );

  it('§4: sending back the current status, or none, changes no status', async () => {
    for (const status of ['subscribed', 'unsubscribed', 'cleaned', 'pending', 'transactional'] as const) {
      seed(`${status}@acme.test`, { status });
      const fields = { merge_fields: { FNAME: 'Ana' } };
      const { json } = await batch([{ email_address: `${status}@acme.test`, status, ...fields }]);
      expect(json.updated_members[0]).toMatchObject({ status, merge_fields: { FNAME: 'Ana' } });
      await batch([{ email_address: `${status}@acme.test`, merge_fields: { FNAME: 'Bea' } }]);
      expect(statusOf(`${status}@acme.test`)).toBe(status);
    }
  });

  it('§4: a batch member without status, mode refused', async () => {
    seed('a@acme.test');
    sandbox.control.setModes({ missingStatus: 'refused' });
    const { json } = await batch([{ email_address: 'a@acme.test' }]);
    expect(json.errors[0].field).toBe('status');
  });

  it.each(['PUT', 'PATCH'])(
    '§9.9: %s subscribed is refused without `type`; pending is accepted',
    async (method) => {
      seed('a@acme.test');
      sandbox.control.act({ audience: 'L', address: 'a@acme.test', act: { kind: 'unsubscribeSelf' } });
      const refused = await api(method, member('a@acme.test'), {
        email_address: 'a@acme.test',
        status: 'subscribed',
      });
      expect(refused.status).toBe(400);
      expect(refused.json).toEqual({
        title: 'Member In Compliance State',
        status: 400,
        detail:
          'a@acme.test is in a compliance state due to unsubscribe, bounce, or compliance review and cannot be subscribed.',
        instance: refused.headers.get('x-request-id'),
      });
      const asked = await api(method, member('a@acme.test'), {
        email_address: 'a@acme.test',
        status: 'pending',
      });
      expect(asked.json.status).toBe('pending');
      sandbox.control.act({ audience: 'L', address: 'a@acme.test', act: { kind: 'confirm' } });
      expect(statusOf('a@acme.test')).toBe('subscribed');
    },
  );

  it('§4: pending mails at each batch call, with PUT only once', async () => {
    const mails = () =>
      sandbox.control.memberState({ audience: 'L', address: 'a@acme.test' })?.confirmationMails;
    await batch([{ email_address: 'a@acme.test', status: 'pending' }]);
    await batch([{ email_address: 'a@acme.test', status: 'pending' }]);
    expect(mails()).toBe(2);
    await api('PUT', member('a@acme.test'), { email_address: 'a@acme.test', status: 'pending' });
    expect(mails()).toBe(2);
  });
});

describe('FACTS §9.6: limits of one batch', () => {
  it('501 members fail the whole call and nothing is written', async () => {
    const members = Array.from({ length: 501 }, (_, index) => ({
      email_address: `p${index}@acme.test`,
      status: 'subscribed',
    }));
    const { status, json } = await batch(members);
    expect([status, json.title]).toEqual([400, 'Invalid Resource']);
    expect(sandbox.control.audienceState({ audience: 'L' }).total).toBe(0);
    expect((await batch(members.slice(0, 500))).json.total_created).toBe(500);
  });

  it('members that are no list fail the whole call', async () => {
    expect((await api('POST', '/lists/L', { members: 'a@acme.test' })).status).toBe(400);
    expect((await api('POST', '/lists/L', {})).status).toBe(400);
  });

  it.each([
    ['', 1],
    ['?skip_duplicate_check=true', 0],
  ])('repeats that differ in case and outer spaces, query %j: the first wins', async (query, errors) => {
    const { json } = await batch(
      [
        { email_address: 'a@acme.test', status: 'subscribed', merge_fields: { FNAME: 'First' } },
        { email_address: ' A@ACME.test ', status: 'subscribed', merge_fields: { FNAME: 'Second' } },
      ],
      {},
      query,
    );
    expect([json.total_created, json.error_count]).toEqual([1, errors]);
    expect(json.new_members[0].merge_fields.FNAME).toBe('First');
  });
});

describe('FACTS §9.7: merge fields', () => {
  it('drops unknown tags with 200, erases with "", answers numbers as numbers', async () => {
    seed('a@acme.test', { mergeFields: { FNAME: 'Ana', LTV: 3 } });
    const { status, json } = await api('PATCH', member('a@acme.test'), {
      merge_fields: { FNAME: '', LTV: '12', NOSUCH: 'x', email_address: 'y' },
    });
    expect(status).toBe(200);
    expect(json.merge_fields).toMatchObject({ FNAME: '', LTV: 12 });
    expect(json.merge_fields).not.toHaveProperty('NOSUCH');
  });

  it('refuses an incomplete address and a wrong choice in one problem', async () => {
    const { status, json } = await api('PUT', member('a@acme.test'), {
      email_address: 'a@acme.test',
      status_if_new: 'subscribed',
      merge_fields: { ADDRESS: { addr1: '1 Main St' }, COLOUR: 'Green' },
    });
    expect(status).toBe(400);
    expect(json).toMatchObject({
      title: 'Invalid Resource',
      detail: 'Your merge fields were invalid.',
      errors: [
        { field: 'ADDRESS', message: 'Please enter a complete address' },
        { field: 'COLOUR', message: 'Please select one of the choices' },
      ],
    });
  });

  it('asks for required fields in the language of the account, unless the validation is skipped', async () => {
    await api('POST', '/lists/L/merge-fields', { name: 'City', type: 'text', tag: 'CITY', required: true });
    sandbox.control.setModes({ fieldLanguage: 'de' });
    const person = { email_address: 'a@acme.test', status: 'subscribed' };
    const refused = await api('POST', '/lists/L/members', person);
    expect(refused.json.errors).toEqual([{ field: 'CITY', message: 'Bitte gib einen Wert ein.' }]);
    expect((await batch([person])).json.errors[0]).toMatchObject({ field: 'CITY' });
    expect((await batch([person], {}, '?skip_merge_validation=true')).json.total_created).toBe(1);
  });

  it('§7: fields have a limit, tags are unique and short, types stay', async () => {
    const add = (body: object) => api('POST', '/lists/L/merge-fields', body);
    expect((await add({ name: 'No tag', type: 'text' })).json.tag).toBe('NOTAG');
    const email = (await add({ name: 'Email', type: 'text' })).json;
    expect(email.tag).toBe(`MMERGE${email.merge_id}`);
    await add({ name: 'Mine', type: 'text', tag: `MMERGE${email.merge_id + 2}` });
    expect((await add({ name: 'E-mail', type: 'text' })).json.tag).toBe(`MMERGE${email.merge_id + 3}`);
    expect((await add({ name: 'Again', type: 'text', tag: 'fname' })).status).toBe(400);
    expect((await add({ name: 'Long', type: 'text', tag: 'ELEVENCHARS' })).status).toBe(400);
    expect((await add({ name: 'Mail', type: 'text', tag: 'Email' })).status).toBe(400);
    expect((await add({ name: 'Bad', type: 'money' })).status).toBe(400);
    const listed = (await api('GET', '/lists/L/merge-fields?count=1000')).json;
    for (let made = listed.total_items; made < 30; made++) {
      expect((await add({ name: 'F', type: 'text' })).status).toBe(200);
    }
    expect((await add({ name: 'One more', type: 'text' })).status).toBe(400);
    expect((await api('GET', '/lists/L/merge-fields')).json.merge_fields).toHaveLength(10);
    const id = listed.merge_fields[0].merge_id;
    const changed = await api('PATCH', `/lists/L/merge-fields/${id}`, { name: 'Given name', type: 'number' });
    expect(changed.json).toMatchObject({ name: 'Given name', type: 'text' });
    expect((await api('DELETE', `/lists/L/merge-fields/${id}`)).status).toBe(204);
    expect((await api('GET', `/lists/L/merge-fields/${id}`)).status).toBe(404);
  });
});

describe('FACTS §5, §9.8, §9.10, §9.14: one member', () => {
  it('§5: PUT creates with status_if_new and keeps the status of a known member', async () => {
    const put = (body: object) =>
      api('PUT', member('Ana@acme.test'), { email_address: 'Ana@acme.test', ...body });
    const made = await put({ status_if_new: 'subscribed', tags: ['VIP'] });
    expect(made.json).toMatchObject({
      id: subscriberHash('ana@acme.test'),
      status: 'subscribed',
      tags_count: 1,
    });
    sandbox.control.act({ audience: 'L', address: 'ana@acme.test', act: { kind: 'unsubscribeSelf' } });
    const again = await put({ status_if_new: 'subscribed', tags: ['Other'], merge_fields: { FNAME: 'Ana' } });
    expect(again.json).toMatchObject({ status: 'unsubscribed', full_name: 'Ana', tags: [{ name: 'VIP' }] });
  });

  it('§5: a member is found by MD5, by address and by contact_id', async () => {
    seed('a@acme.test');
    const { json } = await api('GET', member('A@Acme.test'));
    for (const hash of ['a@acme.test', json.contact_id]) {
      expect((await api('GET', `/lists/L/members/${hash}`)).json.id).toBe(json.id);
    }
  });

  it('§8: POST of a known member, also an archived one: Member Exists without `type`', async () => {
    seed('a@acme.test', { status: 'archived' });
    const { status, json } = await api('POST', '/lists/L/members', {
      email_address: 'a@acme.test',
      status: 'subscribed',
    });
    expect(status).toBe(400);
    expect(json).toMatchObject({
      title: 'Member Exists',
      detail: 'a@acme.test is already a list member. Use PUT to insert or update list members.',
    });
    expect(json).not.toHaveProperty('type');
  });

  it('§9.8: `instance` can be empty or absent', async () => {
    sandbox.control.setModes({ instance: 'empty' });
    expect((await api('GET', '/lists/none')).json.instance).toBe('');
    sandbox.control.setModes({ instance: 'sometimes empty' });
    const seen = new Set<boolean>();
    for (let turn = 0; turn < 30; turn++) seen.add((await api('GET', '/lists/none')).json.instance === '');
    expect(seen).toEqual(new Set([true, false]));
    sandbox.control.setModes({ instance: 'absent' });
    expect((await api('GET', '/lists/none')).json).not.toHaveProperty('instance');
  });

  it('§9.10: permanently deleted looks new to GET and is Forgotten to every write, pending too', async () => {
    seed('a@acme.test');
    expect((await api('POST', `${member('a@acme.test')}/actions/delete-permanent`)).status).toBe(204);
    expect((await api('GET', member('a@acme.test'))).status).toBe(404);
    for (const status of ['subscribed', 'pending']) {
      const { json } = await api('PUT', member('a@acme.test'), { email_address: 'a@acme.test', status });
      expect(json).toMatchObject({ title: 'Forgotten Email Not Subscribed', status: 400 });
      expect(json).not.toHaveProperty('type');
    }
    sandbox.control.act({ audience: 'L', address: 'a@acme.test', act: { kind: 'signUp' } });
    expect(statusOf('a@acme.test')).toBe('subscribed');
  });

  it('§9.14: DELETE archives: 204, 404 when unknown, 405 with Allow when bounced, pending or archived', async () => {
    seed('a@acme.test', { tags: ['VIP'] });
    const archived = await api('DELETE', member('a@acme.test'));
    expect([archived.status, archived.text, archived.headers.get('content-type')]).toEqual([
      204,
      '',
      'application/json; charset=utf-8',
    ]);
    expect((await api('GET', member('a@acme.test'))).json).toMatchObject({
      status: 'archived',
      tags_count: 1,
    });
    expect((await api('DELETE', member('nobody@acme.test'))).status).toBe(404);
    seed('p@acme.test', { status: 'pending' });
    seed('c@acme.test', { status: 'cleaned' });
    for (const address of ['a@acme.test', 'p@acme.test', 'c@acme.test']) {
      const { status, headers, json } = await api('DELETE', member(address));
      expect([status, headers.get('allow')]).toEqual([405, 'GET, PUT']);
      expect(json.detail).toMatch(/^This list member cannot be removed\./);
    }
  });

  it('§9.11: archived members keep their tags and come back with a status', async () => {
    seed('a@acme.test', { status: 'archived', tags: ['VIP'] });
    await batch([{ email_address: 'a@acme.test', merge_fields: { FNAME: 'A' } }]);
    expect(statusOf('a@acme.test')).toBe('archived');
    const { json } = await batch([{ email_address: 'a@acme.test', status: 'subscribed' }]);
    expect(json.updated_members[0]).toMatchObject({ status: 'subscribed', tags: [{ name: 'VIP' }] });
  });

  it('§5, §8: the address changes only for subscribed members and only to a free one', async () => {
    seed('a@acme.test');
    seed('u@acme.test', { status: 'unsubscribed' });
    seed('t@acme.test', { status: 'transactional' });
    const rename = (from: string, to: string) => api('PATCH', member(from), { email_address: to });
    const clash = await rename('a@acme.test', 't@acme.test');
    expect(clash.json.errors).toEqual([
      {
        field: 'email address',
        message: '"t@acme.test" is already in this list with a status of "Non-Subscribed".',
      },
    ]);
    const fixed = await rename('u@acme.test', 'free@acme.test');
    expect(fixed.json.errors[0].message).toBe(
      `This member's status is "unsubscribed." You can only update email addresses for members with a status of "subscribed."`,
    );
    const before = (await api('GET', member('a@acme.test'))).json;
    const moved = await rename('a@acme.test', 'b@acme.test');
    expect(moved.json).toMatchObject({ id: subscriberHash('b@acme.test'), contact_id: before.contact_id });
    expect((await api('GET', member('a@acme.test'))).status).toBe(404);
  });

  it('§5: PATCH takes no "transactional"; nothing takes "archived"', async () => {
    seed('a@acme.test');
    expect((await api('PATCH', member('a@acme.test'), { status: 'transactional' })).status).toBe(400);
    expect((await api('PATCH', member('a@acme.test'), { status: 'archived' })).status).toBe(400);
  });

  it('§5: interests are absent without groups and a map with them', async () => {
    seed('a@acme.test');
    expect((await api('GET', member('a@acme.test'))).json).not.toHaveProperty('interests');
    const category = (
      await api('POST', '/lists/L/interest-categories', { title: 'Topics', type: 'checkboxes' })
    ).json;
    const path = `/lists/L/interest-categories/${category.id}/interests`;
    const interest = (await api('POST', path, { name: 'Tea' })).json;
    await api('PATCH', member('a@acme.test'), { interests: { [interest.id]: true } });
    expect((await api('GET', member('a@acme.test'))).json.interests).toEqual({ [interest.id]: true });
    expect((await api('GET', path)).json.interests[0].subscriber_count).toBe('1');
    const text = await api('PATCH', member('a@acme.test'), { interests: { [interest.id]: 'false' } });
    expect([text.status, text.json.errors]).toMatchObject([400, [{ field: 'interests' }]]);
  });
});

describe('FACTS §6, §9.11, §9.12: tags', () => {
  it('§4: tags of batch members, modes applied, ignored, notEchoed; sync_tags replaces', async () => {
    const send = async (tags: string[], more: object = {}) =>
      (await batch([{ email_address: 'a@acme.test', status: 'subscribed', tags }], more)).json;
    const worn = () => sandbox.control.memberState({ audience: 'L', address: 'a@acme.test' })?.tags;
    const first = await send(['One']);
    expect(first.new_members[0].tags).toMatchObject([{ name: 'One' }]);
    sandbox.control.setModes({ tags: 'ignored' });
    await send(['Two']);
    expect(worn()).toEqual(['One']);
    sandbox.control.setModes({ tags: 'notEchoed' });
    const hidden = await send(['Two']);
    expect(hidden.updated_members[0].tags).toMatchObject([{ name: 'One' }]);
    expect(worn()).toEqual(['One', 'Two']);
    sandbox.control.setModes({ tags: 'applied' });
    await send(['Three'], { sync_tags: true });
    expect(worn()).toEqual(['Three']);
  });

  it('§9.11: the segment call counts whom it changed; unknown addresses are left out or in errors', async () => {
    sandbox.control.fillAudience({ audience: 'L', count: 498 });
    const tag = (await api('POST', '/lists/L/segments', { name: 'Big', static_segment: [] })).json;
    const known = Array.from({ length: 498 }, (_, index) => `person${index}@acme.test`);
    const body = { members_to_add: [...known, 'u1@acme.test', 'u2@acme.test'] };
    const first = (
      await api('POST', `/lists/L/segments/${tag.id}?fields=total_added,errors,error_count`, body)
    ).json;
    expect(first).toEqual({ errors: [], total_added: 498, error_count: 0 });
    sandbox.control.setModes({ segmentUnknown: 'errors' });
    const second = (await api('POST', `/lists/L/segments/${tag.id}`, body)).json;
    expect([second.total_added, second.error_count]).toEqual([0, 1]);
    expect(second.errors[0].email_addresses).toEqual(['u1@acme.test', 'u2@acme.test']);
    const off = (await api('POST', `/lists/L/segments/${tag.id}`, { members_to_remove: known.slice(0, 3) }))
      .json;
    expect([off.total_removed, off.members_removed.length]).toEqual([3, 3]);
    expect((await api('GET', `/lists/L/segments/${tag.id}`)).json.member_count).toBe(495);
    const many = Array.from({ length: 501 }, (_, index) => `p${index}@acme.test`);
    expect((await api('POST', `/lists/L/segments/${tag.id}`, { members_to_add: many })).status).toBe(400);
  });

  it('§9.12: a tag of the same name, whatever its case, is refused', async () => {
    await api('POST', '/lists/L/segments', { name: 'Big', static_segment: [] });
    const { status, json } = await api('POST', '/lists/L/segments', { name: 'bIG', static_segment: [] });
    expect(status).toBe(400);
    expect(json).toMatchObject({ title: 'Bad Request', detail: 'Sorry, that tag already exists.' });
  });

  it('§6: search by the beginning; rename; replace; delete takes the tag from everybody', async () => {
    seed('a@acme.test', { tags: ['Big spenders'] });
    seed('b@acme.test');
    const found = (await api('GET', '/lists/L/tag-search?name=bIg')).json;
    expect(found).toMatchObject({ total_items: 1, tags: [{ name: 'Big spenders' }] });
    const path = `/lists/L/segments/${found.tags[0].id}`;
    expect((await api('PATCH', path, { name: 'Spenders' })).json.name).toBe('Spenders');
    await api('PATCH', path, { static_segment: ['b@acme.test'] });
    expect((await api('GET', member('a@acme.test'))).json.tags).toEqual([]);
    expect((await api('GET', `${path}/members`)).json.members).toMatchObject([
      { email_address: 'b@acme.test' },
    ]);
    expect((await api('DELETE', path)).status).toBe(204);
    expect((await api('GET', member('b@acme.test'))).json.tags_count).toBe(0);
  });

  it('§6: a saved segment is no tag, whatever it is called and whatever it is renamed to', async () => {
    const saved = (await api('POST', '/lists/L/segments', { name: 'Saved', options: { match: 'all' } })).json;
    const tag = (await api('POST', '/lists/L/segments', { name: 'Saved', static_segment: [] })).json;
    await api('PATCH', `/lists/L/segments/${saved.id}`, { name: 'Other' });
    await batch([{ email_address: 'a@acme.test', status: 'subscribed', tags: ['Saved', 'Other'] }]);
    const worn = (await api('GET', member('a@acme.test'))).json.tags;
    expect(worn).toMatchObject([{ id: tag.id, name: 'Saved' }, { name: 'Other' }]);
    expect(worn[1].id).not.toBe(saved.id);
    const people = { static_segment: ['a@acme.test'] };
    expect((await api('PATCH', `/lists/L/segments/${saved.id}`, people)).status).toBe(400);
    expect((await api('GET', `/lists/L/segments/${saved.id}`)).json.member_count).toBe(0);
  });

  it('§6: the tags call of one member makes tags, changes only the named ones, answers 204', async () => {
    seed('a@acme.test', { tags: ['Theirs', 'Old'] });
    const { status } = await api('POST', `${member('a@acme.test')}/tags`, {
      tags: [
        { name: 'Ours', status: 'active' },
        { name: 'old', status: 'inactive' },
      ],
    });
    expect(status).toBe(204);
    expect(sandbox.control.memberState({ audience: 'L', address: 'a@acme.test' })?.tags).toEqual([
      'Ours',
      'Theirs',
    ]);
    expect((await api('GET', `${member('a@acme.test')}/tags`)).json.total_items).toBe(2);
    expect((await api('POST', `${member('no@acme.test')}/tags`, { tags: [] })).status).toBe(404);
  });

  it('a tag that is worn already, or not worn, moves last_changed by no way of tagging', async () => {
    const at = '2026-01-01T00:00:00+00:00';
    seed('a@acme.test', { tags: ['Worn'], lastChanged: at });
    const person = { audience: 'L', address: 'a@acme.test' };
    sandbox.control.act({ ...person, act: { kind: 'tag', names: ['worn'] } });
    sandbox.control.act({ ...person, act: { kind: 'untag', names: ['Other'] } });
    await api('POST', `${member('a@acme.test')}/tags`, { tags: [{ name: 'Worn', status: 'active' }] });
    await batch([{ email_address: 'a@acme.test', tags: ['Worn'] }]);
    expect(sandbox.control.memberState(person)).toMatchObject({ tags: ['Worn'], lastChanged: at });
    sandbox.control.act({ ...person, act: { kind: 'untag', names: ['Worn'] } });
    expect(sandbox.control.memberState(person)?.lastChanged).not.toBe(at);
  });

  it('§6: members of a segment leave out cleaned, non-subscribed and unsubscribed unless asked', async () => {
    for (const status of ['subscribed', 'cleaned', 'transactional', 'unsubscribed', 'archived'] as const) {
      seed(`${status}@acme.test`, { status, tags: ['T'] });
    }
    const { id } = (await api('GET', '/lists/L/segments?type=static')).json.segments[0];
    expect((await api('GET', `/lists/L/segments/${id}/members`)).json.total_items).toBe(1);
    const query = 'include_cleaned=true&include_transactional=true&include_unsubscribed=true';
    const all = (await api('GET', `/lists/L/segments/${id}/members?${query}`)).json;
    expect([all.total_items, all.members.length]).toEqual([4, 4]);
  });
});

describe('a call that is refused has written nothing', () => {
  const person = { email_address: 'a@acme.test', status: 'unsubscribed', merge_fields: { FNAME: 'New' } };

  it.each<[string, string, string, object]>([
    ['a batch', 'POST', '?fields=nonsense', { update_existing: true, members: [person] }],
    ['one member', 'PATCH', '/members/a@acme.test?fields=nonsense', person],
    ['a new field', 'POST', '/merge-fields?fields=nonsense', { name: 'Town', type: 'text' }],
    ['tagging', 'POST', '/segments/TAG?fields=members_added.nonsense', { members_to_add: ['a@acme.test'] }],
    ['a tag', 'PATCH', '/segments/TAG', { name: 'Other', static_segment: 'a@acme.test' }],
    ['a merge field', 'PATCH', '/merge-fields/2', { name: 'Other', tag: 'FNAME' }],
  ])('%s', async (_, method, path, body) => {
    seed('a@acme.test', { lastChanged: '2026-01-01T00:00:00Z' });
    const { id } = (await api('POST', '/lists/L/segments', { name: 'Big', static_segment: [] })).json;
    const state = async () => [
      sandbox.control.audienceState({ audience: 'L' }),
      (await api('GET', '/lists/L/segments')).json,
      (await api('GET', '/lists/L/merge-fields?count=1000')).json,
    ];
    const before = await state();
    expect((await api(method, `/lists/L${path.replace('TAG', id)}`, body)).status).toBe(400);
    expect(await state()).toEqual(before);
  });
});

describe('FACTS §9.13: listings', () => {
  it('ten by default, a thousand at most', async () => {
    sandbox.control.fillAudience({ audience: 'L', count: 1200 });
    const fields = 'fields=members.id,total_items';
    expect((await api('GET', `/lists/L/members?${fields}`)).json.members).toHaveLength(10);
    expect((await api('GET', `/lists/L/members?count=5000&${fields}`)).json.members).toHaveLength(1000);
    const last = (await api('GET', `/lists/L/members?count=1000&offset=1000&${fields}`)).json;
    expect([last.members.length, last.total_items]).toEqual([200, 1200]);
  });

  it('rows shift when somebody changes between two pages', async () => {
    sandbox.control.fillAudience({ audience: 'L', count: 6 });
    const page = async (offset: number) => {
      const query = `count=3&offset=${offset}&sort_field=last_changed&sort_dir=ASC`;
      const { json } = await api('GET', `/lists/L/members?${query}`);
      return json.members.map((one: { email_address: string }) => one.email_address);
    };
    const first = await page(0);
    sandbox.control.advanceTime({ seconds: 5 });
    await api('PATCH', member('person0@acme.test'), { merge_fields: { FNAME: 'X' } });
    const second = await page(3);
    expect(first).toEqual(['person0@acme.test', 'person1@acme.test', 'person2@acme.test']);
    expect(second).toEqual(['person4@acme.test', 'person5@acme.test', 'person0@acme.test']);
  });

  it('by status, by last_changed in whole seconds, and unsubscribed_since only for unsubscribed', async () => {
    seed('a@acme.test', { lastChanged: '2026-01-01T00:00:00Z' });
    seed('b@acme.test', { lastChanged: '2026-02-01T00:00:00Z', status: 'archived' });
    seed('c@acme.test', { lastChanged: '2026-03-01T00:00:00Z' });
    const list = async (query: string) => {
      const { json } = await api('GET', `/lists/L/members?${query}`);
      return json.members.map((one: { email_address: string }) => one.email_address[0]).join('');
    };
    expect(await list('')).toBe('ac');
    expect(await list('status=archived')).toBe('b');
    expect(await list('since_last_changed=2026-01-01T00:00:00Z')).toBe('c');
    expect(
      await list('since_last_changed=2025-12-31T23:59:59%2B00:00&before_last_changed=2026-02-15T00:00:00Z'),
    ).toBe('a');
    expect(await list('sort_field=last_changed&sort_dir=DESC')).toBe('ca');
    sandbox.control.setModes({ archivedWithoutStatus: 'listed' });
    expect(await list('')).toBe('abc');
    expect((await api('GET', '/lists/L/members?unsubscribed_since=2026-01-01T00:00:00Z')).status).toBe(400);
    expect((await api('GET', member('a@acme.test'))).json.last_changed).toBe('2026-01-01T00:00:00+00:00');
  });

  it('§2: fields and exclude_fields', async () => {
    seed('a@acme.test', { mergeFields: { FNAME: 'Ana', LNAME: 'Pop' } });
    const get = (query: string) => api('GET', `/lists/L/members?${query}`);
    expect((await get('fields=members.status,members.merge_fields.FNAME')).json).toEqual({
      members: [{ status: 'subscribed', merge_fields: { FNAME: 'Ana' } }],
    });
    const without = (await get('exclude_fields=members.merge_fields,_links')).json;
    expect(without).not.toHaveProperty('_links');
    expect(without.members[0]).not.toHaveProperty('merge_fields');
    expect(without.members[0]).toHaveProperty('email_address', 'a@acme.test');
    expect((await get('fields=total_items&exclude_fields=_links')).status).toBe(400);
    expect((await get('fields=nonsense')).json.title).toBe('Requested Fields Invalid');
    expect((await get('fields=members.nonsense')).status).toBe(400);
  });

  it('§2: `fields` minds no comma too many, and takes every name that an answer can have', async () => {
    seed('a@acme.test');
    expect((await api('GET', '/lists/L/members?fields=total_items,')).json).toEqual({ total_items: 1 });
    expect((await api('GET', '/lists/L/members?fields=,&count=1')).json).toHaveProperty('list_id', 'L');
    const one = await api('GET', `${member('a@acme.test')}?fields=last_note,status`);
    expect(one.json).toEqual({ status: 'subscribed' });
    const begun = (await api('POST', '/account-exports', { include_stages: ['audiences'] })).json;
    const running = await api('GET', `/account-exports/${begun.export_id}?fields=export_id,finished`);
    expect(running.json).toEqual({ export_id: begun.export_id });
  });

  it('a write that changes nothing leaves last_changed alone, unless the mode says otherwise', async () => {
    const at = '2026-01-01T00:00:00+00:00';
    seed('a@acme.test', { mergeFields: { FNAME: 'Ana' }, lastChanged: at });
    const same = { email_address: 'a@acme.test', status: 'subscribed', merge_fields: { FNAME: 'Ana' } };
    expect((await batch([same])).json.updated_members[0].last_changed).toBe(at);
    const { interests } = sandbox.control.createAudience({
      id: 'G',
      name: 'With groups',
      emailTypeOption: true,
      interests: [{ title: 'Topics', type: 'checkboxes', names: ['Tea'] }],
    });
    const members = [{ address: 'a@acme.test', lastChanged: at }];
    sandbox.control.seedMembers({ audience: 'G', members });
    const shown = {
      vip: false,
      email_type: 'html',
      ip_signup: '',
      location: { latitude: 0, longitude: 0 },
      interests: { [interests['Tea']!]: false },
    };
    expect((await api('PATCH', '/lists/G/members/a@acme.test', shown)).json.last_changed).toBe(at);
    sandbox.control.setModes({ lastChanged: 'on every write' });
    expect((await batch([same])).json.updated_members[0].last_changed).not.toBe(at);
  });
});
