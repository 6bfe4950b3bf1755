import { afterEach, describe, expect, it } from 'vitest';
import { memberHash } from './member-hash.ts';
import { openMailchimpClient } from './open-mailchimp-client.ts';
import { problem, startFake, type FakeReply, type FakeServer } from './test-support/fake-server.ts';

let fake: FakeServer;
afterEach(() => fake.stop());

/** `stop` fails where a request is none that the official description knows. */
describe('deletePermanently', () => {
  it.each<[string, FakeReply, string]>([
    ['somebody', { status: 204 }, 'deleted'],
    ['nobody', problem(404, 'Resource Not Found', 'The requested resource could not be found.'), 'gone'],
  ])('of %s', async (_whom, reply, ended) => {
    fake = await startFake(() => reply);
    const client = openMailchimpClient({ apiRoot: fake.apiRoot, token: 'secret-us1' });
    try {
      expect(await client.deletePermanently('L', ' Ana@acme.test')).toBe(ended);
      const path = `/lists/L/members/${memberHash('ana@acme.test')}/actions/delete-permanent`;
      expect(fake.requests).toMatchObject([{ method: 'POST', path, body: undefined }]);
    } finally {
      await client.close();
    }
  });
});
