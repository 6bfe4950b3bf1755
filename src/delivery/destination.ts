import { PostriderError, type ErrorDetails } from '../base/errors.ts';
import type { NewField } from '../exports/plan.ts';

/**
 * A place that people are exported to. The pipeline speaks to this and knows no Mailchimp; what one place
 * can and cannot do is hidden behind it. Addresses are folded (trimmed, lower case) on both sides.
 */
export interface Destination {
  /** Whose account it is: the same for all keys to it. */
  account(signal?: AbortSignal): Promise<{ id: string; name: string }>;
  describe(audience: string, signal?: AbortSignal): Promise<AudienceDescription>;
  /** How many contacts that count for the bill each audience of the account has, by the place's own count. */
  contacts(): Promise<Readonly<Record<string, number>>>;
  /**
   * The members, a page at a time in no order; one that changes meanwhile may come twice.
   * @param since ISO 8601: only those changed at or after it
   * @param statuses only these
   */
  read(audience: string, since?: string, statuses?: readonly string[]): AudienceRead;
  /** How many members are in each status at this moment, by the place's own count. */
  sizes(audience: string): Promise<Readonly<Record<string, number>>>;
  /** One member, or undefined; costs a request: for the few that a batch did not mention. */
  find(audience: string, address: string, signal?: AbortSignal): Promise<AudienceMember | undefined>;
  /** At most 500 people. Throws `OutcomeUnknown` when it may or may not have happened, `BatchRefused`. */
  upsert(audience: string, people: readonly UpsertPerson[], options?: UpsertOptions): Promise<UpsertAnswer>;
  /** Makes a merge field; `taken`: the audience has one of this tag already. */
  makeField(audience: string, field: NewField): Promise<'made' | 'taken'>;
  /** Makes an empty tag; one of the same name that exists already is returned, and said to be `existed`. */
  makeTag(audience: string, name: string): Promise<AudienceTag & { existed: boolean }>;
  renameTag(audience: string, tagId: number, name: string): Promise<void>;
  /** At most 500 addresses; the answer names those of them that it did not speak of. */
  changeTag(
    audience: string,
    tagId: number,
    change: 'add' | 'remove',
    addresses: readonly string[],
    signal?: AbortSignal,
  ): Promise<{ unmentioned: string[] }>;
  /** Which of these addresses have a tag now. */
  whoHasTag(
    audience: string,
    tag: AudienceTag,
    among: readonly string[],
    signal?: AbortSignal,
  ): Promise<ReadonlySet<string>>;
  /** Writes one contact's status and nothing else; throws `OutcomeUnknown` like `upsert`. */
  setStatus(audience: string, address: string, status: string): Promise<void>;
  /**
   * Gives a contact another address and changes nothing else of it, its id least of all; anything but `changed`: why the
   * place did not. Throws `OutcomeUnknown` like `upsert`.
   */
  changeAddress(
    audience: string,
    from: string,
    to: string,
    options?: Pick<UpsertOptions, 'signal' | 'beforeSend' | 'renew'>,
  ): Promise<'changed' | Verdict>;
  /** Takes one contact out of the audience without deleting it; `absent`: it was not there; `refused`: it stays. */
  archive(
    audience: string,
    address: string,
    signal?: AbortSignal,
  ): Promise<'archived' | 'absent' | 'refused'>;
  /** Deletes a contact with all that the place holds of it; nobody can import the address again. Not to be undone. */
  deletePermanently(audience: string, address: string): Promise<'deleted' | 'absent'>;
  /** Whom the audience calls about its contacts. */
  webhooks(audience: string): Promise<{ id: string; url: string }[]>;
  /**
   * Lets the audience call an address, which must answer already, about what people do and what is done in the
   * place's own interface. `secret`: what calls are signed with, told only here; absent: they are not.
   */
  makeWebhook(audience: string, url: string): Promise<{ id: string; secret?: string }>;
  removeWebhook(audience: string, id: string): Promise<'removed' | 'absent'>;
  /** Whether an error says that the audience does not exist any more. */
  isGone(error: unknown): boolean;
  traffic(): Traffic;
  close(): Promise<void>;
}

