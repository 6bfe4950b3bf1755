import { existsSync, readFileSync } from 'node:fs';
import { Ajv } from 'ajv';
import formats from 'ajv-formats';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { call } from './test-support/conformance-call.ts';
import { startSandbox } from './sandbox.ts';
import type { Sandbox } from './sandbox.ts';

const description = new URL('../../../shared/mailchimp/marketing-openapi.json', import.meta.url);

/** A part of the official description, as far as it is looked into here. */
interface Description {
  paths: Record<
    string,
    Record<string, { responses: Record<string, { content?: { 'application/json': { schema: object } } }> }>
  >;
}

/** [method, the path in the description, the path to call, the body] */
const calls: [string, string, string, unknown?][] = [
  ['GET', '/ping', '/ping'],
  ['GET', '/', '/'],
  ['GET', '/lists', '/lists'],
  ['GET', '/lists/{list_id}', '/lists/L?include_total_contacts=true'],
  [
    'POST',
    '/lists/{list_id}',
    '/lists/L',
    {
      update_existing: true,
      members: [
        {
          email_address: 'new@acme.test',
          status: 'pending',
          tags: ['A'],
          location: { latitude: 1, longitude: 2 },
        },
        { email_address: 'old@acme.test', status: 'subscribed', merge_fields: { FNAME: 'Ana' } },
        { email_address: 'no', status: 'subscribed' },
        { email_address: 'm@acme.test', status: 'subscribed', merge_fields: { BIRTHDAY: 'x' } },
      ],
    },
  ],
  ['GET', '/lists/{list_id}/members', '/lists/L/members'],
  ['GET', '/lists/{list_id}/members/{subscriber_hash}', '/lists/L/members/old@acme.test'],
  ['PATCH', '/lists/{list_id}/members/{subscriber_hash}', '/lists/L/members/old@acme.test', { vip: true }],
  ['GET', '/lists/{list_id}/members/{subscriber_hash}/tags', '/lists/L/members/old@acme.test/tags'],
  ['GET', '/lists/{list_id}/merge-fields', '/lists/L/merge-fields?count=100'],
  ['POST', '/lists/{list_id}/merge-fields', '/lists/L/merge-fields', { name: 'Shoe size', type: 'number' }],
  ['GET', '/lists/{list_id}/segments', '/lists/L/segments'],
  [
    'POST',
    '/lists/{list_id}/segments',
    '/lists/L/segments',
    { name: 'B', static_segment: ['old@acme.test'] },
  ],
  [
    'POST',
    '/lists/{list_id}/segments/{segment_id}',
    '/lists/L/segments/10001',
    { members_to_add: ['new@acme.test', 'nobody@acme.test'], members_to_remove: ['old@acme.test'] },
  ],
  ['GET', '/lists/{list_id}/segments/{segment_id}/members', '/lists/L/segments/10001/members'],
  ['GET', '/lists/{list_id}/tag-search', '/lists/L/tag-search?name=v'],
  ['GET', '/lists/{list_id}/interest-categories', '/lists/L/interest-categories'],
  [
    'POST',
    '/lists/{list_id}/interest-categories',
    '/lists/L/interest-categories',
    { title: 'T', type: 'radio' },
  ],
  ['GET', '/lists/{list_id}/webhooks', '/lists/L/webhooks'],
  ['GET', '/search-members', '/search-members?query=old@acme.test'],
  ['POST', '/batches', '/batches', { operations: [{ method: 'GET', path: '/ping' }] }],
  ['GET', '/batches', '/batches'],
  ['POST', '/account-exports', '/account-exports', { include_stages: ['audiences'] }],
  ['GET', '/account-exports', '/account-exports'],
];

describe.skipIf(!existsSync(description))('answers fit the official description', () => {
  let sandbox: Sandbox;
  let official: Description;
  const ajv = new Ajv({ strict: false, allErrors: true });
  formats.default(ajv);
  // An empty text where a time is missing is Mailchimp's habit, and not in its own description (FACTS §5).
  ajv.addFormat('date-time', (text) => text === '' || !Number.isNaN(Date.parse(text)));

  beforeAll(async () => {
    official = JSON.parse(readFileSync(description, 'utf8')) as Description;
    sandbox = await startSandbox();
    sandbox.control.createAudience({
      id: 'L',
      name: 'Newsletter',
      interests: [{ title: 'Topics', type: 'checkboxes', names: ['Tea'] }],
      permissions: ['Email'],
      tags: ['VIP'],
    });
    sandbox.control.seedMembers({ audience: 'L', members: [{ address: 'old@acme.test', tags: ['VIP'] }] });
  });
  afterAll(() => sandbox.close());

  it.each(calls)('%s %s', async (method, pattern, path, body) => {
    const { status, json } = await call(sandbox, method, path, body);
    expect(status).toBe(200);
    const check = ajv.compile(schemaOf(method, pattern));
    check(json);
    expect(check.errors ?? []).toEqual([]);
    expect(Object.keys(json)).toEqual(expect.arrayContaining(requiredOf(propertiesOf(method, pattern))));
  });

  const asked = calls.filter(([method]) => method === 'GET');
  it.each(asked)('%s %s takes every described name in `fields`', async (method, pattern, path) => {
    const properties = propertiesOf(method, pattern);
    const fields = `${path.includes('?') ? '&' : '?'}fields=${properties.join(',')}`;
    const { status, json } = await call(sandbox, method, path + fields);
    expect([status, Object.keys(json)]).toEqual([200, expect.arrayContaining(requiredOf(properties))]);
  });

  function schemaOf(method: string, pattern: string): object {
    return official.paths[pattern]![method.toLowerCase()]!.responses['200']!.content!['application/json']
      .schema;
  }

  function propertiesOf(method: string, pattern: string): string[] {
    return Object.keys((schemaOf(method, pattern) as { properties: object }).properties);
  }

  /** The description requires nothing; what a listing or a report is made of must be there all the same. */
  function requiredOf(described: readonly string[]): string[] {
    const late = new Set([
      'finished',
      'size_in_bytes',
      'download_url',
      'unsubscribe_reason',
      'interests',
      'last_note',
    ]);
    return described.filter((name) => !late.has(name));
  }
});
