import { nextTimes, type ScheduleTimes } from '../base/schedule-times.ts';
import type { ExportConfig } from '../exports/export-config.ts';
import { isSwitchedOn, ownTimes, refreshTimes } from '../pipeline/schedule-rules.ts';
import { zoneOf, type Settings } from '../pipeline/settings.ts';
import type { Appointment } from '../work/scheduler.ts';

/** The name of the refresh among what is due. */
const refreshAppointment = 'refresh';
const exportPrefix = 'export:';

/** Everything that happens by itself. Off until somebody says otherwise: saving a workspace sends nothing. */
export function appointmentsOf(settings: Settings): Appointment[] {
  const timeZone = zoneOf(settings);
  const made: Appointment[] = [];
  const refresh = refreshTimes(settings);
  if (refresh !== undefined) made.push({ name: refreshAppointment, times: refresh, timeZone });
  if (!isSwitchedOn(settings)) return made;
  for (const [id, { schedule }] of settings.exports) {
    const times = ownTimes(schedule);
    if (times !== undefined) made.push({ name: `${exportPrefix}${id}`, times, timeZone });
  }
  return made;
}

/** The export of an appointment; undefined for the refresh. */
export function exportOfAppointment(name: string): string | undefined {
  return name.startsWith(exportPrefix) ? name.slice(exportPrefix.length) : undefined;
}

/** When exports go by themselves, and which way. */
export interface RunsAhead {
  schedule: 'refresh' | 'off' | 'own';
  next: Date[];
}

/**
 * The next times at which an export runs by itself.
 * @param refresh when the next refreshes are, as `refreshesAhead` tells
 */
export function runsAhead(
  { settings, now }: { settings: Settings; now: Date },
  schedule: ExportConfig['schedule'],
  refresh: Date[],
): RunsAhead {
  const own = ownTimes(schedule);
  if (own !== undefined) {
    return { schedule: 'own', next: isSwitchedOn(settings) ? timesAhead(settings, own, now) : [] };
  }
  return schedule === 'off' ? { schedule: 'off', next: [] } : { schedule: 'refresh', next: refresh };
}

/** The next refreshes that happen by themselves, the soonest first. */
export function refreshesAhead({ settings, now }: { settings: Settings; now: Date }): Date[] {
  const times = refreshTimes(settings);
  return times === undefined ? [] : timesAhead(settings, times, now);
}

const shownAhead = 5;

function timesAhead(settings: Settings, times: ScheduleTimes, now: Date): Date[] {
  return nextTimes(times, zoneOf(settings), now, shownAhead);
}
