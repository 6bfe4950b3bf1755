import { InterestGroups } from './interests.ts';
import { memberStatuses } from './member.ts';
import type { Member, MemberStatus } from './member.ts';
import { MemberStore } from './member-store.ts';
import { MergeFields, defaultMergeFields } from './merge-field.ts';
import type { MergeFieldSettings } from './merge-field.ts';
import type { Seconds } from './seconds.ts';
import { Tags } from './tags.ts';
import type { Webhook } from './webhook.ts';

export interface Permission {
  id: string;
  text: string;
}

/** One audience (a "list" in the API) with everything below it. */
export interface Audience {
  readonly id: string;
  readonly webId: number;
  name: string;
  doubleOptIn: boolean;
  emailTypeOption: boolean;
  readonly createdAt: Seconds;
  readonly fields: MergeFields;
  readonly members: MemberStore;
  readonly tags: Tags;
  readonly interests: InterestGroups;
  readonly permissions: Permission[];
  readonly webhooks: Map<string, Webhook>;
  /** Lower-case addresses that were deleted permanently: any write to them is refused (FACTS §9.10). */
  readonly forgotten: Set<string>;
  /** Times of the latest changes by address; kept only while the signup throttle is on. */
  readonly recentChanges: Map<string, Seconds[]>;
  /** The counts as the API shows them, and when they were taken: they may lag (FACTS §9.20). */
  shownCounts: { counts: Record<MemberStatus, number>; takenAt: Seconds } | undefined;
}

export interface AudienceSettings {
  id: string;
  name: string;
  doubleOptIn?: boolean | undefined;
  emailTypeOption?: boolean | undefined;
  /** Added to FNAME, LNAME, ADDRESS, PHONE and BIRTHDAY, which every new audience has. */
  mergeFields?: readonly MergeFieldSettings[] | undefined;
  defaultFields?: boolean | undefined;
  /** Texts of marketing permissions (GDPR fields). */
  permissions?: readonly string[] | undefined;
}

/** @param number how many audiences there were before; makes numeric ids differ between audiences */
export function createAudience(settings: AudienceSettings, number: number, now: Seconds): Audience {
  const fields = new MergeFields();
  const wanted = [
    ...(settings.defaultFields === false ? [] : defaultMergeFields),
    ...(settings.mergeFields ?? []),
  ];
  for (const field of wanted) {
    if (field.tag === undefined || fields.byTag(field.tag) === undefined) fields.add(field);
  }
  return {
    id: settings.id,
    webId: 1000 + number,
    name: settings.name,
    doubleOptIn: settings.doubleOptIn ?? false,
    emailTypeOption: settings.emailTypeOption ?? false,
    createdAt: now,
    fields,
    members: new MemberStore(),
    tags: new Tags(10_000 * (number + 1)),
    interests: new InterestGroups(settings.id),
    permissions: (settings.permissions ?? []).map((text, index) => ({ id: `${settings.id}p${index}`, text })),
    webhooks: new Map(),
    forgotten: new Set(),
    recentChanges: new Map(),
    shownCounts: undefined,
  };
}

/** Status and time of change of a member, with all that hangs on them. */
export function moveMember(audience: Audience, member: Member, status: MemberStatus, now: Seconds): void {
  if (status !== member.status) audience.tags.statusChanged(member, member.status, status);
  audience.members.move(member, status, now);
}

/** Removes a member for good; later writes to the address are refused. */
export function forgetMember(audience: Audience, member: Member, now: Seconds): void {
  for (const id of member.tags) audience.tags.take(audience.tags.byId(id)!, member, now);
  audience.members.remove(member);
  audience.forgotten.add(member.address.toLowerCase());
}

export function countByStatus(audience: Audience): Record<MemberStatus, number> {
  const entries = memberStatuses.map((status) => [status, audience.members.count(status)]);
  return Object.fromEntries(entries) as Record<MemberStatus, number>;
}

/** Billable: subscribed, unsubscribed and non-subscribed (FACTS §7). */
export function billableContacts(audience: Audience): number {
  const { members } = audience;
  return members.count('subscribed') + members.count('unsubscribed') + members.count('transactional');
}
