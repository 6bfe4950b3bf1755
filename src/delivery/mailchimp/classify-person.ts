import { withoutAddresses } from './problem-detail.ts';

/** Why Mailchimp did not take one person. */
export type PersonReason =
  | 'already_member'
  | 'bad_field'
  | 'cannot_remove'
  | 'compliance'
  | 'deleted'
  | 'duplicate'
  | 'fake_address'
  | 'invalid_address'
  | 'not_found'
  | 'not_subscribed'
  | 'schema_mismatch'
  | 'signup_throttled'
  | 'unknown';

export interface PersonVerdict {
  reason: PersonReason;
  /** keptOut: must not be mailed; rejected: their data is no good; failed: neither, look at it. */
  kind: 'keptOut' | 'rejected' | 'failed';
  /** The merge tag, for `bad_field`. */
  field?: string;
  /** What Mailchimp said, addresses taken out. */
  text: string;
}

/** One person's trouble: an entry of a batch's `errors[]`, or the parts of a problem detail. */
export interface PersonTrouble {
  text: string;
  /** `error_code` of a batch entry. */
  code?: string;
  title?: string;
  field?: string;
  fieldMessage?: string;
}

interface Rule {
  reason: PersonReason;
  kind: PersonVerdict['kind'];
  text?: RegExp;
  title?: RegExp;
}

// FACTS §8, the more telling first. Texts come in English even where field messages do not; titles may be
// translated, so they only help where the text is silent.
const rules: readonly Rule[] = [
  { reason: 'deleted', kind: 'keptOut', text: /permanently deleted/i, title: /^forgotten email/i },
  { reason: 'compliance', kind: 'keptOut', text: /in a compliance state/i, title: /compliance state/i },
  {
    reason: 'not_subscribed',
    kind: 'keptOut',
    text: /only update email addresses for members with a status/i,
  },
  {
    reason: 'signup_throttled',
    kind: 'failed',
    text: /signed up to a lot of lists|too many recent signup requests/i,
  },
  { reason: 'fake_address', kind: 'rejected', text: /looks fake or invalid/i },
  { reason: 'invalid_address', kind: 'rejected', text: /valid email address|blank email address/i },
  { reason: 'already_member', kind: 'failed', text: /is already a list member/i, title: /^member exists/i },
  {
    reason: 'duplicate',
    kind: 'rejected',
    text: /already in this list with a status|\bduplicate|more than once|appears twice|\brepeated\b/i,
  },
  { reason: 'cannot_remove', kind: 'failed', text: /list member cannot be removed/i },
  { reason: 'not_found', kind: 'failed', text: /requested resource could not be found/i },
];

const schemaTexts =
  /did not match any of the schemas|schema describes|required fields were not provided|could not be validated/i;

/**
 * What one person's trouble means, by FACTS §8. An unknown text is kept, without the address, so that it can be
 * counted: one unknown text on many people is a change at Mailchimp's.
 */
export function classifyPerson(trouble: PersonTrouble): PersonVerdict {
  const said = [trouble.text, trouble.fieldMessage ?? ''].join(' ');
  const text = withoutAddresses(
    [trouble.text, trouble.fieldMessage ?? ''].filter((part) => part !== '').join(' '),
  );

  const rule =
    rules.find((candidate) => candidate.text?.test(said)) ??
    (trouble.code === 'ERROR_CONTACT_EXISTS'
      ? rules.find(({ reason }) => reason === 'already_member')
      : undefined) ??
    rules.find((candidate) => candidate.title?.test(trouble.title ?? ''));
  if (rule !== undefined) {
    return { reason: rule.reason, kind: rule.kind, text };
  }

  // A schema fault names a path such as `merge_fields.X`; a value's fault names the merge tag alone.
  const schema = schemaTexts.test(said);
  const field = trouble.field?.replace(/^merge_fields\./, '') ?? '';
  if (!schema && (field !== '' || /merge fields were invalid/i.test(said))) {
    return {
      reason: 'bad_field',
      kind: 'rejected',
      ...(field === '' ? {} : { field }),
      text,
    };
  }
  if (schema) {
    return {
      reason: 'schema_mismatch',
      kind: 'failed',
      ...(field === '' ? {} : { field }),
      text,
    };
  }
  return { reason: 'unknown', kind: 'failed', text };
}
