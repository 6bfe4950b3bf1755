import { describe, expect, it } from 'vitest';
import { classifyPerson, type PersonReason, type PersonTrouble } from './classify-person.ts';

const E = 'ana.pop+x@acme.test';
type Row = [text: string, reason: PersonReason, kind: string, more?: Partial<PersonTrouble>];

describe('one person’s trouble, by FACTS §8', () => {
  const rows: Row[] = [
    [
      `${E} is already a list member, do you want to update? please provide update_existing:true in the request body`,
      'already_member',
      'failed',
      { code: 'ERROR_CONTACT_EXISTS' },
    ],
    [`${E} is already a list member. Use PUT to insert or update list members.`, 'already_member', 'failed'],
    [`${E} looks fake or invalid, please enter a real email address.`, 'fake_address', 'rejected'],
    ['Please provide a valid email address.', 'invalid_address', 'rejected'],
    ['Blank email address', 'invalid_address', 'rejected'],
    [
      `${E} has signed up to a lot of lists very recently; we're not allowing more signups for now`,
      'signup_throttled',
      'failed',
    ],
    [`Recipient "${E}" has too many recent signup requests`, 'signup_throttled', 'failed'],
    [
      `${E} is in a compliance state due to unsubscribe, bounce, or compliance review and cannot be subscribed.`,
      'compliance',
      'keptOut',
    ],
    [
      `${E} was permanently deleted and cannot be re-imported. The contact must re-subscribe to get back on the list.`,
      'deleted',
      'keptOut',
    ],
    [
      'Your merge fields were invalid.',
      'bad_field',
      'rejected',
      { field: 'LTV', fieldMessage: 'Please enter a number' },
    ],
    [
      'Your merge fields were invalid.',
      'bad_field',
      'rejected',
      { field: 'X', fieldMessage: 'Bitte gib einen Wert ein.' },
    ],
    ['Your merge fields were invalid.', 'bad_field', 'rejected'],
    [
      "The resource submitted could not be validated. For field-specific details, see the 'errors' array.",
      'schema_mismatch',
      'failed',
    ],
    [
      "The resource submitted could not be validated. For field-specific details, see the 'errors' array.",
      'duplicate',
      'rejected',
      {
        field: 'email address',
        fieldMessage: `"${E}" is already in this list with a status of "Subscribed".`,
      },
    ],
    [
      "The resource submitted could not be validated. For field-specific details, see the 'errors' array.",
      'not_subscribed',
      'keptOut',
      {
        field: 'email address',
        fieldMessage: `This member's status is "unsubscribed." You can only update email addresses for members with a status of "subscribed."`,
      },
    ],
    ['This list member cannot be removed.  Please contact support.', 'cannot_remove', 'failed'],
    ['The requested resource could not be found.', 'not_found', 'failed'],
    [`${E} was born under the wrong star.`, 'unknown', 'failed'],
  ];

  it.each(rows)('%s → %s', (text, reason, kind, more) => {
    const verdict = classifyPerson({ text, ...more });
    expect(verdict).toMatchObject({ reason, kind });
    expect(verdict.text).not.toContain('acme.test');
  });

  it('keeps an unknown text, without the address', () => {
    expect(classifyPerson({ text: `${E} was born under the wrong star.` }).text).toBe(
      '(address) was born under the wrong star.',
    );
  });

  it.each([
    ['Forgotten Email Not Subscribed', 'deleted'],
    ['Member In Compliance State', 'compliance'],
    ['Member Exists', 'already_member'],
  ])('falls back to the title "%s" where the text is silent', (title, reason) => {
    expect(classifyPerson({ text: '', title }).reason).toBe(reason);
  });

  it('falls back to the code where the text is translated', () => {
    expect(classifyPerson({ text: 'ya existe', code: 'ERROR_CONTACT_EXISTS' }).reason).toBe('already_member');
  });

  it('names the merge tag of a bad value', () => {
    const trouble = {
      text: 'Your merge fields were invalid.',
      field: 'ADDRESS',
      fieldMessage: 'Adresse incomplète',
    };
    expect(classifyPerson(trouble).field).toBe('ADDRESS');
  });
});
