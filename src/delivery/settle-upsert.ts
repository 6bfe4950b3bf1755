import type { SegmentId } from '../base/ids.ts';
import { keptOutStatuses } from '../base/kept-out-statuses.ts';
import type { FieldPatch, Outcome, PlannedPerson } from '../exports/chunks.ts';
import {
  writtenOnce,
  type AudienceMember,
  type Refusal,
  type TakenPerson,
  type UpsertAnswer,
} from './destination.ts';

export interface SettledPeople {
  outcomes: Outcome[];
  /** Tags the answer did not show on the person: to be given by segment calls. */
  tagsToGive: { segment: SegmentId; address: string }[];
}

/**
 * What became of each person of a batch, from its answer: members sent = taken + refused + unmentioned.
 * A person who was taken with another status than the one we sent did not move: Mailchimp keeps those who
 * left by themselves where they are, and says 200 (FACTS §9.4).
 * @param tagName the folded name of a segment's tag
 */
export function settleUpsert(
  people: readonly PlannedPerson[],
  answer: UpsertAnswer,
  tagName: (segment: SegmentId) => string,
): SettledPeople {
  const taken = new Map<string, TakenPerson>();
  for (const member of answer.taken) taken.set(member.address, member);
  const refused = new Map(answer.refused.map((refusal) => [refusal.address, refusal]));
  const settled: SettledPeople = { outcomes: [], tagsToGive: [] };
  for (const person of people) {
    const { position, address } = person;
    const member = taken.get(address);
    const refusal = refused.get(address);
    if (member !== undefined) {
      settlePresent(settled, person, member, member.created, tagName);
    } else if (refusal !== undefined) {
      const { kind, reason, detail } = refusal;
      settled.outcomes.push({ position, address, result: kind, reason, detail });
    } else {
      settled.outcomes.push({ position, address, result: 'unmentioned' });
    }
  }
  const unmentioned = settled.outcomes.filter(({ result }) => result === 'unmentioned');
  const theirs = namelessRefusal(answer.refused, unmentioned.length);
  if (theirs === undefined) return settled;
  const { kind, reason, detail } = theirs;
  return {
    ...settled,
    outcomes: settled.outcomes.map((outcome) =>
      outcome.result === 'unmentioned' ? { ...outcome, result: kind, reason, detail } : outcome,
    ),
  };
}

/**
 * What refusals that name nobody say of people who are named nowhere else: theirs, when there are as many of the ones
 * as of the others, and all say the same. In any other case these people are looked for.
 */
function namelessRefusal(refused: readonly Refusal[], unmentioned: number): Refusal | undefined {
  const nameless = refused.filter((refusal) => refusal.address === '');
  const [first] = nameless;
  if (first === undefined || nameless.length !== unmentioned) return undefined;
  const alike = nameless.every(({ reason, detail }) => reason === first.reason && detail === first.detail);
  return alike ? first : undefined;
}

/**
 * The same from a read-back, where the answer never came: who is there as wanted is done, who has left or moved is
 * kept out, and who is neither still needs the request. To ask once more for what a person has already changes
 * nothing, so doubt means asking again.
 * @param sentAt when the request left; values that Mailchimp cut or reformatted count as ours only on a person
 *   who changed since and holds the tags that were sent along, and so does a contact that was not there before: whoever
 *   else made it is not to find it archived by us (promise 2)
 */
export function settleFromFacts(
  people: readonly PlannedPerson[],
  facts: ReadonlyMap<string, AudienceMember>,
  sentAt: Date,
  tagName: (segment: SegmentId) => string,
): SettledPeople & { needed: PlannedPerson[] } {
  const settled: SettledPeople & { needed: PlannedPerson[] } = { outcomes: [], tagsToGive: [], needed: [] };
  for (const person of people) {
    const { position, address } = person;
    const member = facts.get(address);
    const status = member?.status ?? null;
    const asBefore = status === person.seenStatus;
    if (member !== undefined && !(asBefore && person.action === 'add')) {
      const left = keptOutStatuses.includes(member.status) && member.status !== person.status;
      const byUs =
        changedSince(member, sentAt) &&
        person.addSegments.every((segment) => member.tags.includes(tagName(segment)));
      if (left || isAsWanted(person, member, byUs)) {
        settlePresent(settled, person, member, isNew(person) && byUs, tagName);
        continue;
      }
    }
    if (asBefore || status === person.status) settled.needed.push(person);
    // Gone, or in a status that is neither the one before nor the one we asked for: another hand's doing (promise 4).
    else
      settled.outcomes.push({
        position,
        address,
        result: 'keptOut',
        reason: 'moved',
        ...(status === null ? {} : { status }),
      });
  }
  return settled;
}

/** @param byUs whether all else speaks for it that our request did it */
function isAsWanted(person: PlannedPerson, member: AudienceMember, byUs: boolean): boolean {
  const wanted = Object.entries(person.fields).filter(([tag]) => !writtenOnce.includes(tag));
  if (wanted.every(([tag, value]) => (member.fields[tag] ?? '') === value)) return true;
  // Somebody new who is there by us with a value in each field we sent: ours, in Mailchimp's own form.
  // A second asking for a confirmation would send a second mail (FACTS §4), so "pending" is believed at once.
  if (person.action !== 'add') return false;
  if (person.status === 'pending' && member.status === 'pending') return true;
  return byUs && wanted.every(([tag]) => (member.fields[tag] ?? '') !== '');
}

/** One that comes back from the archive is no new contact. */
function isNew({ action, seenStatus }: PlannedPerson): boolean {
  return action === 'add' && seenStatus === null;
}

function changedSince({ lastChanged }: AudienceMember, sentAt: Date): boolean {
  const second = Math.floor(sentAt.getTime() / 1000) * 1000;
  return lastChanged !== null && Date.parse(lastChanged) >= second;
}

function settlePresent(
  settled: SettledPeople,
  person: PlannedPerson,
  member: TakenPerson | AudienceMember,
  created: boolean,
  tagName: (segment: SegmentId) => string,
): void {
  const { position, address } = person;
  const status = member.status ?? person.status;
  const left = status !== person.status && keptOutStatuses.includes(status);
  const outcome: Outcome = {
    position,
    address,
    result: left ? 'keptOut' : 'done',
    reason: left ? status : undefined,
    status,
    fieldPatch: member.fields === undefined ? undefined : patchTo(member.fields, person.fields),
    tags: member.tags?.map((tag) => tag.toLowerCase()),
    created: left ? undefined : created,
    contactId: member.contactId,
  };
  settled.outcomes.push(outcome);
  if (left) return;
  for (const segment of person.addSegments) {
    if (outcome.tags?.includes(tagName(segment)) !== true) settled.tagsToGive.push({ segment, address });
  }
}

/** What makes of the fields that were sent those that were answered. */
function patchTo(
  answered: Readonly<Record<string, string>>,
  sent: Readonly<Record<string, string>>,
): FieldPatch {
  const patch: Record<string, string | null> = {};
  for (const tag in answered) if (answered[tag] !== sent[tag]) patch[tag] = answered[tag] ?? null;
  for (const tag in sent) if (answered[tag] === undefined) patch[tag] = null;
  return patch;
}
