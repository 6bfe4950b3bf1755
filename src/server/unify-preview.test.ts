import { afterAll, beforeAll, expect, it } from 'vitest';
import { TestServer, type Client } from './test-support/test-server.ts';

let test: TestServer;
let administrator: Client;

const isNew = { headers: { 'if-none-match': '*' } };
const signal = new AbortController().signal;
const joinedBy = (attribute: string) => ({
  sources: [
    {
      source: 'crm',
      attributes: { email: 'email', city: 'city' },
      deduplicate: [{ fields: { [attribute]: 'exact' } }],
    },
  ],
});
const byEmail = joinedBy('email');
const byCity = joinedBy('city');

beforeAll(async () => {
  test = await TestServer.open();
  administrator = await test.owner();
  await administrator.put(
    '/api/v1/sources/crm/pushed',
    { columns: ['id', 'email', 'city'], key: ['id'] },
    isNew,
  );
  const upsert = Array.from({ length: 30 }, (_, n) => ({
    id: String(n),
    email: `person${n % 20}@shop.test`,
    city: `City ${n % 5}`,
  }));
  await administrator.post('/api/v1/sources/crm/rows', { upsert }, { headers: { 'idempotency-key': 'all' } });
  await test.app.refresh({ until: 'sources', signal });
}, 60_000);
afterAll(() => test.close());

const preview = (settings: object) =>
  administrator.post<{ after?: { people: number }; detail?: string }>('/api/v1/unify/preview', settings);

it('answers everybody who asks at the same time, as if they were alone', async () => {
  const asked = [byEmail, byCity, byEmail, byCity, byEmail];
  const answers = await Promise.all(asked.map(preview));
  expect(answers.map(({ status, body }) => [status, body.after?.people, body.detail])).toEqual(
    asked.map((settings) => [200, settings === byEmail ? 20 : 5, undefined]),
  );
});

it('does not meet a refresh, nor proposals', async () => {
  await administrator.put('/api/v1/unify', byEmail, isNew);
  const [refreshed, ahead, proposed] = await Promise.all([
    test.app.refresh({ until: 'segments', signal }),
    preview(byCity),
    administrator.get('/api/v1/unify/proposals'),
    administrator.get('/api/v1/unify/shared-values'),
  ]);
  expect(refreshed.unify).toMatchObject({ profiles: 20 });
  expect(ahead.body).toMatchObject({ before: { people: 20 }, after: { people: 5 } });
  expect(proposed.status, proposed.text).toBe(200);
});

it('is not made for somebody who no longer waits', async () => {
  const gone = AbortSignal.abort(new Error('the caller is gone'));
  await expect(test.app.previewUnifySettings(byEmail, { signal: gone })).rejects.toThrow(
    'the caller is gone',
  );
});
