import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { BatchMember } from './audience-model.ts';
import { openMailchimpClient } from './open-mailchimp-client.ts';
import { contract, contractOf, descriptionFile, hasDescription } from './test-support/contract.ts';
import { startFake, type SeenRequest } from './test-support/fake-server.ts';
import { fullMember } from './test-support/full-member.ts';
import { knownMistakes } from './test-support/known-description-mistakes.ts';

const everything: BatchMember = {
  address: 'ana@acme.test',
  status: 'subscribed',
  mergeFields: {
    FNAME: 'Ana',
    LTV: 12.5,
    ADDRESS: { addr1: 'Str. Lungă 1', city: 'Brașov', state: '', zip: '' },
  },
  tags: ['Big spenders'],
  language: 'ro',
  ipOpt: '10.0.0.1',
  timestampOpt: '2026-01-01T00:00:00+00:00',
};

/** One request of each sort that the client can make, with all that can be in it. */
async function everyRequest(): Promise<SeenRequest[]> {
  const listings = { merge_fields: [], segments: [], members: [], new_members: [], total_items: 0 };
  const fake = await startFake(({ path }) => ({
    status: 200,
    json: path.includes('/members/')
      ? fullMember('ana@acme.test')
      : { id: 7, name: 'x', account_id: 'a', ...listings },
  }));
  const client = openMailchimpClient({ apiRoot: fake.apiRoot, token: 'secret' });
  await client.account();
  await client.audience('L');
  await client.mergeFields('L');
  await client.tags('L');
  await client.createTag('L', 'Big spenders');
  await client.renameTag('L', 7, 'Bigger spenders');
  const changedSince = '2026-11-24T06:00:00+00:00';
  await client.memberPage('L', { status: 'archived', changedSince, offset: 990, count: 1_000 });
  await client.member('L', 'ana@acme.test');
  await client.archive('L', 'ana@acme.test');
  await client.changeAddress('L', 'ana@acme.test', 'ana.new@acme.test');
  await client.upsert('L', [everything], { skipMergeValidation: true });
  await client.changeTag('L', 7, { add: ['a@b.c'], remove: ['d@e.f'] });
  await client.close();
  const { requests } = fake;
  await fake.stop();
  return requests;
}

// Every test of this folder that uses the fake server checks its requests too; here is one of each, and the checker.
describe.skipIf(!hasDescription)('requests against the official description', () => {
  it('are as it says, but for its known mistakes', async () => {
    const requests = await everyRequest();
    expect(requests.flatMap((request) => contract().violations(request))).toEqual([]);
    expect(new Set(requests.map(({ method, path }) => `${method} ${path}`)).size).toBe(12);
  });

  it('need every known mistake that is listed', async () => {
    const description = JSON.parse(readFileSync(descriptionFile, 'utf8'));
    const requests = await everyRequest();
    for (const mistake of knownMistakes) {
      const without = contractOf(
        description,
        knownMistakes.filter((other) => other !== mistake),
      );
      expect(
        requests.flatMap((request) => without.violations(request)),
        `${mistake.call} ${mistake.name}`,
      ).not.toEqual([]);
    }
  });

  const request = (method: string, path: string, query: string, body?: unknown) => ({
    method,
    path,
    query: new URLSearchParams(query),
    body,
  });

  it.each([
    ['a path', request('GET', '/lists/L/people', '')],
    ['a method', request('PUT', '/lists/L', '', {})],
    ['a query parameter', request('GET', '/lists/L/members', 'page=2')],
    ['a value out of a set', request('GET', '/lists/L/members', 'status=gone')],
    ['a count too high', request('GET', '/lists/L/members', 'count=1001')],
    ['a member of the body', request('POST', '/lists/L', '', { members: [{ email: 'a@b.c' }] })],
    ['a status', request('POST', '/lists/L', '', { members: [{ status: 'archived' }] })],
    ['a body that lacks something', request('POST', '/lists/L', '', { update_existing: true })],
    ['a body of another type', request('POST', '/lists/L/segments/7', '', { members_to_add: 'a@b.c' })],
    ['a body where none belongs', request('DELETE', '/lists/L/segments/7', '', {})],
  ])('would show %s that is wrong', (_what, wrong) => {
    expect(contract().violations(wrong)).toHaveLength(1);
  });
});
