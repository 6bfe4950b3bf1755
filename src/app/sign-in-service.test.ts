import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startSignInService, type SignInServiceFixture } from '../access/sign-in-service.fixture.ts';
import { openSignIn, type SignIn } from './sign-in.ts';
import { testKey, testPassword, TestGround } from './test-support/test-ground.ts';

// A real OpenID provider, with its own ideas of what is right.
let ground: TestGround;
let service: SignInServiceFixture;
let signIn: SignIn;
const here = { address: '192.0.2.7', userAgent: 'Firefox' };
const ana = { sub: 'a-17', email: 'owner@acme.test', email_verified: true, name: 'Ana' };

beforeAll(async () => {
  ground = await TestGround.open();
  service = await startSignInService('https://postrider.test/api/v1/sign-in/service/callback');
});
afterAll(async () => {
  await service.close();
  await ground.store.close();
});
beforeEach(async () => {
  await ground.clear();
  const { issuer, clientId, clientSecret } = service;
  ground.config = { ...ground.config, oidc: { issuer, clientId, clientSecret } };
  signIn = openSignIn({ ...ground.as(await ground.user('owner')), key: () => testKey });
  service.present = ana;
});

async function come(session?: string) {
  const { url, cookie } = await signIn.beginService('/exports', session);
  const back = new URL(await service.walk(url));
  expect(back.origin + back.pathname).toBe('https://postrider.test/api/v1/sign-in/service/callback');
  return { query: back.search, cookie };
}

describe('signing in by the sign-in service', () => {
  it('is offered, and makes a session of the user with that address', async () => {
    expect(await signIn.ways()).toMatchObject({ service: true });
    const { query, cookie } = await come();
    const { session, user, returnTo } = await signIn.finishService(query, cookie, here);
    expect([user.email, returnTo]).toEqual(['owner@acme.test', '/exports']);
    expect(await signIn.session(session)).toMatchObject({ role: 'owner' });
  });

  it.each([
    ['nobody here', { sub: 'x', email: 'eve@acme.test', email_verified: true }, 'not_invited'],
    [
      'an address that nobody checked',
      { sub: 'x', email: 'owner@acme.test', email_verified: false },
      'oidc_no_email',
    ],
    ['no address', { sub: 'x' }, 'oidc_no_email'],
    ['nobody: they went away', undefined, 'oidc_refused'],
  ])('is refused for %s', async (_, person, code) => {
    service.present = person;
    const { query, cookie } = await come();
    await expect(signIn.finishService(query, cookie, here)).rejects.toMatchObject({ code });
  });

  it('an address that passed to somebody else opens nothing', async () => {
    const first = await come();
    await signIn.finishService(first.query, first.cookie, here);
    service.present = { ...ana, sub: 'another' };
    const second = await come();
    await expect(signIn.finishService(second.query, second.cookie, here)).rejects.toMatchObject({
      code: 'oidc_other_person',
    });
  });

  it.each([
    ['without the cookie of the browser that began', (_: string) => undefined],
    ['with a cookie that was made up', (_: string) => '0123.v1.AAAA'],
    ['with a cookie that was changed', (cookie: string) => `${cookie.slice(0, -2)}xx`],
  ])('is refused %s', async (_, changed) => {
    const { query, cookie } = await come();
    await expect(signIn.finishService(query, changed(cookie), here)).rejects.toMatchObject({
      code: 'oidc_refused',
    });
  });

  it('is refused with the answer to another question, and a second time', async () => {
    const [one, other] = [await come(), await come()];
    await expect(signIn.finishService(one.query, other.cookie, here)).rejects.toMatchObject({
      code: 'oidc_refused',
    });
    await signIn.finishService(one.query, one.cookie, here);
    await expect(signIn.finishService(one.query, one.cookie, here)).rejects.toMatchObject({
      code: 'oidc_refused',
    });
  });

  it('proves again who somebody is, and only that one', async () => {
    const first = await signIn.withPassword({ email: 'owner@acme.test', password: testPassword }, here);
    const { query, cookie } = await come(first.session);
    const again = await signIn.finishService(query, cookie, here, first.session);
    expect(await signIn.session(first.session)).toBeUndefined();
    expect(await signIn.session(again.session)).toBeDefined();

    await ground.user('viewer');
    const viewer = await signIn.withPassword({ email: 'viewer@acme.test', password: testPassword }, here);
    const other = await come(viewer.session);
    await expect(signIn.finishService(other.query, other.cookie, here, viewer.session)).rejects.toMatchObject(
      {
        code: 'reauthentication_needed',
      },
    );
  });

  it('says so when the service is not there', async () => {
    const config = {
      ...ground.config,
      oidc: { issuer: 'http://127.0.0.1:9', clientId: 'x', clientSecret: undefined },
    };
    const door = openSignIn({ ...ground.as(await ground.user('viewer')), config, key: () => testKey });
    await expect(door.beginService('/')).rejects.toMatchObject({ code: 'oidc_unreachable', retry: 'later' });
  });
});
