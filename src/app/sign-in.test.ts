import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { listAudit } from '../store/audit.ts';
import { accessActions } from './access-actions.ts';
import { openSignIn, type SignIn } from './sign-in.ts';
import { testKey, testPassword, TestGround } from './test-support/test-ground.ts';

let ground: TestGround;
let signIn: SignIn;
const here = { address: '192.0.2.7', userAgent: 'Firefox' };
const minute = 60_000;
const hour = 60 * minute;

beforeAll(async () => {
  ground = await TestGround.open();
});
afterAll(() => ground.store.close());
beforeEach(async () => {
  await ground.clear();
  signIn = openSignIn({ ...ground.as(await ground.user('owner')), key: () => testKey });
});

const withPassword = (email: string, password: string, address = here.address) =>
  signIn.withPassword({ email, password }, { ...here, address });
const refusal = (code: string) => expect.objectContaining({ code }) as unknown;

describe('a sign-in with a password', () => {
  it('makes a session that says who it is, until it is over', async () => {
    const { session, user } = await withPassword(' Owner@Acme.test ', testPassword);
    expect(await signIn.session(session)).toMatchObject({ user: user.id, role: 'owner', via: 'session' });
    ground.clock.forward(11 * hour);
    expect(await signIn.session(session)).toBeDefined();
    ground.clock.forward(12 * hour);
    expect(await signIn.session(session)).toBeUndefined();
    expect(await signIn.session('guessed')).toBeUndefined();
  });

  it('is another session each time, so that one planted before it is worth nothing', async () => {
    const [one, other] = [
      await withPassword('owner@acme.test', testPassword),
      await withPassword('owner@acme.test', testPassword),
    ];
    expect(one.session).not.toBe(other.session);
    await signIn.signOut(one.session);
    expect(await signIn.session(one.session)).toBeUndefined();
    expect(await signIn.session(other.session)).toBeDefined();
  });

  it('fails alike for a wrong password and for nobody', async () => {
    const failures = await Promise.all(
      ['owner@acme.test', 'nobody@acme.test', 'no address'].map((email) =>
        withPassword(email, 'wrong').catch((error: unknown) => JSON.stringify(error)),
      ),
    );
    expect(new Set(failures).size).toBe(1);
    expect(failures[0]).toContain('sign_in_failed');
  });

  it('waits after five failures, right or wrong, and longer each time', async () => {
    for (let n = 0; n < 5; n++) {
      await expect(withPassword('owner@acme.test', 'wrong', `192.0.2.${n}`)).rejects.toEqual(
        refusal('sign_in_failed'),
      );
    }
    await expect(withPassword('owner@acme.test', testPassword)).rejects.toMatchObject({
      code: 'locked_out',
      message: expect.stringContaining('30 seconds') as string,
      retry: 'later',
    });
    ground.clock.forward(31_000);
    await expect(withPassword('owner@acme.test', 'wrong')).rejects.toEqual(refusal('sign_in_failed'));
    ground.clock.forward(31_000);
    await expect(withPassword('owner@acme.test', testPassword)).rejects.toEqual(refusal('locked_out'));
    ground.clock.forward(31_000);
    await withPassword('owner@acme.test', testPassword);
    await expect(withPassword('owner@acme.test', 'wrong')).rejects.toEqual(refusal('sign_in_failed'));
    await withPassword('owner@acme.test', testPassword);
  });

  it('tries no more passwords at once than one after the other', async () => {
    const tries = await Promise.all(
      Array.from({ length: 20 }, (_, n) =>
        withPassword('owner@acme.test', `wrong ${n}`, `192.0.2.${n}`).catch(
          (error: unknown) => (error as { code: string }).code,
        ),
      ),
    );
    expect(tries.filter((code) => code === 'sign_in_failed')).toHaveLength(5);
    expect(tries.filter((code) => code === 'locked_out')).toHaveLength(15);
  });

  it('waits for a network from which many users are tried', async () => {
    for (let n = 0; n < 30; n++) await withPassword(`user${n}@acme.test`, 'wrong').catch(() => undefined);
    await expect(withPassword('owner@acme.test', testPassword)).rejects.toEqual(refusal('locked_out'));
    await withPassword('owner@acme.test', testPassword, '198.51.100.1');
  });

  it('leaves no address of a mistyped user behind', async () => {
    await withPassword('private@home.test', 'wrong').catch(() => undefined);
    const rows = await ground.store.db.selectFrom('sign_in_failure').selectAll().execute();
    const { items } = await listAudit(ground.store.db, { limit: 10 });
    expect(rows).toHaveLength(2);
    expect(JSON.stringify([rows, items])).not.toContain('home.test');
  });
});

