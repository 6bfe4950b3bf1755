import type { MemberStatus } from '../../src/sandbox/member.ts';
import { essence, fold, type Members } from './whole-audience.ts';

/** Somebody who should be in the audience. */
export interface Wanted {
  email: string;
  /** Merge field → value; `''` where there is none. */
  fields: Readonly<Record<string, string>>;
  tags: readonly string[];
}

export interface World {
  before: Members;
  /** All merge fields of the audience. */
  mergeFields: readonly string[];
  /** Addresses that were deleted for good. */
  forgotten: ReadonlySet<string>;
  /** Tags that we gave so far, by folded address. */
  given: ReadonlyMap<string, ReadonlySet<string>>;
  newContacts: MemberStatus;
}

/** Before the first run to an audience that nobody is in. */
export const emptyWorld = (mergeFields: readonly string[]): World => ({
  before: new Map(),
  mergeFields,
  forgotten: new Set(),
  given: new Map(),
  newContacts: 'subscribed',
});

export interface Expected {
  members: Map<string, ReturnType<typeof essence>>;
  given: Map<string, Set<string>>;
  people: {
    add: number;
    update: number;
    unchanged: number;
    leave: number;
    keptOut: Record<string, number>;
    rejected: Record<string, number>;
  };
  changes: { fields: number; tag: number; untag: number };
}

/** Mailchimp takes addresses of these for a fake (FACTS §8). */
const fakeDomain = /@example\.(com|net|org)$/;

/**
 * The audience as one run must leave it, worked out person by person from the promises of DESIGN §4, with nothing of
 * the product: only values and tags of ours move, nobody comes back, a blank erases nothing.
 */
export function expectedAudience(world: World, wanted: readonly Wanted[]): Expected {
  const members = new Map([...world.before].map(([address, member]) => [address, essence(member)]));
  const given = new Map([...world.given].map(([address, tags]) => [address, new Set(tags)]));
  const people: Expected['people'] = { add: 0, update: 0, unchanged: 0, leave: 0, keptOut: {}, rejected: {} };
  const changes = { fields: 0, tag: 0, untag: 0 };
  const count = (counts: Record<string, number>, reason: string) =>
    (counts[reason] = (counts[reason] ?? 0) + 1);
  const wantedAddresses = new Set(wanted.map((person) => fold(person.email)));

  for (const person of wanted) {
    const address = fold(person.email);
    const member = members.get(address);
    if (member === undefined && world.forgotten.has(address)) count(people.keptOut, 'deleted');
    else if (member === undefined && fakeDomain.test(address)) count(people.rejected, 'fake_address');
    else if (member !== undefined && !['subscribed', 'transactional'].includes(member.status))
      count(people.keptOut, member.status);
    else {
      const held = member ?? { status: world.newContacts, mergeFields: blank(world.mergeFields), tags: [] };
      const fields = Object.entries(person.fields).filter(
        ([tag, value]) => value !== '' && held.mergeFields[tag] !== value,
      );
      const gained = person.tags.filter((tag) => !held.tags.includes(tag));
      const mine = given.get(address) ?? new Set();
      const lost = [...mine].filter((tag) => !person.tags.includes(tag) && held.tags.includes(tag));
      if (member === undefined) people.add++;
      else if (fields.length + gained.length + lost.length > 0) people.update++;
      else people.unchanged++;
      changes.fields += fields.length;
      changes.tag += gained.length;
      changes.untag += lost.length;
      members.set(address, {
        status: held.status,
        mergeFields: { ...held.mergeFields, ...Object.fromEntries(fields) },
        tags: sorted([...held.tags.filter((tag) => !lost.includes(tag)), ...gained]),
      });
      given.set(address, new Set([...[...mine].filter((tag) => !lost.includes(tag)), ...gained]));
    }
  }
  for (const [address, mine] of given) {
    if (wantedAddresses.has(address) || mine.size === 0) continue;
    const member = members.get(address);
    people.leave++;
    if (member === undefined) continue;
    const lost = member.tags.filter((tag) => mine.has(tag));
    changes.untag += lost.length;
    members.set(address, { ...member, tags: member.tags.filter((tag) => !mine.has(tag)) });
    given.set(address, new Set());
  }
  return { members, given, people, changes };
}

function blank(mergeFields: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(mergeFields.map((tag) => [tag, '']));
}

// The order in which the sandbox tells tags.
function sorted(tags: string[]): string[] {
  return tags.toSorted((left, right) => left.localeCompare(right));
}
