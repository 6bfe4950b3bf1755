import { PostriderError } from '../base/errors.ts';
import type { Config } from '../base/config.ts';
import type { ConnectionId } from '../base/ids.ts';
import type { ConnectionSecret } from '../connections/connection-secrets.ts';
import type { Destination } from './destination.ts';
import { apiRootFor } from './mailchimp/api-root.ts';
import { mailchimpDestination } from './mailchimp/mailchimp-destination.ts';
import { openMailchimpClient } from './mailchimp/open-mailchimp-client.ts';

/**
 * The account behind a connection; nothing is sent before the first call.
 * @param heldUntil until when requests of an earlier process may still run: each keeps a slot (promise 6)
 * @param secret undefined: the connection has none, which is an error that says so
 */
export function openDestination(
  config: Config['mailchimp'],
  connection: ConnectionId,
  secret: ConnectionSecret | undefined,
  heldUntil: readonly Date[],
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
  return mailchimpDestination(
    openMailchimpClient({ apiRoot: apiRootFor(token, baseUrl), token, maxRequests, deadlineMs, heldUntil }),
  );
}
