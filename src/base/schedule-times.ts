import { Cron } from 'croner';
import { z } from 'zod';

const timeOfDay = z
  .string({ error: 'must be text: quote it, as in "06:00"' })
  .regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'must be a time of day, as in "06:00"');

const weekdays = ['sunday', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday'] as const;

const cronPattern = z.string().superRefine((pattern, context) => {
  const problem = cronProblem(pattern);
  if (problem !== undefined) context.addIssue({ code: 'custom', message: problem });
});

/** Times at which something happens by itself; several kinds may stand together. In the workspace's time zone. */
export const scheduleTimes = z.strictObject({
  daily: z.array(timeOfDay).max(4).default([]).describe('Every day, up to four times.'),
  weekly: z
    .strictObject({
      days: z.array(z.enum(weekdays)).min(1).max(7).describe('As in [monday, thursday].'),
      times: z.array(timeOfDay).min(1).max(4).describe('Up to four times on each.'),
    })
    .optional()
    .describe('On some days of the week.'),
  cron: cronPattern
    .optional()
    .describe('As a cron pattern of five fields: minute, hour, day, month, weekday.'),
});
export type ScheduleTimes = z.output<typeof scheduleTimes>;

/** Time zones by their IANA names. */
export const timeZone = z.string().refine(
  (zone) => {
    try {
      new Intl.DateTimeFormat('en', { timeZone: zone }).format();
      return true;
    } catch {
      return false;
    }
  },
  { error: 'must be a time zone by its IANA name, as in Europe/Bucharest' },
);

/** Whether it has any time at all. */
export function hasTimes(times: ScheduleTimes): boolean {
  return patternsOf(times).length > 0;
}

/**
 * The next times, the soonest first, each once. On the day that clocks go forward a time that does not exist becomes
 * the first that does; when they go back a time that is there twice counts once.
 * @param after itself not
 */
export function nextTimes(times: ScheduleTimes, zone: string, after: Date, count: number): Date[] {
  const all = patternsOf(times).flatMap((pattern) => jobOf(pattern, zone).nextRuns(count, after));
  return distinct(all)
    .toSorted((one, other) => one.getTime() - other.getTime())
    .slice(0, count);
}

/** The last time that was due, `until` itself included; undefined where there never was one. */
export function lastTime(times: ScheduleTimes, zone: string, until: Date): Date | undefined {
  // A job looks at whole seconds and leaves the given one out.
  const reference = new Date(Math.floor(until.getTime() / 1000) * 1000 + 1000);
  const all = patternsOf(times).flatMap((pattern) => jobOf(pattern, zone).previousRuns(1, reference));
  return all.toSorted((one, other) => other.getTime() - one.getTime())[0];
}

function patternsOf({ daily, weekly, cron }: ScheduleTimes): string[] {
  const at = (time: string) => {
    const [hour = '0', minute = '0'] = time.split(':');
    return `${Number(minute)} ${Number(hour)}`;
  };
  const days = weekly?.days.map((day) => weekdays.indexOf(day)).join(',');
  return [
    ...daily.map((time) => `${at(time)} * * *`),
    ...(weekly?.times ?? []).map((time) => `${at(time)} * * ${days}`),
    ...(cron === undefined ? [] : [cron]),
  ];
}

function jobOf(pattern: string, zone: string): Cron {
  return new Cron(pattern, { timezone: zone, paused: true, mode: '5-part' });
}

function cronProblem(pattern: string): string | undefined {
  try {
    // A pattern such as 30 February is well formed, and nothing would ever happen.
    return jobOf(pattern, 'UTC').nextRun() === null ? 'is a time that never comes' : undefined;
  } catch {
    return 'must be a cron pattern of five fields, as in "30 6 * * 1-5"';
  }
}

function distinct(times: readonly Date[]): Date[] {
  return [...new Map(times.map((time) => [time.getTime(), time])).values()];
}
