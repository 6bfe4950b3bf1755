import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { readAccessLink } from '../access/access-links.ts';
import { identityOfToken } from '../access/api-tokens.ts';
import type { Identity } from '../access/identity.ts';
import { startSession } from '../access/sessions.ts';
import { accessActions, type AccessActions } from './access-actions.ts';
import { testPassword, TestGround } from './test-support/test-ground.ts';

let ground: TestGround;
let owner: Identity;
let administrator: Identity;
let viewer: Identity;
const day = 24 * 60 * 60_000;
const here = { address: '192.0.2.7', userAgent: 'Firefox' };

beforeAll(async () => {
  ground = await TestGround.open();
});
afterAll(() => ground.store.close());
beforeEach(async () => {
  await ground.clear();
  [owner, administrator, viewer] = [
    await ground.user('owner'),
    await ground.user('administrator'),
    await ground.user('viewer'),
  ];
});

const by = (who: Identity): AccessActions => accessActions(ground.as(who));
const refusal = (code: string) => expect.objectContaining({ code }) as unknown;

describe('users', () => {
  it('are listed in pages, without a hash of a password', async () => {
    const first = await by(owner).users({ limit: 2 });
    const second = await by(owner).users({ limit: 2, cursor: first.next });
    expect([...first.items, ...second.items].map(({ email }) => email)).toEqual([
      'administrator@acme.test',
      'owner@acme.test',
      'viewer@acme.test',
    ]);
    expect(second.next).toBeUndefined();
    expect(JSON.stringify([first, second])).not.toContain('argon2');
  });

  it('get another role at once, and whoever edits an older state is told', async () => {
    const { etag } = await by(owner).user('viewer@acme.test');
    const changed = await by(administrator).changeUser(viewer.user, { role: 'contributor' }, etag);
    expect(changed).toMatchObject({ role: 'contributor' });
    await expect(by(owner).changeUser(viewer.user, { role: 'viewer' }, etag)).rejects.toEqual(
      refusal('edited_meanwhile'),
    );
    await expect(by(owner).changeUser(viewer.user, { role: 'viewer' }, undefined)).rejects.toEqual(
      refusal('precondition_required'),
    );
  });

  it.each([
    [
      'raises nobody above themselves',
      (a: AccessActions) => a.changeUser(viewer.user, { role: 'owner' }, '*'),
    ],
    ['takes nothing from an owner', (a: AccessActions) => a.changeUser(owner.user, { role: 'viewer' }, '*')],
    ['removes no owner', (a: AccessActions) => a.removeUser(owner.user)],
    ['makes no link for an owner', (a: AccessActions) => a.resetLink(owner.user)],
    ['invites no owner', (a: AccessActions) => a.inviteUser({ email: 'eve@acme.test', role: 'owner' })],
    [
      'gives no permission they have not',
      (a: AccessActions) => a.changeUser(viewer.user, { extra: ['backup'] }, '*'),
    ],
  ])('an administrator %s', async (_, act) => {
    await expect(act(by(administrator))).rejects.toEqual(refusal('not_permitted'));
  });

  it('an administrator makes no link for another who was given more', async () => {
    const { user } = await ground.user('administrator', 'other@acme.test');
    await by(administrator).resetLink(user);
    await by(owner).changeUser(user, { extra: ['backup'] }, '*');
    await expect(by(administrator).resetLink(user)).rejects.toEqual(refusal('not_permitted'));
  });

  it.each([
    ['makes no link for somebody who may do more', (a: AccessActions) => a.resetLink(viewer.user)],
    [
      'invites nobody who may do more',
      (a: AccessActions) => a.inviteUser({ email: 'eve@acme.test', role: 'administrator' }),
    ],
    ['raises nobody to more', (a: AccessActions) => a.changeUser(viewer.user, { role: 'contributor' }, '*')],
  ])('a token that may edit users and look %s', async (_, act) => {
    const token: Identity = { ...administrator, via: 'token', scopes: ['users.edit', 'look'] };
    await expect(act(by(token))).rejects.toEqual(refusal('not_permitted'));
  });

  it('the last owner stays', async () => {
    await expect(by(owner).removeUser(owner.user)).rejects.toEqual(refusal('last_owner'));
    await expect(by(owner).changeUser(owner.user, { role: 'viewer' }, '*')).rejects.toEqual(
      refusal('last_owner'),
    );
    await by(owner).changeUser(administrator.user, { role: 'owner' }, '*');
    await by(owner).removeUser(owner.user);
  });

  it('of two owners who demote each other in the same moment one stays', async () => {
    await by(owner).changeUser(administrator.user, { role: 'owner' }, '*');
    const ends = await Promise.allSettled([
      by(owner).changeUser(administrator.user, { role: 'viewer' }, '*'),
      by({ ...administrator, role: 'owner' }).changeUser(owner.user, { role: 'viewer' }, '*'),
    ]);
    expect(ends.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
  });

  it.each([
    ['is removed', () => by(owner).removeUser(administrator.user)],
    ['is demoted', () => by(owner).changeUser(administrator.user, { role: 'viewer' }, '*')],
  ])('links end when whoever made them %s, and not with a change of their name', async (_, end) => {
    const { link } = await by(administrator).inviteUser({ email: 'eve@acme.test', role: 'administrator' });
    const read = () => readAccessLink(ground.store.db, link.split('#')[1] ?? '', ground.clock.now());
    await by(owner).changeUser(administrator.user, { name: 'Ana', role: 'administrator', extra: [] }, '*');
    expect(await read()).toMatchObject({ purpose: 'invitation' });
    await end();
    await expect(read()).rejects.toEqual(refusal('link_invalid'));
  });

  it('are not invited twice, nor by no address', async () => {
    const invite = (email: string) => by(owner).inviteUser({ email, role: 'viewer' });
    await expect(invite('Viewer@acme.test')).rejects.toEqual(refusal('user_exists'));
    await expect(invite('viewer')).rejects.toEqual(refusal('user_email'));
  });

  it('a permission that there is none of is refused with the nearest', async () => {
    const extra = ['people.forgot'] as never;
    await expect(by(owner).changeUser(viewer.user, { extra }, '*')).rejects.toMatchObject({
      code: 'permission_unknown',
      message: expect.stringContaining('people.forget') as string,
    });
  });
});

describe('one’s own account', () => {
  it('another password ends all sessions', async () => {
    await startSession(ground.store.db, viewer.user, here, ground.clock.now());
    await expect(by(viewer).changePassword('wrong', 'two gray otters swim')).rejects.toEqual(
      refusal('password_wrong'),
    );
    expect(await by(viewer).mySessions()).toHaveLength(1);
    await by(viewer).changePassword(testPassword, 'two gray otters swim');
    expect(await by(viewer).mySessions()).toEqual([]);
  });

  it('is not where a password can be guessed that is slow to guess at the door', async () => {
    const change = (before: string) => by(viewer).changePassword(before, 'two gray otters swim');
    for (let n = 0; n < 5; n++) await expect(change('wrong')).rejects.toEqual(refusal('password_wrong'));
    await expect(change(testPassword)).rejects.toEqual(refusal('locked_out'));
  });

  it('shows where one is signed in, and ends one or all', async () => {
    const secret = await startSession(ground.store.db, viewer.user, here, ground.clock.now());
    for (let n = 0; n < 2; n++) await startSession(ground.store.db, viewer.user, here, ground.clock.now());
    await startSession(ground.store.db, owner.user, here, ground.clock.now());
    const sessions = await by(viewer).mySessions(secret);
    expect(sessions.filter(({ current }) => current)).toHaveLength(1);
    expect(JSON.stringify(sessions)).not.toContain(secret);
    const other = sessions.find(({ current }) => !current);
    expect(await by(viewer).endMySession(other?.id ?? '')).toBe(1);
    expect(await by(viewer).endMySession('all')).toBe(2);
    expect(await by(owner).mySessions()).toHaveLength(1);
  });

  it('is nothing for a token, however wide', async () => {
    const token: Identity = { ...owner, via: 'token', scopes: ['look', 'tokens.own'] };
    await expect(by(token).changePassword(testPassword, 'two gray otters swim')).rejects.toEqual(
      refusal('session_needed'),
    );
    const wanted = { name: 'more', scopes: ['look' as const], expiresInDays: 1 };
    await expect(by(token).makeToken(wanted)).rejects.toEqual(refusal('session_needed'));
    await expect(by(token).resetLink(owner.user)).rejects.toEqual(refusal('session_needed'));
  });
});

describe('tokens', () => {
  const look = { name: 'BI', scopes: ['look' as const], expiresInDays: 30 };
  const who = (secret: string) => identityOfToken(ground.store.db, secret, ground.clock.now());

  it('are shown once, and lists and tables do not have them', async () => {
    const { secret, token } = await by(viewer).makeToken(look);
    expect(secret).toMatch(/^postrider_[\w-]{43}$/);
    expect(await who(secret)).toMatchObject({ user: viewer.user, via: 'token', scopes: ['look'] });
    const everything = [
      token,
      await by(viewer).myTokens({ limit: 10 }),
      await by(owner).tokens({ limit: 10 }),
      await by(owner).audit({ limit: 10 }),
      await ground.store.db.selectFrom('api_token').selectAll().execute(),
    ];
    expect(JSON.stringify(everything)).not.toContain(secret.slice('postrider_'.length));
  });

  it('count until they end, are revoked, or their owner goes', async () => {
    const made = await Promise.all([1, 2, 3].map(() => by(viewer).makeToken(look)));
    const [one, two, three] = made.map(({ secret }) => secret) as [string, string, string];
    await by(viewer).revokeToken(made[0]?.token.id ?? '');
    expect([await who(one), (await who(two))?.role]).toEqual([undefined, 'viewer']);
    await by(owner).removeUser(viewer.user);
    expect(await who(two)).toBeUndefined();
    expect(await who(three)).toBeUndefined();
    const { secret } = await by(owner).makeToken(look);
    ground.clock.forward(31 * day);
    expect(await who(secret)).toBeUndefined();
  });

  it('follow the role of their owner down', async () => {
    const { secret } = await by(administrator).makeToken({ ...look, scopes: ['users.edit'] });
    await by(owner).changeUser(administrator.user, { role: 'viewer' }, '*');
    expect(await who(secret)).toMatchObject({ role: 'viewer', scopes: ['users.edit'] });
  });

  it.each([
    ['more than one may oneself', { ...look, scopes: ['users.edit' as const] }, 'not_permitted'],
    ['a scope that there is not', { ...look, scopes: ['lok' as never] }, 'permission_unknown'],
    ['for ever', { ...look, expiresInDays: 4000 }, 'token_life'],
    ['for no time', { ...look, expiresInDays: 0 }, 'token_life'],
  ])('are not made for %s', async (_, wanted, code) => {
    await expect(by(viewer).makeToken(wanted)).rejects.toEqual(refusal(code));
  });

  it('of others are revoked by administrators only', async () => {
    const { token } = await by(owner).makeToken(look);
    await expect(by(viewer).revokeToken(token.id)).rejects.toEqual(refusal('token_unknown'));
    await by(administrator).revokeToken(token.id);
    expect((await by(owner).myTokens({ limit: 1 })).items[0]?.revokedAt).toBeDefined();
  });
});

it('the audit log comes as CSV, whole, with formulas made harmless', async () => {
  await by({ ...owner, email: '=1+1' }).ownerLink();
  const csv = (await Array.fromAsync(by(owner).auditCsv({}))).join('');
  expect(csv.split('\n').slice(0, 2)).toEqual(
    ['time,who,action,subject,detail', `2026-11-25T09:00:00.000Z,'=1+1,owner.link,workspace,{}`].map(
      (line) => expect.stringMatching(line.slice(0, 5)) as string,
    ),
  );
  expect(csv).toContain(`,'=1+1,owner.link,workspace,{}`);
});
