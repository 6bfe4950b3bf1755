import { isAtLeast, type Role } from './role.ts';

/**
 * The lowest role that may do each thing. This is the only place that says so: shells ask `may` and name no role.
 * Which exports and connections a contributor reaches is decided by how a connection is shared, not here.
 */
const lowestRole = {
  look: 'viewer',
  'tokens.own': 'viewer',
  // A viewer sees counts, plans and settings, but nobody's name or address.
  'look.people': 'contributor',
  'segments.edit': 'contributor',
  'exports.edit': 'contributor',
  'exports.run': 'contributor',
  'refresh.run': 'contributor',
  'brakes.release': 'administrator',
  'people.forget': 'administrator',
  'sources.edit': 'administrator',
  'unify.edit': 'administrator',
  'data.push': 'administrator',
  'connections.edit': 'administrator',
  'users.edit': 'administrator',
  'tokens.edit': 'administrator',
  'schedule.edit': 'administrator',
  'audit.read': 'administrator',
  // These reach the keys and everybody's data at once.
  'system.edit': 'owner',
  backup: 'owner',
} as const satisfies Record<string, Role>;

export type Permission = keyof typeof lowestRole;

/** Every permission, for lists to choose a token's scopes from. */
export const permissions = Object.keys(lowestRole) as Permission[];

/** Whether somebody of this role may do it, whatever they signed in with. */
export function may(role: Role, permission: Permission): boolean {
  return isAtLeast(role, lowestRole[permission]);
}