export interface Traffic {
  requests: number;
  retries: number;
}

export interface AudienceDescription {
  id: string;
  name: string;
  doubleOptIn: boolean;
  /** The audience asks people which sorts of mail they agree to. */
  marketingPermissions: boolean;
  fields: readonly AudienceField[];
  tags: readonly AudienceTag[];
}

export interface AudienceField {
  tag: string;
  name: string;
  type: string;
  required: boolean;
  options: {
    /** Of radio and dropdown fields. */
    choices?: readonly string[];
    /** As in `DD/MM/YYYY`. */
    dateFormat?: string;
    /** `US`, or another one that means any. */
    phoneFormat?: string;
  };
}

export interface AudienceTag {
  id: number;
  name: string;
}

export interface AudienceRead {
  pages: AsyncIterable<readonly AudienceMember[]>;
  /** After the last page: from when the next read of changes must start so that nothing is missed. */
  nextFrom(): Date;
  /** Likewise: statuses of which fewer members came than the place itself counts, after several tries. */
  short(): readonly string[];
}

export interface AudienceMember {
  address: string;
  status: string;
  fields: Readonly<Record<string, string>>;
  tags: readonly string[];
  lastChanged: string | null;
  /** The same after a change of address, where the place tells. */
  contactId?: string;
  /** Why they left, where the place tells. */
  reason?: string;
}

export interface UpsertPerson {
  email: string;
  status: string;
  /** Merge fields by tag, and under lower-case keys of its own what the place has beside them (`language`). */
  fields: Readonly<Record<string, string>>;
  /** Names; whether they took is seen in the answer. */
  tags: readonly string[];
}

/** Keys of `UpsertPerson.fields` that are written with people who are new, and in no answer: proof of their consent. */
export const writtenOnce: readonly string[] = ['timestamp_opt', 'ip_opt'];

export interface UpsertOptions {
  signal?: AbortSignal;
  /** Merge field → its type: an address is sent otherwise than a text. */
  fieldTypes?: Readonly<Record<string, string>>;
  /** Take people without values for required fields too. */
  skipRequired?: boolean;
  /** Called right before the request leaves, each time it does; false: only after `renew`. */
  beforeSend?: () => Promise<boolean>;
  /** Brings what `beforeSend` minds up to date; also called before people are sent again who surely were not taken. */
  renew?: () => Promise<void>;
}

export interface UpsertAnswer {
  /** People that were taken, in no order; who is neither here nor in `refused` was not mentioned. */
  taken: readonly TakenPerson[];
  refused: readonly Refusal[];
}

/** What the answer did not show of a person is absent. */
export interface TakenPerson {
  address: string;
  created: boolean;
  status?: string | undefined;
  fields?: Readonly<Record<string, string>> | undefined;
  tags?: readonly string[] | undefined;
  /** Of somebody new. */
  contactId?: string | undefined;
}

/** Why one person was not taken. */
export interface Verdict {
  kind: 'keptOut' | 'rejected' | 'failed';
  reason: string;
  /** The place's own words, without the address. */
  detail: string;
}

export interface Refusal extends Verdict {
  address: string;
}

/**
 * A batch that was refused as a whole because of what some of its people carry; nothing of it was carried out. Which
 * of them, only smaller batches tell.
 */
export class BatchRefused extends PostriderError {
  /** What it means for a person who was sent alone. */
  readonly verdict: Verdict;

  constructor(details: ErrorDetails, verdict: Verdict) {
    super(details);
    this.name = 'BatchRefused';
    this.verdict = verdict;
  }
}

/**
 * A write that was cut off: nobody knows whether it happened. The people are read back before it is
 * repeated, and not before `mayRunUntil`: until then the server may still be at work.
 */
export abstract class OutcomeUnknown extends PostriderError {
  abstract readonly sentAt: Date;
  abstract readonly mayRunUntil: Date;
}
