import type { Branded } from '../base/ids.ts';
import { may, type Permission } from './permission.ts';
import type { Role } from './role.ts';

export type UserId = Branded<'UserId'>;

/** Who asks. `local` is the command line beside the data folder: whoever reads the files has their power. */
export interface Identity {
  user: UserId;
  /** Stands in runs and in the audit log; of the command line the name that it was given. */
  email: string;
  name: string;
  role: Role;
  /** What this person may do beyond the role, as a privacy officer does. */
  extra: readonly Permission[];
  via: 'session' | 'token' | 'local' | 'schedule';
  /** Names the session, and opens nothing. */
  session?: string;
  /** What a token is limited to. Absent: everything its owner may do. */
  scopes?: readonly Permission[];
  /** When the password or the sign-in service was last asked in this session. */
  reauthenticatedAt?: Date;
}

/**
 * Whether this identity may do it: its role or its extra permissions must allow it, and its scopes where it has
 * any. A token never gives more than its owner has now, so a demotion narrows tokens that were made before it.
 */
export function allows(who: Identity, permission: Permission): boolean {
  if (!may(who.role, permission) && !who.extra.includes(permission)) return false;
  return who.scopes === undefined || who.scopes.includes(permission);
}

/** Whoever sits at the machine that has the data folder. */
export function localIdentity(name: string): Identity {
  return { user: 'local' as UserId, email: name, name, role: 'owner', extra: [], via: 'local' };
}

/** Who does what happens by itself. It reaches every export, and nothing that a refresh does not need. */
export const scheduleIdentity: Identity = {
  user: 'schedule' as UserId,
  email: 'schedule',
  name: 'schedule',
  role: 'administrator',
  extra: [],
  via: 'schedule',
  scopes: ['look', 'refresh.run', 'exports.run'],
};

/** Whether the person proved a moment ago who they are, for what must not be done at somebody's open desk. */
export function isFresh(who: Identity, now: Date): boolean {
  if (who.via === 'local') return true;
  const { reauthenticatedAt } = who;
  return reauthenticatedAt !== undefined && now.getTime() - reauthenticatedAt.getTime() < freshMs;
}

const freshMs = 10 * 60_000;
