import { describe, expect, it } from 'vitest';
import { allows, type Identity, type UserId } from './identity.ts';
import { may, permissions, type Permission } from './permission.ts';
import { roles, type Role } from './role.ts';

// Written out again by hand, so that a change of the table has to be made twice.
const added: Record<Role, Permission[]> = {
  viewer: ['look', 'tokens.own'],
  contributor: ['look.people', 'segments.edit', 'exports.edit', 'exports.run', 'refresh.run'],
  administrator: [
    'brakes.release',
    'people.forget',
    'sources.edit',
    'unify.edit',
    'data.push',
    'connections.edit',
    'users.edit',
    'tokens.edit',
    'schedule.edit',
    'audit.read',
  ],
  owner: ['system.edit', 'backup'],
};

function granted(role: Role): Permission[] {
  return roles.slice(0, roles.indexOf(role) + 1).flatMap((each) => added[each]);
}

const pairs = roles.flatMap((role) => permissions.map((permission) => ({ role, permission })));

describe('may', () => {
  it.each(pairs)('$role, $permission', ({ role, permission }) => {
    expect(may(role, permission)).toBe(granted(role).includes(permission));
  });

  it('an owner may do everything', () => {
    expect(granted('owner').toSorted()).toEqual(permissions.toSorted());
  });
});

describe('allows', () => {
  const who = (role: Role, scopes?: Permission[]): Identity => ({
    user: 'u1' as UserId,
    email: 'ana@acme.test',
    name: 'Ana',
    role,
    extra: [],
    via: 'token',
    ...(scopes === undefined ? {} : { scopes }),
  });

  it.each<[string, Role, Permission[] | undefined, Permission, boolean]>([
    ['no scopes: the role decides', 'contributor', undefined, 'exports.run', true],
    ['a scope does not raise a role', 'viewer', ['exports.run'], 'exports.run', false],
    ['a role does not widen scopes', 'owner', ['look'], 'backup', false],
    ['both agree', 'administrator', ['audit.read'], 'audit.read', true],
    ['an empty list allows nothing', 'owner', [], 'look', false],
  ])('%s', (_, role, scopes, permission, expected) => {
    expect(allows(who(role, scopes), permission)).toBe(expected);
  });

  it('what is given beyond the role counts, and scopes narrow it too', () => {
    const officer: Identity = { ...who('viewer'), extra: ['people.forget'] };
    expect(allows(officer, 'people.forget')).toBe(true);
    expect(allows(officer, 'exports.run')).toBe(false);
    expect(allows({ ...officer, scopes: ['look'] }, 'people.forget')).toBe(false);
  });
});
