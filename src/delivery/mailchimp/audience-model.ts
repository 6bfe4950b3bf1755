/**
 * What we read from and write to a Mailchimp audience, in our own words; the wire's are in `parse-answers.ts` and
 * `parse-members.ts`.
 */

export const memberStatuses = [
  'subscribed',
  'unsubscribed',
  'cleaned',
  'pending',
  'transactional',
  'archived',
] as const;
export type MemberStatus = (typeof memberStatuses)[number];

/** What a batch may ask for: nobody is archived by a status. */
export type WritableStatus = Exclude<MemberStatus, 'archived'>;

/**
 * The account and the user whose key it is. Mailchimp's ceiling of simultaneous requests is per user; ours is counted per
 * account, over all its users, since another connection may have a key of the same user (`account-slots.ts`).
 */
export interface Account {
  accountId: string;
  accountName: string;
  loginName?: string;
  /** As Mailchimp says it: owner, admin, manager, author, viewer. */
  role: string;
}

export interface Audience {
  id: string;
  name: string;
  /** Subscribed people; may lag behind by minutes, like every count here. */
  memberCount: number;
  unsubscribed: number;
  cleaned: number;
  /** About how many contacts of any status; undefined where Mailchimp does not say. */
  totalContacts?: number;
  doubleOptin: boolean;
  marketingPermissions: boolean;
}

export interface MergeField {
  /** As in `FNAME`; the audience's address itself is no merge field. */
  tag: string;
  name: string;
  /** text, number, address, phone, date, url, imageurl, radio, dropdown, birthday or zip. */
  type: string;
  required: boolean;
  options: MergeFieldOptions;
}

export interface MergeFieldOptions {
  /** Of radio and dropdown fields. */
  choices?: string[];
  dateFormat?: string;
  phoneFormat?: string;
}

/** A tag is a static segment: its id is the segment's. */
export interface Tag {
  id: number;
  name: string;
}

export interface Member {
  /** MD5 of the lower-case address. */
  id: string;
  /** Stays when the contact changes its address. */
  contactId?: string;
  /** `''` for contacts who have only a telephone number. */
  address: string;
  status: MemberStatus;
  /** By merge tag; every value as the text we compare, see `merge-value.ts`. */
  mergeFields: Record<string, string>;
  tags: string[];
  /** ISO 8601 with whole seconds; `''` where Mailchimp has none. */
  lastChanged: string;
  /** Why they unsubscribed, in Mailchimp's or the person's own words. */
  unsubscribeReason?: string;
  /** Two letters, as in `ro`; some with a country, as in `pt_PT`. */
  language?: string;
}

/** One value as it is sent. The empty text erases a field of any type. */
export type MergeValue = string | number | { [part: string]: string };

export interface BatchMember {
  address: string;
  /** For people who are known already: the status they have. */
  status: WritableStatus;
  mergeFields: Record<string, MergeValue>;
  /** Names; undocumented in a batch: believe the answer's own `tags` only. */
  tags?: readonly string[];
  /** Two letters. */
  language?: string;
  /** The proof of consent: from which IP address, and when (ISO 8601). */
  ipOpt?: string;
  timestampOpt?: string;
}

/** A member as a write's answer shows it; what the answer left out is undefined. */
export interface AnsweredMember {
  address: string;
  status: MemberStatus | undefined;
  mergeFields: Record<string, string> | undefined;
  language: string | undefined;
  tags: string[] | undefined;
  contactId: string | undefined;
}

export interface BatchError {
  /** `''` where the answer does not say whom it means. */
  address: string;
  /** ERROR_CONTACT_EXISTS, ERROR_GENERIC or whatever comes. */
  code: string;
  /** As it came, with the address in it: for `classifyPerson`, not for a log. */
  text: string;
  field?: string;
  fieldMessage?: string;
}

/** People who were sent and stand in none of the three lists are for the caller to look for. */
export interface BatchAnswer {
  created: AnsweredMember[];
  updated: AnsweredMember[];
  errors: BatchError[];
}

export interface TagAnswer {
  /** How many really changed: those who had the tag already, or are no members, do not count. */
  added: number;
  removed: number;
  addedAddresses: string[];
  removedAddresses: string[];
}

export interface MemberPage {
  members: Member[];
  /** How many the query has in all, at the moment of the answer. */
  total: number;
  /**
   * When the request left, by Mailchimp's clock where it tells (in whole seconds), else by ours: what changes from then on need not be
   * in the page.
   */
  asOf: Date;
}
