import { Agent, request } from 'undici';
import { z } from 'zod';
import { PostriderError } from '../../base/errors.ts';

/** The app that is registered at Mailchimp, and where its login is. */
export interface OAuthSettings {
  /** https://login.mailchimp.com, or a sandbox. */
  loginUrl: string;
  clientId: string;
  clientSecret: string;
  redirectUri: string;
}

const tokenAnswer = z.object({ access_token: z.string().min(1) });
const metadataAnswer = z.object({ dc: z.string().regex(/^[a-z]{2,5}\d{1,3}$/) });
const patienceMs = 10_000;
const largestAnswer = 64 * 1024;

/** Where to send the browser; Mailchimp knows neither scopes nor PKCE (FACTS §3). */
export function authorizeUrl({ loginUrl, clientId, redirectUri }: OAuthSettings, state: string): string {
  const url = new URL('/oauth2/authorize', loginUrl);
  url.search = new URLSearchParams({
    response_type: 'code',
    client_id: clientId,
    redirect_uri: redirectUri,
    state,
  }).toString();
  return url.href;
}

/**
 * A token for the code that the browser came back with; it neither ends nor is renewed (FACTS §3).
 * @throws `input` / `mailchimp_sign_in_refused`; `configuration` / `mailchimp_app_refused` when the app itself is;
 *   `remote` / `mailchimp_login_unreachable`. No message has the code, the token or the app's secret in it.
 */
export async function redeemCode(
  settings: OAuthSettings,
  code: string,
): Promise<{ accessToken: string; dataCentre: string }> {
  const { clientId, clientSecret, redirectUri, loginUrl } = settings;
  const form = new URLSearchParams({
    grant_type: 'authorization_code',
    client_id: clientId,
    client_secret: clientSecret,
    redirect_uri: redirectUri,
    code,
  });
  const answer = await ask(new URL('/oauth2/token', loginUrl), {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: form.toString(),
  });
  if (answer.status === 401) {
    throw new PostriderError({
      kind: 'configuration',
      code: 'mailchimp_app_refused',
      message: 'Mailchimp does not know this app, or its secret is another one by now.',
      hint: 'Check MAILCHIMP_CLIENT_ID and MAILCHIMP_CLIENT_SECRET at Mailchimp, under Registered apps.',
    });
  }
  if (answer.status >= 500) throw loginUnreachable(undefined);
  if (answer.status !== 200) throw signInRefused();
  const token = tokenAnswer.safeParse(jsonOf(answer.text));
  if (!token.success) throw signInRefused();
  // The scheme is OAuth here, not Bearer (FACTS §3).
  const metadata = await ask(new URL('/oauth2/metadata', loginUrl), {
    method: 'GET',
    headers: { authorization: `OAuth ${token.data.access_token}` },
  });
  const parsed = metadataAnswer.safeParse(jsonOf(metadata.text));
  if (!parsed.success) throw signInRefused();
  return { accessToken: token.data.access_token, dataCentre: parsed.data.dc };
}

/** Mailchimp sent the browser back without a code, or took none. */
export function signInRefused(): PostriderError {
  return new PostriderError({
    kind: 'input',
    code: 'mailchimp_sign_in_refused',
    message: 'The sign-in with Mailchimp did not come to its end.',
    hint: 'Begin it again: Connect, and allow access there.',
  });
}

/** The text of any answer: what is refused need not be JSON. */
async function ask(
  url: URL,
  options: { method: 'GET' | 'POST'; headers: Record<string, string>; body?: string },
): Promise<{ status: number; text: string }> {
  const dispatcher = new Agent({ maxResponseSize: largestAnswer });
  try {
    const { statusCode, body } = await request(url, {
      ...options,
      dispatcher,
      headers: { accept: 'application/json', ...options.headers },
      signal: AbortSignal.timeout(patienceMs),
    });
    return { status: statusCode, text: await body.text() };
  } catch (cause) {
    throw loginUnreachable(cause);
  } finally {
    await dispatcher.destroy();
  }
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // The engine's own words quote the text, which may hold a token.
    throw loginUnreachable(undefined);
  }
}

function loginUnreachable(cause: unknown): PostriderError {
  return new PostriderError({
    kind: 'remote',
    code: 'mailchimp_login_unreachable',
    message: 'The login of Mailchimp did not answer as it should.',
    hint: 'Try again in a minute; a firewall may keep this machine from login.mailchimp.com.',
    retry: 'later',
    cause,
  });
}
