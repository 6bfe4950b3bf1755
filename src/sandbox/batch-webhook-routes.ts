import type { Account } from './account.ts';
import { requireText } from './api-call.ts';
import type { ApiCall } from './api-call.ts';
import { badRequest, notFound } from './problem.ts';
import { randomHex } from './random.ts';

/** The most batch webhooks of one account (FACTS §7). */
const limit = 20;

export function listBatchWebhooks(account: Account): unknown {
  const webhooks = [...account.batchWebhooks].map(([id, url]) => ({ id, url, enabled: true }));
  return { webhooks, total_items: webhooks.length, _links: [] };
}

export function addBatchWebhook(account: Account, call: ApiCall): unknown {
  if (account.batchWebhooks.size >= limit) {
    throw badRequest(`You cannot have more than ${limit} batch webhooks.`);
  }
  const id = randomHex(account.random, 10);
  const url = requireText(call.body, 'url');
  account.batchWebhooks.set(id, url);
  return { id, url, enabled: true, _links: [] };
}

export function deleteBatchWebhook(account: Account, call: ApiCall): undefined {
  if (!account.batchWebhooks.delete(call.params['webhook'] ?? '')) throw notFound();
}
