import type { Destination } from '../delivery/destination.ts';
import type { ContactMeter } from '../exports/plan.ts';

/**
 * Contacts that Mailchimp bills, now and with all new ones of a plan: those of this audience by our reading of it, those of
 * the account's other audiences by Mailchimp's own, approximate counts. An archived contact counts until it is
 * archived, so leavers are not taken off.
 * @param statuses how many contacts of this audience are in which status
 * @param limit what the contract allows over all audiences
 */
export async function contactMeter(
  destination: Pick<Destination, 'contacts'>,
  audience: string,
  statuses: Readonly<Record<string, number>>,
  added: number,
  limit: number | undefined,
): Promise<ContactMeter> {
  const { subscribed = 0, unsubscribed = 0, transactional = 0 } = statuses;
  const here = subscribed + unsubscribed + transactional;
  const counted = await destination.contacts();
  const elsewhere = Object.entries(counted)
    .filter(([id]) => id !== audience)
    .reduce((sum, [, contacts]) => sum + contacts, 0);
  return {
    audience: { now: here, after: here + added },
    account: { now: here + elsewhere, after: here + elsewhere + added },
    limit: limit ?? null,
  };
}
