import { request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { call } from './test-support/conformance-call.ts';
import type { FaultSettings } from './faults.ts';
import { remoteControl } from './control.ts';
import { drawLatency } from './latency.ts';
import { subscriberHash } from './md5-index.ts';
import { seededRandom } from './random.ts';
import { originOf, startSandbox } from './sandbox.ts';
import type { Sandbox } from './sandbox.ts';

let sandbox: Sandbox;
const api = (method: string, path: string, body?: unknown, headers: Record<string, string> = {}) =>
  call(sandbox, method, path, body, headers);
const person = (address: string) => ({
  update_existing: true,
  members: [{ email_address: address, status: 'subscribed' }],
});
const statusOf = (address: string) => sandbox.control.memberState({ audience: 'L', address })?.status;

/** Waits for a state that is sure to come; the test's own time-out is the limit. */
async function until(reached: () => boolean): Promise<void> {
  while (!reached()) await sleep(2);
}

beforeAll(async () => {
  sandbox = await startSandbox();
});
afterAll(() => sandbox.close());
beforeEach(() => {
  sandbox.control.reset();
  sandbox.control.createAudience({ id: 'L', name: 'Newsletter' });
});

describe('FACTS §9.1: ten requests at once', () => {
  const ping = (key: string) => api('GET', '/ping', undefined, { Authorization: `Bearer ${key}` });

  it('the eleventh of a user is refused at once, over all keys; another user has a ceiling of their own', async () => {
    const { apiKey: second } = sandbox.control.issueKey({ user: 'owner' });
    const { apiKey: other } = sandbox.control.createUser({ name: 'ana' });
    sandbox.control.setLatency({ kind: 'fixed', ms: 300 });
    const ten = Array.from({ length: 10 }, (_, index) => ping(index % 2 === 0 ? sandbox.apiKey : second));
    await until(() => sandbox.control.counters().inFlight === 10);
    const refused = await ping(second);
    expect(refused.status).toBe(429);
    expect(refused.headers.get('retry-after')).toBeNull();
    expect(refused.headers.get('content-type')).toBe('application/problem+json; charset=utf-8');
    expect(refused.json).toEqual({
      type: 'https://mailchimp.com/developer/marketing/docs/errors/',
      title: 'Too Many Requests',
      status: 429,
      detail: 'You have exceeded the limit of 10 simultaneous connections.',
      instance: refused.headers.get('x-request-id'),
    });
    expect((await ping(other)).status).toBe(200);
    expect((await Promise.all(ten)).map((seen) => seen.status)).toEqual(Array(10).fill(200));
    expect(sandbox.control.counters()).toMatchObject({ maxInFlight: 11, inFlight: 0, byStatus: { 429: 1 } });
  });

  it.each([
    ['html 429', 429, 'text/html'],
    ['html 403', 403, 'text/html'],
    ['empty 429', 429, null],
  ] as const)('mode %s answers %i without JSON', async (flood, status, type) => {
    sandbox.control.setModes({ flood, ceiling: 1 });
    sandbox.control.setLatency({ kind: 'fixed', ms: 200 });
    const first = api('GET', '/ping');
    await until(() => sandbox.control.counters().inFlight === 1);
    const refused = await api('GET', '/ping');
    expect([refused.status, refused.headers.get('content-type')]).toEqual([status, type]);
    await first;
  });
});

describe('FACTS §9.2: clients that go away and answers that take too long', () => {
  it('after a disconnect the work goes on, keeps its slot and has its effect', async () => {
    sandbox.control.setModes({ ceiling: 1 });
    sandbox.control.setLatency({ kind: 'fixed', ms: 300 });
    const abort = new AbortController();
    const gone = fetch(`${sandbox.apiRoot}/lists/L`, {
      method: 'POST',
      headers: { Authorization: `Bearer ${sandbox.apiKey}` },
      body: JSON.stringify(person('a@acme.test')),
      signal: abort.signal,
    });
    gone.catch(() => undefined);
    // The body must have arrived: from then on the latency, and so the fate of the call, is the server's.
    await until(() => sandbox.control.counters().inFlight === 1);
    await sleep(50);
    abort.abort();
    await expect(gone).rejects.toThrow();
    expect(statusOf('a@acme.test')).toBeUndefined();
    expect((await api('GET', '/ping')).status).toBe(429);
    await until(() => sandbox.control.counters().inFlight === 0);
    expect(statusOf('a@acme.test')).toBe('subscribed');
    expect(sandbox.control.counters().aborted).toBe(1);
  });

  it('at the deadline: 502 with HTML, the slot stays taken, the work is done later', async () => {
    sandbox.control.setModes({ deadlineMs: 20, ceiling: 1 });
    sandbox.control.setLatency({ kind: 'fixed', ms: 400 });
    const cut = await api('POST', '/lists/L', person('a@acme.test'));
    expect([cut.status, cut.headers.get('content-type')]).toEqual([502, 'text/html']);
    expect(cut.text).toMatch(/^<html>/);
    expect(statusOf('a@acme.test')).toBeUndefined();
    expect((await api('GET', '/ping')).status).toBe(429);
    await until(() => statusOf('a@acme.test') === 'subscribed');
  });

  it('a request whose body never ends gives its slot back and does nothing', async () => {
    const sent = request(`${sandbox.apiRoot}/lists/L`, {
      method: 'POST',
      headers: { Authorization: `Bearer ${sandbox.apiKey}`, 'Content-Length': 1000 },
    });
    sent.on('error', () => undefined);
    sent.write('{"members":[');
    await until(() => sandbox.control.counters().inFlight === 1);
    sent.destroy();
    await until(() => sandbox.control.counters().inFlight === 0);
    expect(sandbox.control.counters()).toMatchObject({ aborted: 1, writes: 0 });
  });
});

describe('FACTS §9.18: faults and latency', () => {
  const post = () => api('POST', '/lists/L', person('a@acme.test'));

  it.each<[string, FaultSettings['answer'], number, string | null]>([
    [
      '500 problem',
      { kind: 'status', status: 500, body: 'problem' },
      500,
      'application/problem+json; charset=utf-8',
    ],
    ['502 page', { kind: 'status', status: 502 }, 502, 'text/html'],
    ['503 empty', { kind: 'status', status: 503, body: 'empty' }, 503, null],
  ])('%s before and after the write', async (_, answer, status, type) => {
    sandbox.control.addFault({ method: 'POST', path: '^/lists/L$', answer });
    const before = await post();
    expect([before.status, before.headers.get('content-type')]).toEqual([status, type]);
    expect(statusOf('a@acme.test')).toBeUndefined();
    sandbox.control.addFault({ when: 'after', answer });
    expect((await post()).status).toBe(status);
    expect(statusOf('a@acme.test')).toBe('subscribed');
    expect((await post()).status).toBe(200);
  });

  it.each([
    ['before', undefined],
    ['after', 'subscribed'],
  ] as const)('a connection that is cut %s the write', async (when, status) => {
    sandbox.control.addFault({ when, answer: { kind: 'reset' } });
    await expect(post()).rejects.toThrow();
    expect(statusOf('a@acme.test')).toBe(status);
    expect(sandbox.control.counters().reset).toBe(1);
  });

  it('the n-th matching request is hit, so many times', async () => {
    sandbox.control.addFault({ path: '^/ping$', skip: 1, times: 2, answer: { kind: 'status', status: 503 } });
    const seen: number[] = [];
    for (let turn = 0; turn < 5; turn++) seen.push((await api('GET', '/ping')).status);
    expect(seen).toEqual([200, 503, 503, 200, 200]);
    expect(sandbox.control.faults()).toMatchObject([{ seen: 5, hits: 2 }]);
  });

  it('lognormal latencies repeat for a seed, lie around their median and end at their most', () => {
    const draw = (seed: number, maxMs?: number) => {
      const random = seededRandom(seed);
      const model = { kind: 'lognormal', medianMs: 100, sigma: 0.8, maxMs } as const;
      return Array.from({ length: 999 }, () => drawLatency(model, random));
    };
    const drawn = draw(7);
    expect(draw(7)).toEqual(drawn);
    expect(draw(8)).not.toEqual(drawn);
    const sorted = drawn.toSorted((left, right) => left - right);
    expect(Math.abs(sorted[499]! - 100)).toBeLessThan(10);
    expect(sorted[998]).toBeGreaterThan(370);
    expect(Math.max(...draw(7, 150))).toBe(150);
  });

  it('rates repeat for a seed', async () => {
    const run = async (seed: number) => {
      const other = await startSandbox({ seed });
      other.control.addFault({ times: null, rate: 0.5, answer: { kind: 'status', status: 500 } });
      const seen: number[] = [];
      for (let turn = 0; turn < 24; turn++) seen.push((await call(other, 'GET', '/ping')).status);
      await other.close();
      return seen.join();
    };
    const first = await run(7);
    expect(first).toContain('500');
    expect(first).toContain('200');
    expect(await run(7)).toBe(first);
    expect(await run(8)).not.toBe(first);
  });

  it('§9.17: too many changes of one address in a while are refused, and later allowed', async () => {
    sandbox.control.setModes({ throttle: { changes: 2, seconds: 300 } });
    await post();
    await post();
    expect((await post()).json.errors[0].error).toBe(
      "a@acme.test has signed up to a lot of lists very recently; we're not allowing more signups for now",
    );
    expect((await api('POST', '/lists/L', person('b@acme.test'))).json.total_created).toBe(1);
    sandbox.control.advanceTime({ seconds: 301 });
    expect((await post()).json.total_updated).toBe(1);
  });
});

describe('FACTS §2, §7, §8: the service', () => {
  it.each([
    ['none', '', 401, 'API Key Missing'],
    ['a wrong key', 'Bearer wrong-us1', 401, 'API Key Invalid'],
    [
      'Basic with any name',
      `Basic ${Buffer.from('anything:sandbox-us1').toString('base64')}`,
      200,
      undefined,
    ],
    ['Bearer', 'Bearer sandbox-us1', 200, undefined],
    ['the OAuth scheme', 'OAuth sandbox-us1', 401, 'API Key Missing'],
  ])('authorization: %s', async (_, header, status, title) => {
    const seen = await api('GET', '/', undefined, { Authorization: header });
    expect([seen.status, seen.json.title]).toEqual([status, title]);
  });

  it('403 for a disabled user and for a role that may not write', async () => {
    const { apiKey } = sandbox.control.createUser({ name: 'bea', role: 'viewer' });
    const headers = { Authorization: `Bearer ${apiKey}` };
    expect((await api('GET', '/', undefined, headers)).json.role).toBe('viewer');
    expect((await api('POST', '/lists/L', person('a@acme.test'), headers)).json.title).toBe(
      'User action not permitted',
    );
    sandbox.control.disableUser({ user: 'bea' });
    expect((await api('GET', '/', undefined, headers)).json).toMatchObject({
      title: 'User Disabled',
      status: 403,
    });
  });

  it('answers carry the date of the clock that stamps the contacts', async () => {
    sandbox.control.advanceTime({ seconds: 86_400 });
    const { headers, json } = await api('POST', '/lists/L', person('a@acme.test'));
    const stamped = Date.parse(json.new_members[0].last_changed);
    expect(Date.parse(headers.get('date') ?? '') - stamped).toBeOneOf([0, 1000]);
  });

  it('unknown paths, wrong methods, broken JSON, triggered errors, method override', async () => {
    expect((await api('GET', '/campaigns')).json).toMatchObject({
      title: 'Resource Not Found',
      detail: 'The requested resource could not be found.',
    });
    const wrong = await api('DELETE', '/ping');
    expect([wrong.status, wrong.headers.get('allow')]).toEqual([405, 'GET']);
    expect((await api('POST', '/lists/L', '{"members":')).json.title).toBe('JSON Parse Exception');
    const triggered = await api('GET', '/ping', undefined, { 'X-Trigger-Error': 'APIKeyMissing' });
    expect(triggered.status).toBe(401);
    const override = { 'X-HTTP-Method-Override': 'GET' };
    expect((await api('POST', '/ping', {}, override)).status).toBe(200);
    expect((await api('GET', '/ping', undefined, override)).status).toBe(422);
  });

  it('§9.20: counts lag behind by so many seconds; total_contacts only on request', async () => {
    sandbox.control.setModes({ statsDelaySeconds: 600 });
    const stats = async (query = '') => (await api('GET', `/lists/L${query}`)).json.stats;
    expect((await stats()).member_count).toBe(0);
    await api('POST', '/lists/L', person('a@acme.test'));
    expect(await stats()).toMatchObject({ member_count: 0 });
    sandbox.control.advanceTime({ seconds: 600 });
    expect(await stats()).toMatchObject({ member_count: 1 });
    expect(await stats()).not.toHaveProperty('total_contacts');
    expect(await stats('?include_total_contacts=true')).toHaveProperty('total_contacts', 1);
  });

  it('an audience is made, changed and deleted', async () => {
    const made = (await api('POST', '/lists', { name: 'Second', double_optin: true })).json;
    expect(made).toMatchObject({ name: 'Second', double_optin: true });
    const path = `/lists/${made.id}`;
    const changed = (await api('PATCH', path, { name: 'Other', double_optin: false })).json;
    expect(changed).toMatchObject({ id: made.id, name: 'Other', double_optin: false });
    expect((await api('GET', path)).json).toEqual(changed);
    expect((await api('DELETE', path)).status).toBe(204);
    expect((await api('GET', path)).status).toBe(404);
  });

  it('§8: over the contact limit: accepted, or 403 in that mode', async () => {
    sandbox.control.setModes({ contactLimit: 0 });
    expect((await api('POST', '/lists/L', person('a@acme.test'))).json.total_created).toBe(1);
    sandbox.control.setModes({ overLimit: '403' });
    expect((await api('POST', '/lists/L', person('b@acme.test'))).json.error_count).toBe(1);
    const single = { email_address: 'c@acme.test', status: 'subscribed' };
    expect((await api('POST', '/lists/L/members', single)).status).toBe(403);
  });

  it('§7: one account export at a time and one in 24 hours', async () => {
    const start = () => api('POST', '/account-exports', { include_stages: ['audiences'] });
    const first = await start();
    expect(first.json).not.toHaveProperty('download_url');
    expect((await start()).json).toMatchObject({ status: 400, title: 'Account Export in Progress' });
    sandbox.control.advanceTime({ seconds: 3600 });
    expect((await start()).json.title).toBe('Too Many Account Exports');
    expect((await api('GET', `/account-exports/${first.json.export_id}`)).json).toHaveProperty('finished');
    sandbox.control.advanceTime({ seconds: 86_400 });
    expect((await start()).status).toBe(200);
  });
});

describe('the origin', () => {
  it.each([
    ['127.0.0.1', 'IPv4', 'http://127.0.0.1:80'],
    ['127.0.0.2', 'IPv4', 'http://127.0.0.2:80'],
    ['0.0.0.0', 'IPv4', 'http://127.0.0.1:80'],
    ['::', 'IPv6', 'http://127.0.0.1:80'],
    ['::1', 'IPv6', 'http://[::1]:80'],
  ])('of a sandbox that listens at %s', (address, family, origin) => {
    expect(originOf({ address, family, port: 80 })).toBe(origin);
  });
});

describe('control', () => {
  it('is the same over HTTP, and says what is wrong with bad input', async () => {
    const remote = remoteControl(sandbox.url);
    await remote.seedMembers({ audience: 'L', members: [{ address: 'a@acme.test', tags: ['VIP'] }] });
    await remote.act({ audience: 'L', address: 'a@acme.test', act: { kind: 'unsubscribeSelf' } });
    const state = await remote.audienceState({ audience: 'L' });
    expect(state).toEqual(sandbox.control.audienceState({ audience: 'L' }));
    expect(state).toMatchObject({ total: 1, counts: { unsubscribed: 1 }, tags: { VIP: 1 } });
    const overGet = await fetch(`${sandbox.url}/sandbox/audience-state?audience=L&count=0`);
    expect(await overGet.json()).toMatchObject({ total: 1, members: [] });
    await expect(
      remote.act({ audience: 'L', address: 'b@acme.test', act: { kind: 'archive' } }),
    ).rejects.toMatchObject({
      code: 'sandbox_no_member',
    });
    expect(() => sandbox.control.setModes({ flod: 'problem' } as object)).toThrow(/flod/);
    const typo = await fetch(`${sandbox.url}/sandbox/seed-member`, { method: 'POST' });
    expect(await typo.json()).toMatchObject({
      code: 'sandbox_no_operation',
      hint: 'Did you mean "seed-members"?',
    });
    const here = (thrown: unknown) => JSON.stringify(thrown);
    const wrong = { audience: 'none', members: [] };
    const local = await Promise.try(() => sandbox.control.seedMembers(wrong)).catch(here);
    expect(await remote.seedMembers(wrong).catch(here)).toBe(local);
  });

  it('answers GET for what only reads, and POST only with JSON: no foreign page can change anything', async () => {
    const answers = async (path: string, init: RequestInit) => {
      const answer = await fetch(`${sandbox.url}/sandbox/${path}`, init);
      return [answer.status, ((await answer.json()) as { code?: string }).code];
    };
    expect(await answers('reset', {})).toEqual([405, 'sandbox_method']);
    expect(await answers('set-modes?premium=true', {})).toEqual([405, 'sandbox_method']);
    expect(await answers('modes', { method: 'DELETE' })).toEqual([405, 'sandbox_method']);
    expect(await answers('reset', { method: 'POST' })).toEqual([415, 'sandbox_not_json']);
    expect(await answers('reset', { method: 'POST', body: '{}' })).toEqual([415, 'sandbox_not_json']);
    expect(sandbox.control.audiences()).toMatchObject([{ id: 'L' }]);
    expect(await answers('counters', {})).toEqual([200, undefined]);
    const headers = { 'Content-Type': 'application/json' };
    expect(await answers('reset', { method: 'POST', headers })).toEqual([200, undefined]);
    expect(sandbox.control.audiences()).toEqual([]);
  });

  it('hands out copies', () => {
    const { modes, setModes, addFault, faults } = sandbox.control;
    modes().ceiling = 1;
    setModes({}).ceiling = 1;
    addFault({ answer: { kind: 'reset' } }).hits = 7;
    faults()[0]!.hits = 7;
    expect([modes().ceiling, faults()[0]!.hits]).toEqual([10, 0]);
  });

  it('the log has no addresses and, unless asked, no bodies', async () => {
    await api('POST', '/lists/L', person('a@acme.test'));
    await api('GET', '/lists/L/members/a@acme.test');
    await api('GET', '/search-members?query=a@acme.test');
    const log = sandbox.control.requests();
    expect(JSON.stringify(log)).not.toContain('acme');
    expect(log.map(({ method, members, status }) => [method, members, status])).toEqual([
      ['POST', 1, 200],
      ['GET', 0, 200],
      ['GET', 0, 200],
    ]);
    expect(sandbox.control.counters()).toMatchObject({ requests: 3, writes: 1, membersSent: 1 });
    sandbox.control.setModes({ logBodies: true });
    await api('POST', '/lists/L', person('b@acme.test'));
    expect(sandbox.control.requests({ after: log.at(-1)!.number })[0]!.body).toContain('b@acme.test');
  });

  it('a person changes their address, edits fields, and the API sees it as changed', async () => {
    const old = '2026-01-01T00:00:00Z';
    sandbox.control.seedMembers({ audience: 'L', members: [{ address: 'a@acme.test', lastChanged: old }] });
    const act = { kind: 'changeAddress', to: 'b@acme.test' } as const;
    sandbox.control.act({ audience: 'L', address: 'a@acme.test', act });
    const edit = { kind: 'editFields', mergeFields: { FNAME: 'Ana' } } as const;
    sandbox.control.act({ audience: 'L', address: 'b@acme.test', act: edit });
    const { json } = await api('GET', '/lists/L/members?since_last_changed=2026-01-01T00:00:00Z');
    expect(json.members).toMatchObject([
      { id: subscriberHash('b@acme.test'), merge_fields: { FNAME: 'Ana' } },
    ]);
  });
});

describe('the audience page', () => {
  it('shows members, tags and requests with everything escaped, and fetches nothing', async () => {
    const nasty = '<img src=x onerror=alert(1)>';
    sandbox.control.createAudience({ id: 'N', name: nasty });
    sandbox.control.seedMembers({
      audience: 'N',
      members: [{ address: 'a@acme.test', mergeFields: { FNAME: nasty }, tags: [`${nasty}"`] }],
    });
    const answer = await fetch(`${sandbox.url}/?audience=N&search=${encodeURIComponent(nasty)}`);
    const page = await answer.text();
    expect(answer.headers.get('content-security-policy')).toContain("default-src 'none'");
    expect(page).toContain('a@acme.test');
    expect(page).not.toContain('<img');
    expect(page).not.toMatch(/(src|href)="(https?:)?\/\//);
  });

  it('finds by part of an address, by status and by tag', async () => {
    sandbox.control.fillAudience({ audience: 'L', count: 30, tags: ['Big'] });
    sandbox.control.fillAudience({ audience: 'L', from: 30, count: 1, status: 'pending' });
    const count = async (query: string) =>
      /Members <span class="faint">(\d+)/.exec(
        await (await fetch(`${sandbox.url}/?audience=L&${query}`)).text(),
      )?.[1];
    expect(await count('')).toBe('31');
    expect(await count('search=PERSON2')).toBe('11');
    expect(await count('status=pending')).toBe('1');
    expect(await count('tag=Big&search=person3')).toBe('1');
  });
});
