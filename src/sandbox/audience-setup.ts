import { z } from 'zod';
import { inputError } from '../base/errors.ts';
import type { Account } from './account.ts';
import { createAudience } from './audience.ts';
import type { Audience } from './audience.ts';
import { interestCategoryTypes } from './interests.ts';
import { fittingValues } from './member-changes.ts';
import { memberStatuses, noRareFacts, waysToLeave } from './member.ts';
import type { LeftBy, MemberStatus, RareFacts } from './member.ts';
import { isMergeTag, mergeFieldTypes } from './merge-field.ts';
import { randomHex } from './random.ts';
import { parseTime } from './seconds.ts';
import { tagNamed } from './tagging.ts';

const mergeFieldSettings = z.strictObject({
  tag: z.string().refine(isMergeTag, 'at most 10 of A-Z, 0-9 and _').optional(),
  name: z.string().min(1),
  type: z.enum(mergeFieldTypes),
  required: z.boolean().optional(),
  public: z.boolean().optional(),
  defaultValue: z.string().optional(),
  helpText: z.string().optional(),
  choices: z.array(z.string()).optional(),
  dateFormat: z.string().optional(),
  phoneFormat: z.string().optional(),
});

export const newAudience = z.strictObject({
  id: z
    .string()
    .regex(/^[\w-]+$/)
    .optional()
    .describe('Absent: ten hex digits'),
  name: z.string().min(1),
  doubleOptIn: z.boolean().optional(),
  emailTypeOption: z.boolean().optional(),
  mergeFields: z.array(mergeFieldSettings).optional().describe('Beside the five of every new audience'),
  defaultFields: z.boolean().optional().describe('false: without FNAME, LNAME, ADDRESS, PHONE, BIRTHDAY'),
  permissions: z.array(z.string()).optional().describe('Texts of marketing permissions'),
  interests: z
    .array(
      z.strictObject({
        title: z.string(),
        type: z.enum(interestCategoryTypes),
        names: z.array(z.string()),
      }),
    )
    .optional(),
  tags: z.array(z.string()).optional().describe('Tags that exist without anybody wearing them'),
});

/** Makes an audience and tells its ids. */
export function setUpAudience(account: Account, settings: z.output<typeof newAudience>) {
  const id = settings.id ?? randomHex(account.random, 10);
  if (account.audiences.has(id)) {
    throw inputError('sandbox_audience_exists', `The sandbox has an audience "${id}" already.`);
  }
  const audience = createAudience({ ...settings, id }, account.audiencesMade++, account.now());
  for (const { title, type, names } of settings.interests ?? []) {
    const category = audience.interests.addCategory(title, type);
    for (const name of names) audience.interests.addInterest(category, name);
  }
  for (const name of settings.tags ?? []) tagNamed(audience, name, account.now());
  account.audiences.set(id, audience);
  return {
    id,
    name: audience.name,
    interests: Object.fromEntries(
      [...audience.interests.categories.values()].flatMap((category) =>
        [...category.interests.values()].map((interest) => [interest.name, interest.id]),
      ),
    ) as Record<string, string>,
    permissions: audience.permissions,
  };
}

const seedMember = z.strictObject({
  address: z.string().min(3),
  status: z.enum(memberStatuses).default('subscribed'),
  leftBy: z.enum(waysToLeave).optional().describe('Absent: self for unsubscribed, bounce for cleaned'),
  mergeFields: z.record(z.string(), z.unknown()).optional(),
  tags: z.array(z.string()).optional(),
  interests: z.array(z.string()).optional().describe('Ids'),
  permissions: z.array(z.string()).optional().describe('Ids'),
  language: z.string().default(''),
  vip: z.boolean().optional(),
  emailType: z.enum(['html', 'text']).optional(),
  source: z.string().default('Admin Add'),
  lastChanged: z.string().optional().describe('ISO 8601; absent: now'),
  timestampSignup: z.string().optional(),
  timestampOpt: z.string().optional(),
});

