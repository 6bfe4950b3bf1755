import { describe, expect, it, test } from 'vitest';
import { en } from './en.ts';
import { formatIn } from './format.ts';
import { ro } from './ro.ts';

describe('numbers and times', () => {
  const now = new Date('2026-11-25T12:00:00Z');
  it('are written as people of the language write them', () => {
    expect(formatIn('en').number(1_234_567)).toBe('1,234,567');
    expect(formatIn('ro').number(1_234_567)).toBe('1.234.567');
    expect(formatIn('en', 'UTC').moment('2026-11-25T06:00:00Z')).toBe('25 Nov 2026, 06:00');
    expect(formatIn('ro', 'Europe/Bucharest').moment('2026-11-25T06:00:00Z')).toMatch(/25 nov\. 2026.*08:00/);
    expect(formatIn('en').percent(0.123)).toBe('12.3%');
  });

  test.each([
    ['2026-11-25T12:00:20Z', 'this minute'],
    ['2026-11-25T11:58:00Z', '2 minutes ago'],
    ['2026-11-25T09:00:00Z', '3 hours ago'],
    ['2026-11-24T09:00:00Z', '1 day ago'],
    ['2026-11-23T13:00:00Z', '1 day ago'],
    ['2026-09-28T12:00:00Z', '1 month ago'],
    ['2026-11-25T17:30:00Z', 'in 5 hours'],
    ['2024-11-25T12:00:00Z', '2 years ago'],
  ])('%s is %s', (at, said) => {
    expect(formatIn('en').ago(at, now)).toBe(said);
  });

  test.each([
    [0.84, '0.8 s'],
    [59.94, '59.9 s'],
    [59.97, '1 min 0 s'],
    [61, '1 min 1 s'],
    [119.7, '2 min 0 s'],
    [3_599.6, '1 h 0 min'],
    [3_725, '1 h 2 min'],
  ])('%d seconds are %s', (seconds, said) => {
    expect(formatIn('en').duration(seconds)).toBe(said);
  });
});

describe('the words', () => {
  /** Every text with its place. */
  function textsOf(words: object, path = ''): [string, string][] {
    return Object.entries(words).flatMap(([key, value]) =>
      typeof value === 'string'
        ? [[path + key, value] as [string, string]]
        : textsOf(value, `${path}${key}.`),
    );
  }
  const romanian = new Map(textsOf(ro));
  const names = (text: string) =>
    [...text.matchAll(/\{\{(\w+)\}\}/g)]
      .map(([, name]) => name)
      .toSorted((one = '', other = '') => one.localeCompare(other));

  it('name the same things in both languages', () => {
    const wrong = textsOf(en).filter(([place, text]) => {
      const other = romanian.get(place) ?? '';
      // "One" may say so in words.
      return !place.endsWith('_one') && JSON.stringify(names(text)) !== JSON.stringify(names(other));
    });
    expect(wrong).toEqual([]);
  });

  it('have a form for a few wherever Romanian counts', () => {
    const counted = textsOf(en).filter(([place]) => place.endsWith('_other'));
    expect(counted.length).toBeGreaterThan(3);
    expect(counted.filter(([place]) => !romanian.has(place.replace(/_other$/, '_few')))).toEqual([]);
  });
});
