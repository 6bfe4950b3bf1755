import type { IncomingMessage, ServerResponse } from 'node:http';
import type { OAuthApp } from './access.ts';
import type { Account } from './account.ts';
import { readBody, sendBytes, sendJson } from './http-message.ts';
import { consentPage, refusalPage } from './oauth-pages.ts';

/** `/oauth2/authorize`, `/oauth2/token` and `/oauth2/metadata` (FACTS §3, §9.15). */
export async function serveOAuth(
  account: Account,
  request: IncomingMessage,
  response: ServerResponse,
  url: URL,
): Promise<void> {
  const body = (await readBody(request)) ?? '';
  const route = `${request.method} ${url.pathname}`;
  switch (route) {
    case 'GET /oauth2/authorize':
      return askConsent(account, response, url.searchParams);
    case 'POST /oauth2/authorize':
      return giveConsent(account, response, new URLSearchParams(body));
    case 'POST /oauth2/token':
      return giveToken(account, response, new URLSearchParams(body));
    case 'GET /oauth2/metadata':
      return describeToken(account, request, response, url.origin);
    default:
      sendJson(response, 404, { error: 'not_found' });
  }
}

interface Ask {
  app: OAuthApp;
  redirectUri: string;
  state: string | null;
}

/** The request for consent, or what is wrong with it. */
function readAsk(account: Account, query: URLSearchParams): Ask | string {
  const app = account.access.app(query.get('client_id') ?? '');
  const redirectUri = query.get('redirect_uri') ?? app?.redirectUri ?? '';
  if (query.get('response_type') !== 'code') return 'The response_type must be "code".';
  if (app === undefined) return 'This client_id is not known.';
  if (!URL.canParse(redirectUri)) return 'The redirect_uri is missing.';
  // To the letter, as Mailchimp since 2020-08-11.
  if (app.redirectUri !== undefined && app.redirectUri !== redirectUri) {
    return 'The redirect_uri is not the one of this app.';
  }
  return { app, redirectUri, state: query.get('state') };
}

function askConsent(account: Account, response: ServerResponse, query: URLSearchParams): void {
  const ask = readAsk(account, query);
  const type = 'text/html; charset=utf-8';
  if (typeof ask === 'string') return sendBytes(response, 400, type, refusalPage(ask));
  sendBytes(response, 200, type, consentPage(ask.app.clientId, ask.redirectUri, ask.state ?? ''));
}

function giveConsent(account: Account, response: ServerResponse, form: URLSearchParams): void {
  const ask = readAsk(account, form);
  if (typeof ask === 'string') {
    return sendBytes(response, 400, 'text/html; charset=utf-8', refusalPage(ask));
  }
  const target = new URL(ask.redirectUri);
  if (form.get('decision') === 'allow') {
    target.searchParams.set(
      'code',
      account.access.grant(ask.app.clientId, ask.redirectUri, account.access.users[0]!),
    );
  } else {
    target.searchParams.set('error', 'access_denied');
  }
  if (ask.state) target.searchParams.set('state', ask.state);
  response.writeHead(302, { Location: target.href }).end();
}

/** No expiry and no refresh token (FACTS §3). */
function giveToken(account: Account, response: ServerResponse, form: URLSearchParams): void {
  const app = account.access.app(form.get('client_id') ?? '');
  const refuse = (status: number, error: string, description: string) =>
    sendJson(response, status, { error, error_description: description });
  if (form.get('grant_type') !== 'authorization_code') {
    return refuse(400, 'unsupported_grant_type', 'The grant type must be authorization_code.');
  }
  if (app === undefined || app.clientSecret !== form.get('client_secret')) {
    return refuse(401, 'invalid_client', 'The client credentials are invalid.');
  }
  const grant = account.access.redeem(form.get('code') ?? '');
  if (grant === undefined || grant.clientId !== app.clientId) {
    return refuse(400, 'invalid_grant', 'The authorization code is invalid or was used.');
  }
  if (grant.redirectUri !== form.get('redirect_uri')) {
    return refuse(400, 'invalid_grant', 'The redirect_uri is not the one of the authorization.');
  }
  sendJson(response, 200, {
    access_token: account.access.issueToken(grant.user),
    expires_in: 0,
    scope: null,
  });
}

/** Only `Authorization: OAuth {token}`, not Bearer (FACTS §3). */
function describeToken(
  account: Account,
  request: IncomingMessage,
  response: ServerResponse,
  origin: string,
): void {
  const [scheme, token] = (request.headers.authorization ?? '').split(' ');
  const user = scheme === 'OAuth' ? account.access.userOfToken(token ?? '') : undefined;
  if (user === undefined) {
    return sendJson(response, 401, {
      error: 'invalid_token',
      error_description: 'The access token is invalid.',
    });
  }
  sendJson(response, 200, {
    dc: 'us1',
    role: user.role,
    accountname: 'Sandbox',
    user_id: 4_200_000,
    login: {
      email: `${user.name}@acme.test`,
      avatar: null,
      login_id: user.id,
      login_name: user.name,
      login_email: `${user.name}@acme.test`,
    },
    login_url: origin,
    // Without /3.0, as mostly seen.
    api_endpoint: origin,
  });
}
