import { useMemo } from 'react';
import { useTranslation } from 'react-i18next';

/** Numbers and times as people of a language write them. */
export interface Format {
  number(value: number): string;
  /** Of a share, 0 to 1. */
  percent(share: number): string;
  /** Day and time. */
  moment(at: string | Date): string;
  day(at: string | Date): string;
  /** As in "3 hours ago". */
  ago(at: string | Date, now?: Date): string;
  /** As in "2 min 5 s". */
  duration(seconds: number): string;
}

const locales: Readonly<Record<string, string>> = { en: 'en-GB', ro: 'ro-RO' };
const steps = [
  { unit: 'year', seconds: 31_536_000 },
  { unit: 'month', seconds: 2_592_000 },
  { unit: 'day', seconds: 86_400 },
  { unit: 'hour', seconds: 3600 },
  { unit: 'minute', seconds: 60 },
] as const;

/** @param zone an IANA time zone; absent: that of this browser */
export function formatIn(language: string, zone?: string): Format {
  const locale = locales[language] ?? 'en-GB';
  const time = zone === undefined ? {} : { timeZone: zone };
  const number = new Intl.NumberFormat(locale);
  const percent = new Intl.NumberFormat(locale, { style: 'percent', maximumFractionDigits: 1 });
  const moment = new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeStyle: 'short', ...time });
  const day = new Intl.DateTimeFormat(locale, { dateStyle: 'medium', ...time });
  // "Yesterday" and "last month" speak of the calendar, and what is asked here is how long ago something was.
  const relative = new Intl.RelativeTimeFormat(locale, { numeric: 'always' });
  const thisMinute = new Intl.RelativeTimeFormat(locale, { numeric: 'auto' }).format(0, 'minute');
  return {
    number: (value) => number.format(value),
    percent: (share) => percent.format(share),
    moment: (at) => moment.format(new Date(at)),
    day: (at) => day.format(new Date(at)),
    ago(at, now = new Date()) {
      const seconds = (new Date(at).getTime() - now.getTime()) / 1000;
      const step = steps.find((each) => Math.abs(seconds) >= each.seconds);
      if (step === undefined) return thisMinute;
      return relative.format(Math.trunc(seconds / step.seconds), step.unit);
    },
    duration(seconds) {
      const tenths = Math.round(seconds * 10) / 10;
      if (tenths < 60) return `${number.format(tenths)} s`;
      const whole = Math.round(seconds);
      const minutes = Math.floor(whole / 60);
      return minutes < 60
        ? `${minutes} min ${whole % 60} s`
        : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
    },
  };
}

/** In the language of whoever looks. */
export function useFormat(): Format {
  const { i18n } = useTranslation();
  return useMemo(() => formatIn(i18n.language), [i18n.language]);
}
