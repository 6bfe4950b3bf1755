import type { FieldValue } from './merge-field-values.ts';

export const memberStatuses = [
  'subscribed',
  'unsubscribed',
  'cleaned',
  'pending',
  'transactional',
  'archived',
] as const;
export type MemberStatus = (typeof memberStatuses)[number];

/**
 * Who took the member off the list. `self`, `bounce` and `review` are the compliance states: the API
 * cannot subscribe such a member (FACTS §8); `ui` and `api` it can, which is the accident of FACTS §9.5.
 */
export const waysToLeave = ['nobody', 'self', 'bounce', 'review', 'ui', 'api'] as const;
export type LeftBy = (typeof waysToLeave)[number];

/** Who brought the member into the audience. */
export type Origin = 'api' | 'ui' | 'form' | 'seed';

export interface Location {
  latitude: number;
  longitude: number;
}

/** What few members have; one shared empty value stands for "none" to keep a million records small. */
export interface RareFacts {
  readonly emailType?: 'html' | 'text';
  readonly ipSignup?: string;
  readonly ipOpt?: string;
  readonly vip?: boolean;
  readonly location?: Location;
  readonly unsubscribeReason?: string;
  readonly confirmationMails?: number;
  readonly interests?: ReadonlySet<string>;
  readonly permissions?: ReadonlySet<string>;
}

export const noRareFacts: RareFacts = Object.freeze({});

/** What is shown of a member of whom a fact is not known (FACTS §5). */
const absentFacts: { readonly [Name in keyof RareFacts]-?: NonNullable<RareFacts[Name]> } = {
  emailType: 'html',
  ipSignup: '',
  ipOpt: '',
  vip: false,
  location: { latitude: 0, longitude: 0 },
  unsubscribeReason: 'N/A',
  confirmationMails: 0,
  interests: new Set(),
  permissions: new Set(),
};

/** A fact as it is shown, known or not. */
export function rareFact<Name extends keyof RareFacts>(
  rare: RareFacts,
  name: Name,
): NonNullable<RareFacts[Name]> {
  return rare[name] ?? absentFacts[name];
}

/** One contact of one audience. Times are whole seconds since 1970, as in Mailchimp's answers (FACTS §9.13). */
export interface Member {
  /** Stable over changes of address; web_id, contact_id and unique_email_id are derived from it. */
  readonly row: number;
  address: string;
  status: MemberStatus;
  leftBy: LeftBy;
  changedAt: number;
  signedUpAt: number;
  optedInAt: number;
  /** By the position of the merge field; missing and `""` both mean empty. */
  values: FieldValue[];
  /** Ids of static segments, rising; arrays are shared between members with equal tags. */
  tags: readonly number[];
  language: string;
  /** As shown in the answer's `source`, for example `API - Generic`. */
  source: string;
  origin: Origin;
  rare: RareFacts;
}

export function isMemberStatus(text: unknown): text is MemberStatus {
  return memberStatuses.includes(text as MemberStatus);
}

/** Whether only the person may come back (form or confirmation), never an API call with `subscribed`. */
export function isInComplianceState(member: Member): boolean {
  return member.leftBy === 'self' || member.leftBy === 'bounce' || member.leftBy === 'review';
}
