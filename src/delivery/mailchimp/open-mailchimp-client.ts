import { systemClock } from '../../base/clock.ts';
import { inputError } from '../../base/errors.ts';
import { parseApiRoot } from './api-root.ts';
import { audienceCalls } from './audience-calls.ts';
import { HttpTransport } from './http-transport.ts';
import { mostRequests, type MailchimpClient, type MailchimpOptions } from './mailchimp-client.ts';
import { memberCalls } from './member-calls.ts';
import { PatientRequests } from './patient-requests.ts';
import { askForFields } from './requested-fields.ts';
import { RequestSlots } from './request-slots.ts';
import { tagCalls } from './tag-calls.ts';
import { webhookCalls } from './webhook-calls.ts';

/**
 * A client for one account; nothing is sent before the first call.
 * @throws `input` bad_max_requests, bad_api_root
 */
export function openMailchimpClient(options: MailchimpOptions): MailchimpClient {
  const { token, clock = systemClock } = options;
  const maxRequests = options.maxRequests ?? 8;
  const deadlineMs = options.deadlineMs ?? 120_000;
  if (!Number.isInteger(maxRequests) || maxRequests < 1 || maxRequests > mostRequests) {
    throw inputError(
      'bad_max_requests',
      `Mailchimp takes 1 to ${mostRequests} requests at once, not ${maxRequests}.`,
      `Set MAILCHIMP_MAX_REQUESTS to a whole number from 1 to ${mostRequests}; 8 leaves room for others.`,
    );
  }
  const transport = new HttpTransport({
    apiRoot: parseApiRoot(options.apiRoot),
    token,
    connections: maxRequests,
    // A tenth longer than the server's own cut, so that its answer to that still reaches us.
    timeoutMs: deadlineMs * 1.1,
    clock,
  });
  const slots =
    options.slots ?? new RequestSlots({ max: maxRequests, clock, heldUntil: options.heldUntil ?? [] });
  const requests = new PatientRequests({
    transport,
    slots,
    deadlineMs,
    clock,
    random: options.random ?? Math.random,
    observe: options.observe ?? (() => {}),
  });
  const askFor = askForFields(requests);

  return {
    maxRequests,
    ...audienceCalls(requests, askFor),
    ...tagCalls(requests, askFor),
    ...memberCalls(requests, askFor),
    ...webhookCalls(requests, askFor),
    stats: () => ({
      ...requests.stats(),
      inFlight: slots.inFlight,
      held: slots.held,
      allowed: slots.allowed,
    }),
    async close() {
      await slots.close();
      await transport.close();
    },
  };
}
