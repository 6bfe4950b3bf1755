import { randomBytes } from 'node:crypto';
import { inputError, messageOf } from '../base/errors.ts';
import type { ConnectionId } from '../base/ids.ts';
import { seal, type SecretKey } from '../connections/seal.ts';
import { OutcomeUnknown, type Destination } from '../delivery/destination.ts';
import { audienceKey, audienceOfKey } from '../exports/audience-key.ts';
import {
  forgetWebhook,
  listWebhooks,
  noteWebhook,
  tokenDigest,
  type NotedWebhook,
  type Webhook,
} from '../exports/webhook-registry.ts';
import { exportOf, withDestination, type PipelineParts } from './pipeline-parts.ts';

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
  return withDestination(parts, config.connection as ConnectionId, async (destination) => {
    // Noted before it exists: if its answer never comes, or nobody is there to note it, Mailchimp may call all the same.
    await parts.engine.commit(noteWebhook(token, webhook));
    const { id, secret } = await destination
      .makeWebhook(config.audience, `${url}/${token}`)
      .catch(async (error: unknown) => {
        if (!(error instanceof OutcomeUnknown))
          await parts.engine.commit([forgetWebhook(tokenDigest(token))]);
        throw error;
      });
    const sealed = secret === undefined ? null : seal(key, secret, webhookSecretOf(audience));
    const made: Webhook = { ...webhook, id, sealed };
    await parts.engine.commit(noteWebhook(token, made));
    return listed(made, true);
  });
}

/** The webhooks we made; Mailchimp is asked whether it still has them. */
export async function webhooksOfOurs(parts: PipelineParts): Promise<ListedWebhook[]> {
  const webhooks = await listWebhooks(parts.engine);
  const there = new Map<string, WebhookThere[] | null>();
  for (const key of new Set(webhooks.map(({ audience }) => audience))) {
    there.set(key, await webhooksThere(parts, key));
  }
  return webhooks.map((webhook) => {
    const found = there.get(webhook.audience) ?? null;
    return listed(webhook, found === null ? null : found.some((each) => isThis(webhook, each)));
  });
}

/**
 * Takes one of ours away, in Mailchimp first; returns whether Mailchimp still had it.
 * @param id of one whose answer never came, its address as it is listed
 */
export async function removeWebhook(parts: PipelineParts, id: string): Promise<boolean> {
  const webhook = (await listWebhooks(parts.engine)).find((each) => (each.id ?? each.url) === id);
  if (webhook === undefined) {
    throw inputError('webhook_unknown', `There is no webhook "${id}" of ours.`, 'postrider webhooks list');
  }
  const { connection, audience } = audienceOfKey(webhook.audience);
  return withDestination(parts, connection, async (destination) => {
    const there = (await destination.webhooks(audience)).find((each) => isThis(webhook, each));
    const ended = there === undefined ? 'absent' : await destination.removeWebhook(audience, there.id);
    await parts.engine.commit([forgetWebhook(webhook.digest)]);
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

/** One that Mailchimp has. */
type WebhookThere = Awaited<ReturnType<Destination['webhooks']>>[number];

/** One whose answer never came is known by the secret part of its address. */
function isThis(webhook: NotedWebhook, there: WebhookThere): boolean {
  if (webhook.id !== null) return webhook.id === there.id;
  return tokenDigest(there.url.slice(there.url.lastIndexOf('/') + 1)) === webhook.digest;
}

async function webhooksThere(parts: PipelineParts, key: string): Promise<WebhookThere[] | null> {
  const { connection, audience } = audienceOfKey(key);
  try {
    return await withDestination(parts, connection, (destination) => destination.webhooks(audience));
  } catch (error) {
    parts.progress.say(`Mailchimp did not say which webhooks audience ${audience} has. ${messageOf(error)}`);
    return null;
  }
}

function listed(
  { audience, id, url, sealed, createdAt, createdBy }: Webhook,
  there: boolean | null,
): ListedWebhook {
  return { id, ...audienceOfKey(audience), url, signed: sealed !== null, createdAt, createdBy, there };
}
