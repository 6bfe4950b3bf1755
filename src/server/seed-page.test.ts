import { stringify } from 'csv-stringify/sync';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { origin, password, TestServer, type Client } from './test-support/test-server.ts';

/*
 * The page that this product is made after, line by line (FEATURES (a) 1–29), as an administrator, a contributor and a
 * viewer go through it by the API alone. Each test stands on those before it.
 */
const audience = 'abc123def4';

let test: TestServer;
let administrator: Client;
let contributor: Client;
let viewer: Client;

beforeAll(async () => {
  test = await TestServer.open({ work: true });
  test.sandbox.control.createAudience({ id: audience, name: 'Shop newsletter' });
  administrator = await test.user('administrator', 'ana@acme.test');
  contributor = await test.user('contributor', 'ion@acme.test');
  viewer = await test.user('viewer', 'vera@acme.test');
}, 60_000);
afterAll(() => test.close());

interface Task {
  id: string;
  status: string;
  result?: Record<string, unknown>;
  problem?: { code: string; message: string };
}

/** Waits for the end of a task as a page does: by its events. */
async function ended(client: Client, task: Task): Promise<Task> {
  const { text, status } = await client.get(`/api/v1/tasks/${task.id}/events`);
  expect(status).toBe(200);
  const events = [...text.matchAll(/^event: task\ndata: (.*)$/gm)].map(
    ([, data = '']) => JSON.parse(data) as Task,
  );
  expect(text).toMatch(/event: end\ndata: \{\}\n\n$/);
  return events.at(-1) as Task;
}

const people = [
  { id: '1', email: 'ana.pop@shop.test', first: 'Ana', last: 'Pop', country: 'RO' },
  { id: '2', email: 'ion.rus@shop.test', first: 'Ion', last: 'Rus', country: 'RO' },
  { id: '3', email: 'no address', first: 'Eva', last: 'Ene', country: 'RO' },
  { id: '4', email: 'max@shop.test', first: 'Max', last: 'Kern', country: 'DE' },
];

const inAudience = () =>
  people
    .map(({ email }) => email)
    .filter(
      (email) =>
        email.includes('@') && test.sandbox.control.memberState({ audience, address: email }) !== null,
    );

const writes = () => test.sandbox.control.requests({}).filter(({ method }) => method !== 'GET').length;

/** A person at Mailchimp's own page: looks at it, and allows access or not. */
async function atMailchimp(url: string, decision: 'allow' | 'cancel'): Promise<string> {
  const shown = await fetch(url);
  expect(await shown.text()).toContain('Allow access?');
  const form = new URLSearchParams(new URL(url).searchParams);
  form.set('decision', decision);
  const answer = await fetch(`${test.sandbox.oauthUrl}/oauth2/authorize`, {
    method: 'POST',
    body: form,
    redirect: 'manual',
  });
  const back = answer.headers.get('location') ?? '';
  expect(back.startsWith(`${origin}/api/v1/mailchimp/callback?`)).toBe(true);
  return back.slice(origin.length);
}

