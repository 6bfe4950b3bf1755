import { PostriderError } from '../base/errors.ts';

/**
 * A place that people are exported to. The pipeline speaks to this and knows no Mailchimp; what one place
 * can and cannot do is hidden behind it. Addresses are folded (trimmed, lower case) on both sides.
 */
export interface Destination {
  describe(audience: string): Promise<AudienceDescription>;
  /**
   * The members, a page at a time in no order; one that changes meanwhile may come twice.
   * @param since ISO 8601: only those changed at or after it
   * @param statuses only these
   */
  read(audience: string, since?: string, statuses?: readonly string[]): AudienceRead;
  /** How many members are in each status at this moment, by the place's own count. */
  sizes(audience: string): Promise<Readonly<Record<string, number>>>;
  /** One member, or undefined; costs a request: for the few that a batch did not mention. */
  find(audience: string, address: string): Promise<AudienceMember | undefined>;
  /** At most 500 people. Throws `OutcomeUnknown` when it may or may not have happened. */
  upsert(audience: string, people: readonly UpsertPerson[], options?: UpsertOptions): Promise<UpsertAnswer>;
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
  /** Takes one contact out of the audience without deleting it; `refused`: it stays where it is. */
  archive(audience: string, address: string, signal?: AbortSignal): Promise<'archived' | 'refused'>;
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
  fields: readonly { tag: string; name: string; type: string; required: boolean }[];
  tags: readonly AudienceTag[];
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
}

export interface UpsertPerson {
  email: string;
  status: string;
  fields: Readonly<Record<string, string>>;
  /** Names; whether they took is seen in the answer. */
  tags: readonly string[];
}

export interface UpsertOptions {
  signal?: AbortSignal;
  /** Called before people are sent again who surely were not taken; may throw to give it up. */
  beforeRetry?: () => Promise<void>;
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
  status?: string;
  fields?: Readonly<Record<string, string>>;
  tags?: readonly string[];
}

export interface Refusal {
  address: string;
  kind: 'keptOut' | 'rejected' | 'failed';
  reason: string;
  /** The place's own words, without the address. */
  detail: string;
}

/**
 * A write that was cut off: nobody knows whether it happened. The people are read back before it is
 * repeated, and not before `mayRunUntil`: until then the server may still be at work.
 */
export abstract class OutcomeUnknown extends PostriderError {
  abstract readonly sentAt: Date;
  abstract readonly mayRunUntil: Date;
}
