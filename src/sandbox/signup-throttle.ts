import type { Audience } from './audience.ts';
import type { SandboxModes } from './modes.ts';
import type { Seconds } from './seconds.ts';

/** Notes a change of the address; says false where it is one too many, and is not to be made (FACTS §9.17). */
export function noteChange(
  audience: Audience,
  address: string,
  throttle: SandboxModes['throttle'],
  now: Seconds,
): boolean {
  if (throttle === null) return true;
  const key = address.toLowerCase();
  const recent = (audience.recentChanges.get(key) ?? []).filter((time) => time > now - throttle.seconds);
  if (recent.length >= throttle.changes) return false;
  audience.recentChanges.set(key, [...recent, now]);
  return true;
}
