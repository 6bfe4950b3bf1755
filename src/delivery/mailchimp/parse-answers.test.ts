import { describe, expect, it } from 'vitest';
import { parseAudience, parseMergeFields, parseTagAnswer } from './parse-answers.ts';
import { fullMember } from './test-support/full-member.ts';

const json = JSON.stringify;

describe('answers as our types', () => {
  it('reads an audience without stats, and one with', () => {
    expect(parseAudience(json({ id: 'a', name: 'News' }))).toEqual({
      id: 'a',
      name: 'News',
      memberCount: 0,
      unsubscribed: 0,
      cleaned: 0,
      doubleOptin: false,
      marketingPermissions: false,
    });
    const stats = {
      member_count: 3,
      unsubscribe_count: 1,
      cleaned_count: 2,
      total_contacts: 7,
    };
    expect(parseAudience(json({ id: 'a', name: 'News', double_optin: true, stats }))).toMatchObject({
      memberCount: 3,
      totalContacts: 7,
      doubleOptin: true,
    });
  });

  it('reads merge fields with and without options', () => {
    const fields = [
      {
        merge_id: 1,
        tag: 'LANG',
        name: 'Language',
        type: 'dropdown',
        required: true,
        options: { choices: ['ro', 'en'] },
      },
      {
        tag: 'PHONE',
        name: 'Phone',
        type: 'phone',
        required: false,
        options: { phone_format: 'none', size: 25 },
      },
      { tag: 'X', type: 'text' },
    ];
    expect(parseMergeFields(json({ merge_fields: fields, total_items: 3 })).items).toEqual([
      { tag: 'LANG', name: 'Language', type: 'dropdown', required: true, options: { choices: ['ro', 'en'] } },
      {
        tag: 'PHONE',
        name: 'Phone',
        type: 'phone',
        required: false,
        options: { phoneFormat: 'none' },
      },
      { tag: 'X', name: '', type: 'text', required: false, options: {} },
    ]);
  });

  it('reads a tag’s change, with full members or the counts alone', () => {
    const errors = [{ email_addresses: ['u@acme.test'], error: 'not there' }];
    const full = {
      members_added: [fullMember('a@b.c')],
      members_removed: [],
      errors,
      total_added: 1,
      total_removed: 0,
    };
    expect(parseTagAnswer(json(full))).toEqual({
      added: 1,
      removed: 0,
      addedAddresses: ['a@b.c'],
      removedAddresses: [],
    });
    expect(parseTagAnswer(json({ total_added: 498 }))).toMatchObject({
      added: 498,
      addedAddresses: [],
    });
  });
});
