import { stringify } from 'csv-stringify/sync';
import { makeAccessLink, type AccessLink } from '../access/access-links.ts';
import {
  findApiToken,
  listApiTokens,
  makeApiToken,
  revokeApiToken,
  type ApiToken,
} from '../access/api-tokens.ts';
import { allows, isFresh, type Identity, type UserId } from '../access/identity.ts';
import { checkPassword, hashPassword, isPassword } from '../access/passwords.ts';
import { may, permissions, type Permission } from '../access/permission.ts';
import { isAtLeast, type Role } from '../access/role.ts';
import { countAttempt, forgetSignInFailures } from '../access/sign-in-failures.ts';
import { endOneSession, endSessionsOf, listSessions, type Session } from '../access/sessions.ts';
import {
  changeUser,
  findUser,
  findUserByEmail,
  listUsers,
  parseUserEmail,
  passwordHashOf,
  removeUser,
  type User,
} from '../access/users.ts';
import { inputError, PostriderError } from '../base/errors.ts';
import { pageRoot } from '../base/config.ts';
import { checkIfMatch, etagOf } from '../base/etag.ts';
import { nearestName } from '../base/nearest.ts';
import { neutraliseFormula } from '../base/neutralise-formula.ts';
import type { Page, PageAsked } from '../base/page.ts';
import { listAudit, type AuditEntry, type AuditFilter } from '../store/audit.ts';
import { audited, type AppGround } from './app-ground.ts';
import { notPermitted } from './permitted-actions.ts';

/** A user with the etag that an edit has to show. */
export type ListedUser = User & { etag: string };

/** Who may come in and with what, and what they did. */
export interface AccessActions {
  me(): Promise<ListedUser>;
  changeMe(change: Partial<Pick<User, 'name' | 'language'>>): Promise<ListedUser>;
  /** Ends all sessions of the user; whoever changes it signs in again. */
  changePassword(before: string, password: string): Promise<void>;
  /** @param current the secret of the session that asks, to mark it */
  mySessions(current?: string): Promise<Session[]>;
  /** One, or with `all` all of them. @returns how many ended */
  endMySession(id: string): Promise<number>;
  myTokens(page: PageAsked): Promise<Page<ApiToken>>;
  /** @returns the token itself, which is shown this once */
  makeToken(token: {
    name: string;
    scopes: readonly Permission[];
    expiresInDays: number;
  }): Promise<{ secret: string; token: ApiToken }>;
  /** One's own, or with the permission for it anybody's. */
  revokeToken(id: string): Promise<void>;

  users(page: PageAsked): Promise<Page<ListedUser>>;
  user(idOrEmail: string): Promise<ListedUser>;
  /** @returns the link that lets them in once, for seven days; nothing is sent by itself */
  inviteUser(invitation: { email: string; role: Role }): Promise<{ link: string }>;
  changeUser(
    idOrEmail: string,
    change: Partial<Pick<User, 'name' | 'role' | 'extra' | 'language'>>,
    ifMatch: string | undefined,
  ): Promise<ListedUser>;
  /** Their sessions and tokens end; exports in their name stop. */
  removeUser(idOrEmail: string): Promise<void>;
  /** @returns a link for a new password, for two hours */
  resetLink(idOrEmail: string): Promise<{ link: string }>;
  /** @returns a link that makes an owner, for a day; for whoever sits at the machine */
  ownerLink(): Promise<{ link: string }>;
  /** Everybody's. */
  tokens(page: PageAsked): Promise<Page<ApiToken>>;
  audit(filter: AuditFilter & PageAsked): Promise<Page<AuditEntry>>;
  auditCsv(filter: AuditFilter): AsyncIterable<string>;
}

const longestTokenDays = 366;

