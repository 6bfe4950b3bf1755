import { hasTimes, type ScheduleTimes } from '../base/schedule-times.ts';
import type { ExportConfig } from '../exports/export-config.ts';
import type { Settings } from '../pipeline/settings.ts';
import type { Appointment } from '../work/scheduler.ts';

/** The name of the refresh among what is due. */
export const refreshAppointment = 'refresh';
const exportPrefix = 'export:';

/** Everything that happens by itself. Off until somebody says otherwise: saving a workspace sends nothing. */
export function appointmentsOf(settings: Settings): Appointment[] {
  const timeZone = settings.schedule?.timeZone ?? 'UTC';
  const made: Appointment[] = [];
  if (settings.schedule !== undefined && isOn(settings)) {
    const { daily, weekly, cron } = settings.schedule;
    made.push({ name: refreshAppointment, times: { daily, weekly, cron }, timeZone });
  }
  for (const [id, { schedule }] of settings.exports) {
    const times = exportTimes(schedule);
    if (times !== undefined && isSwitchedOn(settings))
      made.push({ name: `${exportPrefix}${id}`, times, timeZone });
  }
  return made;
}

/** The export of an appointment; undefined for the refresh. */
export function exportOfAppointment(name: string): string | undefined {
  return name.startsWith(exportPrefix) ? name.slice(exportPrefix.length) : undefined;
}

/** Whether the refresh has times, and nobody switched the schedule off. */
export function isOn(settings: Settings): boolean {
  return settings.schedule !== undefined && isSwitchedOn(settings) && hasTimes(settings.schedule);
}

/** The times of its own that an export has. */
export function exportTimes(schedule: ExportConfig['schedule']): ScheduleTimes | undefined {
  return typeof schedule === 'object' ? schedule : undefined;
}

/** One switch stops everything that happens by itself. */
export function isSwitchedOn({ schedule }: Settings): boolean {
  return schedule?.on !== false;
}
