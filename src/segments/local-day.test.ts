import { describe, expect, it } from 'vitest';
import { addToDay, isDay, localDay, spanOf, startOfDay } from './local-day.ts';

describe('a day in a time zone', () => {
  it.each([
    ['2026-11-24T21:59:59.999Z', 'Europe/Bucharest', '2026-11-24'],
    ['2026-11-24T22:00:00.000Z', 'Europe/Bucharest', '2026-11-25'],
    ['2026-11-24T22:00:00.000Z', 'America/Los_Angeles', '2026-11-24'],
  ])('%s in %s is %s', (instant, zone, day) => {
    expect(localDay(new Date(instant), zone)).toBe(day);
  });

  it.each([
    ['2026-01-15', 'Europe/Bucharest', '2026-01-14T22:00:00.000Z'],
    ['2026-07-15', 'Europe/Bucharest', '2026-07-14T21:00:00.000Z'],
    ['2026-03-29', 'Europe/Bucharest', '2026-03-28T22:00:00.000Z'],
    ['2026-03-30', 'Europe/Bucharest', '2026-03-29T21:00:00.000Z'],
    // Clocks went from midnight to one o'clock, and from midnight back to eleven.
    ['2018-11-04', 'America/Sao_Paulo', '2018-11-04T03:00:00.000Z'],
    ['2018-02-18', 'America/Sao_Paulo', '2018-02-18T03:00:00.000Z'],
    // A day that Samoa left out begins when the next one does.
    ['2011-12-30', 'Pacific/Apia', '2011-12-30T10:00:00.000Z'],
    ['2026-11-24', 'Asia/Kathmandu', '2026-11-23T18:15:00.000Z'],
  ])('%s in %s begins at %s', (day, zone, instant) => {
    expect(startOfDay(day, zone).toISOString()).toBe(instant);
  });

  it.each([
    ['2026-03-29', '2026-03-28T22:00:00.000Z', 23 * 3_600_000],
    ['2026-10-25', '2026-10-24T21:00:00.000Z', 25 * 3_600_000],
    ['2026-11-24 10:30', '2026-11-24T08:30:00.000Z', 60_000],
    ['2026-11-24T10:30:15', '2026-11-24T08:30:15.000Z', 1000],
    ['2026-11-24T10:30:15.5Z', '2026-11-24T10:30:15.500Z', 1],
    ['2026-11-24T10:30:15+01:00', '2026-11-24T09:30:15.000Z', 1000],
    // There is no half past three that night; the first moment after it is four.
    ['2026-03-29 03:30', '2026-03-29T01:00:00.000Z', 60_000],
  ])('"%s" covers from %s so many ms: %d', (text, start, length) => {
    const span = spanOf(text, 'Europe/Bucharest');
    expect(span?.start.toISOString()).toBe(start);
    expect((span?.end.getTime() ?? 0) - (span?.start.getTime() ?? 0)).toBe(length);
  });

  it.each([
    '',
    'tomorrow',
    '2026-02-29',
    '2026-13-01',
    '24.11.2026',
    '2026-11-24T25:00',
    '2026-11-24T10:60Z',
    '2026-11-24 ',
  ])('"%s" is no moment', (text) => expect(spanOf(text, 'Europe/Bucharest')).toBeUndefined());

  it.each([
    ['2026-03-31', -1, 'months', '2026-02-28'],
    ['2028-02-29', 1, 'years', '2029-02-28'],
    ['2026-01-31', 13, 'months', '2027-02-28'],
    ['2026-01-01', -1, 'days', '2025-12-31'],
    ['2026-01-01', 2, 'weeks', '2026-01-15'],
  ] as const)('%s and %d %s is %s', (day, amount, unit, expected) => {
    expect(addToDay(day, amount, unit)).toBe(expected);
  });

  it('knows which days exist', () => {
    expect(['2024-02-29', '2025-02-29', '1900-02-29', '2000-02-29', '2026-2-1'].filter(isDay)).toEqual([
      '2024-02-29',
      '2000-02-29',
    ]);
  });
});
