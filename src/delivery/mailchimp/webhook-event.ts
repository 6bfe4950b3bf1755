import { z } from 'zod';
import { inputError, type PostriderError } from '../../base/errors.ts';

/** What a call of Mailchimp says; `other` is a type that we have no use for. */
export type WebhookEvent =
  | {
      type: 'unsubscribe';
      action: 'unsub' | 'delete';
      reason: string;
      audience: string;
      address: string;
      firedAt: Date;
    }
  | { type: 'cleaned'; reason: string; audience: string; address: string; firedAt: Date }
  | { type: 'subscribe' | 'profile'; audience: string; address: string; firedAt: Date }
  | { type: 'upemail'; audience: string; address: string; from: string; firedAt: Date }
  | { type: 'other' };

// Addresses as the facts have them. `data[id]` is no help: it is not the hash of the API (FACTS §7).
const address = z
  .string()
  .transform((text) => text.trim().toLowerCase())
  .pipe(z.string().regex(/^\S{1,254}@\S{1,254}$/));
const audience = z.string().min(1).max(64);
// In UTC, by all signs (FACTS §7).
const firedAt = z
  .string()
  .regex(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/)
  .transform((text) => new Date(`${text.replace(' ', 'T')}Z`))
  .refine((date) => !Number.isNaN(date.getTime()));
const reason = z.string().max(1_000).catch('');

const event = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('unsubscribe'),
    'data[action]': z.enum(['unsub', 'delete']).catch('unsub'),
    'data[reason]': reason,
    'data[list_id]': audience,
    'data[email]': address,
    fired_at: firedAt,
  }),
  z.object({
    type: z.literal('cleaned'),
    'data[reason]': reason,
    'data[list_id]': audience,
    'data[email]': address,
    fired_at: firedAt,
  }),
  z.object({
    type: z.enum(['subscribe', 'profile']),
    'data[list_id]': audience,
    'data[email]': address,
    fired_at: firedAt,
  }),
  z.object({
    type: z.literal('upemail'),
    'data[list_id]': audience,
    'data[new_email]': address,
    'data[old_email]': address,
    fired_at: firedAt,
  }),
]);
const known = new Set(['unsubscribe', 'cleaned', 'subscribe', 'profile', 'upemail']);

/**
 * The body of a call, which is a form (`data[merges][FNAME]=…`), not JSON.
 * @throws `input` / `webhook_body` where a type that we know lacks what it needs, or there is no type at all
 */
export function parseWebhookEvent(body: string): WebhookEvent {
  // Of a name that comes twice the first counts; merge fields and whatever else there is are left behind here.
  const form: Record<string, string> = {};
  for (const [name, value] of new URLSearchParams(body)) form[name] ??= value;
  if (form.type === undefined || !/^[a-z_]{1,40}$/.test(form.type)) throw badBody();
  if (!known.has(form.type)) return { type: 'other' };
  const parsed = event.safeParse(form);
  if (!parsed.success) throw badBody();
  const { data } = parsed;
  const common = { audience: data['data[list_id]'], firedAt: data.fired_at };
  switch (data.type) {
    case 'unsubscribe':
      return {
        ...common,
        type: data.type,
        action: data['data[action]'],
        reason: data['data[reason]'],
        address: data['data[email]'],
      };
    case 'cleaned':
      return { ...common, type: data.type, reason: data['data[reason]'], address: data['data[email]'] };
    case 'subscribe':
    case 'profile':
      return { ...common, type: data.type, address: data['data[email]'] };
    case 'upemail':
      return { ...common, type: data.type, address: data['data[new_email]'], from: data['data[old_email]'] };
    default:
      throw new Error(`no such event: ${JSON.stringify(data satisfies never)}`);
  }
}

function badBody(): PostriderError {
  return inputError('webhook_body', 'The body is not an event of Mailchimp.');
}
