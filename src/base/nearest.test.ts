import { describe, expect, it } from 'vitest';
import { nearestName, suggestName } from './nearest.ts';

describe('nearestName', () => {
  it.each<[string, string[], string | undefined]>([
    ['fist_name', ['last_name', 'first_name'], 'first_name'],
    ['First_Name', ['first_name'], 'first_name'],
    ['crn', ['crm', 'shop'], 'crm'],
    ['cmr', ['cat', 'crm'], 'crm'],
    ['valueSorce', ['value', 'valueSource'], 'valueSource'],
    ['total', ['phone', 'email'], undefined],
    ['x', [], undefined],
  ])('of %s among %j is %s', (name, known, expected) => {
    expect(nearestName(name, known)).toBe(expected);
  });
});

describe('suggestName', () => {
  it('asks, lists, or says that there is none', () => {
    expect(suggestName('crn', ['crm', 'shop'])).toBe('Did you mean "crm"?');
    expect(suggestName('customers', ['crm', 'shop'])).toBe('Known: "crm", "shop".');
    expect(suggestName('crm', [])).toBe('There is none yet.');
  });

  it('lists no more than twelve', () => {
    const known = Array.from({ length: 13 }, (_, index) => `attribute_${index}`);
    expect(suggestName('xyz', known)).toMatch(/"attribute_11", …\.$/);
    expect(suggestName('xyz', known.slice(1))).toMatch(/"attribute_12"\.$/);
  });
});
