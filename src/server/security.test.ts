import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { systemClock } from '../base/clock.ts';
import { ownPage } from './routes/sign-in-routes.ts';
import { Client, password, TestServer } from './test-support/test-server.ts';

/** A clock that can be put forward, so that nobody waits for a lock to end. */
const clock = {
  ahead: 0,
  now: () => new Date(Date.now() + clock.ahead),
  sleep: systemClock.sleep,
};

let test: TestServer;
let owner: Client;

beforeAll(async () => {
  test = await TestServer.open({ clock });
  owner = await test.owner();
}, 60_000);
afterAll(() => test.close());

const signIn = (client: Client, email: string, given: string, headers: Record<string, string> = {}) =>
  client.post('/api/v1/sign-in', { email, password: given }, { headers });

describe('session cookies', () => {
  it('are out of reach of scripts and other sites', async () => {
    const client = test.client();
    const { headers } = await signIn(client, 'owner@acme.test', password);
    expect(headers['set-cookie']).toMatch(/^postrider_session=[\w-]{43}; .*HttpOnly; SameSite=Lax$/);
  });

  it('go over TLS only, and belong to this host only, where the server is reached by TLS', async () => {
    const secure = await TestServer.open({ env: { POSTRIDER_PUBLIC_URL: 'https://postrider.test' } });
    try {
      const { headers } = await signIn(
        secure.client({ origin: 'https://postrider.test' }),
        'owner@acme.test',
        password,
      );
      expect(headers['set-cookie']).toMatch(
        /^__Host-postrider_session=.*; Path=\/; HttpOnly; Secure; SameSite=Lax$/,
      );
      expect(headers['strict-transport-security']).toContain('max-age');
    } finally {
      await secure.close();
    }
  });

  it('are new at each sign-in: one that somebody else put into the browser is worth nothing', async () => {
    const fixed = 'A'.repeat(43);
    const client = test.client({ cookie: `postrider_session=${fixed}` });
    await signIn(client, 'owner@acme.test', password);
    expect(client.cookie).not.toContain(fixed);
    const attacker = test.client({ cookie: `postrider_session=${fixed}` });
    expect((await attacker.get('/api/v1/me')).status).toBe(401);
  });

  it('end the session before them in the same browser', async () => {
    const client = await test.signIn('owner@acme.test');
    const before = test.client({ cookie: client.cookie ?? '' });
    expect((await before.get('/api/v1/me')).status).toBe(200);
    await signIn(client, 'owner@acme.test', password);
    expect((await before.get('/api/v1/me')).status).toBe(401);
  });

  it('end with the sign-out, everywhere if that is wanted, and after twelve quiet hours', async () => {
    const one = await test.signIn('owner@acme.test');
    const kept = test.client({ cookie: one.cookie ?? '' });
    expect((await one.call('DELETE', '/api/v1/session')).status).toBe(204);
    expect((await kept.get('/api/v1/me')).status).toBe(401);

    const other = await test.signIn('owner@acme.test');
    const third = await test.signIn('owner@acme.test');
    await third.call('DELETE', '/api/v1/me/sessions/all');
    expect((await other.get('/api/v1/me')).status).toBe(401);

    const quiet = await test.signIn('owner@acme.test');
    clock.ahead += 12 * 60 * 60_000 + 1_000;
    expect((await quiet.get('/api/v1/me')).status).toBe(401);
    owner = await test.signIn('owner@acme.test');
  });
});

