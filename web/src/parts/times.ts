export const days = ['monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday', 'sunday'] as const;
export type Day = (typeof days)[number];

/** Times of day, on every day or on some, as somebody fills them in. */
export interface Times {
  times: string[];
  /** None: every day. */
  days: Day[];
  /** Times of other kinds beside these: the form does not change them, and they are kept. */
  others: { daily?: string[]; cron?: string };
}

export const freshTimes: Times = { times: ['06:00'], days: [], others: {} };

/** Reads the times of a schedule into a form; of none, a proposal. */
export function timesOf(settings: object | undefined): Times {
  const { daily, weekly, cron } = (settings ?? {}) as {
    daily?: string[];
    weekly?: { days: Day[]; times: string[] };
    cron?: string;
  };
  const byPattern = cron === undefined ? {} : { cron };
  if (weekly !== undefined) {
    const everyDay = daily === undefined || daily.length === 0 ? {} : { daily };
    return { times: weekly.times, days: weekly.days, others: { ...everyDay, ...byPattern } };
  }
  if (daily !== undefined && daily.length > 0) return { times: daily, days: [], others: byPattern };
  return cron === undefined ? freshTimes : { times: [], days: [], others: byPattern };
}

/** What to save: times as a workspace file has them. */
export function settingsOfTimes({ times, days: on, others }: Times): Record<string, unknown> {
  const filled = times.filter((time) => time !== '');
  if (filled.length === 0) return others;
  // Those of every day that stood beside days of the week stay.
  return on.length === 0
    ? { ...others, daily: [...new Set([...(others.daily ?? []), ...filled])] }
    : { ...others, weekly: { days: on, times: filled } };
}

/** Whether there is any time at all. */
export function hasTimes({ times, others }: Times): boolean {
  return times.some((time) => time !== '') || Object.keys(others).length > 0;
}
