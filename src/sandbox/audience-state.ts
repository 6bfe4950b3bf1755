import { z } from 'zod';
import type { Account } from './account.ts';
import { audienceOf } from './audience-setup.ts';
import { countByStatus } from './audience.ts';
import type { Audience } from './audience.ts';
import type { LeftBy, Member, MemberStatus, Origin } from './member.ts';
import { memberStatuses, rareFact } from './member.ts';
import { contactId, mergeFields } from './member-view.ts';
import { isoTime } from './seconds.ts';

/** Everything the sandbox knows of a member, also what the API does not tell. */
export interface MemberState {
  id: string;
  /** Stays when the address changes. */
  contactId: string;
  address: string;
  status: MemberStatus;
  leftBy: LeftBy;
  origin: Origin;
  source: string;
  mergeFields: Record<string, unknown>;
  /** Names, in alphabetical order. */
  tags: string[];
  /** Ids. */
  interests: string[];
  permissions: string[];
  language: string;
  vip: boolean;
  emailType: 'html' | 'text';
  ipSignup: string;
  timestampSignup: string;
  ipOpt: string;
  timestampOpt: string;
  lastChanged: string;
  confirmationMails: number;
}

export interface AudienceSummary {
  id: string;
  name: string;
  counts: Record<MemberStatus, number>;
  /** Tags by name, with how many wear them whatever their status. */
  tags: Record<string, number>;
  /** How many addresses were deleted permanently. */
  forgotten: number;
}

export const memberStateInput = z.strictObject({ audience: z.string(), address: z.string() });

/** One member, or null: unknown and permanently deleted look alike here too. */
export function memberState(account: Account, input: z.output<typeof memberStateInput>): MemberState | null {
  const audience = audienceOf(account, input.audience);
  const member = audience.members.byAddress(input.address);
  return member === undefined ? null : stateOf(audience, member);
}

export const audienceStateInput = z.strictObject({
  audience: z.string(),
  status: z.enum(memberStatuses).optional().describe('Absent: all, archived ones too'),
  tag: z.string().optional(),
  offset: z.coerce.number().int().min(0).default(0),
  count: z.coerce.number().int().min(0).max(10_000).default(1000),
});

/** A page of an audience, in the order in which members came into it. */
export function audienceState(account: Account, input: z.output<typeof audienceStateInput>) {
  const audience = audienceOf(account, input.audience);
  const segment = input.tag === undefined ? undefined : audience.tags.byName(input.tag);
  const fits = (member: Member) =>
    (input.status === undefined || member.status === input.status) &&
    (input.tag === undefined || (segment !== undefined && member.tags.includes(segment.id)));
  const members: MemberState[] = [];
  let total = 0;
  for (const member of audience.members.all()) {
    if (!fits(member)) continue;
    if (total >= input.offset && members.length < input.count) members.push(stateOf(audience, member));
    total++;
  }
  return { ...summaryOf(audience), members, total };
}

export function audienceSummaries(account: Account): AudienceSummary[] {
  return [...account.audiences.values()].map(summaryOf);
}

export function summaryOf(audience: Audience): AudienceSummary {
  const tags = audience.tags.all().filter((segment) => segment.kind === 'static');
  return {
    id: audience.id,
    name: audience.name,
    counts: countByStatus(audience),
    tags: Object.fromEntries(tags.map((segment) => [segment.name, segment.rows.size])),
    forgotten: audience.forgotten.size,
  };
}

function stateOf(audience: Audience, member: Member): MemberState {
  return {
    id: audience.members.idOf(member),
    contactId: contactId(audience, member),
    address: member.address,
    status: member.status,
    leftBy: member.leftBy,
    origin: member.origin,
    source: member.source,
    mergeFields: mergeFields(audience, member),
    tags: tagNames(audience, member),
    interests: [...rareFact(member.rare, 'interests')],
    permissions: [...rareFact(member.rare, 'permissions')],
    language: member.language,
    vip: rareFact(member.rare, 'vip'),
    emailType: rareFact(member.rare, 'emailType'),
    ipSignup: rareFact(member.rare, 'ipSignup'),
    timestampSignup: isoTime(member.signedUpAt),
    ipOpt: rareFact(member.rare, 'ipOpt'),
    timestampOpt: isoTime(member.optedInAt),
    lastChanged: isoTime(member.changedAt),
    confirmationMails: rareFact(member.rare, 'confirmationMails'),
  };
}

export function tagNames(audience: Audience, member: Member): string[] {
  return member.tags
    .map((id) => audience.tags.byId(id)?.name ?? '')
    .toSorted((left, right) => left.localeCompare(right));
}
