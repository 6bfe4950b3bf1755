/** Times in the sandbox are whole seconds since 1970: Mailchimp's answers know no smaller step (FACTS §9.13). */
export type Seconds = number;

/** `2026-11-24T06:00:00+00:00`, the form of every time in an answer; no time is `""` (FACTS §5). */
export function isoTime(seconds: Seconds): string {
  if (seconds === 0) return '';
  return `${new Date(seconds * 1000).toISOString().slice(0, 19)}+00:00`;
}

/** The seconds of a time in a request, or undefined where the text is none. */
export function parseTime(text: unknown): Seconds | undefined {
  if (typeof text !== 'string' || text === '') return undefined;
  const zoned = /^\d{4}-\d\d-\d\d([ T]\d\d:\d\d(:\d\d(\.\d+)?)?)?$/.test(text)
    ? `${text.length === 10 ? `${text}T00:00:00` : text.replace(' ', 'T')}Z`
    : text;
  const milliseconds = Date.parse(zoned);
  return Number.isNaN(milliseconds) ? undefined : Math.floor(milliseconds / 1000);
}
