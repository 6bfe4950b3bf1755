const dayMs = 86_400_000;

// A shop has millions of times but fewer than 40,000 days between the oldest birth and now.
const dates = new Map<number, string>();

/** `YYYY-MM-DD` of a time in ms since 1970, in UTC. */
export function dateText(time: number): string {
  const day = Math.floor(time / dayMs);
  let text = dates.get(day);
  if (text === undefined) {
    text = new Date(day * dayMs).toISOString().slice(0, 10);
    dates.set(day, text);
  }
  return text;
}

/** `YYYY-MM-DDThh:mm:ssZ` of a time in ms since 1970. */
export function timeText(time: number): string {
  const seconds = Math.floor((time % dayMs) / 1000);
  const hour = twoDigits(Math.floor(seconds / 3600));
  const minute = twoDigits(Math.floor(seconds / 60) % 60);
  return `${dateText(time)}T${hour}:${minute}:${twoDigits(seconds % 60)}Z`;
}

function twoDigits(value: number): string {
  return value < 10 ? `0${value}` : String(value);
}