export function accessActions(ground: AppGround): AccessActions {
  const { store, clock, who, config } = ground;
  const { db } = store;
  const now = () => clock.now();
  const linkTo = (path: string, secret: string) => ({
    // Behind #, so that it stands in no server's log and goes to no other site as a referrer.
    link: `${pageRoot(config)}/${path}#${secret}`,
  });
  const makeLink = async (link: AccessLink, path: string) =>
    linkTo(path, await makeAccessLink(db, link, { by: who.email, now: now() }));
  const known = async (idOrEmail: string): Promise<User> => {
    const user = (await findUser(db, idOrEmail as UserId)) ?? (await findUserByEmail(db, idOrEmail));
    if (user !== undefined) return user;
    throw inputError('user_unknown', 'There is no such user.', 'See them with: postrider users');
  };
  /** Nobody gives more than they have, or takes from those above them. */
  const refuseAbove = (role: Role) => {
    if (isAtLeast(who.role, role)) return;
    throw notPermitted('system.edit');
  };
  /** Nobody gives away more than they have. */
  const refuseBeyond = (given: readonly Permission[]) => {
    const unknown = given.find((each) => !permissions.includes(each));
    if (unknown !== undefined) {
      const near = nearestName(unknown, permissions);
      throw inputError(
        'permission_unknown',
        `There is no permission "${unknown}"${near === undefined ? '' : `; perhaps "${near}"`}.`,
        `There are: ${permissions.join(', ')}.`,
      );
    }
    const beyond = given.find((each) => !allows(who, each));
    if (beyond !== undefined) throw notPermitted(beyond);
  };
  const own = async (): Promise<User> => {
    if (who.via === 'token') {
      throw new PostriderError({
        kind: 'forbidden',
        code: 'session_needed',
        message: 'This is about a person, and a token is none.',
        hint: 'Sign in on the page.',
      });
    }
    return known(who.user);
  };

  return {
    me: async () => listed(await known(who.user)),
    changeMe: async (change) => {
      const user = await own();
      await changeUser(db, user.id, change, now());
      return listed(await known(user.id));
    },
    changePassword: async (before, password) => {
      const user = await own();
      const hash = await passwordHashOf(db, user.id);
      if (hash !== undefined) {
        // Whoever found somebody's session open must not find out their password here.
        await countAttempt(db, { email: user.email }, now());
        if (!(await isPassword(before, hash)))
          throw inputError('password_wrong', 'The password so far is another one.');
        await forgetSignInFailures(db, user);
      }
      if (hash === undefined && !isFresh(who, now())) throw reauthenticationNeeded();
      checkPassword(password, user);
      await changeUser(db, user.id, { passwordHash: await hashPassword(password) }, now());
      await endSessionsOf(db, user.id);
      await audited(ground, 'user.password', `user:${user.id}`);
    },
    mySessions: async (current) => listSessions(db, (await own()).id, { current, now: now() }),
    endMySession: async (id) => {
      const user = await own();
      const ended =
        id === 'all' ? await endSessionsOf(db, user.id) : Number(await endOneSession(db, user.id, id));
      await audited(ground, 'session.end', `user:${user.id}`, { ended });
      return ended;
    },
    myTokens: async (page) => listApiTokens(db, { ...page, user: who.user }),
    makeToken: async ({ name, scopes, expiresInDays }) => {
      if (expiresInDays < 1 || expiresInDays > longestTokenDays) {
        throw inputError(
          'token_life',
          `A token lives for 1 to ${longestTokenDays} days.`,
          'Make a new one when it ends; programs can be told in advance.',
        );
      }
      const owner = who.via === 'local' ? await firstOwner(ground) : await own();
      refuseBeyond(scopes);
      const expiresAt = new Date(now().getTime() + expiresInDays * 24 * 60 * 60_000);
      const made = await makeApiToken(db, { user: owner.id, name, scopes: [...scopes], expiresAt }, now());
      await audited(ground, 'token.create', `token:${made.token.id}`, { name, scopes, expiresAt });
      return made;
    },
    revokeToken: async (id) => {
      const token = await findApiToken(db, id);
      if (token === undefined || (token.user !== who.user && !allows(who, 'tokens.edit'))) {
        throw inputError('token_unknown', 'There is no such token.', 'See them with: postrider tokens');
      }
      await revokeApiToken(db, id, now());
      await audited(ground, 'token.revoke', `token:${id}`, { name: token.name });
    },

    users: async (page) => {
      const { items, ...rest } = await listUsers(db, page);
      return { items: items.map(listed), ...rest };
    },
    user: async (id) => listed(await known(id)),
    inviteUser: async ({ email: text, role }) => {
      refuseAbove(role);
      refuseBeyond(permissionsOf({ role }));
      const email = parseUserEmail(text);
      if ((await findUserByEmail(db, email)) !== undefined) {
        throw new PostriderError({
          kind: 'conflict',
          code: 'user_exists',
          message: 'Somebody with this e-mail address is a user already.',
          hint: 'Change their role instead, or send them a link for a new password.',
        });
      }
      await audited(ground, 'user.invite', `user:${email}`, { role });
      return makeLink({ purpose: 'invitation', email, role }, 'invitation');
    },
    changeUser: async (id, change, ifMatch) => {
      const user = await known(id);
      const before = listed(user);
      checkIfMatch(ifMatch, before);
      refuseAbove(user.role);
      if (change.role !== undefined) {
        refuseAbove(change.role);
        const had = permissionsOf(user);
        refuseBeyond(permissionsOf({ role: change.role }).filter((each) => !had.includes(each)));
      }
      refuseBeyond(change.extra ?? []);
      await changeUser(db, user.id, change, now());
      await audited(ground, 'user.change', `user:${user.id}`, { ...change });
      return listed(await known(user.id));
    },
    removeUser: async (id) => {
      const user = await known(id);
      refuseAbove(user.role);
      await removeUser(db, user.id);
      await audited(ground, 'user.remove', `user:${user.id}`, { email: user.email, role: user.role });
    },
    resetLink: async (id) => {
      const user = await known(id);
      refuseAbove(user.role);
      // Whoever has the link becomes them.
      if (user.id === who.user) await own();
      refuseBeyond(permissionsOf(user));
      await audited(ground, 'user.reset', `user:${user.id}`);
      return makeLink({ purpose: 'reset', email: user.email }, 'reset');
    },
    ownerLink: async () => {
      await audited(ground, 'owner.link', 'workspace');
      return makeLink({ purpose: 'owner' }, 'owner');
    },
    tokens: async (page) => listApiTokens(db, page),
    audit: async (filter) => listAudit(db, filter),
    auditCsv: async function* (filter) {
      yield auditCsvLines([['time', 'who', 'action', 'subject', 'detail']]);
      let cursor: string | undefined;
      do {
        const { items, next } = await listAudit(db, { ...filter, limit: 500, cursor });
        yield auditCsvLines(
          items.map(({ at, detail, ...entry }) => [
            at.toISOString(),
            entry.who,
            entry.action,
            entry.subject,
            JSON.stringify(detail),
          ]),
        );
        cursor = next;
      } while (cursor !== undefined);
    },
  };
}

