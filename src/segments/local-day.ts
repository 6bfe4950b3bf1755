import type { DurationUnit } from './rule.ts';

/**
 * Calendar arithmetic in a time zone. A day is the text `YYYY-MM-DD`; an instant is a `Date`.
 * A wall clock is held as the ms that UTC would have at the same reading.
 */
const dayMs = 86_400_000;
const formats = new Map<string, Intl.DateTimeFormat>();

/** The day on the calendar of `timeZone` at this instant. */
export function localDay(instant: Date, timeZone: string): string {
  return dayOf(wallClock(instant.getTime(), timeZone));
}

/**
 * The span a text covers, as instants: a day, a minute, a second or a millisecond, with or without zone.
 * `undefined` when the text is none of these or there is no such day.
 */
export function spanOf(text: string, timeZone: string): { start: Date; end: Date } | undefined {
  const parts = momentPattern.exec(text);
  if (parts === null) return undefined;
  const [, day = '', clock, seconds, fraction, zone] = parts;
  if (!isDay(day)) return undefined;
  if (clock === undefined) {
    return { start: startOfDay(day, timeZone), end: startOfDay(addToDay(day, 1, 'days'), timeZone) };
  }
  const length = fraction !== undefined ? 1 : seconds !== undefined ? 1000 : 60_000;
  const wall = Date.parse(`${day}T${clock}:${seconds ?? '00'}.${fraction ?? '0'}Z`);
  const start = zone === undefined ? instantOf(wall, timeZone) : Date.parse(text.replace(' ', 'T'));
  return Number.isNaN(start) ? undefined : { start: new Date(start), end: new Date(start + length) };
}

// Day, then clock, seconds, fraction of at most three digits, zone.
const momentPattern =
  /^(\d{4}-\d{2}-\d{2})(?:[T ]((?:[01]\d|2[0-3]):[0-5]\d)(?::([0-5]\d)(?:\.(\d{1,3}))?)?(Z|[+-](?:[01]\d|2[0-3]):[0-5]\d)?)?$/;

/** Whether the text is a day that exists. */
export function isDay(text: string): boolean {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text) || text < '0001-01-02' || text > '9999-12-30') return false;
  const ms = Date.parse(`${text}T00:00:00Z`);
  return !Number.isNaN(ms) && dayOf(ms) === text;
}

/** The first instant of a day. It is not midnight where clocks go forward at midnight. */
export function startOfDay(day: string, timeZone: string): Date {
  return new Date(instantOf(Date.parse(`${day}T00:00:00Z`), timeZone));
}

/**
 * The day so many units later (earlier when negative). Months and years keep the day of the month where
 * they can and end on the month's last day where they cannot: one month before 31 March is 28 February.
 */
export function addToDay(day: string, amount: number, unit: DurationUnit): string {
  const date = new Date(`${day}T00:00:00Z`);
  switch (unit) {
    case 'days':
    case 'weeks':
      return dayOf(date.getTime() + amount * (unit === 'weeks' ? 7 : 1) * dayMs);
    case 'months':
    case 'years': {
      const months = date.getUTCMonth() + amount * (unit === 'years' ? 12 : 1);
      const lastOfMonth = new Date(Date.UTC(date.getUTCFullYear(), months + 1, 0)).getUTCDate();
      return dayOf(Date.UTC(date.getUTCFullYear(), months, Math.min(date.getUTCDate(), lastOfMonth)));
    }
    default:
      throw new Error(`no such unit: ${String(unit satisfies never)}`);
  }
}

/** The first instant whose wall clock shows `wall` or later. */
function instantOf(wall: number, timeZone: string): number {
  // Offsets change at most once between the two probes, so the instant is the wall clock less one of them.
  const candidates = [wall - dayMs, wall + dayMs].map((probe) => wall - (wallClock(probe, timeZone) - probe));
  const shown = candidates.filter((instant) => wallClock(instant, timeZone) === wall);
  if (shown.length > 0) return Math.min(...shown);
  // Nobody's clock shows it: clocks go forward between the two, and past it at the instant that they do.
  let [before, past] = [Math.min(...candidates), Math.max(...candidates)];
  while (past - before > 1) {
    const middle = Math.floor((before + past) / 2);
    if (wallClock(middle, timeZone) < wall) before = middle;
    else past = middle;
  }
  return past;
}

function wallClock(instant: number, timeZone: string): number {
  let format = formats.get(timeZone);
  if (format === undefined) {
    format = new Intl.DateTimeFormat('en-US', {
      timeZone,
      calendar: 'iso8601',
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    });
    formats.set(timeZone, format);
  }
  const parts: Record<string, number> = {};
  for (const { type, value } of format.formatToParts(instant)) parts[type] = Number(value);
  const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = parts;
  // Date.UTC takes years below 100 for 19xx.
  const wall = new Date(Date.UTC(2000, month - 1, day, hour, minute, second));
  wall.setUTCFullYear(year, month - 1, day);
  return wall.getTime() + (((instant % 1000) + 1000) % 1000);
}

function dayOf(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10);
}
