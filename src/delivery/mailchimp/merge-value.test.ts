import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { mergeValueFromText, mergeValueText } from './merge-value.ts';

describe('a merge field’s value as text', () => {
  it.each([
    ['Ana', 'Ana'],
    ['', ''],
    [12.5, '12.5'],
    [0, '0'],
    [null, ''],
    [undefined, ''],
    [true, 'true'],
    [{ zip: '1', addr1: 'a' }, '{"addr1":"a","zip":"1"}'],
  ])('%j → %s', (value, text) => {
    expect(mergeValueText(value)).toBe(text);
  });

  const address = fc.dictionary(
    fc.constantFrom('addr1', 'addr2', 'city', 'state', 'zip', 'country'),
    fc.string(),
  );

  it('is the same for the same address, whatever the order of its parts', () => {
    fc.assert(
      fc.property(address, (parts) => {
        const turned = Object.fromEntries(Object.entries(parts).toReversed());
        expect(mergeValueText(turned)).toBe(mergeValueText(parts));
      }),
    );
  });

  it('leads back to the address that it came from, less a blank country', () => {
    fc.assert(
      fc.property(address, (parts) => {
        const { country = '', ...others } = parts;
        const expected = country === '' ? others : { ...others, country };
        expect(mergeValueFromText(mergeValueText(parts), 'address')).toEqual(expected);
      }),
    );
  });

  it('stays text for other types and for what is no address', () => {
    fc.assert(fc.property(fc.string(), (text) => mergeValueFromText(text, 'text') === text));
    expect(mergeValueFromText('{not json', 'address')).toBe('{not json');
    expect(mergeValueFromText('Main street 1', 'address')).toBe('Main street 1');
  });
});
