import { describe, expect, it } from 'vitest';
import { checkReferences } from './check-references.ts';
import { workspaceFile } from './workspace-file.ts';

const rules = { combinator: 'and', rules: [] };
const consent = { agreedBy: 'ana', date: '2026-11-24', text: 'v1' };
const news = {
  connection: 'account',
  audience: 'abc123',
  match: { email: 'email' },
  attributes: { FNAME: 'first_name' },
  segments: ['all'],
};
const good = {
  version: 1,
  sources: {
    crm: { type: 'csv', path: 'crm.csv', key: 'id' },
    orders: { type: 'csv', path: 'orders.csv' },
  },
  unify: { sources: [{ source: 'crm', attributes: { email: 'mail', first_name: 'fname' } }] },
  relationships: { crm_orders: { from: 'orders.customer', to: 'crm.id' } },
  segments: { all: { rules }, buyers: { name: 'Buyers', rules } },
  connections: { account: { type: 'mailchimp', consent }, second: { type: 'mailchimp', consent } },
  exports: { news },
};

/** `path: message` of each problem, and its hint. */
function problemsOf(changes: Partial<Record<keyof typeof good, unknown>>): string[] {
  const file = workspaceFile.parse({ ...good, ...changes });
  return checkReferences(file).map(({ path, message, hint }) => `${path.join('.')}: ${message} | ${hint}`);
}

describe('checkReferences', () => {
  it('has nothing to say of a good file', () => {
    expect(problemsOf({})).toEqual([]);
  });

  it.each<[string, Parameters<typeof problemsOf>[0], string]>([
    [
      'a source of unify',
      { unify: { sources: [{ source: 'crn', attributes: good.unify.sources[0]?.attributes }] } },
      'unify.sources.0.source: there is no source "crn" | Did you mean "crm"?',
    ],
    [
      'sources that a database takes for one',
      { sources: { ...good.sources, Orders: { type: 'csv', path: 'other.csv' } } },
      'sources.Orders: "Orders" and the source "orders" differ in case alone | Give one of them another id.',
    ],
    [
      'where a relationship begins',
      { relationships: { r: { from: 'order.customer', to: 'crm.id' } } },
      'relationships.r.from: there is no source "order" | Did you mean "orders"?',
    ],
    [
      'where a relationship ends',
      { relationships: { r: { from: 'orders.customer', to: 'customers.a.b' } } },
      'relationships.r.to: there is no source "customers" | Known: "crm", "orders".',
    ],
    [
      'a connection',
      { exports: { news: { ...news, connection: 'acount' } } },
      'exports.news.connection: there is no connection "acount" | Did you mean "account"?',
    ],
    [
      'the attribute with the address',
      { exports: { news: { ...news, match: { email: 'mail' } } } },
      'exports.news.match.email: there is no attribute "mail" | Did you mean "email"?',
    ],
    [
      'an attribute for a merge field',
      { exports: { news: { ...news, attributes: { FNAME: 'fist_name' } } } },
      'exports.news.attributes.FNAME: there is no attribute "fist_name" | Did you mean "first_name"?',
    ],
    [
      'an attribute of an address',
      {
        exports: {
          news: {
            ...news,
            attributes: { ADDRESS: { from: { addr1: 'email', city: 'town', state: 'email', zip: 'email' } } },
          },
        },
      },
      'exports.news.attributes.ADDRESS.from.city: there is no attribute "town" | Known: "email", "first_name".',
    ],
    [
      'the attribute of the language',
      { exports: { news: { ...news, language: { from: 'lang' } } } },
      'exports.news.language: there is no attribute "lang" | Known: "email", "first_name".',
    ],
    [
      'the attribute of the consent',
      { exports: { news: { ...news, consent: { field: 'ok' } } } },
      'exports.news.consent.field: there is no attribute "ok" | Known: "email", "first_name".',
    ],
    [
      'a segment',
      { exports: { news: { ...news, segments: ['all', 'constructor'] } } },
      'exports.news.segments.1: there is no segment "constructor" | Known: "all", "buyers".',
    ],
    [
      'an excluded segment',
      { exports: { news: { ...news, exclude: ['buyer'] } } },
      'exports.news.exclude.0: there is no segment "buyer" | Did you mean "buyers"?',
    ],
  ])('misses %s', (_, changes, problem) => {
    expect(problemsOf(changes)).toEqual([problem]);
  });

  it('says that there is none yet where there is none', () => {
    expect(problemsOf({ connections: {} })).toEqual([
      'exports.news.connection: there is no connection "account" | There is none yet.',
    ]);
    expect(problemsOf({ unify: undefined })).toHaveLength(2);
  });

  it('takes the attributes of any source of people', () => {
    const second = { source: 'orders', attributes: { city: 'town' } };
    expect(
      problemsOf({
        unify: { sources: [...good.unify.sources, second] },
        exports: { news: { ...news, attributes: { CITY: 'city' } } },
      }),
    ).toEqual([]);
  });

  const otherwise = (tag: string) =>
    `the export "news" writes ${tag} of the same audience otherwise | Give both the same attribute and choices.`;
  const fight =
    'exports.more.segments.0: the export "news" gives the tag "all" in the same audience | Let one export hold the segment.';
  it.each<[string, Record<string, unknown>, string[]]>([
    ['give one tag of one audience', {}, [fight]],
    [
      'give the tag of another segment that is named the same',
      { segments: ['ALL'] },
      [fight.replace('"all"', '"All"')],
    ],
    ['give other tags', { segments: ['buyers'] }, []],
    ['use other audiences', { audience: 'def456' }, []],
    [
      'give one segment two tags',
      { tagPrefix: 'PR: ' },
      [
        'exports.more.segments.0: the export "news" gives the same segment another tag in the same audience | Write the same tagPrefix, and let one export hold the segment.',
      ],
    ],
    [
      'write one field from different attributes',
      { segments: ['buyers'], attributes: { FNAME: 'email' } },
      [`exports.more.attributes.FNAME: ${otherwise('FNAME')}`],
    ],
    [
      'write one field by different choices',
      { segments: ['buyers'], attributes: { FNAME: { from: 'first_name', blank: 'erase' } } },
      [`exports.more.attributes.FNAME: ${otherwise('FNAME')}`],
    ],
    [
      'write one field the same way, said differently',
      { segments: ['buyers'], attributes: { FNAME: { from: 'first_name', invalid: 'skip' } } },
      [],
    ],
    ['are the same, of two connections of one account', { connection: 'second' }, [fight]],
    ['exclude what the other gives', { segments: ['buyers'], exclude: ['all'] }, []],
  ])('of two exports that %s', (_, changes, expected) => {
    const segments = { ...good.segments, ALL: { name: 'All', rules } };
    expect(problemsOf({ segments, exports: { news, more: { ...news, ...changes } } })).toEqual(expected);
  });
});
