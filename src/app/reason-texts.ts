import type { Reason } from '../exports/plan.ts';

/** Each reason of promise 7 in words: what it means, and what would cure it. */
const texts: Record<Reason, { what: string; cure: string }> = {
  unsubscribed: { what: 'unsubscribed', cure: 'only they can come back, by a form' },
  cleaned: { what: 'their address bounced', cure: 'find a new address' },
  pending: { what: 'have not confirmed yet', cure: 'they have the confirmation mail' },
  archived: { what: 'archived in Mailchimp', cure: 'unarchive them there if that was wrong' },
  compliance: { what: 'held back by Mailchimp for compliance', cure: 'only they can come back, by a form' },
  deleted: { what: 'permanently deleted in Mailchimp', cure: 'only they can come back, by a form' },
  left_under_other_address: {
    what: 'left under another address',
    cure: 'only they can come back, by a form',
  },
  moved: { what: 'changed in Mailchimp since the plan', cure: 'the next run looks again' },
  address_taken: { what: 'their new address is taken', cure: 'look at the contact that has it' },
  beyond_limit: { what: 'beyond --limit', cure: 'run without it' },
  no_consent: { what: 'new, and have not consented', cure: 'they go once the consent field is true' },
  erased: { what: 'erased since the plan was made', cure: 'nothing to do' },
  changed_since: { what: 'changed since by somebody else', cure: 'nothing to do, or by hand' },
  do_not_send: { what: 'on the do-not-send list by now', cure: 'nothing to do' },
  no_address: { what: 'no e-mail address', cure: 'complete the source' },
  invalid_address: { what: 'not a valid e-mail address', cure: 'correct the source' },
  duplicate_address: { what: 'same address as another profile', cure: 'unify them, or correct one' },
  fake_address: { what: 'Mailchimp takes the address for a fake', cure: 'correct the source' },
  bad_field: {
    what: 'a field has a value that Mailchimp refuses',
    cure: 'see: postrider runs RUN',
  },
  duplicate: { what: 'Mailchimp has the address twice', cure: 'look at the contact there' },
  signup_throttled: { what: 'signed up to too many lists lately', cure: 'the next runs try again' },
  not_subscribed: {
    what: 'not subscribed, so the address cannot change',
    cure: 'only they can come back, by a form',
  },
  already_member: { what: 'there already under another spelling', cure: 'look at the contact in Mailchimp' },
  schema_mismatch: { what: 'a value Mailchimp could not read', cure: 'see: postrider runs RUN' },
  not_found: { what: 'not found in Mailchimp', cure: 'the next run looks again' },
  cannot_remove: { what: 'Mailchimp does not remove this contact', cure: 'remove it there' },
  not_answered: { what: 'no answer after several tries', cure: 'the next run tries again' },
  not_mentioned: { what: 'not mentioned in the answer and not found', cure: 'the next run tries again' },
  not_sent: { what: 'not reached before the end', cure: 'run again' },
  unknown: { what: 'refused for a reason we do not know', cure: 'see: postrider runs RUN' },
};

export function reasonText(reason: string): { what: string; cure: string } {
  return (
    (texts as Record<string, { what: string; cure: string }>)[reason] ?? {
      what: reason.replaceAll('_', ' '),
      cure: '',
    }
  );
}
