import { createHash } from 'node:crypto';
import { PostriderError, inputError } from '../base/errors.ts';
import { open, type SecretKey } from '../connections/seal.ts';
import { parseWebhookEvent, type WebhookEvent } from '../delivery/mailchimp/webhook-event.ts';
import { isSignedBy } from '../delivery/mailchimp/webhook-signature.ts';
import { sql } from '../engine/sql.ts';
import { audienceKey, audienceOfKey } from '../exports/audience-key.ts';
import { takeInHint, type ContactHint } from '../exports/webhook-events.ts';
import { webhookOf, type Webhook } from '../exports/webhook-registry.ts';
import { openSuppression } from '../suppression/suppression-list.ts';
import { webhookSecretOf } from './make-webhook.ts';
import type { PipelineParts } from './pipeline-parts.ts';

/** A call as it came, before anything of it is believed. */
export interface WebhookCall {
  /** The last part of the path. */
  token: string;
  /** The header `X-Mailchimp-Signature`. */
  signature: string | undefined;
  /** As on the wire: the signature is over these bytes. */
  body: Buffer;
}

/** `noted`: durably; `known`: it came before; `ignored`: nothing that exports have a use for. */
export type WebhookOutcome = 'noted' | 'known' | 'ignored';

/**
 * Takes in one call: checks who makes it, reads it, and notes it durably, together with what it changes in the facts
 * of every export's audience that it is about.
 * @throws `webhook_unknown` (no such address of ours), `webhook_signature`, `webhook_body`
 */
export async function takeInWebhook(
  {
    engine,
    settings,
    clock,
    suppressionKey,
  }: Pick<PipelineParts, 'engine' | 'settings' | 'clock' | 'suppressionKey'>,
  key: SecretKey,
  call: WebhookCall,
): Promise<WebhookOutcome> {
  const webhook = await webhookOf(engine, call.token);
  if (webhook === undefined) throw inputError('webhook_unknown', 'There is no such webhook.');
  refuseForged(webhook, key, call, clock.now());
  const event = parseWebhookEvent(call.body.toString('utf8'));
  const { audience } = audienceOfKey(webhook.audience);
  // A secret opens the audience it was made for, and no other.
  if (event.type === 'other' || event.audience !== audience) return 'ignored';
  // Nothing of people who were erased comes back in, by any door.
  const erased = await openSuppression(engine, suppressionKey);
  if (erased !== undefined) {
    const [found] = await engine.rows<{ held: boolean }>(
      sql`SELECT ${erased.holdsAddress(sql`${event.address}`)} AS held`,
    );
    if (found?.held === true) return 'ignored';
  }
  const keys = new Set([
    webhook.audience,
    ...[...settings.exports.values()].filter((config) => config.audience === audience).map(audienceKey),
  ]);
  const digest = createHash('sha256').update(call.body).digest('hex');
  const isNew = await takeInHint(
    engine,
    [...keys],
    { ...hintOf(event), digest, signed: webhook.sealed !== null },
    clock.now(),
  );
  return isNew ? 'noted' : 'known';
}

function refuseForged(webhook: Webhook, key: SecretKey, { signature, body }: WebhookCall, now: Date): void {
  // Without signatures the secret part of the address is all that tells Mailchimp from others.
  if (webhook.sealed === null) return;
  const secret = open(key, webhook.sealed, webhookSecretOf(webhook.audience));
  if (signature !== undefined && isSignedBy(secret, signature, body, now)) return;
  throw new PostriderError({
    kind: 'input',
    code: 'webhook_signature',
    message: 'The call is not signed as it should be, or was signed more than five minutes ago.',
  });
}

/** Only leaving is believed; of everything else the next read of the audience tells. */
function hintOf(event: Exclude<WebhookEvent, { type: 'other' }>): Omit<ContactHint, 'digest' | 'signed'> {
  const { type, address, firedAt } = event;
  const hint = { type, address, firedAt, status: undefined, reason: undefined };
  switch (event.type) {
    case 'unsubscribe':
      return {
        ...hint,
        status: event.action === 'delete' ? 'archived' : 'unsubscribed',
        reason: event.reason === '' ? undefined : event.reason,
      };
    case 'cleaned':
      return { ...hint, status: 'cleaned', reason: event.reason === 'abuse' ? 'abuse' : 'bounced' };
    case 'subscribe':
    case 'profile':
    case 'upemail':
      return hint;
    default:
      throw new Error(`no such event: ${JSON.stringify(event satisfies never)}`);
  }
}
