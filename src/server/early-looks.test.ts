import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TestServer, type Client } from './test-support/test-server.ts';

let test: TestServer;
let owner: Client;
let customer = 'nobody';

const isNew = { headers: { 'if-none-match': '*' } };
const signal = new AbortController().signal;
const everybody = { combinator: 'and', rules: [] };

beforeAll(async () => {
  test = await TestServer.open();
  owner = await test.owner();
}, 60_000);
afterAll(() => test.close());

/** What stands in the address of a route, by what it is about. */
const named: readonly (readonly [RegExp, string])[] = [
  [/^\/api\/v1\/segments\//, 'all'],
  [/^\/api\/v1\/sources\//, 'crm'],
  [/^\/api\/v1\/fields\//, 'email'],
  [/^\/api\/v1\/exports\//, 'letter'],
];

const looks: readonly (readonly [url: string, body: () => object])[] = [
  ['/api/v1/segments/look-ahead', () => ({ rules: everybody })],
  ['/api/v1/segments/overlap', () => ({ segments: ['all', 'none'] })],
  ['/api/v1/segments/all/why', () => ({ person: 'ana@shop.test' })],
  ['/api/v1/people/list', () => ({ limit: 10, search: 'ana' })],
  ['/api/v1/people/find', () => ({ person: customer })],
  ['/api/v1/people/find', () => ({ person: 'ana@shop.test' })],
  ['/api/v1/people/forget/preview', () => ({ person: 'ana@shop.test' })],
  ['/api/v1/exports/size', () => ({ match: { email: 'email' }, segments: ['all'], exclude: ['none'] })],
];

/** Every look that ended as a fault of ours. */
async function faults(): Promise<string[]> {
  const gets = test.routes
    .filter(
      ({ method, url }) =>
        method === 'GET' && url.startsWith('/api/v1/') && !/events$|service|callback|backup/.test(url),
    )
    .map(({ url }) => url.replaceAll(/:\w+/g, named.find(([prefix]) => prefix.test(url))?.[1] ?? 'nothing'));
  const found: string[] = [];
  for (const url of gets) {
    const { status, text } = await owner.get(url);
    if (status >= 500) found.push(`GET ${url}: ${text}`);
  }
  for (const [url, body] of looks) {
    const { status, text } = await owner.post(url, body());
    if (status >= 500) found.push(`POST ${url}: ${text}`);
  }
  return found;
}

describe('every look', () => {
  it('is answered where nothing is there yet', async () => {
    expect(await faults()).toEqual([]);
  });

  it('is answered once everything is said and nothing was read', async () => {
    await owner.put('/api/v1/sources/crm/pushed', { columns: ['id', 'email'], key: ['id'] }, isNew);
    await owner.put('/api/v1/unify', { sources: [{ source: 'crm', attributes: { email: 'email' } }] }, isNew);
    for (const id of ['all', 'none'])
      await owner.put(`/api/v1/segments/${id}/settings`, { rules: everybody }, isNew);
    expect((await test.app.segments()).map(({ segment }) => segment)).toEqual(['all', 'none']);
    expect(await faults()).toEqual([]);
  });

  it.each(['sources', 'unify', 'segments'] as const)(
    'is answered after a refresh up to the %s',
    async (until) => {
      const upsert = [{ id: '1', email: 'ana@shop.test' }];
      await owner.post('/api/v1/sources/crm/rows', { upsert }, { headers: { 'idempotency-key': until } });
      await test.app.refresh({ until, signal });
      if (until !== 'sources') {
        const [person] = (await test.app.customers({ limit: 1 })).items;
        customer = String(person?.customer_id);
      }
      expect(await faults()).toEqual([]);
    },
  );
});
