import { describe, expect, test } from 'vitest';
import type { ExportConfig } from '../exports/export-config.ts';
import { exportsOfRefresh, refreshTimes } from './schedule-rules.ts';
import type { Settings } from './settings.ts';
import type { Stage } from './refresh.ts';

const nightly = { daily: ['06:00'], weekly: undefined, cron: undefined };
const none = { daily: [], weekly: undefined, cron: undefined };

function settingsWith(
  schedule: Settings['schedule'],
  exports: Record<string, ExportConfig['schedule']> = {},
): Settings {
  const entries = Object.entries(exports).map(([id, own]) => [id, { schedule: own }] as const);
  return { schedule, exports: new Map(entries) } as unknown as Settings;
}

describe('which exports go along with a refresh', () => {
  const exports = { along: 'refresh', silent: undefined, byHand: 'off', own: nightly } as const;
  const timed = { timeZone: 'UTC', ...nightly };
  const cases: [string, Settings['schedule'], Stage | undefined, string[]][] = [
    ['with times for the refresh', timed, undefined, ['along', 'silent']],
    ['switched on by name', { ...timed, on: true }, undefined, ['along', 'silent']],
    ['switched off', { ...timed, on: false }, undefined, []],
    ['without a schedule', undefined, undefined, []],
    [
      'with a time zone only: own times of an export are not the refresh’s',
      { timeZone: 'UTC', ...none },
      undefined,
      [],
    ],
    ['asked for by a person, without a schedule', undefined, 'exports', ['along', 'silent', 'own']],
    ['asked for by a person, switched off', { ...timed, on: false }, 'exports', ['along', 'silent', 'own']],
    ['up to the segments', timed, 'segments', []],
  ];
  test.each(cases)('%s', (_name, schedule, until, expected) => {
    expect(exportsOfRefresh(settingsWith(schedule, exports), until)).toEqual(expected);
  });
});

test('a refresh happens by itself only where somebody gave it times and did not switch it off', () => {
  expect(refreshTimes(settingsWith(undefined))).toBeUndefined();
  expect(refreshTimes(settingsWith({ timeZone: 'UTC', ...none }))).toBeUndefined();
  expect(refreshTimes(settingsWith({ timeZone: 'UTC', ...nightly, on: false }))).toBeUndefined();
  expect(refreshTimes(settingsWith({ timeZone: 'UTC', ...nightly }))).toEqual(nightly);
});
