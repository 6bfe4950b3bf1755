import { describe, expect, it } from 'vitest';
import { destinationOf, freshDestination, settingsOf } from './destination.ts';

/** As the server has it, with much that the form does not show. */
const stored = {
  connection: 'account',
  audience: 'abc123def4',
  match: { email: 'email' },
  attributes: {
    FNAME: 'first_name',
    BORN: { from: 'birth_date', write: 'ifEmpty', invalid: 'skip' },
    HOME: { from: { addr1: 'street', city: 'city', state: 'state', zip: 'zip' } },
  },
  segments: ['romania'],
  exclude: ['staff'],
  tagPrefix: 'PR: ',
  consent: { field: 'agreed', time: 'agreed_at' },
  newContacts: 'pending',
  leavers: 'archive',
  limits: { leavers: '5%', people: 500_000, contract: 2000 },
  schedule: { daily: ['08:00'] },
};

describe('an export that is opened and saved', () => {
  it('is what it was, where nothing was changed', () => {
    const form = destinationOf('news', 'News', stored);
    expect(settingsOf(form, stored, [], [])).toEqual({ ...stored, name: 'News' });
  });

  it('keeps how a field is written when others are changed', () => {
    const form = destinationOf('news', 'News', stored);
    const saved = settingsOf(
      { ...form, attributes: [...form.attributes, { tag: 'LNAME', from: 'last_name', way: 'overwrite' }] },
      stored,
      [],
      [],
    );
    expect(saved.attributes).toMatchObject({ BORN: stored.attributes.BORN, LNAME: 'last_name' });
  });

  it('forgets how a field was written once it is filled from something else', () => {
    const form = destinationOf('news', 'News', stored);
    const attributes = form.attributes.map((each) =>
      each.tag === 'BORN' ? { tag: 'BORN', from: 'member_since', way: 'overwrite' as const } : each,
    );
    expect(settingsOf({ ...form, attributes }, stored, [], []).attributes).toMatchObject({
      BORN: 'member_since',
    });
  });

  it('writes a field in the way that was chosen for it', () => {
    const form = destinationOf('news', 'News', stored);
    const ways = { FNAME: 'erase', BORN: 'overwrite', HOME: 'ifEmpty' } as const;
    const attributes = form.attributes.map((each) => ({ ...each, way: ways[each.tag as keyof typeof ways] }));
    expect(form.attributes.map(({ way }) => way)).toEqual(['overwrite', 'ifEmpty', 'overwrite']);
    expect(settingsOf({ ...form, attributes }, stored, [], []).attributes).toEqual({
      FNAME: { from: 'first_name', blank: 'erase' },
      BORN: { from: 'birth_date', invalid: 'skip' },
      HOME: { ...stored.attributes.HOME, write: 'ifEmpty' },
    });
  });

  it('runs at the times that were chosen for it', () => {
    const form = destinationOf('news', 'News', stored);
    expect(form).toMatchObject({ schedule: 'own', times: { times: ['08:00'], days: [] } });
    const times = { ...form.times, days: ['monday' as const] };
    expect(settingsOf({ ...form, times }, stored, [], []).schedule).toEqual({
      weekly: { days: ['monday'], times: ['08:00'] },
    });
    expect(settingsOf({ ...form, schedule: 'off' }, stored, [], []).schedule).toBe('off');
  });

  it('loses a limit, a consent and a field that were taken away', () => {
    const form = destinationOf('news', 'News', stored);
    const saved = settingsOf({ ...form, contract: '', consentField: null, attributes: [] }, stored, [], []);
    expect(saved).not.toHaveProperty('consent');
    expect(saved.limits).toEqual({ leavers: '5%', people: 500_000 });
    expect(saved.attributes).toEqual({});
  });

  it('takes over tags and sends what is sensitive only where somebody said so', () => {
    const form = { ...destinationOf('news', 'News', stored), adoptTags: true, sendSensitive: true };
    const sensitive = ['birth_date', 'street', 'religion'];
    const saved = settingsOf(form, stored, ['PR: Romania'], sensitive);
    expect(saved.adoptTags).toEqual(['PR: Romania']);
    // Of those that are marked, the ones that are sent: a part of an address too.
    expect(saved.sensitive).toEqual(['birth_date', 'street']);
    const fresh = settingsOf(freshDestination, {}, ['x'], sensitive);
    expect(fresh).not.toHaveProperty('adoptTags');
    expect(fresh).not.toHaveProperty('sensitive');
  });

  it('keeps what was confirmed before', () => {
    const before = { ...stored, sensitive: ['first_name'] };
    const form = { ...destinationOf('news', 'News', before), sendSensitive: true };
    expect(settingsOf(form, before, [], ['first_name', 'birth_date']).sensitive).toEqual([
      'first_name',
      'birth_date',
    ]);
  });

  it('loses a share of leavers that was emptied', () => {
    const form = { ...destinationOf('news', 'News', stored), leaversLimit: '' as const };
    expect(settingsOf(form, stored, [], []).limits).toEqual({ people: 500_000, contract: 2000 });
  });

  it('says how many people it may have', () => {
    expect(destinationOf('news', 'News', stored).peopleLimit).toBe(500_000);
    expect(destinationOf('news', 'News', {}).peopleLimit).toBe(1_000_000);
  });

  it('of a limit in people and not in percent keeps it', () => {
    const before = { ...stored, limits: { leavers: 20 } };
    expect(settingsOf(destinationOf('news', 'News', before), before, [], []).limits).toEqual({ leavers: 20 });
  });
});
