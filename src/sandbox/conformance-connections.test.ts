import { createHmac } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { call } from './test-support/conformance-call.ts';
import { startSandbox } from './sandbox.ts';
import type { Sandbox } from './sandbox.ts';

interface Delivery {
  method: string;
  signature: string | undefined;
  body: string;
}

let sandbox: Sandbox;
const received: Delivery[] = [];
const receiver = createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    const signature = request.headers['x-mailchimp-signature'] as string | undefined;
    received.push({ method: request.method ?? '', signature, body: Buffer.concat(chunks).toString() });
    response.writeHead(receiverStatus).end();
  });
});
let receiverStatus = 200;
let receiverUrl = '';
const api = (method: string, path: string, body?: unknown, headers: Record<string, string> = {}) =>
  call(sandbox, method, path, body, headers);

beforeAll(async () => {
  sandbox = await startSandbox();
  await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve));
  receiverUrl = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/hook`;
});
afterAll(async () => {
  await sandbox.close();
  receiver.closeAllConnections();
  receiver.close();
});
beforeEach(() => {
  sandbox.control.reset();
  sandbox.control.createAudience({ id: 'L', name: 'Newsletter' });
  received.length = 0;
});

describe('FACTS §3, §9.15: OAuth', () => {
  const redirect = 'http://127.0.0.1:4600/oauth/mailchimp';
  const ask = (more: Record<string, string> = {}) =>
    new URLSearchParams({
      response_type: 'code',
      client_id: 'app',
      redirect_uri: redirect,
      state: 'xyz',
      ...more,
    });
  const tokenCall = (fields: Record<string, string>) =>
    fetch(`${sandbox.oauthUrl}/oauth2/token`, {
      method: 'POST',
      body: new URLSearchParams({
        grant_type: 'authorization_code',
        client_id: 'app',
        client_secret: 'secret',
        redirect_uri: redirect,
        ...fields,
      }),
    });
  const decide = async (decision: string) => {
    const form = ask({ decision });
    const answer = await fetch(`${sandbox.oauthUrl}/oauth2/authorize`, {
      method: 'POST',
      body: form,
      redirect: 'manual',
    });
    return new URL(answer.headers.get('location')!);
  };
  const metadata = (authorization: string) =>
    fetch(`${sandbox.oauthUrl}/oauth2/metadata`, { headers: { Authorization: authorization } });

  beforeEach(() => {
    sandbox.control.registerApp({ clientId: 'app', clientSecret: 'secret', redirectUri: redirect });
  });

  it('page, consent, token by form, metadata with the OAuth prefix only, revoked', async () => {
    const page = await fetch(`${sandbox.oauthUrl}/oauth2/authorize?${ask().toString()}`);
    expect(await page.text()).toContain('Allow access?');
    const back = await decide('allow');
    expect([back.origin + back.pathname, back.searchParams.get('state')]).toEqual([redirect, 'xyz']);
    const code = back.searchParams.get('code')!;
    const answer = await tokenCall({ code });
    const token = (await answer.json()) as { access_token: string };
    expect(token).toEqual({ access_token: token.access_token, expires_in: 0, scope: null });
    expect((await tokenCall({ code })).status).toBe(400);
    const described = (await (await metadata(`OAuth ${token.access_token}`)).json()) as object;
    expect(described).toMatchObject({ dc: 'us1', role: 'owner', api_endpoint: sandbox.url });
    expect((await metadata(`Bearer ${token.access_token}`)).status).toBe(401);
    const headers = { Authorization: `Bearer ${token.access_token}` };
    expect((await api('GET', '/lists', undefined, headers)).status).toBe(200);
    sandbox.control.revokeToken({ token: token.access_token });
    expect((await api('GET', '/lists', undefined, headers)).json.title).toBe('API Key Invalid');
    expect((await metadata(`OAuth ${token.access_token}`)).status).toBe(401);
    expect((await api('GET', '/lists')).status).toBe(200);
    sandbox.control.revokeToken();
    expect((await api('GET', '/lists')).status).toBe(401);
  });

  it('a person who cancels goes back with access_denied', async () => {
    expect((await decide('cancel')).searchParams.get('error')).toBe('access_denied');
  });

  it.each([
    ['redirect_uri with a slash more', { redirect_uri: `${redirect}/` }],
    ['unknown client', { client_id: 'other' }],
    ['other response type', { response_type: 'token' }],
  ])('the page refuses: %s', async (_, more) => {
    expect((await fetch(`${sandbox.oauthUrl}/oauth2/authorize?${ask(more).toString()}`)).status).toBe(400);
  });

  it.each([
    ['wrong secret', { client_secret: 'old' }, 401, 'invalid_client'],
    ['other redirect_uri', { redirect_uri: 'http://127.0.0.1:1/' }, 400, 'invalid_grant'],
    ['made-up code', { code: 'none' }, 400, 'invalid_grant'],
    ['other grant type', { grant_type: 'refresh_token' }, 400, 'unsupported_grant_type'],
  ])('the token call refuses: %s', async (_, fields, status, error) => {
    const code = (await decide('allow')).searchParams.get('code')!;
    const answer = await tokenCall({ code, ...fields });
    expect([answer.status, await answer.json()]).toMatchObject([status, { error }]);
  });
});

describe('FACTS §7, §9.16: webhooks', () => {
  const create = (body: object = {}) => api('POST', '/lists/L/webhooks', { url: receiverUrl, ...body });
  const posts = () =>
    received.filter(({ method }) => method === 'POST').map(({ body }) => new URLSearchParams(body));
  const write = (address: string, more: object = {}) =>
    api('POST', '/lists/L', {
      update_existing: true,
      members: [{ email_address: address, status: 'subscribed', ...more }],
    });

  it('the address is checked with GET; the secret is told once', async () => {
    const made = (await create()).json;
    expect(received).toMatchObject([{ method: 'GET' }]);
    expect(made).toMatchObject({ signing_enabled: true, url: receiverUrl });
    expect(made.signing_secret).toMatch(/^[0-9a-f]{32}$/);
    expect((await api('GET', `/lists/L/webhooks/${made.id}`)).json).not.toHaveProperty('signing_secret');
    const dead = await create({ url: 'http://127.0.0.1:1/' });
    expect(dead.status).toBe(400);
    expect((await api('DELETE', `/lists/L/webhooks/${made.id}`)).status).toBe(204);
    expect((await api('GET', '/lists/L/webhooks')).json.total_items).toBe(0);
  });

  it('deliveries are form-encoded, signed over "t.body", and echo own writes when sources.api is on', async () => {
    const { signing_secret: secret } = (await create()).json;
    await write('a@acme.test', { merge_fields: { FNAME: 'Ană' } });
    await sandbox.control.flushWebhooks();
    const delivery = received.at(-1)!;
    const form = new URLSearchParams(delivery.body);
    expect(form.get('type')).toBe('subscribe');
    expect(form.get('fired_at')).toMatch(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/);
    expect([form.get('data[email]'), form.get('data[list_id]'), form.get('data[merges][FNAME]')]).toEqual([
      'a@acme.test',
      'L',
      'Ană',
    ]);
    expect(form.get('data[id]')).toMatch(/^[0-9a-f]{10}$/);
    const [, at, hex] = /^t=(\d+),v1=([0-9a-f]{64})$/.exec(delivery.signature ?? '')!;
    expect(createHmac('sha256', secret).update(`${at}.${delivery.body}`).digest('hex')).toBe(hex);
  });

  it('unsubscribes, bounces, changes of address and of fields; only wanted events and sources', async () => {
    await create({
      events: { unsubscribe: true, cleaned: true, upemail: true, profile: true },
      sources: { user: true },
    });
    await write('a@acme.test');
    await write('b@acme.test');
    const act = (address: string, act: Parameters<typeof sandbox.control.act>[0]['act']) =>
      sandbox.control.act({ audience: 'L', address, act });
    act('a@acme.test', { kind: 'editFields', mergeFields: { FNAME: 'Ana' } });
    act('a@acme.test', { kind: 'changeAddress', to: 'c@acme.test' });
    act('c@acme.test', { kind: 'complain' });
    act('b@acme.test', { kind: 'bounce' });
    await sandbox.control.flushWebhooks();
    const seen = posts();
    expect(seen.map((form) => form.get('type'))).toEqual(['profile', 'upemail', 'unsubscribe', 'cleaned']);
    expect(seen[1]!.get('data[old_email]')).toBe('a@acme.test');
    expect(seen[1]!.get('data[new_email]')).toBe('c@acme.test');
    expect([seen[2]!.get('data[action]'), seen[2]!.get('data[reason]')]).toEqual(['unsub', 'abuse']);
    expect(seen[3]!.get('data[email]')).toBe('b@acme.test');
  });

  it('a complaint is the reason of the unsubscribing that it caused, and of no later one', async () => {
    await create({ events: { unsubscribe: true } });
    await write('a@acme.test');
    const reasons: string[] = [];
    for (const kind of ['complain', 'signUp', 'unsubscribeByUi', 'signUp', 'unsubscribeSelf'] as const) {
      sandbox.control.act({ audience: 'L', address: 'a@acme.test', act: { kind } });
      reasons.push((await api('GET', '/lists/L/members/a@acme.test')).json.unsubscribe_reason);
    }
    const byAdmin = 'N/A (Unsubscribed by an admin)';
    expect(reasons).toEqual(['abuse', undefined, byAdmin, undefined, 'N/A']);
    await sandbox.control.flushWebhooks();
    expect(posts().map((form) => form.get('data[reason]'))).toEqual(['abuse', 'manual', 'manual']);
  });

  it('a reset takes back what waits for its delivery', async () => {
    await create();
    sandbox.control.setModes({ webhookDelayMs: 60_000 });
    await write('a@acme.test');
    sandbox.control.reset();
    expect(await sandbox.control.flushWebhooks()).toEqual({ attempts: [] });
    expect(posts()).toEqual([]);
  });

  it('a reset ends the tries of what cannot be delivered', async () => {
    await create();
    receiverStatus = 503;
    await write('a@acme.test');
    const flushed = sandbox.control.flushWebhooks();
    while (posts().length === 0) await sleep(2);
    sandbox.control.reset();
    receiverStatus = 200;
    expect(await flushed).toEqual({ attempts: [] });
    expect(posts()).toHaveLength(1);
  });

  it('PATCH changes the address and the events that it names, and no others', async () => {
    const made = (await create({ events: { subscribe: true, profile: true } })).json;
    const path = `/lists/L/webhooks/${made.id}`;
    const events = { ...made.events, profile: false, cleaned: true };
    const change = { url: `${receiverUrl}/other`, events: { profile: false, cleaned: true } };
    const changed = (await api('PATCH', path, change)).json;
    expect(changed).toEqual({ ...(await api('GET', path)).json, url: `${receiverUrl}/other`, events });
    expect(changed.sources).toEqual(made.sources);
  });

  it('unsigned, duplicated, late and out of order when the modes say so', async () => {
    sandbox.control.setModes({
      webhookSigning: 'unsigned',
      webhookCopies: 2,
      webhookOrder: 'reversed',
      webhookDelayMs: 60_000,
    });
    const made = (await create()).json;
    expect(made).toMatchObject({ signing_enabled: false });
    expect(made).not.toHaveProperty('signing_secret');
    await write('a@acme.test');
    await write('b@acme.test');
    expect(posts()).toEqual([]);
    await sandbox.control.flushWebhooks();
    expect(received.every(({ signature }) => signature === undefined)).toBe(true);
    const addresses = posts().map((form) => form.get('data[email]')![0]);
    expect(addresses).toEqual(['b', 'b', 'a', 'a']);
  });
});

describe('FACTS §7, §9.19: batches of operations', () => {
  const operations = [
    {
      method: 'PUT',
      path: '/lists/L/members/a@acme.test',
      operation_id: 'one',
      body: JSON.stringify({ email_address: 'a@acme.test', status_if_new: 'subscribed' }),
    },
    { method: 'GET', path: 'lists/none', operation_id: 'two' },
  ];
  const finish = async (id: string) => {
    for (;;) {
      const { json } = await api('GET', `/batches/${id}`);
      if (json.status === 'finished') return json;
      await sleep(5);
    }
  };

  it('go through their statuses; finished with errored operations; results in a gzipped tar', async () => {
    sandbox.control.setModes({ batchStepMs: 5 });
    const started = (await api('POST', '/batches', { operations })).json;
    expect(started).toMatchObject({ status: 'pending', total_operations: 2, response_body_url: '' });
    const done = await finish(started.id);
    expect([done.finished_operations, done.errored_operations]).toEqual([2, 1]);
    const archive = await fetch(done.response_body_url);
    const results = readTar(gunzipSync(Buffer.from(await archive.arrayBuffer()))).flatMap(
      (text) => JSON.parse(text) as { status_code: number; operation_id: string; response: string }[],
    );
    const statuses = Object.fromEntries(results.map((result) => [result.operation_id, result.status_code]));
    expect(statuses).toEqual({ one: 200, two: 404 });
    const one = results.find(({ operation_id }) => operation_id === 'one')!;
    expect(JSON.parse(one.response)).toMatchObject({ email_address: 'a@acme.test' });
    sandbox.control.advanceTime({ seconds: 11 * 60 });
    expect((await fetch(done.response_body_url)).status).toBe(403);
  });

  it('a batch that is deleted while it runs does no more', async () => {
    sandbox.control.setModes({ batchStepMs: 20 });
    const { id } = (await api('POST', '/batches', { operations })).json;
    expect((await api('DELETE', `/batches/${id}`)).status).toBe(204);
    await finish((await api('POST', '/batches', { operations: operations.slice(1) })).json.id);
    expect(sandbox.control.memberState({ audience: 'L', address: 'a@acme.test' })).toBeNull();
  });

  it('tell their end to the batch webhooks, of which there may be twenty', async () => {
    const made = (await api('POST', '/batch-webhooks', { url: receiverUrl })).json;
    expect((await api('GET', '/batch-webhooks')).json).toMatchObject({
      total_items: 1,
      webhooks: [{ id: made.id, url: receiverUrl }],
    });
    const { id } = (await api('POST', '/batches', { operations })).json;
    while (received.length === 0) await sleep(5);
    const told = new URLSearchParams(received[0]!.body);
    expect([told.get('type'), told.get('data[id]')]).toEqual(['batch_operation_completed', id]);
    for (let number = 1; number < 20; number++) await api('POST', '/batch-webhooks', { url: receiverUrl });
    expect((await api('POST', '/batch-webhooks', { url: receiverUrl })).status).toBe(400);
    expect((await api('DELETE', `/batch-webhooks/${made.id}`)).status).toBe(204);
    expect((await api('DELETE', `/batch-webhooks/${made.id}`)).status).toBe(404);
  });

  it('can stay in pending, of which there may be only so many', async () => {
    sandbox.control.setModes({ batchStuck: true, pendingBatchLimit: 1 });
    const { json } = await api('POST', '/batches', { operations });
    const over = await api('POST', '/batches', { operations });
    expect(over.status).toBe(429);
    expect((await api('GET', `/batches/${json.id}`)).json.status).toBe('pending');
  });

  it('the body of an operation is a string', async () => {
    const wrong = [{ method: 'PUT', path: '/lists/L', body: {} }];
    expect((await api('POST', '/batches', { operations: wrong })).status).toBe(400);
  });
});

/** The contents of the files of a tar archive. */
function readTar(archive: Buffer): string[] {
  const contents: string[] = [];
  for (let at = 0; archive[at] !== 0;) {
    const size = Number.parseInt(archive.toString('ascii', at + 124, at + 135), 8);
    contents.push(archive.toString('utf8', at + 512, at + 512 + size));
    at += 512 + Math.ceil(size / 512) * 512;
  }
  return contents;
}
