import { describe, expect, it } from 'vitest';
import { parseBatchAnswer, parseMember, parseMembers } from './parse-members.ts';
import { fullMember } from './test-support/full-member.ts';

const json = JSON.stringify;

describe('answers that are full of people', () => {
  it('reads a full member', () => {
    expect(parseMember(json(fullMember('Ana@acme.test')))).toEqual({
      id: expect.stringMatching(/^[0-9a-f]{32}$/),
      contactId: 'c0ffee',
      address: 'Ana@acme.test',
      status: 'subscribed',
      mergeFields: {
        FNAME: 'Ana',
        LTV: '12.5',
        ADDRESS: '{"addr1":"Str. Lungă 1","city":"Brașov"}',
        NOTE: '',
      },
      tags: ['VIP', 'Big spenders'],
      lastChanged: '2026-11-24T06:00:00+00:00',
    });
  });

  it('reads a member of which only the needed parts came', () => {
    expect(parseMember(json({ id: 'x', email_address: 'a@b.c', status: 'archived' }))).toEqual({
      id: 'x',
      address: 'a@b.c',
      status: 'archived',
      mergeFields: {},
      tags: [],
      lastChanged: '',
    });
  });

  it('refuses a status that it does not know: nobody is taken for subscribed by mistake', () => {
    expect(() => parseMembers(json({ members: [{ id: 'x', status: 'new' }], total_items: 1 }))).toThrow(
      'status',
    );
  });

  it('tells tags that were not echoed from no tags', () => {
    const answer = parseBatchAnswer(
      json({
        new_members: [{ email_address: 'a@b.c', status: 'subscribed' }],
        updated_members: [{ email_address: 'd@e.f', status: 'unsubscribed', tags: [] }],
        errors: [
          { email_address: 'x@y.z', error: 'no', error_code: 'ERROR_GENERIC', field: '', field_message: '' },
        ],
      }),
    );
    expect(answer).toEqual({
      created: [{ address: 'a@b.c', status: 'subscribed' }],
      updated: [{ address: 'd@e.f', status: 'unsubscribed', tags: [] }],
      errors: [{ address: 'x@y.z', code: 'ERROR_GENERIC', text: 'no' }],
    });
  });

  it('takes lists that were left out as empty, but not an answer without any', () => {
    expect(parseBatchAnswer(json({ errors: [] }))).toEqual({ created: [], updated: [], errors: [] });
    expect(() => parseBatchAnswer('{}')).toThrow();
    expect(() => parseBatchAnswer('<html>')).toThrow();
  });

  it('reads one page of a listing and how many there are in all', () => {
    const { items, total } = parseMembers(json({ members: [fullMember('a@b.c')], total_items: 12 }));
    expect(items.map(({ address }) => address)).toEqual(['a@b.c']);
    expect(total).toBe(12);
  });

  it.each([
    ['no object', []],
    ['no list of members', { total_items: 1 }],
    ['no count', { members: [] }],
    ['a member without an id', { members: [{ status: 'subscribed' }], total_items: 1 }],
    ['a member that is none', { members: ['x'], total_items: 1 }],
  ])('does not take for a page what has %s', (_what, page) => {
    expect(() => parseMembers(json(page))).toThrow(TypeError);
  });

  it.each([
    ['a list that is none', { new_members: {}, errors: [] }],
    ['a list that is null', { new_members: [], errors: null }],
    ['a person without an address', { updated_members: [{ status: 'subscribed' }] }],
    ['a refusal that is none', { errors: ['no'] }],
  ])('does not take for an answer to a batch what has %s', (_what, answer) => {
    expect(() => parseBatchAnswer(json(answer))).toThrow(TypeError);
  });

  it('drops what it does not understand of a person who was taken', () => {
    const odd = {
      email_address: 'a@b.c',
      status: 'new',
      merge_fields: ['x'],
      tags: [{ name: 1 }],
      vip: true,
    };
    expect(parseBatchAnswer(json({ new_members: [odd] })).created).toEqual([{ address: 'a@b.c', tags: [] }]);
  });

  it('reads refusals of which parts are missing', () => {
    const errors = [{}, { email_address: 'a@b.c', error: 7, field: 'FNAME', field_message: 'too long' }];
    expect(parseBatchAnswer(json({ errors })).errors).toEqual([
      { address: '', code: '', text: '' },
      { address: 'a@b.c', code: '', text: '', field: 'FNAME', fieldMessage: 'too long' },
    ]);
  });

  it('reads a name that objects have of themselves as a field like any other', () => {
    const body = '{"new_members":[{"email_address":"a@b.c","merge_fields":{"__proto__":"x","FNAME":"Ana"}}]}';
    expect(parseBatchAnswer(body).created[0]?.mergeFields?.FNAME).toBe('Ana');
  });
});
