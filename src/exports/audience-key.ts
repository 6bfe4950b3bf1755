import type { ConnectionId } from '../base/ids.ts';

/** The ledger's key of an audience: the same list under two connections is two ledgers. */
export function audienceKey({ connection, audience }: { connection: string; audience: string }): string {
  return `${connection}:${audience}`;
}

/** What the key is made of; the audience is Mailchimp's id. */
export function audienceOfKey(key: string): { connection: ConnectionId; audience: string } {
  // No id of a connection has a colon.
  const colon = key.indexOf(':');
  return { connection: key.slice(0, colon) as ConnectionId, audience: key.slice(colon + 1) };
}
