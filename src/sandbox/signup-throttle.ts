import type { Audience } from './audience.ts';
import type { SandboxModes } from './modes.ts';
import type { Seconds } from './seconds.ts';

/** Notes a change of the address and says whether it is one too many (FACTS §9.17). */
export function isThrottled(
  audience: Audience,
  address: string,
  throttle: SandboxModes['throttle'],
  now: Seconds,
): boolean {
  if (throttle === null) return false;
  const key = address.toLowerCase();
  const recent = (audience.recentChanges.get(key) ?? []).filter((time) => time > now - throttle.seconds);
  if (recent.length >= throttle.changes) return true;
  audience.recentChanges.set(key, [...recent, now]);
  return false;
}
