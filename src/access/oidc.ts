import * as client from 'openid-client';
import { z } from 'zod';
import { PostriderError } from '../base/errors.ts';

/** A sign-in service, as the environment names it. */
export interface OidcSettings {
  issuer: string;
  clientId: string;
  clientSecret: string | undefined;
}

/** What has to be remembered between going there and coming back; for a sealed cookie of that browser. */
export const pendingOidc = z.object({
  state: z.string(),
  nonce: z.string(),
  verifier: z.string(),
  returnTo: z.string(),
  /** Set when somebody who is signed in proves again who they are. */
  reauthenticates: z.boolean(),
});
export type PendingOidc = z.infer<typeof pendingOidc>;

/** Who somebody is, by the word of the service. */
export interface OidcPerson {
  subject: string;
  email: string;
  name: string;
}

/** The service, once it was asked who it is; asked again when that failed. */
export class SignInService {
  readonly #settings: OidcSettings;
  readonly #redirectUri: string;
  #configuration: Promise<client.Configuration> | undefined;

  constructor(settings: OidcSettings, redirectUri: string) {
    this.#settings = settings;
    this.#redirectUri = redirectUri;
  }

  /** Where to send the browser. */
  async begin(returnTo: string, reauthenticates: boolean): Promise<{ url: string; pending: PendingOidc }> {
    const configuration = await this.#discover();
    const verifier = client.randomPKCECodeVerifier();
    const [state, nonce] = [client.randomState(), client.randomNonce()];
    const url = client.buildAuthorizationUrl(configuration, {
      redirect_uri: this.#redirectUri,
      scope: 'openid email profile',
      state,
      nonce,
      code_challenge: await client.calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
      ...(reauthenticates ? { prompt: 'login', max_age: '0' } : {}),
    });
    return { url: url.href, pending: { state, nonce, verifier, returnTo, reauthenticates } };
  }

  /**
   * @param query what the service sent the browser back with
   * @throws `input` / `oidc_refused` with the service's own word where it gave one; `oidc_no_email` when it does not
   *   vouch for an address; `remote` / `oidc_unreachable`
   */
  async finish(query: string, pending: PendingOidc): Promise<OidcPerson> {
    const configuration = await this.#discover();
    const url = new URL(this.#redirectUri);
    url.search = query;
    const tokens = await client
      .authorizationCodeGrant(configuration, url, {
        expectedState: pending.state,
        expectedNonce: pending.nonce,
        pkceCodeVerifier: pending.verifier,
        idTokenExpected: true,
        ...(pending.reauthenticates ? { maxAge: 60 } : {}),
      })
      .catch((cause: unknown) => {
        throw refused(cause);
      });
    const claims = tokens.claims();
    if (claims === undefined) throw refused(undefined);
    const known =
      claims['email'] === undefined && configuration.serverMetadata().userinfo_endpoint !== undefined
        ? await client
            .fetchUserInfo(configuration, tokens.access_token, claims.sub)
            .catch((cause: unknown) => {
              throw refused(cause);
            })
        : claims;
    const { email, email_verified: verified, name } = known;
    // Where the service says nothing of it, anybody might have typed the address of somebody else there.
    if (typeof email !== 'string' || (verified !== true && verified !== 'true')) {
      throw new PostriderError({
        kind: 'input',
        code: 'oidc_no_email',
        message: 'The sign-in service does not vouch for an e-mail address of yours.',
        hint: 'Confirm your address there, and let the service give the claims "email" and "email_verified".',
      });
    }
    return { subject: claims.sub, email, name: typeof name === 'string' ? name : email };
  }

  #discover(): Promise<client.Configuration> {
    const { issuer, clientId, clientSecret } = this.#settings;
    const server = new URL(issuer);
    // http is for a service on this machine, as in trials; anywhere else the library refuses it.
    const local = server.protocol === 'http:' && isThisMachine(server.hostname);
    this.#configuration ??= client
      .discovery(server, clientId, clientSecret, undefined, {
        timeout: 10,
        ...(local ? { execute: [client.allowInsecureRequests] } : {}),
      })
      .catch((cause: unknown) => {
        this.#configuration = undefined;
        throw new PostriderError({
          kind: 'remote',
          code: 'oidc_unreachable',
          message: 'The sign-in service does not answer as one that speaks OpenID Connect.',
          hint: 'Check POSTRIDER_OIDC_ISSUER; its /.well-known/openid-configuration must be readable from here.',
          retry: 'later',
          cause,
        });
      });
    return this.#configuration;
  }
}

function isThisMachine(host: string): boolean {
  return host === 'localhost' || host === '127.0.0.1' || host === '[::1]';
}

function refused(cause: unknown): PostriderError {
  const word = cause instanceof client.AuthorizationResponseError ? ` It says: ${cause.error}.` : '';
  return new PostriderError({
    kind: 'input',
    code: 'oidc_refused',
    message: `The sign-in service did not sign you in.${word}`,
    hint: 'Begin the sign-in again from here.',
    cause,
  });
}
