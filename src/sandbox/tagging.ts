import type { Account } from './account.ts';
import { moveMember } from './audience.ts';
import type { Audience } from './audience.ts';
import type { Member } from './member.ts';
import type { Seconds } from './seconds.ts';
import type { Segment } from './tags.ts';

/** The tag of a name, made where there is none. */
export function tagNamed(audience: Audience, name: string, now: Seconds): Segment {
  return audience.tags.byName(name) ?? audience.tags.create(name, 'static', now);
}

/** Says whether the member did not wear it yet; only then is the member changed. */
export function putTag(account: Account, audience: Audience, segment: Segment, member: Member): boolean {
  return audience.tags.put(segment, member, account.now()) && touch(account, audience, member);
}

/** Says whether the member wore it; only then is the member changed. */
export function takeTag(account: Account, audience: Audience, segment: Segment, member: Member): boolean {
  return audience.tags.take(segment, member, account.now()) && touch(account, audience, member);
}

function touch(account: Account, audience: Audience, member: Member): true {
  if (account.modes.tagsMoveLastChanged) moveMember(audience, member, member.status, account.now());
  return true;
}
