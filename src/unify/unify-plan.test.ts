import { describe, expect, it } from 'vitest';
import type { PostriderError } from '../base/errors.ts';
import type { SourceId } from '../base/ids.ts';
import type { SourceLoad } from '../sources/loaded-source.ts';
import { planUnify } from './unify-plan.ts';
import { unifyConfig } from './unify-config.ts';

const load = (source: string, columns: SourceLoad['columns'], key = ['id']): SourceLoad => ({
  source: source as SourceId,
  columns,
  key,
  rows: 0,
  rejected: 0,
  suppressed: 0,
  loadedAt: '2026-11-24T06:00:00.000Z',
  dataAt: '2026-11-24T06:00:00.000Z',
  files: [],
  warnings: [],
});
const loads = [
  load('crm', [
    { name: 'mail', type: 'text' },
    { name: 'fname', type: 'text' },
    { name: 'changed', type: 'time' },
  ]),
  load('shop', [{ name: 'email', type: 'text' }]),
  load('orders', [{ name: 'email', type: 'text' }], []),
];
const crm = { source: 'crm', attributes: { email: 'mail', first_name: 'fname', updated_at: 'changed' } };
const shop = { source: 'shop', attributes: { email: 'email' } };
const plan = (config: unknown) => planUnify(unifyConfig.parse(config), loads);

