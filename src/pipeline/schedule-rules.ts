import { hasTimes, type ScheduleTimes } from '../base/schedule-times.ts';
import type { ExportId } from '../base/ids.ts';
import type { ExportConfig } from '../exports/export-config.ts';
import type { Settings } from './settings.ts';
import type { Stage } from './refresh.ts';

/** One switch stops everything that happens by itself. */
export function isSwitchedOn({ schedule }: Settings): boolean {
  return schedule?.on !== false;
}

/** When a refresh happens by itself; undefined: only when a person says so. */
export function refreshTimes(settings: Settings): ScheduleTimes | undefined {
  const { schedule } = settings;
  if (schedule === undefined || !isSwitchedOn(settings) || !hasTimes(schedule)) return undefined;
  return { daily: schedule.daily, weekly: schedule.weekly, cron: schedule.cron };
}

/** The times of its own that an export has. */
export function ownTimes(schedule: ExportConfig['schedule']): ScheduleTimes | undefined {
  return typeof schedule === 'object' ? schedule : undefined;
}

/**
 * The exports that go along with a refresh. Saving sends nothing: without times for the refresh there are none, unless a
 * person asks for one up to the exports (promise 9), which then takes those with times of their own along.
 * @param until as the refresh was asked for
 */
export function exportsOfRefresh(settings: Settings, until: Stage | undefined): ExportId[] {
  const askedFor = until === 'exports';
  if (!askedFor && (until !== undefined || refreshTimes(settings) === undefined)) return [];
  return [...settings.exports]
    .filter(([, { schedule }]) => schedule !== 'off' && (askedFor || ownTimes(schedule) === undefined))
    .map(([id]) => id);
}
