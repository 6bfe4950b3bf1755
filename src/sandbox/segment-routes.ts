import type { Account } from './account.ts';
import { findMember, pageItems, pageOf, requireAudience, requireText } from './api-call.ts';
import type { Answer, ApiCall, JsonObject } from './api-call.ts';
import type { Audience } from './audience.ts';
import { batchLimit } from './batch-upsert.ts';
import type { Member, MemberStatus } from './member.ts';
import { memberFieldNames, memberView } from './member-view.ts';
import { badRequest, invalidResource, notFound } from './problem.ts';
import { isoTime } from './seconds.ts';
import { putTag, takeTag } from './tagging.ts';
import type { Segment } from './tags.ts';

const tagExists = () => badRequest('Sorry, that tag already exists.');

/** `GET /lists/{list_id}/segments?type=static` lists the tags (FACTS §6). */
export function listSegments(account: Account, call: ApiCall): unknown {
  const audience = requireAudience(account, call);
  const type = call.query.get('type');
  const all = audience.tags.all().filter((segment) => type === null || segment.kind === type);
  return {
    segments: pageItems(all, call.query).map((segment) => segmentView(audience, segment, call)),
    list_id: audience.id,
    total_items: all.length,
    _links: [],
  };
}

export function getSegment(account: Account, call: ApiCall): unknown {
  const audience = requireAudience(account, call);
  return segmentView(audience, requireSegment(audience, call), call);
}

/** `POST /lists/{list_id}/segments`: with `static_segment`, even empty, it makes a tag. */
export function addSegment(account: Account, call: ApiCall): unknown {
  const audience = requireAudience(account, call);
  const { body } = call;
  const name = requireText(body, 'name');
  const addresses = addressList(body, 'static_segment');
  if (audience.tags.byName(name) !== undefined) throw tagExists();
  const kind = addresses === undefined ? 'saved' : 'static';
  const segment = audience.tags.create(name, kind, account.now(), body['options']);
  for (const member of known(audience, addresses ?? [])) putTag(account, audience, segment, member);
  return segmentView(audience, segment, call);
}

/** `PATCH …/segments/{segment_id}`: `static_segment` replaces everybody who wears the tag. */
export function changeSegment(account: Account, call: ApiCall): unknown {
  const audience = requireAudience(account, call);
  const { body } = call;
  const segment =
    body['static_segment'] === undefined ? requireSegment(audience, call) : requireStatic(audience, call);
  const name = body['name'] === undefined ? undefined : requireText(body, 'name');
  const addresses = addressList(body, 'static_segment');
  const holder = name === undefined ? undefined : audience.tags.byName(name);
  if (holder !== undefined && holder !== segment) throw tagExists();
  if (name !== undefined) audience.tags.rename(segment, name);
  if (addresses !== undefined) {
    const wearers = new Set(known(audience, addresses));
    for (const row of segment.rows.slice(0, segment.rows.size)) {
      const member = audience.members.byRow(row)!;
      if (!wearers.has(member)) takeTag(account, audience, segment, member);
    }
    for (const member of wearers) putTag(account, audience, segment, member);
  }
  segment.updatedAt = account.now();
  return segmentView(audience, segment, call);
}

export function deleteSegment(account: Account, call: ApiCall): undefined {
  const audience = requireAudience(account, call);
  audience.tags.remove(requireSegment(audience, call), (row) => audience.members.byRow(row));
}

export const segmentMembersNames = [
  'members_added',
  'members_removed',
  'errors',
  'total_added',
  'total_removed',
  'error_count',
] as const;

/** `POST …/segments/{segment_id}`: tags and untags up to 500 addresses each (FACTS §6, §9.11). */
export function changeSegmentMembers(account: Account, call: ApiCall): Answer<typeof segmentMembersNames> {
  const audience = requireAudience(account, call);
  const segment = requireStatic(audience, call);
  const { body } = call;
  const toAdd = addressList(body, 'members_to_add') ?? [];
  const toRemove = addressList(body, 'members_to_remove') ?? [];
  const addedFilter = call.filter.under('members_added');
  const removedFilter = call.filter.under('members_removed');
  addedFilter.expect(memberFieldNames);
  removedFilter.expect(memberFieldNames);
  const added = known(audience, toAdd).filter((member) => putTag(account, audience, segment, member));
  const removed = known(audience, toRemove).filter((member) => takeTag(account, audience, segment, member));
  const unknown = [...toAdd, ...toRemove].filter((address) => findMember(audience, address) === undefined);
  const errors =
    account.modes.segmentUnknown === 'errors' && unknown.length > 0
      ? [{ email_addresses: unknown, error: 'These addresses are not in this audience.' }]
      : [];
  return {
    members_added: added.map((member) => memberView(audience, member, addedFilter)),
    members_removed: removed.map((member) => memberView(audience, member, removedFilter)),
    errors,
    total_added: added.length,
    total_removed: removed.length,
    error_count: errors.length,
    _links: [],
  };
}