/** Somebody has to prove again who they are. */
export function reauthenticationNeeded(): PostriderError {
  return new PostriderError({
    kind: 'forbidden',
    code: 'reauthentication_needed',
    message: 'This needs a sign-in of the last ten minutes.',
    hint: 'Sign in again, and repeat it.',
  });
}

/** Tokens belong to somebody: those that the command line makes, to the owner. */
async function firstOwner({ store }: AppGround): Promise<User> {
  let cursor: string | undefined;
  do {
    const page = await listUsers(store.db, { limit: 500, cursor });
    const owner = page.items.find(({ role }) => role === 'owner');
    if (owner !== undefined) return owner;
    cursor = page.next;
  } while (cursor !== undefined);
  throw new PostriderError({
    kind: 'configuration',
    code: 'no_owner',
    message: 'There is no owner yet whom a token could belong to.',
    hint: 'Make one with the link of: postrider users owner-link',
  });
}

/** All that somebody of a role may do, with what they may beyond it. */
function permissionsOf({ role, extra = [] }: Pick<Identity, 'role'> & Partial<Identity>): Permission[] {
  return permissions.filter((each) => may(role, each) || extra.includes(each));
}

function listed(user: User): ListedUser {
  const { lastSeenAt: _, ...state } = user;
  return { ...user, etag: etagOf('user', state) };
}

function auditCsvLines(rows: string[][]): string {
  return stringify(rows.map((row) => row.map(neutraliseFormula)));
}
