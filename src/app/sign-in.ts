import { readAccessLink, useUpAccessLink, makeAccessLink, type AccessLink } from '../access/access-links.ts';
import { identityOfToken } from '../access/api-tokens.ts';
import { localIdentity, type Identity } from '../access/identity.ts';
import { pendingOidc, SignInService } from '../access/oidc.ts';
import { checkPassword, hashPassword, isPassword } from '../access/passwords.ts';
import {
  endSession,
  endSessionsOf,
  identityOfSession,
  renewSession,
  startSession,
} from '../access/sessions.ts';
import { countAttempt, forgetSignInFailures, noteNetworkFailure } from '../access/sign-in-failures.ts';
import {
  addUser,
  changeUser,
  countUsers,
  findUser,
  findUserByEmail,
  parseUserEmail,
  passwordHashOf,
  type User,
} from '../access/users.ts';
import type { Clock } from '../base/clock.ts';
import { pageRoot, type Config } from '../base/config.ts';
import { inputError, PostriderError } from '../base/errors.ts';
import { open, seal, type SecretKey } from '../connections/seal.ts';
import { recordAudit } from '../store/audit.ts';
import type { Store } from '../store/open-store.ts';
import { reauthenticationNeeded } from './access-actions.ts';

/** From where somebody comes. */
export interface Caller {
  /** The address in the network. */
  address: string;
  userAgent: string;
}

/** A session that was begun: its secret is for the cookie of that browser and nothing else. */
export interface SignedIn {
  session: string;
  user: User;
}

/** The door: what anybody may do who has not said yet who they are. */
export interface SignIn {
  /** What the sign-in page has to offer. */
  ways(): Promise<{ password: boolean; service: boolean; firstStart: boolean }>;
  /** @throws `sign_in_failed`, the same for a wrong password and an unknown user; `locked_out` */
  withPassword(given: { email: string; password: string }, caller: Caller): Promise<SignedIn>;
  /** Who this secret of a session is, now. */
  session(secret: string): Promise<Identity | undefined>;
  /** Who this token is, now. */
  token(secret: string): Promise<Identity | undefined>;
  signOut(session: string): Promise<void>;
  /** The password once more, in a session that goes on: for what asks for a sign-in of the last minutes. */
  again(session: string, password: string, caller: Caller): Promise<SignedIn>;
  /** What a link is for, to show it. @throws `link_invalid` */
  link(secret: string): Promise<AccessLink>;
  /** The first owner, somebody invited, or a new password. @throws `link_invalid`, `password_weak` */
  useLink(
    secret: string,
    given: { email?: string | undefined; name?: string | undefined; password: string },
    caller: Caller,
  ): Promise<SignedIn>;
  /** Makes the first owner, or a link for one where the environment names none. @returns the link's secret */
  firstOwner(): Promise<string | undefined>;
  /**
   * Sends the browser to the sign-in service.
   * @param session of whoever is signed in and proves again who they are
   * @returns where to, and what to keep in a cookie until it is back
   */
  beginService(returnTo: string, session?: string): Promise<{ url: string; cookie: string }>;
  finishService(
    query: string,
    cookie: string | undefined,
    caller: Caller,
    session?: string,
  ): Promise<SignedIn & { returnTo: string }>;
}

export interface SignInGround {
  config: Config;
  clock: Clock;
  store: Store;
  key: () => SecretKey;
}

const cookieOwner = 'cookie:oidc';

