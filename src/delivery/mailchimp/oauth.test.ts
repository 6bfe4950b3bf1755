import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { inspect } from 'node:util';
import { afterEach, describe, expect, it } from 'vitest';
import { redeemCode } from './oauth.ts';

type Reply = { status: number; body: string };

let server: Server | undefined;
afterEach(() => server?.close());

/** A login that answers so to the code, and to the question where the account is. */
async function loginWith(token: Reply, metadata: Reply = { status: 200, body: '{"dc":"us6"}' }) {
  server = createServer((request, response) => {
    const { status, body } = request.url === '/oauth2/token' ? token : metadata;
    response.writeHead(status).end(body);
  });
  await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const settings = { loginUrl: `http://127.0.0.1:${port}`, clientId: 'app', clientSecret: 'hush' };
  return redeemCode({ ...settings, redirectUri: 'http://127.0.0.1/back' }, 'code-1');
}

const granted: Reply = { status: 200, body: '{"access_token":"token-1","expires_in":0,"scope":null}' };
const html = '<html>no such thing</html>';

describe('redeemCode', () => {
  it('brings the token and where its account is', async () => {
    expect(await loginWith(granted)).toEqual({ accessToken: 'token-1', dataCentre: 'us6' });
  });

  it.each<{ of: string; token: Reply; metadata?: Reply; code: string }>([
    { of: 'an app that is not known', token: { status: 401, body: '{}' }, code: 'mailchimp_app_refused' },
    { of: 'the same without a body', token: { status: 401, body: '' }, code: 'mailchimp_app_refused' },
    { of: 'the same in HTML', token: { status: 401, body: html }, code: 'mailchimp_app_refused' },
    {
      of: 'a code that is too old',
      token: { status: 400, body: '{"error":"invalid_grant"}' },
      code: 'mailchimp_sign_in_refused',
    },
    {
      of: 'an answer without a token',
      token: { status: 200, body: '{}' },
      code: 'mailchimp_sign_in_refused',
    },
    { of: 'a page in its place', token: { status: 200, body: html }, code: 'mailchimp_login_unreachable' },
    { of: 'a failure over there', token: { status: 502, body: html }, code: 'mailchimp_login_unreachable' },
    {
      of: 'an answer that does not end',
      token: { status: 200, body: `"${'x'.repeat(100_000)}"` },
      code: 'mailchimp_login_unreachable',
    },
    {
      of: 'no word where the account is',
      token: granted,
      metadata: { status: 200, body: '{"dc":"elsewhere.example"}' },
      code: 'mailchimp_sign_in_refused',
    },
    {
      of: 'half a word where the account is',
      token: granted,
      metadata: { status: 200, body: '{"dc":"us6' },
      code: 'mailchimp_login_unreachable',
    },
  ])('says $code of $of', async ({ token, metadata, code }) => {
    const error: unknown = await loginWith(token, metadata).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code });
    expect(inspect(error)).not.toMatch(/token-1|hush|code-1/);
  });
});
