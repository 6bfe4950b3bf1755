import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { classifyPerson, type PersonReason } from '../delivery/mailchimp/classify-person.ts';
import { reasonText } from './reason-texts.ts';

/** What the compiler holds to be all of them; the words that lead to each are Mailchimp's (FACTS §8). */
const ofMailchimp: Record<PersonReason, Parameters<typeof classifyPerson>[0]> = {
  already_member: { text: 'ana@acme.test is already a list member.' },
  bad_field: { text: 'Your merge fields were invalid.' },
  cannot_remove: { text: 'This list member cannot be removed.' },
  compliance: { text: 'ana@acme.test is in a compliance state and cannot be subscribed.' },
  deleted: { text: 'ana@acme.test was permanently deleted and cannot be re-imported.' },
  duplicate: { text: 'ana@acme.test appears twice.' },
  fake_address: { text: 'ana@acme.test looks fake or invalid, please enter a real email address.' },
  invalid_address: { text: 'Please provide a valid email address.' },
  not_found: { text: 'The requested resource could not be found.' },
  not_subscribed: { text: 'You can only update email addresses for members with a status of subscribed.' },
  schema_mismatch: { text: 'Data did not match any of the schemas described in anyOf.' },
  signup_throttled: { text: 'ana@acme.test has signed up to a lot of lists very recently.' },
  unknown: { text: 'Something new.' },
};

describe('reasonText', () => {
  it.each(Object.entries(ofMailchimp))('has words for %s, which Mailchimp can cause', (reason, trouble) => {
    expect(classifyPerson(trouble).reason).toBe(reason);
    expect(reasonText(reason).what).not.toBe(reason.replaceAll('_', ' '));
    expect(reasonText(reason).cure).not.toBe('');
  });

  const documented = readFileSync(new URL('../../docs/reasons.md', import.meta.url), 'utf8');
  const reasons = Array.from(documented.matchAll(/^\| `(\w+)` \|/gm), ([, reason]) => reason ?? '');

  it.each(reasons)('has a cure for %s, which the documentation explains', (reason) => {
    expect(reasonText(reason).cure).not.toBe('');
  });

  it('is documented for all that Mailchimp can cause', () => {
    expect(reasons).toEqual(expect.arrayContaining(Object.keys(ofMailchimp)));
  });

  it('makes readable what a newer version wrote', () => {
    expect(reasonText('some_new_reason')).toEqual({ what: 'some new reason', cure: '' });
  });
});