describe('4, 5: segments and profiles are there', () => {
  it('takes a file by upload', async () => {
    const { body, status } = await administrator.put<{ path: string }>(
      '/api/v1/sources/shop/files/customers.csv',
      stringify(people, { header: true }),
      { headers: { 'content-type': 'text/csv' } },
    );
    expect(status).toBe(201);
    const source = await administrator.put(
      '/api/v1/sources/shop',
      { type: 'csv', path: body.path, key: 'id' },
      { headers: { 'if-none-match': '*' } },
    );
    expect(source.status, source.text).toBe(200);
  });

  it('unifies them into profiles, and computes a segment', async () => {
    const attributes = { email: 'email', first_name: 'first', last_name: 'last', country: 'country' };
    const unify = await administrator.put('/api/v1/unify', { sources: [{ source: 'shop', attributes }] });
    expect(unify.status, unify.text).toBe(200);
    const rules = { combinator: 'and', rules: [{ field: 'country', operator: '=', value: 'RO' }] };
    const segment = await contributor.put(
      '/api/v1/segments/romania/settings',
      { name: 'Romanian customers', rules },
      { headers: { 'if-none-match': '*' } },
    );
    expect(segment.status, segment.text).toBe(200);
    const { body, status } = await contributor.post<Task>('/api/v1/refresh', { until: 'segments' });
    expect(status).toBe(202);
    expect(await ended(contributor, body)).toMatchObject({ status: 'succeeded' });
    const found = await contributor.post('/api/v1/people/list', { search: 'POP ana' });
    expect(found.body).toMatchObject({ items: [{ email: 'ana.pop@shop.test', country: 'RO' }] });
    const first = await contributor.post<{ next: string }>('/api/v1/people/list', { limit: 3 });
    const rest = await contributor.post('/api/v1/people/list', { limit: 3, cursor: first.body.next });
    expect([first.body, rest.body]).toMatchObject([{ items: [{}, {}, {}] }, { items: [{}] }]);
    const { body: list } = await viewer.get<{ items: unknown[] }>('/api/v1/segments');
    expect(list.items).toMatchObject([{ segment: 'romania', members: 3 }]);
  });
});

