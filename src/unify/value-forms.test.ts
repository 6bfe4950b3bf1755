import { describe, expect, it } from 'vitest';
import { aliasWords } from './alias-words.ts';
import { nicknames } from './nicknames.ts';
import { countryCode, phoneForm } from './phone-form.ts';
import { streetForm } from './street-form.ts';

describe('a telephone number', () => {
  it.each<[string, string, string | undefined, string]>([
    ['0721 234 567', '', 'RO', '+40721234567'],
    ['+40 (0)721-234.567', '', undefined, '+40721234567'],
    ['0040721234567', '', undefined, '+40721234567'],
    ['tel: 0721/234567', 'România', undefined, '+40721234567'],
    ['030 123456', 'Germany', 'RO', '+4930123456'],
    ['030 123456', 'nowhere', 'DE', '+4930123456'],
    ['+49 30 123456', 'RO', 'RO', '+4930123456'],
    ['+40 721 234 567 ext. 5', '', undefined, '+40721234567;5'],
    // Without a country there is nothing to be significant but the digits.
    ['0721 234 567', '', undefined, '0721234567'],
    ['1-2', '', 'RO', '12'],
    [' None ', '', 'RO', 'none'],
  ])('%s of %s (else %s)', (text, country, fallback, expected) => {
    expect(phoneForm(text, country, fallback)).toBe(expected);
  });

  it('of one country is not that of another', () => {
    expect(phoneForm('0721234567', 'RO', undefined)).not.toBe(phoneForm('0721234567', 'DE', undefined));
  });

  it.each([
    ['ro', 'RO'],
    ['ROMANIA', 'RO'],
    ['Österreich', 'AT'],
    ['', undefined],
    ['Atlantis', undefined],
  ])('knows the country %s', (text, code) => {
    expect(countryCode(text)).toBe(code);
  });
});

describe('a street', () => {
  it.each([
    ['str lunga nr 5', 'strada lunga 5'],
    ['lunga 5', 'strada lunga numarul 5'],
    ['hauptstr 7', 'hauptstrasse 7'],
    ['bd unirii 1', 'bulevardul unirii 1'],
    ['pta unirii', 'piata unirii'],
    ['lunga 5 bl a2 sc b ap 7', 'lunga 5 bloc a2 scara b apartament 7'],
  ])('%s is %s', (one, other) => {
    expect(streetForm(one)).toBe(streetForm(other));
  });

  it.each([
    ['calea unirii', 'piata unirii'],
    ['lunga 5', 'lunga 6'],
    ['str', 'nr'],
  ])('%s is not %s', (one, other) => {
    expect(streetForm(one)).not.toBe(streetForm(other));
  });
});

describe('aliases', () => {
  it.each([
    ['whole values', 'william', 'bill'],
    ['words of a value', 'ana william', 'ana bill'],
    ['values of several words', 'john paul', 'jp'],
  ])('%s', (_, one, other) => {
    const read = aliasWords([['william', 'bill'], ['john paul', 'jp'], []]);
    expect(read(other)).toBe(read(one));
  });

  it('a word of two groups belongs to the first, and a second group leads on to it', () => {
    const read = aliasWords([
      ['robert', 'bob'],
      ['bob', 'bobo'],
    ]);
    expect(read('bobo')).toBe('robert');
  });

  it('the list that ships has each word once, plain', () => {
    const words = nicknames.flat();
    expect(new Set(words).size).toBe(words.length);
    expect(words.filter((word) => !/^[a-z]+$/.test(word))).toEqual([]);
    expect(nicknames.filter((group) => group.length < 2)).toEqual([]);
  });
});
