import { z } from 'zod';
import { askForAll } from './audience-calls.ts';
import type { MailchimpClient } from './mailchimp-client.ts';
import { refusalAs } from './mailchimp-error.ts';
import type { PatientRequests } from './patient-requests.ts';
import { under, type AskFor } from './requested-fields.ts';

type WebhookCalls = Pick<MailchimpClient, 'webhooks' | 'createWebhook' | 'deleteWebhook'>;

const all = '/lists/{list_id}/webhooks';
const one = '/lists/{list_id}/webhooks/{webhook_id}';

const page = z.object({
  webhooks: z.array(z.object({ id: z.string(), url: z.string() })),
  total_items: z.number().int().min(0),
});
const created = z.object({ id: z.string(), signing_secret: z.string().min(1).optional().catch(undefined) });

/** Whom an audience calls when something happens to a contact (FACTS §7). */
export function webhookCalls(requests: PatientRequests, askFor: AskFor): WebhookCalls {
  return {
    webhooks: (id, { signal } = {}) =>
      askForAll(
        askFor,
        { method: 'GET', template: all, parameters: { list_id: id } },
        [...under('webhooks', ['id', 'url']), 'total_items'],
        (body) => {
          const parsed = page.parse(JSON.parse(body));
          return { items: parsed.webhooks, total: parsed.total_items };
        },
        signal,
      ),

    createWebhook: (id, url, { signal } = {}) =>
      requests.call(
        {
          method: 'POST',
          template: all,
          parameters: { list_id: id },
          body: {
            url,
            events: {
              subscribe: true,
              unsubscribe: true,
              profile: true,
              cleaned: true,
              upemail: true,
              campaign: false,
            },
            // What programs do, us included, is seen by reading; calls about it would be our own echo.
            sources: { user: true, admin: true, api: false },
          },
        },
        ({ answer }) => {
          const { id: webhook, signing_secret: secret } = created.parse(JSON.parse(answer.body));
          return { id: webhook, ...(secret === undefined ? {} : { secret }) };
        },
        signal,
      ),

    deleteWebhook: (id, webhook, { signal } = {}) =>
      requests
        .call(
          { method: 'DELETE', template: one, parameters: { list_id: id, webhook_id: webhook } },
          () => 'deleted' as const,
          signal,
        )
        .catch(refusalAs({ resource_not_found: 'gone' as const })),
  };
}
