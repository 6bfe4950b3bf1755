import { randomBytes } from 'node:crypto';
import { inputError, messageOf } from '../base/errors.ts';
import type { ConnectionId } from '../base/ids.ts';
import { seal, type SecretKey } from '../connections/seal.ts';
import type { Destination } from '../delivery/destination.ts';
import { forgetWebhook, listWebhooks, noteWebhook, type Webhook } from '../exports/webhook-registry.ts';
import { audienceKey, exportOf, type PipelineParts } from './pipeline-parts.ts';

/** A webhook as lists show it: nothing in it lets anybody call in Mailchimp's name. */
export interface ListedWebhook {
  id: string | null;
  /** Mailchimp's id of the audience. */
  audience: string;
  connection: string;
  /** Without its secret part. */
  url: string;
  signed: boolean;
  createdAt: string;
  createdBy: string;
  /** Whether Mailchimp still has it; null: Mailchimp did not say. */
  there: boolean | null;
}

/**
 * Asks Mailchimp to call us about the audience of an export: what people do and what is done in its own pages, not what
 * programs do. Its address is `url` and a secret part; it must be answered already, since Mailchimp asks it first.
 */
export async function makeWebhook(
  parts: PipelineParts,
  key: SecretKey,
  request: { export: string; url: string; by: string },
): Promise<ListedWebhook> {
  const { config } = exportOf(parts.settings, request.export);
  const url = plainUrl(request.url);
  const token = randomBytes(24).toString('base64url');
  const audience = audienceKey(config);
  const webhook: Webhook = {
    audience,
    id: null,
    url,
    sealed: null,
    createdAt: parts.clock.now().toISOString(),
    createdBy: request.by,
  };
  return withAccount(parts, config.connection as ConnectionId, async (destination) => {
    const { id, secret } = await destination.makeWebhook(config.audience, `${url}/${token}`);
    const sealed = secret === undefined ? null : seal(key, secret, webhookSecretOf(audience));
    const made: Webhook = { ...webhook, id, sealed };
    await parts.engine.commit(noteWebhook(token, made));
    return listed(made, true);
  });
}

/** The webhooks we made; Mailchimp is asked whether it still has them. */
export async function webhooksOfOurs(parts: PipelineParts): Promise<ListedWebhook[]> {
  const webhooks = await listWebhooks(parts.engine);
  const there = new Map<string, Set<string> | null>();
  for (const key of new Set(webhooks.map(({ audience }) => audience))) {
    there.set(key, await idsThere(parts, key));
  }
  return webhooks.map((webhook) => {
    const ids = there.get(webhook.audience) ?? null;
    return listed(webhook, ids === null || webhook.id === null ? null : ids.has(webhook.id));
  });
}

/** Takes one of ours away, in Mailchimp first; returns whether Mailchimp still had it. */
export async function removeWebhook(parts: PipelineParts, id: string): Promise<boolean> {
  const webhook = (await listWebhooks(parts.engine)).find((each) => each.id === id);
  if (webhook === undefined) {
    throw inputError('webhook_unknown', `There is no webhook "${id}" of ours.`, 'postrider webhooks list');
  }
  const [connection, audience] = partsOf(webhook.audience);
  return withAccount(parts, connection, async (destination) => {
    const ended = await destination.removeWebhook(audience, id);
    await parts.engine.commit([forgetWebhook(webhook.audience, id)]);
    return ended === 'removed';
  });
}

/** What a signing secret is sealed for: it opens nowhere else. */
export function webhookSecretOf(audience: string): string {
  return `webhook of ${audience}`;
}

/** The address without what would not survive: no query, no closing slash. */
function plainUrl(text: string): string {
  const url = URL.parse(text);
  if (
    url !== null &&
    /^https?:$/.test(url.protocol) &&
    url.search === '' &&
    url.hash === '' &&
    url.username === ''
  ) {
    return `${url.origin}${url.pathname.replace(/\/+$/, '')}`;
  }
  throw inputError(
    'webhook_url',
    'The address must be one that Mailchimp can call, with http or https and without a query.',
    'As in: --url https://postrider.example.com/webhooks/mailchimp',
  );
}

async function idsThere(parts: PipelineParts, key: string): Promise<Set<string> | null> {
  const [connection, audience] = partsOf(key);
  try {
    return await withAccount(
      parts,
      connection,
      async (destination) => new Set((await destination.webhooks(audience)).map(({ id }) => id)),
    );
  } catch (error) {
    parts.progress.say(`Mailchimp did not say which webhooks audience ${audience} has. ${messageOf(error)}`);
    return null;
  }
}

function listed(
  { audience, id, url, sealed, createdAt, createdBy }: Webhook,
  there: boolean | null,
): ListedWebhook {
  const [connection, list] = partsOf(audience);
  return { id, audience: list, connection, url, signed: sealed !== null, createdAt, createdBy, there };
}

function partsOf(key: string): [ConnectionId, string] {
  const colon = key.indexOf(':');
  return [key.slice(0, colon) as ConnectionId, key.slice(colon + 1)];
}

async function withAccount<Result>(
  parts: PipelineParts,
  connection: ConnectionId,
  work: (destination: Destination) => Promise<Result>,
): Promise<Result> {
  const destination = await parts.openDestination(connection);
  try {
    return await work(destination);
  } finally {
    await destination.close();
  }
}
