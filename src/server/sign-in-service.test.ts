import { afterAll, beforeAll, expect, it } from 'vitest';
import { startSignInService, type SignInServiceFixture } from '../access/sign-in-service.fixture.ts';
import { origin, TestServer } from './test-support/test-server.ts';

// A real OpenID provider, and a browser that goes there and back.
let test: TestServer;
let service: SignInServiceFixture;

beforeAll(async () => {
  service = await startSignInService(`${origin}/api/v1/sign-in/service/callback`);
  const { issuer, clientId, clientSecret } = service;
  test = await TestServer.open({
    env: {
      POSTRIDER_OIDC_ISSUER: issuer,
      POSTRIDER_OIDC_CLIENT_ID: clientId,
      POSTRIDER_OIDC_CLIENT_SECRET: clientSecret,
    },
  });
}, 60_000);
afterAll(async () => {
  await test.close();
  await service.close();
});

it('signs in whoever was invited, and comes back to the page they wanted', async () => {
  service.present = { sub: 'o-1', email: 'owner@acme.test', email_verified: true };
  const browser = test.client();
  const begun = await browser.get('/api/v1/sign-in/service?returnTo=/exports');
  expect(begun.status).toBe(302);
  expect(begun.headers['set-cookie']).toMatch(
    /^postrider_service=.*; Path=\/api\/v1\/sign-in\/service; HttpOnly; SameSite=Lax/,
  );
  const back = await service.walk(begun.headers.location ?? '');
  const done = await browser.get(back.slice(origin.length));
  expect([done.status, done.headers.location]).toEqual([302, '/exports']);
  expect((await browser.get('/api/v1/me')).body).toMatchObject({ email: 'owner@acme.test', via: 'session' });
});

it('leads nowhere else than to our own pages', async () => {
  const browser = test.client();
  const begun = await browser.get('/api/v1/sign-in/service?returnTo=https://evil.test');
  const done = await browser.get((await service.walk(begun.headers.location ?? '')).slice(origin.length));
  expect(done.headers.location).toBe('/');
});

it('says on our page why somebody was not let in, and lets in no other browser', async () => {
  service.present = { sub: 'x', email: 'eve@acme.test', email_verified: true };
  const browser = test.client();
  const begun = await browser.get('/api/v1/sign-in/service');
  const back = (await service.walk(begun.headers.location ?? '')).slice(origin.length);
  expect((await test.client().get(back)).headers.location).toBe('/sign-in?error=oidc_refused');
  const done = await browser.get(back);
  expect(done.headers.location).toBe('/sign-in?error=not_invited');
  expect((await browser.get('/api/v1/me')).status).toBe(401);
});
