import type { Clock } from '../../base/clock.ts';
import type { NewField } from '../../exports/plan.ts';
import type {
  Account,
  Audience,
  BatchAnswer,
  BatchMember,
  Member,
  MemberPage,
  MemberStatus,
  MergeField,
  Tag,
  TagAnswer,
  WritableStatus,
} from './audience-model.ts';
import type { CallHooks, RequestEvent, RequestStats } from './patient-requests.ts';
import type { SlotSource } from './request-slots.ts';

export interface MailchimpOptions {
  /** From `apiRootFor`. */
  apiRoot: string;
  token: string;
  /** The most requests in flight, 1 to 10 (Mailchimp's own limit, per user); default 8. */
  maxRequests?: number;
  /** How long the server may work on a request that we gave up, in ms; default 120,000, Mailchimp's. */
  deadlineMs?: number;
  /** Until when requests of an earlier process may still run; each keeps a slot until then. */
  heldUntil?: readonly Date[];
  /** Slots that are shared with other clients; absent: own ones, from `maxRequests` and `heldUntil`. */
  slots?: SlotSource;
  clock?: Clock;
  random?: () => number;
  observe?: (event: RequestEvent) => void;
}

/** After the signal's abort a call sends nothing new; what has left is let finish. */
export interface CallOptions {
  signal?: AbortSignal;
}

export interface MemberQuery {
  status?: MemberStatus;
  /** ISO 8601; inclusive. */
  changedSince?: string;
  offset: number;
  /** At most 1,000. */
  count: number;
}

export interface UpsertOptions extends CallOptions, CallHooks {
  /** Takes members without values for required merge fields too. */
  skipMergeValidation?: boolean;
}

export interface ClientStats extends RequestStats {
  inFlight: number;
  /** Of these, abandoned ones that may still run. */
  held: number;
  /** How many may be in flight now; lower than the ceiling after the server said "too many". */
  allowed: number;
}

/**
 * The calls of Mailchimp's Marketing API that we use (FACTS §4 to §7). All of them throw MailchimpRefusal,
 * MailchimpUnreachable or the signal's reason; those that write also MailchimpOutcomeUnknown.
 */
export interface MailchimpClient {
  readonly maxRequests: number;
  account(options?: CallOptions): Promise<Account>;
  audience(id: string, options?: CallOptions): Promise<Audience>;
  /** All of the account. */
  audiences(options?: CallOptions): Promise<Audience[]>;
  mergeFields(id: string, options?: CallOptions): Promise<MergeField[]>;
  /** `taken`: the audience has a field of this tag already, of whatever type. */
  createMergeField(id: string, field: NewField, options?: CallOptions): Promise<'made' | 'taken'>;
  tags(id: string, options?: CallOptions): Promise<Tag[]>;
  /** An empty tag; one whose name differs only in case is answered as it is, with `existed`. */
  createTag(id: string, name: string, options?: CallOptions): Promise<Tag & { existed: boolean }>;
  /** Keeps who has it. */
  renameTag(id: string, tagId: number, name: string, options?: CallOptions): Promise<Tag>;
  /** One page, the longest unchanged first. */
  memberPage(id: string, query: MemberQuery, options?: CallOptions): Promise<MemberPage>;
  /** Undefined for people the audience does not hold; permanently deleted ones look the same. */
  member(id: string, address: string, options?: CallOptions): Promise<Member | undefined>;
  /** Creates and updates at most 500 people in one request; one person's trouble is data in the answer. */
  upsert(id: string, members: readonly BatchMember[], options?: UpsertOptions): Promise<BatchAnswer>;
  /** Gives a tag to and takes it from at most 500 addresses each; unknown addresses are passed over. */
  changeTag(
    id: string,
    tagId: number,
    change: { add?: readonly string[]; remove?: readonly string[] },
    options?: CallOptions,
  ): Promise<TagAnswer>;
  /** `gone`: the audience does not hold them; `refused`: Mailchimp does not archive this person. */
  archive(id: string, address: string, options?: CallOptions): Promise<'archived' | 'gone' | 'refused'>;
  /** Everything of the person in this audience, for ever: only they themselves can come back, by a form. */
  deletePermanently(id: string, address: string, options?: CallOptions): Promise<'deleted' | 'gone'>;
  /** Addresses of one page of those who have the tag, whatever their status; archived people may be missing. */
  tagMembers(
    id: string,
    tagId: number,
    page: { offset: number; count: number },
    options?: CallOptions,
  ): Promise<{ items: string[]; total: number }>;
  /** Gives one member, a subscribed one, another address; all else of it stays, `contact_id` included. */
  changeAddress(id: string, from: string, to: string, options?: CallOptions & CallHooks): Promise<Member>;
  /** Writes one member's status and nothing else. */
  setStatus(
    id: string,
    address: string,
    status: WritableStatus,
    options?: CallOptions,
  ): Promise<MemberStatus>;
  /** Whom the audience calls. */
  webhooks(id: string, options?: CallOptions): Promise<{ id: string; url: string }[]>;
  /** The URL is asked with GET first; the secret that calls are signed with is told only here, where they are. */
  createWebhook(id: string, url: string, options?: CallOptions): Promise<{ id: string; secret?: string }>;
  deleteWebhook(id: string, webhook: string, options?: CallOptions): Promise<'deleted' | 'gone'>;
  stats(): ClientStats;
  /** Sends nothing more, waits for what is in flight. */
  close(): Promise<void>;
}

/** Mailchimp counts at most ten requests of one user at once, over all keys. */
export const mostRequests = 10;
/** People in one batch, and addresses in each direction of a tag change. */
export const largestBatch = 500;
export const largestPage = 1_000;

/** A caller's slip, not a person's: the plan makes chunks that fit. */
export function checkBatch(size: number): void {
  if (size > largestBatch) throw new Error(`${size} people in one request; Mailchimp takes ${largestBatch}`);
}