describe('proving again who one is', () => {
  it('renews the secret of the session; the one before is worth nothing', async () => {
    const { session } = await withPassword('owner@acme.test', testPassword);
    ground.clock.forward(hour);
    const stale = await signIn.session(session);
    const again = await signIn.again(session, testPassword, here);
    expect(await signIn.session(session)).toBeUndefined();
    const fresh = await signIn.session(again.session);
    expect(fresh?.reauthenticatedAt?.getTime()).toBe((stale?.reauthenticatedAt?.getTime() ?? 0) + hour);
    await expect(signIn.again(session, testPassword, here)).rejects.toEqual(refusal('sign_in_needed'));
    await expect(signIn.again(again.session, 'wrong', here)).rejects.toEqual(refusal('sign_in_failed'));
  });
});

describe('the first owner', () => {
  const secretOf = (link: string) => link.split('#')[1] ?? '';

  it('comes in by a link, once', async () => {
    await ground.clear();
    const link = (await signIn.firstOwner()) ?? '';
    expect(await signIn.ways()).toMatchObject({ firstStart: true });
    expect(await signIn.link(link)).toEqual({ purpose: 'owner' });
    const given = { email: 'Ana@acme.test', name: 'Ana', password: testPassword };
    const { session, user } = await signIn.useLink(link, given, here);
    expect(user).toMatchObject({ email: 'ana@acme.test', role: 'owner' });
    expect(await signIn.session(session)).toMatchObject({ role: 'owner' });
    await expect(signIn.useLink(link, { ...given, email: 'eve@acme.test' }, here)).rejects.toEqual(
      refusal('link_invalid'),
    );
    expect(await signIn.firstOwner()).toBeUndefined();
    expect(await signIn.ways()).toMatchObject({ firstStart: false });
  });

  it('of two who have the link only one comes in', async () => {
    await ground.clear();
    const link = (await signIn.firstOwner()) ?? '';
    const come = (email: string) => signIn.useLink(link, { email, password: testPassword }, here);
    const results = await Promise.allSettled([come('ana@acme.test'), come('eve@acme.test')]);
    expect(results.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
  });

  it('keeps the link when the password is too weak, and loses it after a day', async () => {
    await ground.clear();
    const link = (await signIn.firstOwner()) ?? '';
    const come = (password: string) => signIn.useLink(link, { email: 'ana@acme.test', password }, here);
    await expect(come('short')).rejects.toEqual(refusal('password_weak'));
    await expect(signIn.useLink(link, { password: testPassword }, here)).rejects.toEqual(
      refusal('user_email'),
    );
    expect(await signIn.link(link)).toEqual({ purpose: 'owner' });
    ground.clock.forward(25 * hour);
    await expect(come(testPassword)).rejects.toEqual(refusal('link_invalid'));
  });

  it('is made from the environment where it names one', async () => {
    await ground.clear();
    const config = { ...ground.config, owner: { email: 'boss@acme.test', password: testPassword } };
    const door = openSignIn({ config, clock: ground.clock, store: ground.store, key: () => testKey });
    expect(await door.firstOwner()).toBeUndefined();
    const { user } = await door.withPassword({ email: 'boss@acme.test', password: testPassword }, here);
    expect(user.role).toBe('owner');
  });

  it('an invitation gives the role it was made for, and a link for a new password ends the sessions', async () => {
    const owner = await ground.user('administrator');
    const actions = accessActions(ground.as({ ...owner, role: 'owner' }));
    const { link } = await actions.inviteUser({ email: 'ion@acme.test', role: 'contributor' });
    expect(link).toMatch(/^https:\/\/postrider\.test\/invitation#[\w-]{43}$/);
    const { user, session } = await signIn.useLink(
      secretOf(link),
      { email: 'eve@acme.test', name: 'Ion', password: testPassword },
      here,
    );
    expect(user).toMatchObject({ email: 'ion@acme.test', role: 'contributor', name: 'Ion' });
    const reset = await actions.resetLink('ion@acme.test');
    await signIn.useLink(secretOf(reset.link), { password: 'another gray otter' }, here);
    expect(await signIn.session(session)).toBeUndefined();
    await expect(withPassword('ion@acme.test', testPassword)).rejects.toEqual(refusal('sign_in_failed'));
    await withPassword('ion@acme.test', 'another gray otter');
  });
});
