import { describe, expect, it, test } from 'vitest';
import type { SourceLoad } from '../../api/answers.ts';
import { attributesOf, goesByScore, joining, likeness, rulesIn, testOf, renamed } from './unify-model.ts';

test('a source joins with the columns whose meaning is known, by the name of that meaning', () => {
  const load = {
    source: 'crm',
    key: ['id'],
    columns: [
      { name: 'id', type: 'text', semantic: 'email' },
      { name: 'mail', type: 'text', semantic: 'email' },
      { name: 'fname', type: 'text', semantic: 'first_name' },
      { name: 'notes', type: 'text' },
      { name: 'shoe', type: 'integer', semantic: 'none' },
    ],
  } as unknown as SourceLoad;
  expect(joining(load)).toEqual({ source: 'crm', attributes: { email: 'mail', first_name: 'fname' } });
});

test('attributes are those of all sources, each once', () => {
  const sources = [
    { source: 'a', attributes: { email: 'mail', phone: 'tel' } },
    { source: 'b', attributes: { email: 'e', city: 'c' } },
  ];
  expect(attributesOf({ sources })).toEqual(['email', 'phone', 'city']);
});

describe('how alike values must be', () => {
  test.each([
    ['exact', 100],
    [{ similar: 0.9 }, 90],
    [{ similar: 'high' }, 80],
    [{ similar: 'low' }, 30],
  ] as const)('%j is %d percent', (value, percent) => {
    expect(likeness(value)).toBe(percent);
  });

  it('keeps how they are compared, and becomes "exact" at a hundred', () => {
    expect(testOf(85, { similar: 0.9, by: 'tokens' })).toEqual({ similar: 0.85, by: 'tokens' });
    expect(testOf(85, 'exact')).toEqual({ similar: 0.85 });
    expect(testOf(100, { similar: 0.9 })).toBe('exact');
    expect(testOf(100, { similar: 0.9, by: 'tokens', normalise: 'phone' })).toEqual({ normalise: 'phone' });
    expect(likeness({ normalise: 'phone' })).toBe(100);
  });
});

test('rules by scores are not for the lists of this page', () => {
  expect(goesByScore({ mode: 'score' })).toBe(true);
  expect(goesByScore([])).toBe(false);
  expect(goesByScore(undefined)).toBe(false);
  expect(rulesIn({ mode: 'score' })).toEqual([]);
});

describe('an attribute that is renamed', () => {
  const attributes = { email: 'mail', address: 'mail', name: 'full' };
  it.each([
    [
      'keeps what else its column fills',
      'mail',
      'email',
      'post',
      { address: 'mail', name: 'full', post: 'mail' },
    ],
    ['goes from the column that had its name', 'full', 'name', 'email', { address: 'mail', email: 'full' }],
    ['is filled by nothing where the name is empty', 'full', 'name', '', { email: 'mail', address: 'mail' }],
    ['begins where there was none', 'phone', '', 'tel', { ...attributes, tel: 'phone' }],
  ])('%s', (_, column, now, name, expected) => {
    expect(renamed(attributes, { column, now, name })).toEqual(expected);
  });
});
