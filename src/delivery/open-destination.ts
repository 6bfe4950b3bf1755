import { PostriderError } from '../base/errors.ts';
import type { Config } from '../base/config.ts';
import type { ConnectionId } from '../base/ids.ts';
import type { ConnectionSecret } from '../connections/connection-secrets.ts';
import type { Destination } from './destination.ts';
import { apiRootFor, apiRootOf } from './mailchimp/api-root.ts';
import type { AccountSlots } from './mailchimp/account-slots.ts';
import { mailchimpDestination } from './mailchimp/mailchimp-destination.ts';
import { openMailchimpClient } from './mailchimp/open-mailchimp-client.ts';

/**
 * The account behind a connection; nothing is sent before the first call.
 * @param secret undefined: the connection has none, which is an error that says so
 * @param accounts the slots of this process, one account's for all connections to it (promise 6)
 */
export function openDestination(
  config: Config['mailchimp'],
  connection: ConnectionId,
  secret: ConnectionSecret | undefined,
  accounts: AccountSlots,
): Destination {
  if (secret === undefined) {
    throw new PostriderError({
      kind: 'configuration',
      code: 'connection_without_secret',
      message: `The connection "${connection}" is not connected: it has neither an API key nor a sign-in.`,
      hint: 'Connect it under Admin › Connections, or give it an API key in the workspace file and apply that again.',
    });
  }
  const { client, slots } = openClient(config, secret, accounts);
  return mailchimpDestination(client, (signal) => slots.account(signal));
}

function openClient(config: Config['mailchimp'], secret: ConnectionSecret, accounts: AccountSlots) {
  const token = secret.type === 'apiKey' ? secret.apiKey : secret.accessToken;
  const { baseUrl, maxRequests, deadlineMs } = config;
  // An OAuth token does not name its data centre as a key does.
  const apiRoot =
    secret.type === 'oauth' && baseUrl === undefined
      ? apiRootOf(secret.dataCentre)
      : apiRootFor(token, baseUrl);
  const options = { apiRoot, token, deadlineMs };
  const slots = accounts.client({
    ...options,
    async ask() {
      const client = openMailchimpClient({ ...options, maxRequests: 1 });
      try {
        return await client.account();
      } finally {
        await client.close();
      }
    },
  });
  return { client: openMailchimpClient({ ...options, maxRequests, slots }), slots };
}

/** Whom a secret lets in, and to what. */
export interface MailchimpLogin {
  account: { id: string; name: string };
  /** The user it belongs to, where Mailchimp says so. */
  login: string | undefined;
  /** owner, admin or manager: others are refused. */
  role: string;
  audiences: { id: string; name: string; contacts: number }[];
}

/** Roles that may not do what an export does (FACTS §3): reading alone, or writing campaigns. */
const tooLow = new Set(['author', 'viewer']);

/**
 * What the credentials may do, and which audiences there are: the look that a person wants before they rely on it.
 * @throws `configuration` / `mailchimp_role` when the login's role cannot change audiences; as the client's calls
 */
export async function inspectLogin(
  config: Config['mailchimp'],
  secret: ConnectionSecret,
  accounts: AccountSlots,
  signal: AbortSignal,
): Promise<MailchimpLogin> {
  const { client } = openClient(config, secret, accounts);
  try {
    const { accountId, accountName, loginName, role } = await client.account({ signal });
    if (tooLow.has(role.toLowerCase())) {
      throw new PostriderError({
        kind: 'configuration',
        code: 'mailchimp_role',
        message: `This login of the account ${accountName} has the role "${role}" at Mailchimp, which may not change audiences.`,
        hint: 'Sign in as an owner, admin or manager of the account, or have the role raised there.',
      });
    }
    const audiences = await client.audiences({ signal });
    return {
      account: { id: accountId, name: accountName },
      login: loginName,
      role,
      audiences: audiences.map(({ id, name, memberCount, totalContacts }) => ({
        id,
        name,
        contacts: totalContacts ?? memberCount,
      })),
    };
  } finally {
    await client.close();
  }
}