export function openSignIn({ config, clock, store, key }: SignInGround): SignIn {
  const { db } = store;
  const now = () => clock.now();
  const note = (who: string, action: string, subject: string, detail: Record<string, unknown> = {}) =>
    recordAudit(db, { at: now(), who, action, subject, detail });
  const base = pageRoot(config);
  const service =
    config.oidc === undefined
      ? undefined
      : new SignInService(config.oidc, `${base}/api/v1/sign-in/service/callback`);

  /** The password of a user, with the brake on guessing; the answer is the same for whoever does not exist. */
  async function provePassword(user: User | undefined, email: string, password: string, caller: Caller) {
    await countAttempt(db, { email, address: caller.address }, now());
    const hash = user === undefined ? undefined : await passwordHashOf(db, user.id);
    if (user !== undefined && (await isPassword(password, hash))) {
      await forgetSignInFailures(db, { email });
      return user;
    }
    if (user === undefined) await isPassword(password, undefined);
    await noteNetworkFailure(db, caller.address, now());
    await note(
      user?.email ?? 'unknown',
      'session.failed',
      user === undefined ? 'user:unknown' : `user:${user.id}`,
    );
    throw new PostriderError({
      kind: 'forbidden',
      code: 'sign_in_failed',
      message: 'E-mail address and password do not fit together.',
      hint: 'After five tries there is a wait. An administrator can give you a link for a new password.',
    });
  }

  async function signedIn(user: User, caller: Caller, how: string): Promise<SignedIn> {
    const session = await startSession(db, user.id, caller, now());
    await note(user.email, 'session.start', `user:${user.id}`, { how });
    return { session, user };
  }

  return {
    ways: async () => ({
      password: true,
      service: service !== undefined,
      firstStart: (await countUsers(db)) === 0,
    }),
    withPassword: async ({ email, password }, caller) => {
      const user = await findUserByEmail(db, email);
      return signedIn(await provePassword(user, email, password, caller), caller, 'password');
    },
    session: (secret) => identityOfSession(db, secret, now()),
    token: (secret) => identityOfToken(db, secret, now()),
    signOut: (session) => endSession(db, session),
    again: async (session, password, caller) => {
      const user = await sessionUser(session);
      await provePassword(user, user.email, password, caller);
      await note(user.email, 'session.again', `user:${user.id}`, { how: 'password' });
      return { session: await renewSession(db, session, now()), user };
    },
    link: (secret) => readAccessLink(db, secret, now()),
    useLink: async (secret, given, caller) => {
      const link = await readAccessLink(db, secret, now());
      const email = link.purpose === 'owner' ? parseUserEmail(given.email ?? '') : link.email;
      checkPassword(given.password, { email });
      const passwordHash = await hashPassword(given.password);
      const user = await db.transaction().execute(async (transaction) => {
        if (!(await useUpAccessLink(transaction, secret))) await readAccessLink(transaction, secret, now());
        if (link.purpose === 'reset') {
          const known = await findUserByEmail(transaction, email);
          if (known === undefined) throw inputError('user_unknown', 'There is no such user any more.');
          await changeUser(transaction, known.id, { passwordHash }, now());
          await endSessionsOf(transaction, known.id);
          return known;
        }
        const role = link.purpose === 'owner' ? 'owner' : link.role;
        const name = given.name ?? email;
        return addUser(transaction, { email, name, role, passwordHash }, now());
      });
      await forgetSignInFailures(db, { email });
      await note(user.email, `user.${link.purpose}`, `user:${user.id}`, { role: user.role });
      return signedIn(user, caller, 'link');
    },
    firstOwner: async () => {
      if ((await countUsers(db)) > 0) return undefined;
      if (config.owner === undefined) {
        return makeAccessLink(db, { purpose: 'owner' }, { by: 'system', now: now() });
      }
      const { email, password } = config.owner;
      checkPassword(password, { email });
      const passwordHash = await hashPassword(password);
      const user = await addUser(db, { email, name: email, role: 'owner', passwordHash }, now());
      await note('system', 'user.owner', `user:${user.id}`, { from: 'environment' });
      return undefined;
    },
    beginService: async (returnTo, session) => {
      const { url, pending } = await serviceOf(service).begin(returnTo, session !== undefined);
      const sealed = seal(key(), JSON.stringify(pending), cookieOwner);
      return { url, cookie: `${sealed.keyId}.${sealed.text}` };
    },
    finishService: async (query, cookie, caller, session) => {
      const pending = readCookie(cookie);
      const person = await serviceOf(service).finish(query, pending);
      const user = await findUserByEmail(db, person.email);
      if (user === undefined) {
        throw new PostriderError({
          kind: 'forbidden',
          code: 'not_invited',
          message: 'You are nobody here yet.',
          hint: 'Ask an administrator for an invitation to the address that your sign-in service has.',
        });
      }
      await holdTo(user, person.subject);
      if (pending.reauthenticates) {
        if (session === undefined || (await sessionUser(session)).id !== user.id)
          throw reauthenticationNeeded();
        await note(user.email, 'session.again', `user:${user.id}`, { how: 'service' });
        return { session: await renewSession(db, session, now()), user, returnTo: pending.returnTo };
      }
      return { ...(await signedIn(user, caller, 'service')), returnTo: pending.returnTo };
    },
  };

  async function sessionUser(session: string): Promise<User> {
    const who = await identityOfSession(db, session, now());
    const user = who === undefined ? undefined : await findUser(db, who.user);
    if (user === undefined) throw signInNeeded();
    return user;
  }

  /** An address may pass to somebody else; the service's own name for a person does not. */
  async function holdTo(user: User, subject: string): Promise<void> {
    const row = await db
      .selectFrom('app_user')
      .select('oidc_subject')
      .where('id', '=', user.id)
      .executeTakeFirst();
    const known = row?.oidc_subject ?? undefined;
    if (known === undefined) await changeUser(db, user.id, { oidcSubject: subject }, now());
    else if (known !== subject) {
      throw new PostriderError({
        kind: 'forbidden',
        code: 'oidc_other_person',
        message: 'At the sign-in service this address belongs to somebody else now.',
        hint: 'An administrator can remove the user and invite you.',
      });
    }
  }

  function readCookie(cookie: string | undefined) {
    try {
      const [keyId = '', text = ''] = (cookie ?? '').split(/\.(.*)/s);
      return pendingOidc.parse(JSON.parse(open(key(), { keyId, text }, cookieOwner)));
    } catch (cause) {
      throw inputError(
        'oidc_refused',
        'This sign-in was not begun in this browser.',
        'Begin it again.',
        cause,
      );
    }
  }
}

function serviceOf(service: SignInService | undefined): SignInService {
  if (service !== undefined) return service;
  throw new PostriderError({
    kind: 'configuration',
    code: 'oidc_absent',
    message: 'No sign-in service is set up here.',
    hint: 'Sign in with a password, or set POSTRIDER_OIDC_ISSUER and POSTRIDER_OIDC_CLIENT_ID.',
  });
}

/** Whoever may read the data folder, in the name that they give. */
export function identityAtMachine(name: string): Identity {
  return localIdentity(name);
}

/** Whoever asks has not said who they are. */
export function signInNeeded(): PostriderError {
  return new PostriderError({
    kind: 'forbidden',
    code: 'sign_in_needed',
    message: 'This needs a sign-in.',
    hint: 'Sign in, or send a token: Authorization: Bearer postrider_…',
  });
}
