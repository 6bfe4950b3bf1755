import { hash } from 'node:crypto';
import type { Audience } from './audience.ts';
import type { FieldFilter } from './field-filter.ts';
import { rareFact } from './member.ts';
import type { Member } from './member.ts';
import { isoTime } from './seconds.ts';

/** Every field of a member's answer and how it is read; nothing is built that nobody asked for. */
const views: Record<string, (audience: Audience, member: Member) => unknown> = {
  id: (audience, member) => audience.members.idOf(member),
  email_address: (_, member) => member.address,
  unique_email_id: (_, member) => uniqueEmailId(member),
  contact_id: contactId,
  full_name: fullName,
  web_id: (_, member) => webId(member),
  email_type: (_, member) => rareFact(member.rare, 'emailType'),
  status: (_, member) => member.status,
  unsubscribe_reason: (_, member) =>
    member.status === 'unsubscribed' ? unsubscribeReason(member) : undefined,
  consents_to_one_to_one_messaging: () => true,
  sms_phone_number: () => '',
  sms_subscription_status: () => 'nonsubscribed',
  sms_subscription_last_updated: () => '',
  merge_fields: mergeFields,
  interests: interests,
  stats: () => ({ avg_open_rate: 0, avg_click_rate: 0 }),
  ip_signup: (_, member) => rareFact(member.rare, 'ipSignup'),
  timestamp_signup: (_, member) => isoTime(member.signedUpAt),
  ip_opt: (_, member) => rareFact(member.rare, 'ipOpt'),
  timestamp_opt: (_, member) => isoTime(member.optedInAt),
  member_rating: () => 2,
  last_changed: (_, member) => isoTime(member.changedAt),
  language: (_, member) => member.language,
  vip: (_, member) => rareFact(member.rare, 'vip'),
  email_client: () => '',
  location: (_, member) => location(member),
  marketing_permissions: permissions,
  source: (_, member) => member.source,
  tags_count: (_, member) => member.tags.length,
  tags: tags,
  list_id: (audience) => audience.id,
  _links: links,
};

const viewEntries = Object.entries(views);
/** The names that `fields` may ask of a member. */
export const memberFieldNames: readonly string[] = [...Object.keys(views), 'last_note'];

/** What the answer says instead of the member's state, where a mode makes it lie. */
export interface MemberEcho {
  tags?: readonly number[];
}

/** A member as the API answers it (FACTS §5), with only the fields that the filter wants. */
export function memberView(
  audience: Audience,
  member: Member,
  filter: FieldFilter,
  echo: MemberEcho = {},
): Record<string, unknown> {
  const shown = echo.tags === undefined ? member : { ...member, tags: echo.tags };
  const view: Record<string, unknown> = {};
  for (const [name, read] of viewEntries) if (filter.wants(name)) view[name] = read(audience, shown);
  return view;
}

/** The ten hex digits that webhooks call `id`; not the MD5 (FACTS §7). */
export function uniqueEmailId(member: Member): string {
  return ((member.row * 0x9e3779b1) % 2 ** 40).toString(16).padStart(10, '0');
}

export function webId(member: Member): number {
  return 500_000_000 + member.row;
}

/** 32 hex digits, of which the last eight are the row: it finds the member without an index of its own. */
export function contactId(audience: Audience, member: Member): string {
  return contactPrefix(audience) + member.row.toString(16).padStart(8, '0');
}

/** The row behind a contact_id of this audience, or undefined. */
export function rowOfContactId(audience: Audience, id: string): number | undefined {
  return id.startsWith(contactPrefix(audience)) ? Number.parseInt(id.slice(24), 16) : undefined;
}

function contactPrefix(audience: Audience): string {
  return hash('md5', `contact ${audience.id}`).slice(0, 24);
}

function fullName(audience: Audience, member: Member): string {
  const part = (tag: string) => {
    const field = audience.fields.byTag(tag);
    const value = field === undefined ? '' : member.values[field.position];
    return typeof value === 'string' ? value : '';
  };
  return `${part('FNAME')} ${part('LNAME')}`.trim();
}

/** What the person gave as a reason, for as long as it was the person who left: somebody else gives none. */
export function unsubscribeReason(member: Member): string {
  return member.leftBy === 'self'
    ? rareFact(member.rare, 'unsubscribeReason')
    : 'N/A (Unsubscribed by an admin)';
}

/** Values by tag, with `""` for what is empty. */
export function mergeFields(audience: Audience, member: Member): Record<string, unknown> {
  const values: Record<string, unknown> = {};
  for (const field of audience.fields.all()) values[field.tag] = member.values[field.position] ?? '';
  return values;
}

/** Absent when the list has no groups (FACTS §5). */
function interests(audience: Audience, member: Member): Record<string, boolean> | undefined {
  const ids = audience.interests.allIds();
  if (ids.length === 0) return undefined;
  return Object.fromEntries(ids.map((id) => [id, rareFact(member.rare, 'interests').has(id)]));
}

/** Zeros when nothing is known (FACTS §5). */
function location(member: Member): Record<string, unknown> {
  const { latitude, longitude } = rareFact(member.rare, 'location');
  return { latitude, longitude, gmtoff: 0, dstoff: 0, country_code: '', timezone: '', region: '' };
}

function permissions(audience: Audience, member: Member): unknown {
  return audience.permissions.map(({ id, text }) => ({
    marketing_permission_id: id,
    text,
    enabled: rareFact(member.rare, 'permissions').has(id),
  }));
}

function tags(audience: Audience, member: Member): { id: number; name: string }[] {
  return member.tags.flatMap((id) => {
    const segment = audience.tags.byId(id);
    return segment === undefined ? [] : [{ id, name: segment.name }];
  });
}

function links(audience: Audience, member: Member): unknown {
  const list = `https://us1.api.mailchimp.com/3.0/lists/${audience.id}`;
  const schema = 'https://us1.api.mailchimp.com/schema/3.0/Definitions/Lists/Members';
  const href = `${list}/members/${audience.members.idOf(member)}`;
  return [
    { rel: 'self', href, method: 'GET', targetSchema: `${schema}/Response.json` },
    {
      rel: 'parent',
      href: `${list}/members`,
      method: 'GET',
      targetSchema: `${schema}/CollectionResponse.json`,
    },
    {
      rel: 'update',
      href,
      method: 'PATCH',
      targetSchema: `${schema}/Response.json`,
      schema: `${schema}/PATCH.json`,
    },
    {
      rel: 'upsert',
      href,
      method: 'PUT',
      targetSchema: `${schema}/Response.json`,
      schema: `${schema}/PUT.json`,
    },
    { rel: 'delete', href, method: 'DELETE' },
    { rel: 'events', href: `${href}/events`, method: 'POST' },
    { rel: 'delete_permanent', href: `${href}/actions/delete-permanent`, method: 'POST' },
  ];
}
