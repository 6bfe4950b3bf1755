import { describe, expect, it } from 'vitest';
import { freshTimes, hasTimes, settingsOfTimes, timesOf } from './times.ts';

describe('times of a schedule', () => {
  it.each([
    { daily: ['06:00', '14:00'] },
    { weekly: { days: ['monday', 'thursday'], times: ['06:00'] } },
    { daily: ['08:00'], weekly: { days: ['sunday'], times: ['06:00'] } },
    { cron: '0 6 1 * *' },
    { daily: ['08:00'], cron: '0 6 1 * *' },
  ])('come out as they went in: %j', (settings) => {
    const form = timesOf(settings);
    expect(settingsOfTimes(form)).toEqual(settings);
    expect(hasTimes(form)).toBe(true);
  });

  it('are proposed where there are none', () => {
    expect(timesOf(undefined)).toEqual(freshTimes);
    expect(timesOf({ on: true, daily: [] })).toEqual(freshTimes);
  });

  it('of every day stay when days of the week are taken from the others', () => {
    const form = timesOf({
      daily: ['08:00', '06:00'],
      weekly: { days: ['monday'], times: ['06:00', '07:00'] },
    });
    expect(settingsOfTimes({ ...form, days: [] })).toEqual({ daily: ['08:00', '06:00', '07:00'] });
  });

  it('that were not filled in are none', () => {
    const form = { ...freshTimes, times: ['', '07:30'] };
    expect(settingsOfTimes(form)).toEqual({ daily: ['07:30'] });
    expect(settingsOfTimes({ ...form, days: ['friday'] })).toEqual({
      weekly: { days: ['friday'], times: ['07:30'] },
    });
    expect(hasTimes({ ...form, times: [''] })).toBe(false);
  });
});