describe('what is refused, and where it stands', () => {
  it.each<[string, string, string, unknown]>([
    ['unify_source_unknown', 'unify.sources[0].source', '"crm"', { sources: [{ ...crm, source: 'crn' }] }],
    ['unify_source_twice', 'unify.sources[1].source', '', { sources: [crm, crm] }],
    [
      'unify_key_missing',
      'unify.sources[0].source',
      'sources.orders.key',
      { sources: [{ ...shop, source: 'orders' }] },
    ],
    [
      'unify_column_missing',
      'unify.sources[0].attributes.first_name',
      '"fname"',
      { sources: [{ source: 'crm', attributes: { first_name: 'fnam' } }] },
    ],
    [
      'unify_attribute_unknown',
      'unify.match[0].fields.emial',
      '"email"',
      { sources: [crm], match: [{ fields: { emial: 'exact' } }] },
    ],
    [
      'unify_attribute_unknown',
      'unify.sources[1].deduplicate[0].fields.first_name',
      '"email"',
      { sources: [crm, { ...shop, deduplicate: [{ fields: { first_name: 'exact' } }] }] },
    ],
    [
      'unify_attribute_unknown',
      'unify.merge.attributes.phone',
      '',
      { sources: [crm], merge: { attributes: { phone: 'importance' } } },
    ],
    [
      'unify_attribute_unknown',
      'unify.merge.attributes.email.mostRecent',
      '"updated_at"',
      { sources: [crm], merge: { attributes: { email: { mostRecent: 'update_at' } } } },
    ],
    ['unify_attribute_unknown', 'unify.emails[0]', '', { sources: [crm], emails: ['second_mail'] }],
    [
      'unify_attribute_clash',
      'unify.sources[1].attributes.Email',
      '"email"',
      { sources: [crm, { source: 'shop', attributes: { Email: 'email' } }] },
    ],
    [
      'unify_recency_type',
      'unify.merge.attributes.email',
      '',
      { sources: [crm], merge: { attributes: { email: { mostRecent: 'first_name' } } } },
    ],
    [
      'unify_recency_type',
      'unify.sources[0].winner',
      '',
      { sources: [{ ...crm, winner: { mostRecent: 'first_name' } }] },
    ],
    [
      'unify_column_missing',
      'unify.sources[0].where.chnged',
      '"changed"',
      { sources: [{ ...crm, where: { chnged: '2026-01-01' } }] },
    ],
    [
      'unify_where_type',
      'unify.sources[0].where.mail',
      'Quote',
      { sources: [{ ...crm, where: { mail: ['a', 1] } }] },
    ],
    [
      'unify_where_type',
      'unify.sources[0].where.changed',
      'time',
      { sources: [{ ...crm, where: { changed: 'soon' } }] },
    ],
    [
      'unify_similar_type',
      'unify.match[0].fields.updated_at',
      'text',
      { sources: [crm], match: [{ fields: { email: 'exact', updated_at: { similar: 0.9 } } }] },
    ],
    [
      'unify_attribute_unknown',
      'unify.match[0].unless.firstname',
      '"first_name"',
      { sources: [crm], match: [{ fields: { email: 'exact' }, unless: { firstname: 'different' } }] },
    ],
    [
      'unify_attribute_unknown',
      'unify.normalise.email.country',
      '',
      { sources: [crm], normalise: { email: { as: 'phone', country: 'land' } } },
    ],
    ['unify_attribute_unknown', 'unify.bypass.phone', '', { sources: [crm], bypass: { phone: ['0'] } }],
    [
      'unify_preference_source',
      'unify.merge.default.order[1]',
      '"crm"',
      { sources: [crm], merge: { default: { order: ['crm', 'shop'] } } },
    ],
    [
      'unify_group_overlap',
      'unify.merge.groups.b',
      'once',
      {
        sources: [crm],
        merge: { groups: { a: ['email', 'first_name'], b: ['first_name', 'updated_at'] } },
      },
    ],
  ])('%s at %s', (code, path, hint, config) => {
    let thrown: unknown;
    try {
      plan(config);
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toMatchObject({ kind: 'input', code });
    expect((thrown as PostriderError).message).toContain(`(${path})`);
    expect((thrown as PostriderError).hint).toContain(hint);
  });
});

describe('the shape', () => {
  const issues = (config: unknown) =>
    unifyConfig.safeParse(config).error?.issues.flatMap((issue) => {
      // A list that has something wrong in it was meant as rules, not as a score: so it is told to people too.
      const inRules =
        issue.code === 'invalid_union' && issue.path.join() === 'match' ? (issue.errors[0] ?? []) : [];
      return (inRules.length > 0 ? inRules : [issue]).map((each) => ({
        path: [...(each === issue ? [] : issue.path), ...each.path].join('.'),
        code: each.code,
      }));
    });

  it.each<[string, unknown, { path: string; code: string }[]]>([
    [
      'similar values alone',
      { sources: [crm], match: [{ fields: { first_name: { similar: 0.9 } } }] },
      [{ path: 'match.0.fields', code: 'custom' }],
    ],
    [
      'a method without a level',
      { sources: [crm], match: [{ fields: { first_name: { by: 'tokens' }, email: 'exact' } }] },
      [{ path: 'match.0.fields.first_name.by', code: 'custom' }],
    ],
    [
      'a level over 1',
      { sources: [crm], match: [{ fields: { first_name: { similar: 90 }, email: 'exact' } }] },
      [{ path: 'match.0.fields.first_name.similar', code: 'too_big' }],
    ],
    [
      'an exception without a kind',
      { sources: [crm], match: [{ fields: { email: 'exact' }, unless: { first_name: {} } }] },
      [{ path: 'match.0.unless.first_name', code: 'invalid_union' }],
    ],
    [
      'an option of another normaliser',
      { sources: [crm], normalise: { first_name: { as: 'name', plus: 'ignore' } } },
      [{ path: 'normalise.first_name', code: 'unrecognized_keys' }],
    ],
    [
      'a record without its key',
      { sources: [crm], pairs: { always: [['crm', 'crm:1']] } },
      [{ path: 'pairs.always.0.0', code: 'invalid_format' }],
    ],
    [
      'an unknown comparison',
      { sources: [crm], match: [{ fields: { email: 'exakt' } }] },
      [{ path: 'match.0.fields.email', code: 'invalid_union' }],
    ],
    [
      'a rule without a field',
      { sources: [crm], match: [{ fields: {} }] },
      [{ path: 'match.0.fields', code: 'custom' }],
    ],
    [
      'a reserved name',
      { sources: [{ source: 'crm', attributes: { Customer_ID: 'mail' } }] },
      [{ path: 'sources.0.attributes.Customer_ID', code: 'invalid_key' }],
    ],
    [
      'a name with a blank',
      { sources: [{ source: 'crm', attributes: { 'first name': 'fname' } }] },
      [{ path: 'sources.0.attributes.first name', code: 'invalid_key' }],
    ],
    ['an unknown key', { sources: [crm], matches: [] }, [{ path: '', code: 'unrecognized_keys' }]],
    ['no source', { sources: [] }, [{ path: 'sources', code: 'too_small' }]],
  ])('refuses %s', (_, config, expected) => {
    expect(issues(config)).toEqual(expected);
  });

  it('accepts the example of the design', () => {
    expect(
      issues({
        sources: [{ ...crm, deduplicate: [{ fields: { email: 'exact' } }] }, shop],
        match: [
          { name: 'same address', fields: { email: 'exact' } },
          {
            name: 'name and birthday',
            fields: { last_name: { similar: 0.9 }, birth_date: 'exact' },
            unless: { first_name: 'different' },
          },
        ],
        merge: { default: 'importance', attributes: { first_name: { mostRecent: 'updated_at' } } },
      }),
    ).toBeUndefined();
  });
});

describe('the plan', () => {
  it('knows which attributes are addresses', () => {
    const { attributes } = plan({
      sources: [{ source: 'crm', attributes: { e_mail: 'mail', other: 'fname', updated_at: 'changed' } }],
      emails: ['other'],
    });
    expect(attributes.map(({ name, isEmail }) => [name, isEmail])).toEqual([
      ['e_mail', true],
      ['other', true],
      ['updated_at', false],
    ]);
  });

  it('names rules that have no name', () => {
    const { rules } = plan({
      sources: [crm, shop],
      match: [{ fields: { first_name: 'exact', email: 'exact' } }],
    });
    expect(rules.map((rule) => rule.name)).toEqual(['same first_name and email']);
    const { rules: mixed } = plan({
      sources: [crm, shop],
      match: [{ fields: { first_name: { similar: 'high' }, email: 'exact', updated_at: 'exact' } }],
    });
    expect(mixed.map((rule) => rule.name)).toEqual(['similar first_name and same email and updated_at']);
  });

  it('makes each form once, whichever rules use it', () => {
    const { forms, rules } = plan({
      sources: [crm, shop],
      match: [
        { fields: { email: 'exact' } },
        { fields: { email: 'exact', first_name: { similar: 0.9 } } },
        { fields: { email: { normalise: { as: 'email', plus: 'ignore' } } } },
      ],
    });
    expect(forms.map(({ attribute, normaliser }) => [attribute.name, normaliser.as])).toEqual([
      ['email', 'email'],
      ['first_name', 'name'],
      ['email', 'email'],
    ]);
    expect(rules.map(({ exact }) => exact)).toEqual([[0], [0], [2]]);
  });

  it('warns of match rules with nobody to match', () => {
    const { warnings } = plan({ sources: [crm], match: [{ fields: { email: 'exact' } }] });
    expect(warnings.map((warning) => warning.code)).toEqual(['match_needs_two_sources']);
  });
});
