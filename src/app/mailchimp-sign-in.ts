import type { Identity } from '../access/identity.ts';
import { pageRoot } from '../base/config.ts';
import { PostriderError } from '../base/errors.ts';
import type { ConnectionId } from '../base/ids.ts';
import { saveConnectionSecret, type ConnectionSecret } from '../connections/connection-secrets.ts';
import { beginSignIn, keepSignIn, takeSignInState } from '../connections/pending-sign-ins.ts';
import { authorizeUrl, redeemCode, signInRefused, type OAuthSettings } from '../delivery/mailchimp/oauth.ts';
import { inspectLogin, type MailchimpLogin } from '../delivery/open-destination.ts';
import { audited, type AppGround } from './app-ground.ts';
import { knownItem } from './item-state.ts';

/** A connection by signing in at Mailchimp's own page. */
export interface MailchimpSignInActions {
  /** Where to send the browser; `id` for one that is there already. */
  beginSignIn(id: string | undefined): Promise<{ url: string }>;
  /**
   * The browser is back. For a connection that is there the sign-in is kept at once; for a new one until it is saved.
   * @throws `sign_in_state`, `mailchimp_sign_in_refused`, `mailchimp_role`
   */
  finishSignIn(query: {
    state?: string | undefined;
    code?: string | undefined;
    error?: string | undefined;
  }): Promise<{ signIn: string; connection: string | null; login: MailchimpLogin }>;
}

/** How long an account may take to answer somebody who waits at a page. */
export const patienceMs = 15_000;

export function mailchimpSignInActions(ground: AppGround): MailchimpSignInActions {
  const { store, clock, who } = ground;
  const { db } = store;
  const present = (id: string) => knownItem(db, { kind: 'connection', id });
  return {
    beginSignIn: async (id) => {
      if (id !== undefined) await present(id);
      const settings = oauthSettings(ground);
      const { state } = await beginSignIn(db, askerOf(who), id as ConnectionId | undefined, clock.now());
      return { url: authorizeUrl(settings, state) };
    },
    finishSignIn: async ({ state, code, error }) => {
      const pending = await takeSignInState(db, askerOf(who), state ?? '', clock.now());
      if (code === undefined || error !== undefined) throw signInRefused();
      const { accessToken, dataCentre } = await redeemCode(oauthSettings(ground), code);
      const secret: ConnectionSecret = { type: 'oauth', accessToken, dataCentre };
      const login = await inspect(ground, secret);
      const { connection, id } = pending;
      if (connection === undefined) {
        await keepSignIn(db, ground.key, id, secret);
      } else {
        await present(connection);
        await saveConnectionSecret(db, ground.key, connection, secret, clock.now());
        await audited(ground, 'connection.connect', `connection:${connection}`, { by: 'oauth' });
      }
      return { signIn: id, connection: connection ?? null, login };
    },
  };
}

/** Whose sign-in it is: nobody else, and no other session of theirs, can finish or use it. */
export function askerOf({ user, session = '' }: Identity): { user: Identity['user']; session: string } {
  return { user, session };
}

/** Asks Mailchimp whom a secret lets in. */
export function inspect({ config, accounts }: AppGround, secret: ConnectionSecret): Promise<MailchimpLogin> {
  return inspectLogin(config.mailchimp, secret, accounts, AbortSignal.timeout(patienceMs));
}

function oauthSettings({ config }: AppGround): OAuthSettings {
  const { clientId, clientSecret, oauthUrl } = config.mailchimp;
  if (clientId === undefined || clientSecret === undefined) {
    throw new PostriderError({
      kind: 'configuration',
      code: 'oauth_app_absent',
      message: 'No app is registered at Mailchimp for this server.',
      hint: 'Register one there and set MAILCHIMP_CLIENT_ID and MAILCHIMP_CLIENT_SECRET, or give an API key.',
    });
  }
  const base = pageRoot(config);
  return {
    loginUrl: oauthUrl ?? 'https://login.mailchimp.com',
    clientId,
    clientSecret,
    redirectUri: `${base}/api/v1/mailchimp/callback`,
  };
}