export type SeedMember = z.input<typeof seedMember>;

export const seedMembersInput = z.strictObject({ audience: z.string(), members: z.array(seedMember) });

/**
 * Puts people into an audience that nobody sent through the API: contacts of other tools.
 * Values must fit their fields; required fields may stay empty.
 */
export function seedMembers(account: Account, input: z.output<typeof seedMembersInput>): { added: number } {
  const audience = audienceOf(account, input.audience);
  for (const member of input.members) seedOne(account, audience, member);
  return { added: input.members.length };
}

export const fillAudienceInput = z.strictObject({
  audience: z.string(),
  count: z.number().int().min(0),
  from: z.number().int().min(0).default(0).describe('The number in the first address'),
  address: z.string().default('person{n}@acme.test').describe('{n} becomes the number'),
  status: seedMember.shape.status,
  mergeFields: z.record(z.string(), z.string()).default({}).describe('{n} becomes the number'),
  tags: z.array(z.string()).default([]),
});

/** Seeds many people from a pattern: `person0@acme.test`, `person1@acme.test`, … */
export function fillAudience(account: Account, input: z.output<typeof fillAudienceInput>): { added: number } {
  const audience = audienceOf(account, input.audience);
  for (let number = input.from; number < input.from + input.count; number++) {
    const fill = (pattern: string) => pattern.replaceAll('{n}', String(number));
    const mergeFields = Object.fromEntries(
      Object.entries(input.mergeFields).map(([tag, value]) => [tag, fill(value)]),
    );
    const { status, tags } = input;
    seedOne(account, audience, {
      address: fill(input.address),
      status,
      mergeFields,
      tags,
      language: '',
      source: 'Import',
    });
  }
  return { added: input.count };
}

function seedOne(account: Account, audience: Audience, seed: z.output<typeof seedMember>): void {
  const address = seed.address.trim();
  if (audience.members.byAddress(address) !== undefined) {
    throw inputError('sandbox_member_exists', `A member to seed is in audience "${audience.id}" already.`);
  }
  const values = fittingValues(audience, [], seed.mergeFields);
  const now = account.now();
  const member = audience.members.add({
    address,
    status: seed.status,
    leftBy: seed.leftBy ?? usualLeaving(seed.status),
    changedAt: seedTime(seed.lastChanged) ?? now,
    signedUpAt: seedTime(seed.timestampSignup) ?? 0,
    optedInAt: seedTime(seed.timestampOpt) ?? now,
    values,
    tags: [],
    language: seed.language,
    source: seed.source,
    origin: 'seed',
    rare: seedRareFacts(seed),
  });
  // Not tagged by somebody now, but so from the start: last_changed stays as it was given.
  for (const name of seed.tags ?? []) audience.tags.put(tagNamed(audience, name, now), member, now);
}

function usualLeaving(status: MemberStatus): LeftBy {
  return status === 'unsubscribed' ? 'self' : status === 'cleaned' ? 'bounce' : 'nobody';
}

function seedRareFacts(seed: z.output<typeof seedMember>): RareFacts {
  const rare: RareFacts = {
    ...(seed.interests === undefined ? {} : { interests: new Set(seed.interests) }),
    ...(seed.permissions === undefined ? {} : { permissions: new Set(seed.permissions) }),
    ...(seed.vip === undefined ? {} : { vip: seed.vip }),
    ...(seed.emailType === undefined ? {} : { emailType: seed.emailType }),
  };
  return Object.keys(rare).length === 0 ? noRareFacts : rare;
}

function seedTime(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const seconds = parseTime(text);
  if (seconds === undefined) throw inputError('sandbox_time', `"${text}" is not a time of ISO 8601.`);
  return seconds;
}

/** The audience of an id, or an `input` error. */
export function audienceOf(account: Account, id: string): Audience {
  const audience = account.audiences.get(id);
  if (audience === undefined) throw inputError('sandbox_no_audience', `The sandbox has no audience "${id}".`);
  return audience;
}