describe('requests that pages of others send', () => {
  const change = { name: 'Mallory' };

  it.each([
    ['another origin', { origin: 'https://evil.test' }],
    ['an origin that hides', { origin: 'null' }],
    ['a browser that says so', { origin: '', 'sec-fetch-site': 'cross-site' }],
    ['a sister domain', { origin: '', 'sec-fetch-site': 'same-site' }],
    ['our name as a part', { origin: 'http://postrider.test.evil.test' }],
  ])('change nothing: %s', async (_, headers) => {
    const { status, body } = await owner.call('PATCH', '/api/v1/me', { headers, body: change });
    expect(status).toBe(403);
    expect(body).toMatchObject({ code: 'cross_site' });
  });

  it('change nothing when they say nothing, since the cookie came from a browser', async () => {
    const silent = new Client(test, { cookie: owner.cookie ?? '' });
    expect((await silent.call('PATCH', '/api/v1/me', { body: change })).status).toBe(403);
  });

  it('sign nobody in as somebody else', async () => {
    const client = test.client();
    const answer = await signIn(client, 'owner@acme.test', password, { origin: 'https://evil.test' });
    expect(answer.status).toBe(403);
    expect(answer.headers['set-cookie']).toBeUndefined();
  });

  it('cannot send a form: bodies are JSON', async () => {
    for (const type of ['application/x-www-form-urlencoded', 'multipart/form-data', 'text/plain']) {
      const { status, body } = await owner.post('/api/v1/exports/x/pause', 'why=x', {
        headers: { 'content-type': type },
      });
      expect(status).toBe(415);
      expect(body).toMatchObject({ code: 'content_type', kind: 'input' });
    }
  });

  it('are let in from our own pages, and from programs with a token', async () => {
    const own = await owner.call('PATCH', '/api/v1/me', {
      headers: { origin: '', 'sec-fetch-site': 'same-origin' },
      body: { name: 'Olga' },
    });
    expect(own.status, own.text).toBe(200);
    const token = await test.token(owner, ['exports.edit', 'look']);
    expect((await token.get('/api/v1/exports')).status).toBe(200);
  });
});

describe('guessing', () => {
  it('is slowed down after five wrong passwords, for the right one too, and says the same of nobody', async () => {
    await test.user('viewer', 'guessed@acme.test');
    const guess = (email: string, given: string) => signIn(test.client(), email, given);
    for (let n = 0; n < 5; n += 1) {
      const [known, unknown] = [
        await guess('guessed@acme.test', `wrong password ${n}`),
        await guess(`nobody${n}@acme.test`, 'x'),
      ];
      expect(known.status).toBe(401);
      expect(known.body).toEqual(unknown.body);
    }
    const locked = await guess('guessed@acme.test', password);
    expect(locked.status).toBe(429);
    expect(locked.body).toMatchObject({ code: 'locked_out', retry: 'later' });
    clock.ahead += 60_000;
    expect((await guess('guessed@acme.test', password)).status).toBe(200);
  });

  it('of links is held down by address: thirty in a minute', async () => {
    const statuses: number[] = [];
    for (let n = 0; n < 70; n += 1) {
      const { status } = await test.client().post('/api/v1/links/read', { secret: `${'x'.repeat(30)}${n}` });
      statuses.push(status);
    }
    expect(statuses.filter((status) => status === 429)).toHaveLength(40);
    expect(statuses.slice(0, 30)).not.toContain(429);
  });
});

describe('tokens', () => {
  it('are shown once, and their secrets stand in no list and no log', async () => {
    const made = await owner.post<{ secret: string }>('/api/v1/me/tokens', {
      name: 'dbt',
      scopes: ['look'],
      expiresInDays: 1,
    });
    const { secret } = made.body;
    const list = await owner.get('/api/v1/me/tokens');
    expect(list.text).toContain('dbt');
    expect(list.text).not.toContain(secret);
    const client = test.client({ authorization: `Bearer ${secret}` });
    expect((await client.get('/api/v1/exports')).status).toBe(200);
    expect((await client.get('/api/v1/users')).status).toBe(403);
    expect(test.log.join('')).not.toContain(secret.slice(12));
  });

  it('end when they are revoked or over', async () => {
    const scopes = ['look', 'tokens.own'];
    const make = async () =>
      (
        await owner.post<{ secret: string; token: { id: string } }>('/api/v1/me/tokens', {
          name: 't',
          scopes,
          expiresInDays: 1,
        })
      ).body;
    const revoked = await make();
    await owner.call('DELETE', `/api/v1/tokens/${revoked.token.id}`);
    const over = await make();
    const get = (secret: string) => test.client({ authorization: `Bearer ${secret}` }).get('/api/v1/exports');
    expect((await get(revoked.secret)).status).toBe(401);
    expect((await get(over.secret)).status).toBe(200);
    clock.ahead += 25 * 60 * 60_000;
    expect((await get(over.secret)).status).toBe(401);
    owner = await test.signIn('owner@acme.test');
  });

  it('change nothing about their owner', async () => {
    const token = await test.token(owner, ['look', 'tokens.own']);
    expect(
      (await token.post('/api/v1/me/password', { before: password, password: 'another one entirely' }))
        .status,
    ).toBe(403);
    expect(
      (await token.post('/api/v1/me/tokens', { name: 'x', scopes: ['look'], expiresInDays: 9 })).status,
    ).toBe(403);
  });
});

