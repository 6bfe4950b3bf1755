import type { Account } from './account.ts';
import { pageOf, requireAudience } from './api-call.ts';
import type { ApiCall } from './api-call.ts';
import type { Audience } from './audience.ts';
import { isMemberStatus, memberStatuses, rareFact } from './member.ts';
import type { Member, MemberStatus } from './member.ts';
import { memberFieldNames, memberView, uniqueEmailId } from './member-view.ts';
import { badRequest, invalidResource } from './problem.ts';
import { parseTime } from './seconds.ts';

/** `GET /lists/{list_id}/members` (FACTS §5, §9.13). */
export function listMembers(account: Account, call: ApiCall): unknown {
  const audience = requireAudience(account, call);
  const filter = call.filter.under('members');
  filter.expect(memberFieldNames);
  const { members, total } = findPage(account, audience, call);
  return {
    members: members.map((member) => memberView(audience, member, filter)),
    list_id: audience.id,
    total_items: total,
    _links: [],
  };
}

function findPage(account: Account, audience: Audience, call: ApiCall): { members: Member[]; total: number } {
  const { count, offset } = pageOf(call.query);
  const statuses = askedStatuses(account, call);
  const direction = call.query.get('sort_dir')?.toUpperCase() === 'DESC' ? 'DESC' : 'ASC';
  const sort = call.query.get('sort_field') ?? 'last_changed';
  const range = {
    statuses,
    after: timeParameter(call, 'since_last_changed'),
    before: timeParameter(call, 'before_last_changed'),
    direction,
  } as const;
  const accepts = otherConditions(call);
  if (accepts.length === 0 && sort === 'last_changed')
    return audience.members.page({ ...range, count, offset });
  // Rare questions walk over everything; the usual one does not.
  const everything = { ...range, count: Number.MAX_SAFE_INTEGER, offset: 0 };
  const found = audience.members
    .page(everything)
    .members.filter((member) => accepts.every((accept) => accept(member)));
  sortBy(found, sort, direction);
  return { members: found.slice(offset, offset + count), total: found.length };
}

function askedStatuses(account: Account, call: ApiCall): MemberStatus[] {
  const status = call.query.get('status');
  if (call.query.has('unsubscribed_since') && status !== 'unsubscribed') {
    throw badRequest("The 'unsubscribed_since' parameter can only be used with status=unsubscribed.");
  }
  if (isMemberStatus(status)) return [status];
  if (status !== null && status !== '') {
    throw invalidResource([
      { field: 'status', message: 'Data did not match any of the schemas described in anyOf.' },
    ]);
  }
  const archived = account.modes.archivedWithoutStatus === 'listed';
  return memberStatuses.filter((name) => archived || name !== 'archived');
}

/** The conditions beside status and last_changed. */
function otherConditions(call: ApiCall): ((member: Member) => boolean)[] {
  const conditions: ((member: Member) => boolean)[] = [];
  const time = (name: string, accept: (limit: number, member: Member) => boolean) => {
    const limit = timeParameter(call, name);
    if (limit !== undefined) conditions.push((member) => accept(limit, member));
  };
  time('since_timestamp_opt', (limit, member) => member.optedInAt > limit);
  time('before_timestamp_opt', (limit, member) => member.optedInAt < limit);
  time('unsubscribed_since', (limit, member) => member.changedAt > limit);
  if (call.query.get('vip_only') === 'true') conditions.push((member) => rareFact(member.rare, 'vip'));
  const type = call.query.get('email_type');
  if (type !== null) conditions.push((member) => rareFact(member.rare, 'emailType') === type);
  const uniqueId = call.query.get('unique_email_id');
  if (uniqueId !== null) conditions.push((member) => uniqueEmailId(member) === uniqueId);
  const interests = call.query.get('interest_ids')?.split(',');
  if (interests !== undefined) {
    const match = call.query.get('interest_match') ?? 'any';
    conditions.push((member) => {
      const hits = interests.filter((id) => rareFact(member.rare, 'interests').has(id)).length;
      return match === 'all' ? hits === interests.length : match === 'none' ? hits === 0 : hits > 0;
    });
  }
  return conditions;
}

function sortBy(members: Member[], sort: string, direction: 'ASC' | 'DESC'): void {
  const sign = direction === 'ASC' ? 1 : -1;
  switch (sort) {
    case 'last_changed':
      return;
    case 'timestamp_opt':
      members.sort((left, right) => sign * (left.optedInAt - right.optedInAt));
      return;
    case 'timestamp_signup':
      members.sort((left, right) => sign * (left.signedUpAt - right.signedUpAt));
      return;
    default:
      throw invalidResource([
        { field: 'sort_field', message: 'Data did not match any of the schemas described in anyOf.' },
      ]);
  }
}

function timeParameter(call: ApiCall, name: string): number | undefined {
  const text = call.query.get(name);
  if (text === null || text === '') return undefined;
  const seconds = parseTime(text);
  if (seconds === undefined) {
    throw invalidResource([{ field: name, message: 'Schema describes date-time, string found instead' }]);
  }
  return seconds;
}
