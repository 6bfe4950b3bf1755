import type { MemberState } from '../../src/sandbox/audience-state.ts';
import type { Sandbox } from '../../src/sandbox/sandbox.ts';

/** Members by folded address. */
export type Members = ReadonlyMap<string, MemberState>;

/** Everybody the sandbox's audience holds, archived ones too, with all it knows of them. */
export function wholeAudience(sandbox: Sandbox, audience: string): Members {
  const members = new Map<string, MemberState>();
  const count = 10_000;
  for (let offset = 0; ; offset += count) {
    const page = sandbox.control.audienceState({ audience, offset, count });
    for (const member of page.members) members.set(fold(member.address), member);
    if (offset + count >= page.total) return members;
  }
}

/** What an export may change of a member; the rest of `MemberState` are times and what it was born with. */
export function essence({ status, mergeFields, tags }: MemberState) {
  return { status, mergeFields, tags };
}

/** A member without when it came and in which order: equal in two runs that did the same. */
export function timeless(member: MemberState): Partial<MemberState> {
  const {
    timestampSignup: _signup,
    timestampOpt: _opt,
    lastChanged: _changed,
    contactId: _id,
    ...rest
  } = member;
  return rest;
}

/** Everybody, with what an export may change; to be compared with `inOrder(expected.members)`. */
export function held(sandbox: Sandbox, audience: string): Record<string, ReturnType<typeof essence>> {
  return byAddress(wholeAudience(sandbox, audience), essence);
}

export function byAddress<Value>(
  members: Members,
  view: (member: MemberState) => Value,
): Record<string, Value> {
  return inOrder(new Map([...members].map(([address, member]) => [address, view(member)])));
}

/** Entries as an object whose keys stand in order, so that a failure shows who differs. */
export function inOrder<Value>(members: ReadonlyMap<string, Value>): Record<string, Value> {
  return Object.fromEntries([...members].toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

export function fold(address: string): string {
  return address.trim().toLowerCase();
}