describe('paths', () => {
  const save = (path: string, more: object = {}) =>
    owner.put(
      '/api/v1/sources/evil',
      { type: 'csv', path, key: 'id', ...more },
      { headers: { 'if-match': '*' } },
    );

  it.each([
    '/etc/passwd',
    '../../../etc/passwd',
    'a/../../../../etc/*',
    '{..,x}/{..,y}/secret*',
    '/proc/self/environ',
  ])('of sources lead to no file of the machine: %s', async (path) => {
    const { status, body } = await save(path);
    expect(status).toBe(403);
    expect(body).toMatchObject({ code: 'source_place' });
  });

  it('of lists lead there neither', async () => {
    const headers = { 'if-match': '*' };
    await owner.put('/api/v1/sources/shop', { type: 'csv', path: 'shop.csv', key: 'id' }, { headers });
    const list = await owner.put('/api/v1/segments/list/settings', { members: '/etc/passwd' }, { headers });
    expect(list.status).toBe(403);
    const attributes = { email: 'email' };
    const sources = [{ source: 'shop', attributes }];
    const aliases = { as: 'name', aliases: ['nicknames', '/etc/passwd'] };
    for (const more of [
      { bypass: { email: '/etc/passwd' } },
      { pairs: { always: '../secret.csv' } },
      { normalise: { email: aliases } },
      { match: [{ fields: { email: { normalise: aliases } } }] },
      {
        match: [{ fields: { email: 'exact' }, unless: { email: { different: 'low', normalise: aliases } } }],
      },
      { match: { mode: 'score', fields: { email: { compare: 'name', normalise: aliases }, city: 'name' } } },
      { sources: [{ ...sources[0], deduplicate: [{ fields: { email: { normalise: aliases } } }] }] },
    ]) {
      const saved = await owner.put('/api/v1/unify', { sources, ...more }, { headers });
      expect(saved.body, saved.text).toMatchObject({ code: 'source_place' });
      const tried = await owner.post('/api/v1/unify/preview', { sources, ...more });
      expect(tried.body).toMatchObject({ code: 'source_place' });
    }
  });

  it('of sources lead not to our own secrets', async () => {
    const { status } = await save(join(test.config.dataFolder, 'secret.key'));
    expect(status).toBe(403);
    const changes = await save(join(test.config.dataFolder, 'uploads', 'evil', 'a.csv'), {
      changes: join(test.config.dataFolder, '*.key'),
    });
    expect(changes.status).toBe(403);
  });

  it.each(['../evil.csv', '..%2fevil.csv', '..', '.hidden.csv', 'a/b.csv', 'x\u0000.csv'])(
    'of uploads stay in the folder of their source: %j',
    async (name) => {
      const { status } = await owner.put(
        `/api/v1/sources/shop/files/${encodeURIComponent(name)}`,
        'id\n1\n',
        {
          headers: { 'content-type': 'text/csv' },
        },
      );
      expect([404, 422]).toContain(status);
      expect(existsSync(join(test.config.dataFolder, 'evil.csv'))).toBe(false);
      expect(existsSync(join(test.config.dataFolder, 'uploads', 'evil.csv'))).toBe(false);
    },
  );

  it('of uploads make files that only we read, and no source id leads out of their folder', async () => {
    const upload = (source: string) =>
      owner.put<{ path: string }>(`/api/v1/sources/${encodeURIComponent(source)}/files/a.csv`, 'id\n1\n', {
        headers: { 'content-type': 'text/csv' },
      });
    const { body } = await upload('shop');
    expect(statSync(body.path).mode & 0o777).toBe(0o600);
    for (const id of ['..', '../..', 'a/b']) expect([404, 422]).toContain((await upload(id)).status);
    expect(readdirSync(join(test.config.dataFolder, 'uploads'))).toEqual(['shop']);
  });
});

