import { PostriderError } from '../base/errors.ts';
import type { Config } from '../base/config.ts';
import type { ConnectionId } from '../base/ids.ts';
import type { ConnectionSecret } from '../connections/connection-secrets.ts';
import type { Destination } from './destination.ts';
import { apiRootFor } from './mailchimp/api-root.ts';
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
      message: `The connection "${connection}" has no API key.`,
      hint: 'Give it one in the workspace file and apply that again.',
    });
  }
  const token = secret.type === 'apiKey' ? secret.apiKey : secret.accessToken;
  const { baseUrl, maxRequests, deadlineMs } = config;
  const options = { apiRoot: apiRootFor(token, baseUrl), token, deadlineMs };
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
  return mailchimpDestination(openMailchimpClient({ ...options, maxRequests, slots }), () => slots.account());
}
