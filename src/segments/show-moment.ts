/** Shows days and times as a region writes them; the hours as they stand, as 24-hour clocks do everywhere. */
export function momentFormat(locale: string, at: string): (text: string) => string {
  const date = new Intl.DateTimeFormat(locale, { dateStyle: 'long', timeZone: 'UTC' });
  return (text) => {
    const day = date.format(new Date(`${text.slice(0, 10)}T00:00:00Z`));
    const clock = text
      .slice(11)
      .replace(/Z$/, ' UTC')
      .replace(/([+-]\d{2}:\d{2})$/, ' UTC$1');
    return clock === '' ? day : `${day}${at}${clock}`;
  };
}

/** The names of the months and of the weekdays, from January and Monday. */
export function calendarNames(locale: string): { months: string[]; weekdays: string[] } {
  const names = (count: number, format: Intl.DateTimeFormatOptions, day: (index: number) => Date) => {
    const formatter = new Intl.DateTimeFormat(locale, { ...format, timeZone: 'UTC' });
    return Array.from({ length: count }, (_, index) => formatter.format(day(index)));
  };
  return {
    months: names(12, { month: 'long' }, (index) => new Date(Date.UTC(2026, index, 1))),
    // 5 January 2026 was a Monday.
    weekdays: names(7, { weekday: 'long' }, (index) => new Date(Date.UTC(2026, 0, 5 + index))),
  };
}