describe('addresses', () => {
  it.each([
    'http://169.254.169.254/latest/meta-data',
    'http://localhost:4600/',
    'http://10.0.0.1/hook',
    'http://[::1]/',
  ])('of alerts lead not into our own network: %s', async (url) => {
    const { body } = await owner.post<{ id: string }>('/api/v1/alerts', {
      name: 'x',
      target: { kind: 'slack', url },
    });
    const tried = await owner.post(`/api/v1/alerts/${body.id}/test`);
    expect(tried.status).toBe(422);
    expect(tried.body).toMatchObject({ code: 'address_inner' });
  });

  it.each([
    ['not to what clouds hand their secrets out by', 'postgres://a@169.254.169.254/x'],
    [
      'nobody’s way with a variable that holds something else',
      'postgres://a@evil.test/${POSTRIDER_SECRET_KEY}',
    ],
  ])('of a database lead %s', async (_, url) => {
    const { status, body } = await owner.put(
      '/api/v1/sources/meta',
      { type: 'postgres', url, table: 't', key: 'id' },
      { headers: { 'if-none-match': '*' } },
    );
    expect(status, JSON.stringify(body)).toBe(403);
  });

  it.each([
    ['/exports', '/exports'],
    ['/exports?id=1#a', '/exports?id=1#a'],
    ['//evil.test', '/'],
    ['/\\evil.test', '/'],
    ['https://evil.test', '/'],
    ['javascript:alert(1)', '/'],
    ['/\t/evil.test', '/'],
    ['', '/'],
  ])('to come back to after a sign-in are ours: %j', (asked, led) => {
    expect(ownPage(asked)).toBe(led);
  });

  it('of a name that somebody lets lead to this machine reach nothing', async () => {
    const local = await TestServer.open({ env: { POSTRIDER_PUBLIC_URL: '' } });
    try {
      const ask = (host: string) => local.client().get('/api/v1/sign-in', { headers: { host, origin: '' } });
      expect((await ask('evil.test')).status).toBe(403);
      expect((await ask('localhost:4600')).status).toBe(200);
      expect((await ask('127.0.0.1:4600')).status).toBe(200);
    } finally {
      await local.close();
    }
  });
});

describe('bodies', () => {
  it('are small, but for what is meant to be large', async () => {
    const { status, body } = await owner.put('/api/v1/unify', { sources: 'x'.repeat(2_000_000) });
    expect(status).toBe(413);
    expect(body).toMatchObject({ code: 'body_too_large', kind: 'input' });
    expect(body).not.toHaveProperty('stack');
  });

  it('are not read of somebody who may not send them', async () => {
    const broken = { headers: { 'content-type': 'application/json', 'idempotency-key': 'k' } };
    const url = '/api/v1/sources/shop/rows';
    const nobody = await test.client().post(url, '{'.repeat(2_000_000), broken);
    expect(nobody.status).toBe(401);
    expect(nobody.body).toMatchObject({ code: 'sign_in_needed' });
    const viewer = await (await test.user('viewer', 'reader@acme.test')).post(url, '{', broken);
    expect(viewer.status).toBe(403);
  });

  it('that are no JSON, or other JSON, are named by place and not repeated', async () => {
    const broken = await owner.put('/api/v1/unify', '{"a":', {
      headers: { 'content-type': 'application/json' },
    });
    expect(broken.status).toBe(400);
    const { status, body } = await owner.post('/api/v1/users', { email: 5, role: 'god' });
    expect(status).toBe(400);
    expect(body.detail).toContain('body/role');
  });

  it('or headers that are too long are the fault of whoever sends them', async () => {
    const headers = { 'if-match': 'x'.repeat(401) };
    const { status, body } = await owner.call('DELETE', '/api/v1/sources/none', { headers });
    expect(status).toBe(400);
    expect(body).toMatchObject({ code: 'bad_request', kind: 'input' });
  });

  it('with keys of the prototype change no prototype', async () => {
    await owner.put(
      '/api/v1/unify',
      '{"__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}}}',
      {
        headers: { 'content-type': 'application/json' },
      },
    );
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
  });
});