describe('10–17: the administrator sets up a connection', () => {
  const connection = (more: Record<string, unknown>) => ({
    name: 'Newsletter, account of the shop',
    type: 'mailchimp',
    ...more,
  });
  const isNew = { headers: { 'if-none-match': '*' } };
  let signIn: string;

  it('13: does not save without "I agree"', async () => {
    const { body: text } = await administrator.get('/api/v1/consent-text?language=ro');
    expect(text).toMatchObject({ version: 'v1', title: 'Confidențialitatea și conformitatea datelor' });
    const given = connection({ apiKey: test.sandbox.apiKey, consent: { agree: false, text: 'v1' } });
    const { status, body } = await administrator.put('/api/v1/connections/account', given, isNew);
    expect(status).toBe(422);
    expect(body).toMatchObject({ code: 'consent_missing' });
  });

  it('11: asks for a display name', async () => {
    const consent = { agree: true, text: 'v1' };
    const { status, text } = await administrator.put(
      '/api/v1/connections/account',
      connection({ name: ' ', consent }),
      isNew,
    );
    expect(status).toBe(400);
    expect(text).toContain('body/name');
  });

  it('14, 15: leads to Mailchimp’s own page; who cancels there is told so', async () => {
    const { body } = await administrator.post<{ url: string }>('/api/v1/mailchimp/sign-in', {});
    const back = await atMailchimp(body.url, 'cancel');
    const answer = await administrator.get(back);
    expect(answer.status).toBe(302);
    expect(answer.headers.location).toBe('/admin/connections?error=mailchimp_sign_in_refused');
  });

  it('14, 15: signs in with Mailchimp, bound to the browser that began it', async () => {
    const { body } = await administrator.post<{ url: string }>('/api/v1/mailchimp/sign-in', {});
    const back = await atMailchimp(body.url, 'allow');
    const other = await (await test.owner()).get(back);
    expect(other.headers.location).toBe('/admin/connections?error=sign_in_state');
    const answer = await administrator.get(back);
    const [, id] = /^\/admin\/connections\?signIn=([\w-]+)$/.exec(answer.headers.location ?? '') ?? [];
    expect(id).toBeDefined();
    signIn = id ?? '';
    // Once.
    expect((await administrator.get(back)).headers.location).toBe('/admin/connections?error=sign_in_state');
  });

  it('16, 17: saves it with oneself as export user; it stands in the list', async () => {
    const given = connection({ signIn, exportUser: true, consent: { agree: true, text: 'v1' } });
    const saved = await administrator.put('/api/v1/connections/account', given, isNew);
    expect(saved.status, saved.text).toBe(200);
    const { body, text } = await administrator.get<{ items: unknown[] }>('/api/v1/connections');
    expect(body.items).toMatchObject([
      {
        id: 'account',
        name: 'Newsletter, account of the shop',
        type: 'mailchimp',
        sharedWith: [],
        exportUser: 'ana@acme.test',
        consent: { agreedBy: 'ana@acme.test', text: 'v1' },
        connectedBy: 'oauth',
        createdBy: 'ana@acme.test',
        usedBy: [],
      },
    ]);
    expect(text).not.toMatch(/access_token|dc-|"apiKey":"/);
    const { body: audit } = await administrator.get<{ items: { action: string; who: string }[] }>(
      '/api/v1/audit?subject=connection:account',
    );
    expect(audit.items.map(({ action, who }) => `${action} ${who}`)).toContain(
      'connection.create ana@acme.test',
    );
  });

  it('2: says whom it lets in, and to which audiences', async () => {
    const { body } = await administrator.post('/api/v1/connections/account/test');
    expect(body).toMatchObject({ role: 'owner', audiences: [{ id: audience, name: 'Shop newsletter' }] });
  });

  it('11: the name is one of a kind', async () => {
    const given = connection({ apiKey: test.sandbox.apiKey, consent: { agree: true, text: 'v1' } });
    const { status, body } = await administrator.put('/api/v1/connections/second', given, isNew);
    expect(status).toBe(409);
    expect(body).toMatchObject({ code: 'connection_name_taken' });
  });
});

const wanted = (more: Record<string, unknown> = {}) => ({
  name: 'Newsletter',
  connection: 'account',
  audience,
  match: { email: 'email' },
  attributes: { FNAME: 'first_name', LNAME: 'last_name' },
  segments: ['romania'],
  ...more,
});
const exportSettings = '/api/v1/exports/newsletter/settings';
const isNew = { headers: { 'if-none-match': '*' } };

describe('12, 18, 20: who may use the connection', () => {
  it('is not shown to a contributor by default, who cannot save an export on it', async () => {
    const { body } = await contributor.get<{ items: unknown[] }>('/api/v1/connections/pickable');
    expect(body.items).toEqual([]);
    const refused = await contributor.put(exportSettings, wanted(), isNew);
    expect(refused.status).toBe(403);
    expect(refused.body).toMatchObject({ code: 'connection_not_shared' });
    expect((await contributor.get('/api/v1/connections')).status).toBe(403);
  });

  it('is shared later, by whoever saw its present state', async () => {
    const { body } = await administrator.get<{ etag: string }>('/api/v1/connections/account');
    const shared = {
      name: 'Newsletter, account of the shop',
      type: 'mailchimp',
      sharedWith: ['contributors'],
    };
    const without = await administrator.put('/api/v1/connections/account', shared);
    expect(without.status).toBe(428);
    const saved = await administrator.put('/api/v1/connections/account', shared, {
      headers: { 'if-match': body.etag },
    });
    expect(saved.status, saved.text).toBe(200);
    const second = await administrator.put('/api/v1/connections/account', shared, {
      headers: { 'if-match': body.etag },
    });
    expect(second.status).toBe(412);
    expect(second.body).toMatchObject({ code: 'edited_meanwhile' });
    const { body: list } = await contributor.get('/api/v1/connections/pickable');
    expect(list).toEqual({
      items: [{ id: 'account', name: 'Newsletter, account of the shop', type: 'mailchimp' }],
    });
  });
});

describe('19–25: the contributor adds a destination', () => {
  it('3, 21: an audience that the account does not have is told at once', async () => {
    const picked = await contributor.get(`/api/v1/connections/account/audiences/${audience}`);
    expect(picked.body).toMatchObject({ name: 'Shop newsletter' });
    const missing = await contributor.get('/api/v1/connections/account/audiences/0000000000');
    expect(missing.body).toMatchObject({ code: 'audience_unknown', status: 422 });
    const refused = await contributor.put(exportSettings, wanted({ audience: '0000000000' }), isNew);
    expect(refused.status).toBe(422);
    expect(refused.text).toContain('0000000000');
  });

  it('22, 23: proposes the e-mail field with its fill and validity, and the names', async () => {
    const { body } = await contributor.get('/api/v1/exports/matching');
    expect(body).toMatchObject({
      profiles: 4,
      email: 'email',
      firstName: 'first_name',
      lastName: 'last_name',
      attributes: [
        { name: 'email', filled: 1, valid: 0.75 },
        { name: 'first_name', filled: 1, valid: null },
        { name: 'last_name' },
        { name: 'country' },
      ],
    });
  });

  it('6, 24: shows the people of the segments, and how many distinct ones there are in all', async () => {
    const { body } = await contributor.post('/api/v1/exports/size', {
      match: { email: 'email' },
      segments: ['romania'],
    });
    expect(body).toEqual({ segments: [{ segment: 'romania', members: 3 }], people: 2 });
  });

  it('7: takes segments and nothing else', async () => {
    const { status } = await contributor.put(exportSettings, wanted({ segments: [] }), isNew);
    expect(status).toBe(422);
    const table = await contributor.put(exportSettings, wanted({ table: 'shop' }), isNew);
    expect(table.status).toBe(422);
    expect(table.text).toContain('table');
  });

  it('6: refuses more people than the limit', async () => {
    const { status, body } = await contributor.put(exportSettings, wanted({ limits: { people: 1 } }), isNew);
    expect(status).toBe(422);
    expect(body).toMatchObject({ code: 'people_limit' });
  });

  it('25: saves; saving sends nothing, and the export has not run yet', async () => {
    const before = writes();
    const saved = await contributor.put(exportSettings, wanted(), isNew);
    expect(saved.status, saved.text).toBe(200);
    expect(writes()).toBe(before);
    const { body } = await contributor.get<{ items: unknown[] }>('/api/v1/exports');
    expect(body.items).toMatchObject([
      {
        id: 'newsletter',
        connection: { id: 'account' },
        audience,
        schedule: 'refresh',
        next: null,
        last: null,
        permissions: { edit: true, run: true, lookAtPeople: true },
      },
    ]);
  });

  it('of two who save from one state while Mailchimp is asked, the second is told', async () => {
    const connection = { type: 'mailchimp', sharedWith: ['contributors'], apiKey: test.sandbox.apiKey };
    const seen = async (url: string) => (await administrator.get<{ etag: string }>(url)).body.etag;
    test.sandbox.control.setLatency({ kind: 'fixed', ms: 200 });
    for (const [url, body] of [
      [exportSettings, wanted()],
      ['/api/v1/connections/account', connection],
    ] as const) {
      const headers = { 'if-match': await seen(url) };
      const saves = ['One', 'Two'].map((name) => administrator.put(url, { ...body, name }, { headers }));
      expect(
        (await Promise.all(saves)).map(({ status }) => status).toSorted((a, b) => a - b),
        url,
      ).toEqual([200, 412]);
    }
    test.sandbox.control.setLatency({ kind: 'none' });
    const headers = { 'if-match': '*' };
    await contributor.put(exportSettings, wanted(), { headers });
    await administrator.put(
      '/api/v1/connections/account',
      { ...connection, name: 'Newsletter, account of the shop' },
      { headers },
    );
  });

  it('18: a viewer sees it, and edits and runs nothing', async () => {
    const { body } = await viewer.get('/api/v1/exports/newsletter');
    expect(body).toMatchObject({ permissions: { look: true, lookAtPeople: false, edit: false, run: false } });
    expect((await viewer.put(exportSettings, wanted())).status).toBe(403);
    expect((await viewer.post('/api/v1/exports/newsletter/run')).status).toBe(403);
  });
});

describe('26, 27: it runs', () => {
  it('27: on demand, after a plan that one can read', async () => {
    const planned = await ended(
      contributor,
      (await contributor.post<Task>('/api/v1/exports/newsletter/plan')).body,
    );
    expect(planned).toMatchObject({ status: 'succeeded', result: { desired: 3, add: 2 } });
    const plan = String(planned.result?.run);
    const { body } = await contributor.get<{ items: unknown[] }>(`/api/v1/runs/${plan}/people?action=add`);
    expect(body.items).toMatchObject([
      {
        email: 'ana.pop@shop.test',
        gains: ['Romanian customers'],
        fields: { FNAME: { before: '', after: 'Ana' } },
      },
      { email: 'ion.rus@shop.test' },
    ]);
    const csv = await contributor.get(`/api/v1/runs/${plan}/plan.csv`);
    expect(csv.headers['content-type']).toContain('text/csv');
    expect(csv.text).toContain('no address');
    const sent = await ended(
      contributor,
      (await contributor.post<Task>('/api/v1/exports/newsletter/run', { plan })).body,
    );
    expect(sent).toMatchObject({ status: 'succeeded', result: { run: plan, add: 2, failed: 0 } });
    expect(inAudience()).toEqual(['ana.pop@shop.test', 'ion.rus@shop.test']);
  });

  it('shows how its own last run ended, and who did not end as wanted', async () => {
    const { body } = await viewer.get<{ last: { run: string } }>('/api/v1/exports/newsletter');
    expect(body).toMatchObject({ last: { status: 'succeeded', requestedBy: 'ion@acme.test' } });
    const { body: exceptions } = await contributor.get(`/api/v1/runs/${body.last.run}/exceptions`);
    expect(exceptions).toMatchObject({
      items: [{ result: 'rejected', reason: 'invalid_address', what: 'not a valid e-mail address' }],
    });
  });

  it('28: keeps a record of what is handed over, on whose word', async () => {
    const { body } = await viewer.get('/api/v1/exports/newsletter/processing');
    expect(body).toMatchObject({
      audience,
      connection: { id: 'account' },
      consent: { agreedBy: 'ana@acme.test', text: 'v1' },
      fields: [
        { field: 'EMAIL', attribute: 'email', sensitive: false },
        { field: 'FNAME', attribute: 'first_name' },
        { field: 'LNAME', attribute: 'last_name' },
      ],
      segments: [{ segment: 'romania', name: 'Romanian customers' }],
      runs: [{ by: 'ion@acme.test', status: 'succeeded', people: 3 }],
    });
  });

  it('28: sends what is marked as sensitive only when that is confirmed once more', async () => {
    const unify = await administrator.get<{ item: { settings: object; etag: string } }>('/api/v1/unify');
    const marked = await administrator.put(
      '/api/v1/unify',
      { ...unify.body.item.settings, sensitive: ['country'] },
      { headers: { 'if-match': unify.body.item.etag } },
    );
    expect(marked.status, marked.text).toBe(200);
    const save = async (more: object) =>
      contributor.put(
        exportSettings,
        wanted({
          attributes: {
            FNAME: 'first_name',
            LNAME: 'last_name',
            COUNTRY: { from: 'country', create: 'text' },
          },
          ...more,
        }),
        { headers: { 'if-match': '*' } },
      );
    const refused = await save({});
    expect(refused.body).toMatchObject({ code: 'sensitive_unconfirmed' });
    const confirmed = await save({ sensitive: ['country'] });
    expect(confirmed.status, confirmed.text).toBe(200);
    await contributor.put(exportSettings, wanted(), { headers: { 'if-match': '*' } });
  });

  it('27: runs once for one idempotency key, however often it is sent', async () => {
    const headers = { 'idempotency-key': 'after-dbt-2026-11-25' };
    const first = await contributor.post<Task>('/api/v1/exports/newsletter/run', {}, { headers });
    const second = await contributor.post<Task>('/api/v1/exports/newsletter/run', {}, { headers });
    expect(second.body.id).toBe(first.body.id);
    expect(await ended(contributor, first.body)).toMatchObject({ status: 'succeeded', result: { add: 0 } });
    const other = await contributor.post('/api/v1/exports/newsletter/run', { limit: 1 }, { headers });
    expect(other.status).toBe(422);
  });

  it('27: runs all of those that have an active schedule, and here is none yet', async () => {
    expect((await contributor.post('/api/v1/exports/run-all')).body).toEqual({ items: [] });
  });

  it('26: with each refresh of a schedule, in the name of the export user', async () => {
    const schedule = { timeZone: 'Europe/Bucharest', daily: ['06:00'] };
    expect((await contributor.put('/api/v1/schedule', schedule)).status).toBe(403);
    const saved = await administrator.put('/api/v1/schedule', schedule);
    expect(saved.status, saved.text).toBe(200);
    const { body: ahead } = await viewer.get<{ exports: { next: string[] }[] }>('/api/v1/schedule/ahead');
    expect(ahead).toMatchObject({ on: true, exports: [{ export: 'newsletter', schedule: 'refresh' }] });
    expect(ahead.exports[0]?.next[0]).toMatch(/T0[34]:00:00/);
    const refreshed = await ended(contributor, (await contributor.post<Task>('/api/v1/refresh', {})).body);
    expect(refreshed).toMatchObject({
      status: 'succeeded',
      result: { exports: [{ export: 'newsletter', status: 'succeeded' }] },
    });
    const { body } = await viewer.get('/api/v1/exports/newsletter');
    expect(body).toMatchObject({ last: { requestedBy: 'ana@acme.test' } });
    const all = await contributor.post<{ items: Task[] }>('/api/v1/exports/run-all');
    expect(all.body.items).toMatchObject([{ kind: 'run', subject: 'newsletter' }]);
    for (const task of all.body.items) await ended(contributor, task);
  });

  it('12, 26: a refresh of contributors leaves out what is not shared with them', async () => {
    const share = async (sharedWith: string[]) => {
      const shared = { name: 'Newsletter, account of the shop', type: 'mailchimp', sharedWith };
      const headers = { 'if-match': '*' };
      const saved = await administrator.put('/api/v1/connections/account', shared, { headers });
      expect(saved.status, saved.text).toBe(200);
    };
    await share([]);
    expect((await contributor.post('/api/v1/exports/run-all')).body).toEqual({ items: [] });
    for (const wish of [{}, { until: 'exports' }]) {
      const { body } = await contributor.post<Task>('/api/v1/refresh', wish);
      expect(await ended(contributor, body)).toMatchObject({ status: 'succeeded', result: { exports: [] } });
    }
    const { body: others } = await administrator.post<Task>('/api/v1/refresh', {});
    const refused = await contributor.post(`/api/v1/tasks/${others.id}/cancel`);
    expect(refused.body).toMatchObject({ code: 'connection_not_shared' });
    expect(await ended(administrator, others)).toMatchObject({
      result: { exports: [{ export: 'newsletter' }] },
    });
    await share(['contributors']);
  });

  it('26: is skipped with the reason when an earlier stage failed', async () => {
    const item = await administrator.get<{ etag: string; settings: { path: string } }>(
      '/api/v1/sources/shop',
    );
    const path = item.body.settings.path.replace('customers.csv', 'gone.csv');
    const moved = await administrator.put(
      '/api/v1/sources/shop',
      { type: 'csv', path, key: 'id' },
      { headers: { 'if-match': item.body.etag } },
    );
    expect(moved.status, moved.text).toBe(200);
    const failed = await ended(contributor, (await contributor.post<Task>('/api/v1/refresh', {})).body);
    expect(failed).toMatchObject({ status: 'failed' });
    await expect
      .poll(async () => (await viewer.get('/api/v1/exports/newsletter')).body)
      .toMatchObject({ last: { run: null, status: 'skipped', problem: { code: 'earlier_stage_failed' } } });
    await administrator.put(
      '/api/v1/sources/shop',
      { type: 'csv', path: item.body.settings.path, key: 'id' },
      { headers: { 'if-match': '*' } },
    );
  });
});

describe('16: the export user', () => {
  it('is missed when they are removed, until somebody else takes over', async () => {
    const owner = await test.owner();
    await owner.call('DELETE', '/api/v1/users/ana@acme.test');
    const stopped = await ended(
      contributor,
      (await contributor.post<Task>('/api/v1/exports/newsletter/run')).body,
    );
    expect(stopped).toMatchObject({ status: 'failed', problem: { code: 'export_user_missing' } });
    administrator = await test.user('administrator', 'dan@acme.test');
    const taken = await administrator.post('/api/v1/connections/account/export-user');
    expect(taken.body).toMatchObject({ exportUser: 'dan@acme.test' });
    const run = await ended(
      contributor,
      (await contributor.post<Task>('/api/v1/exports/newsletter/run')).body,
    );
    expect(run).toMatchObject({ status: 'succeeded' });
  });
});

describe('a second export', () => {
  it('is made of the first without its connection, and gets one once it does something else', async () => {
    const made = await contributor.post('/api/v1/exports/newsletter/duplicate', { as: 'second' });
    expect(made.status, made.text).toBe(201);
    const { body: copy } = await contributor.get<{ settings: object; etag: string }>(
      '/api/v1/exports/second/settings',
    );
    expect(copy.settings).toMatchObject({ connection: null, schedule: 'off', segments: ['romania'] });
    const attach = (change: object) =>
      contributor.put(
        '/api/v1/exports/second/settings',
        { ...copy.settings, connection: 'account', ...change },
        { headers: { 'if-match': copy.etag } },
      );
    // Both would give and take one tag in one audience.
    const fought = await attach({});
    expect(fought.status).toBe(422);
    expect(fought.body).toMatchObject({ code: 'tag_shared' });
    test.sandbox.control.createAudience({ id: 'other12345', name: 'Other' });
    const attached = await attach({ audience: 'other12345' });
    expect(attached.status, attached.text).toBe(200);
    expect((await contributor.call('DELETE', '/api/v1/exports/second')).status).toBe(200);
  });
});

describe('29: the administrator stops the use', () => {
  it('is refused to remove a connection that exports use, until it is said what becomes of them', async () => {
    const { body } = await administrator.get<{ etag: string }>('/api/v1/connections/account');
    const headers = { 'if-match': body.etag };
    const refused = await administrator.post('/api/v1/connections/account/remove', {}, { headers });
    expect(refused.status).toBe(409);
    expect(refused.body).toMatchObject({ code: 'connection_in_use' });
    const removed = await administrator.post(
      '/api/v1/connections/account/remove',
      { exports: { newsletter: 'detach' } },
      { headers },
    );
    expect(removed.status, removed.text).toBe(204);
  });

  it('leaves the export without a connection, which does not run and keeps the rest', async () => {
    const { body } = await viewer.get('/api/v1/exports/newsletter');
    expect(body).toMatchObject({ connection: null, segments: ['romania'] });
    const run = await contributor.post('/api/v1/exports/newsletter/run');
    expect(run.status).toBe(422);
    expect(run.body).toMatchObject({ code: 'export_detached' });
  });

  it('removes the export; the contacts stay where they are', async () => {
    const before = writes();
    const removed = await contributor.call('DELETE', '/api/v1/exports/newsletter');
    expect(removed.body).toMatchObject({ removed: true });
    expect(writes()).toBe(before);
    expect(inAudience()).toHaveLength(2);
    expect((await viewer.get('/api/v1/exports/newsletter')).status).toBe(404);
  });
});

describe('whatever happened above', () => {
  it('stands in the audit log, also who looked at people', async () => {
    const { text } = await (await test.owner()).get('/api/v1/audit.csv');
    for (const action of ['connection.create', 'export.save', 'people.look', 'export.remove', 'user.remove'])
      expect(text).toContain(action);
    expect(text).not.toMatch(/ana\.pop@shop\.test|ion\.rus@shop\.test/);
  });

  it('left no secret and nobody’s address in the log of the server', () => {
    const log = test.log.join('');
    expect(log.length).toBeGreaterThan(1000);
    for (const secret of [test.sandbox.apiKey, password, 'sandbox-secret', 'ana.pop@shop.test', '@acme.test'])
      expect(log).not.toContain(secret);
    expect(log).not.toMatch(/code=|state=|signIn=/);
  });
});
