import { describe, expect, it } from 'vitest';
import { hasTimes, lastTime, nextTimes, scheduleTimes } from './schedule-times.ts';

const bucharest = 'Europe/Bucharest';
const times = (given: unknown) => scheduleTimes.parse(given);
const next = (given: unknown, after: string, count = 3, zone = bucharest) =>
  nextTimes(times(given), zone, new Date(after), count).map((time) => time.toISOString().slice(0, 16));

describe('nextTimes', () => {
  it.each([
    [
      'daily',
      { daily: ['06:00', '14:00'] },
      '2026-11-25T05:00:00Z',
      ['2026-11-25T12:00', '2026-11-26T04:00'],
    ],
    ['the time itself is over', { daily: ['06:00'] }, '2026-11-25T04:00:00Z', ['2026-11-26T04:00']],
    [
      'weekly',
      { weekly: { days: ['monday', 'thursday'], times: ['09:30'] } },
      '2026-11-25T00:00:00Z',
      ['2026-11-26T07:30', '2026-11-30T07:30'],
    ],
    ['cron', { cron: '*/30 8 1 * *' }, '2026-11-25T00:00:00Z', ['2026-12-01T06:00', '2026-12-01T06:30']],
    [
      'several, each time once',
      { daily: ['06:00'], cron: '0 6 * * *' },
      '2026-11-25T00:00:00Z',
      ['2026-11-25T04:00', '2026-11-26T04:00'],
    ],
    ['none', {}, '2026-11-25T00:00:00Z', []],
  ])('%s', (_, given, after, expected) => {
    expect(next(given, after, 2).slice(0, expected.length)).toEqual(expected);
    expect(hasTimes(times(given))).toBe(expected.length > 0);
  });

  // In 2027 clocks in Bucharest go forward on 28 March (03:00 becomes 04:00) and back on 31 October (04:00 becomes 03:00).
  it('stays at the same time of day over both changes of the clock', () => {
    expect(next({ daily: ['06:00'] }, '2027-03-27T00:00:00Z')).toEqual([
      '2027-03-27T04:00',
      '2027-03-28T03:00',
      '2027-03-29T03:00',
    ]);
    expect(next({ daily: ['06:00'] }, '2027-10-30T00:00:00Z')).toEqual([
      '2027-10-30T03:00',
      '2027-10-31T04:00',
      '2027-11-01T04:00',
    ]);
  });

  it('a time that does not exist becomes the first that does, and one that is there twice counts once', () => {
    expect(next({ daily: ['03:30'] }, '2027-03-27T12:00:00Z', 2)).toEqual([
      '2027-03-28T01:00',
      '2027-03-29T00:30',
    ]);
    expect(next({ daily: ['03:30'] }, '2027-10-30T12:00:00Z', 2)).toEqual([
      '2027-10-31T00:30',
      '2027-11-01T01:30',
    ]);
  });
});

describe('lastTime', () => {
  it.each([
    ['yesterday', '2026-11-25T03:59:59Z', '2026-11-24T04:00:00.000Z'],
    ['this very second', '2026-11-25T04:00:00.500Z', '2026-11-25T04:00:00.000Z'],
    ['just now', '2026-11-25T04:00:01Z', '2026-11-25T04:00:00.000Z'],
  ])('%s', (_, until, expected) => {
    expect(lastTime(times({ daily: ['06:00'] }), bucharest, new Date(until))?.toISOString()).toBe(expected);
  });

  it('there is none without times', () => {
    expect(lastTime(times({}), bucharest, new Date())).toBeUndefined();
  });
});

it.each([
  [{ cron: '0 0 30 2 *' }, 'never comes'],
  [{ cron: 'every day' }, 'five fields'],
  [{ cron: '* * * * * *' }, 'five fields'],
  [{ cron: '61 * * * *' }, 'five fields'],
  [{ daily: ['24:00'] }, 'time of day'],
  [{ daily: ['1:00'] }, 'time of day'],
  [{ daily: ['01:00', '02:00', '03:00', '04:00', '05:00'] }, '4'],
  [{ weekly: { days: [], times: ['01:00'] } }, '1'],
  [{ weekly: { days: ['lunea'], times: ['01:00'] } }, 'monday'],
])('%o is refused: %s', (given, word) => {
  const { error } = scheduleTimes.safeParse(given);
  expect(JSON.stringify(error?.issues)).toContain(word);
});