describe('answers', () => {
  it('let no script run but ours, in no frame of others, and stay in no cache', async () => {
    const { headers } = await owner.get('/api/v1/exports');
    const policy = headers['content-security-policy'] ?? '';
    expect(policy).toContain("default-src 'self'");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).not.toContain('unsafe-inline');
    expect(policy).not.toContain('unsafe-eval');
    expect(headers).toMatchObject({
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
      'cache-control': 'no-store',
    });
    expect(headers).not.toHaveProperty('access-control-allow-origin');
    expect(headers).not.toHaveProperty('server');
    expect(headers).not.toHaveProperty('x-powered-by');
  });

  it('as CSV run no formula when they are opened', async () => {
    const formula = '=HYPERLINK("http://evil.test")';
    const rows = `id,email,first\n1,ana@shop.test,"${formula.replaceAll('"', '""')}"\n`;
    const { body } = await owner.put<{ path: string }>('/api/v1/sources/formulas/files/rows.csv', rows, {
      headers: { 'content-type': 'text/csv' },
    });
    const headers = { 'if-none-match': '*' };
    await owner.put('/api/v1/sources/formulas', { type: 'csv', path: body.path, key: 'id' }, { headers });
    const attributes = { email: 'email', first: 'first' };
    await owner.put('/api/v1/unify', { sources: [{ source: 'formulas', attributes }] });
    await owner.put(
      '/api/v1/segments/all/settings',
      { rules: { combinator: 'and', rules: [] } },
      { headers },
    );
    await owner.call('DELETE', '/api/v1/sources/shop', { headers: { 'if-match': '*' } });
    await test.app.refresh({ until: 'segments', signal: new AbortController().signal });
    const { text } = await owner.get('/api/v1/segments/all/members.csv');
    expect(text).toContain('ana@shop.test');
    expect(text).toContain(`"'=HYPERLINK(""http://evil.test"")"`);
    const { body: page } = await owner.get<{ items: unknown[] }>('/api/v1/segments/all/members');
    expect(page.items).toMatchObject([{ first: formula }]);
  });

  it('that nobody waits for any more are no bugs in the log', async () => {
    const abandoned = await TestServer.open();
    try {
      const client = await abandoned.owner();
      let [begun, ended] = [false, false];
      const { app } = abandoned;
      const as = app.as.bind(app);
      app.as = (who) => ({
        ...as(who),
        lookAhead: (_, { signal } = {}) => {
          begun = true;
          // As the engine ends a statement.
          return new Promise((__, reject) => {
            signal?.addEventListener('abort', () => {
              ended = true;
              reject(signal.reason as Error);
            });
          });
        },
      });
      const asking = new AbortController();
      const answer = fetch(`${await abandoned.listen()}/api/v1/segments/look-ahead`, {
        method: 'POST',
        headers: {
          cookie: client.cookie ?? '',
          'sec-fetch-site': 'same-origin',
          'content-type': 'application/json',
        },
        body: JSON.stringify({ rules: { combinator: 'and', rules: [] }, language: 'en' }),
        signal: asking.signal,
      });
      await vi.waitFor(() => expect(begun).toBe(true), 10_000);
      asking.abort();
      await expect(answer).rejects.toThrow();
      await vi.waitFor(() => expect(ended).toBe(true), 10_000);
      expect((await client.get('/api/v1/sign-in')).status).toBe(200);
      expect(abandoned.log.join('')).not.toContain('"level":50');
    } finally {
      await abandoned.close();
    }
  });

  it('of a bug say nothing of what it was about, and neither does the log', async () => {
    const broken = await TestServer.open();
    try {
      const client = await broken.owner();
      await broken.app.close();
      const { status, body, text } = await client.post('/api/v1/people/find', {
        person: 'secret.person@acme.test',
      });
      expect(status).toBe(500);
      expect(body).toMatchObject({ code: 'bug' });
      expect(text).not.toMatch(/at .*\.ts|secret\.person/);
      expect(broken.log.join('')).not.toContain('secret.person');
      expect(broken.log.join('')).toContain('"code":"bug"');
    } finally {
      await broken.fastify.close();
      await broken.sandbox.close();
    }
  });
});
