import type { Account } from './account.ts';
import { requireAudience, requireText } from './api-call.ts';
import type { Answer, ApiCall } from './api-call.ts';
import type { Audience } from './audience.ts';
import { badRequest, invalidResource, notFound } from './problem.ts';
import { randomHex } from './random.ts';
import { webhookEventNames, webhookSourceNames } from './webhook.ts';
import type { Webhook } from './webhook.ts';

export function listWebhooks(account: Account, call: ApiCall): unknown {
  const audience = requireAudience(account, call);
  const webhooks = [...audience.webhooks.values()].map((webhook) => webhookView(account, audience, webhook));
  return { webhooks, list_id: audience.id, total_items: webhooks.length, _links: [] };
}

export function getWebhook(account: Account, call: ApiCall): unknown {
  const audience = requireAudience(account, call);
  return webhookView(account, audience, requireWebhook(audience, call));
}

/** `POST /lists/{list_id}/webhooks`: the address must answer a GET; the secret is told only here (FACTS §7). */
export async function addWebhook(account: Account, call: ApiCall): Promise<unknown> {
  const audience = requireAudience(account, call);
  const url = requireText(call.body, 'url');
  if (!URL.canParse(url)) throw invalidResource([{ field: 'url', message: 'Please enter a valid URL' }]);
  if (account.modes.webhookCheck && !(await answersGet(url))) {
    throw badRequest('We could not reach the webhook URL with a GET request.');
  }
  const { body } = call;
  const webhook: Webhook = {
    id: randomHex(account.random, 10),
    url,
    events: switches(webhookEventNames, body['events']),
    sources: switches(webhookSourceNames, body['sources']),
    secret: randomHex(account.random, 32),
  };
  audience.webhooks.set(webhook.id, webhook);
  const signed = account.modes.webhookSigning === 'signed';
  return {
    ...webhookView(account, audience, webhook),
    ...(signed ? { signing_secret: webhook.secret } : {}),
  };
}

export function changeWebhook(account: Account, call: ApiCall): unknown {
  const audience = requireAudience(account, call);
  const webhook = requireWebhook(audience, call);
  const { body } = call;
  if (body['url'] !== undefined) webhook.url = requireText(body, 'url');
  webhook.events = { ...webhook.events, ...sent(webhookEventNames, body['events']) };
  webhook.sources = { ...webhook.sources, ...sent(webhookSourceNames, body['sources']) };
  return webhookView(account, audience, webhook);
}

export function deleteWebhook(account: Account, call: ApiCall): undefined {
  const audience = requireAudience(account, call);
  audience.webhooks.delete(requireWebhook(audience, call).id);
}

async function answersGet(url: string): Promise<boolean> {
  try {
    const answer = await fetch(url, { signal: AbortSignal.timeout(10_000) });
    await answer.body?.cancel();
    return answer.ok;
  } catch {
    return false;
  }
}

function requireWebhook(audience: Audience, call: ApiCall): Webhook {
  const webhook = audience.webhooks.get(call.params['webhook'] ?? '');
  if (webhook === undefined) throw notFound();
  return webhook;
}

/** Absent altogether: all on. A map: what it leaves out is off. */
function switches<Name extends string>(names: readonly Name[], body: unknown): Record<Name, boolean> {
  const given = sent(names, body);
  const entries = names.map((name) => [name, body === undefined || (given[name] ?? false)]);
  return Object.fromEntries(entries) as Record<Name, boolean>;
}

function sent<Name extends string>(names: readonly Name[], body: unknown): Partial<Record<Name, boolean>> {
  const map = (body ?? {}) as Record<string, unknown>;
  const entries = names.filter((name) => typeof map[name] === 'boolean').map((name) => [name, map[name]]);
  return Object.fromEntries(entries) as Partial<Record<Name, boolean>>;
}

export const webhookNames = ['id', 'url', 'events', 'sources', 'signing_enabled', 'list_id'] as const;

function webhookView(account: Account, audience: Audience, webhook: Webhook): Answer<typeof webhookNames> {
  return {
    id: webhook.id,
    url: webhook.url,
    events: webhook.events,
    sources: webhook.sources,
    signing_enabled: account.modes.webhookSigning === 'signed',
    list_id: audience.id,
    _links: [],
  };
}