/** `GET …/segments/{segment_id}/members`: those who can be mailed, and on request the others. */
export function listSegmentMembers(account: Account, call: ApiCall): unknown {
  const audience = requireAudience(account, call);
  const segment = requireSegment(audience, call);
  const statuses = new Set(countedStatuses(call));
  const { count, offset } = pageOf(call.query);
  const filter = call.filter.under('members');
  filter.expect(memberFieldNames);
  const members: Record<string, unknown>[] = [];
  let place = 0;
  for (const row of segment.rows) {
    if (members.length >= count) break;
    const member = audience.members.byRow(row)!;
    if (!statuses.has(member.status) || place++ < offset) continue;
    members.push(memberView(audience, member, filter));
  }
  return { members, total_items: memberCount(segment, call), _links: [] };
}

/** `POST …/segments/{segment_id}/members` with one address. */
export function addSegmentMember(account: Account, call: ApiCall): unknown {
  const audience = requireAudience(account, call);
  const segment = requireStatic(audience, call);
  const member = findMember(audience, requireText(call.body, 'email_address').trim());
  if (member === undefined) throw notFound();
  putTag(account, audience, segment, member);
  return memberView(audience, member, call.filter);
}

/** `DELETE …/segments/{segment_id}/members/{subscriber_hash}` */
export function removeSegmentMember(account: Account, call: ApiCall): undefined {
  const audience = requireAudience(account, call);
  const segment = requireStatic(audience, call);
  const member = findMember(audience, call.params['hash'] ?? '');
  if (member === undefined || !takeTag(account, audience, segment, member)) throw notFound();
}

/** `GET /lists/{list_id}/tag-search?name=`: by the beginning of the name. */
export function searchTags(account: Account, call: ApiCall): unknown {
  const audience = requireAudience(account, call);
  const beginning = (call.query.get('name') ?? '').trim().toLowerCase();
  const tags = audience.tags
    .all()
    .filter((segment) => segment.kind === 'static' && segment.name.toLowerCase().startsWith(beginning))
    .map(({ id, name }) => ({ id, name }));
  return { tags, total_items: tags.length };
}

function requireSegment(audience: Audience, call: ApiCall): Segment {
  const segment = audience.tags.byId(Number(call.params['segment']));
  if (segment === undefined) throw notFound();
  return segment;
}

function requireStatic(audience: Audience, call: ApiCall): Segment {
  const segment = requireSegment(audience, call);
  if (segment.kind !== 'static') throw badRequest('Members can only be added to static segments.');
  return segment;
}

/** The addresses of a body's field; throws Invalid Resource for another type and for more than 500. */
function addressList(body: JsonObject, name: string): string[] | undefined {
  const sent = body[name];
  if (sent === undefined) return undefined;
  if (!Array.isArray(sent)) throw invalidResource([{ field: name, message: 'Schema describes array' }]);
  if (name !== 'static_segment' && sent.length > batchLimit) {
    throw invalidResource([{ field: name, message: `Must contain at most ${batchLimit} items` }]);
  }
  return sent.map((address: unknown) => String(address).trim());
}

function known(audience: Audience, addresses: readonly string[]): Member[] {
  return addresses.map((address) => findMember(audience, address)).filter((member) => member !== undefined);
}

function countedStatuses(call: ApiCall): MemberStatus[] {
  const asked = (name: string) => call.query.get(`include_${name}`) === 'true';
  const optional = (['cleaned', 'transactional', 'unsubscribed'] as const).filter(asked);
  return ['subscribed', ...optional];
}

function memberCount(segment: Segment, call: ApiCall): number {
  return countedStatuses(call).reduce((sum, status) => sum + segment.counts[status], 0);
}

export const segmentNames = [
  'id',
  'name',
  'member_count',
  'type',
  'created_at',
  'updated_at',
  'options',
  'list_id',
] as const;

function segmentView(audience: Audience, segment: Segment, call: ApiCall): Answer<typeof segmentNames> {
  return {
    id: segment.id,
    name: segment.name,
    member_count: memberCount(segment, call),
    type: segment.kind,
    created_at: isoTime(segment.createdAt),
    updated_at: isoTime(segment.updatedAt),
    options: segment.options ?? { match: 'all', conditions: [] },
    list_id: audience.id,
    _links: [],
  };
}
