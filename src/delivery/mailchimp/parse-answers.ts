import { z } from 'zod';
import type { Account, Audience, MergeField, Tag, TagAnswer } from './audience-model.ts';

/**
 * Mailchimp's answers as our types. Tolerant on purpose: only what we cannot do without is required, anything else
 * may be missing, empty or of another type, and unknown parts are dropped, so that an answer is understood whether
 * or not `fields` was honoured. Answers that are full of people are read in `parse-members.ts`.
 */
const text = z.string().catch('');
const count = z.coerce.number().int().min(0).catch(0);
const flag = z.boolean().catch(false);
const idText = z.union([z.string(), z.number()]).transform(String);
const account = z
  .object({
    account_id: idText,
    account_name: text,
    username: z.string().optional().catch(undefined),
    role: text,
  })
  .transform((wire): Account =>
    compact({
      accountId: wire.account_id,
      accountName: wire.account_name,
      loginName: wire.username,
      role: wire.role,
    }),
  );

const noStats = { member_count: 0, unsubscribe_count: 0, cleaned_count: 0 };
const optionalCount = z.number().int().min(0).optional().catch(undefined);
const audience = z
  .object({
    id: idText,
    name: text,
    double_optin: flag,
    marketing_permissions: flag,
    stats: z
      .object({
        member_count: count,
        unsubscribe_count: count,
        cleaned_count: count,
        total_contacts: optionalCount,
      })
      .catch(noStats),
  })
  .transform((wire): Audience =>
    compact({
      id: wire.id,
      name: wire.name,
      memberCount: wire.stats.member_count,
      unsubscribed: wire.stats.unsubscribe_count,
      cleaned: wire.stats.cleaned_count,
      totalContacts: wire.stats.total_contacts,
      doubleOptin: wire.double_optin,
      marketingPermissions: wire.marketing_permissions,
    }),
  );

const mergeField = z
  .object({
    tag: z.string(),
    name: text,
    type: z.string(),
    required: flag,
    options: z
      .object({
        choices: z.array(z.string()).optional().catch(undefined),
        date_format: z.string().optional().catch(undefined),
        phone_format: z.string().optional().catch(undefined),
      })
      .catch({}),
  })
  .transform(({ options, ...wire }): MergeField => ({
    ...wire,
    options: compact({
      choices: options.choices,
      dateFormat: options.date_format,
      phoneFormat: options.phone_format,
    }),
  }));

const tag = z
  .object({ id: z.coerce.number().int(), name: z.string() })
  .transform((wire): Tag => ({ id: wire.id, name: wire.name }));

const addresses = z
  .array(z.object({ email_address: z.string() }).transform(({ email_address }) => email_address))
  .catch([]);
const tagAnswer = z
  .object({
    members_added: addresses,
    members_removed: addresses,
    total_added: count,
    total_removed: count,
  })
  .transform((wire): TagAnswer => ({
    added: wire.total_added,
    removed: wire.total_removed,
    addedAddresses: wire.members_added,
    removedAddresses: wire.members_removed,
  }));

/** Each parser takes an answer's body and throws where it is not JSON or lacks what we cannot do without. */
export const parseAccount = (body: string): Account => account.parse(JSON.parse(body));
export const parseAudience = (body: string): Audience => audience.parse(JSON.parse(body));
export const parseTag = (body: string): Tag => tag.parse(JSON.parse(body));
export const parseTagAnswer = (body: string): TagAnswer => tagAnswer.parse(JSON.parse(body));

/** One page of a listing, with how many there are in all. */
export interface Listing<T> {
  items: T[];
  total: number;
}

const total = z.number().int().min(0);
const mergeFieldPage = z.object({ merge_fields: z.array(mergeField), total_items: total });
const audiencePage = z.object({ lists: z.array(audience), total_items: total });
const tagPage = z.object({ segments: z.array(tag), total_items: total });

export function parseAudiences(body: string): Listing<Audience> {
  const page = audiencePage.parse(JSON.parse(body));
  return { items: page.lists, total: page.total_items };
}

export function parseMergeFields(body: string): Listing<MergeField> {
  const page = mergeFieldPage.parse(JSON.parse(body));
  return { items: page.merge_fields, total: page.total_items };
}

export function parseTags(body: string): Listing<Tag> {
  const page = tagPage.parse(JSON.parse(body));
  return { items: page.segments, total: page.total_items };
}

/**
 * What an answer lacked, from what its parser threw: names of keys, never a value, since answers are full of people.
 */
export function lackOf(thrown: unknown): string {
  if (thrown instanceof z.ZodError) {
    const paths = thrown.issues.map(({ path }) => path.map(String).join('.') || 'the answer');
    return `no usable ${[...new Set(paths)].slice(0, 3).join(', ')}`;
  }
  // The engine's own words quote the text; those of `parse-members.ts` are ours.
  if (thrown instanceof SyntaxError) return 'no JSON';
  return thrown instanceof TypeError ? thrown.message : 'no answer that could be read';
}

/** Without the members that are undefined, as exact optional types want it. */
function compact<T extends object>(value: { [Key in keyof T]: T[Key] | undefined }): T {
  return Object.fromEntries(Object.entries(value).filter(([, part]) => part !== undefined)) as T;
}
