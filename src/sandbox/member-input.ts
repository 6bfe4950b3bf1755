import { isMemberStatus } from './member.ts';
import type { Location, MemberStatus } from './member.ts';
import type { FieldError } from './problem.ts';
import { parseTime } from './seconds.ts';

/** A member as somebody sent it, checked for shape only; what is absent was not sent. */
export interface MemberInput {
  /** Trimmed; `""` when absent. */
  address: string;
  status?: MemberStatus | undefined;
  statusIfNew?: MemberStatus | undefined;
  emailType?: 'html' | 'text' | undefined;
  mergeFields?: Record<string, unknown> | undefined;
  interests?: Record<string, boolean> | undefined;
  language?: string | undefined;
  vip?: boolean | undefined;
  location?: Location | undefined;
  ipSignup?: string | undefined;
  signedUpAt?: number | undefined;
  ipOpt?: string | undefined;
  optedInAt?: number | undefined;
  /** Names of tags. */
  tags?: string[] | undefined;
  permissions?: { id: string; enabled: boolean }[] | undefined;
}

export type ParsedMember =
  { kind: 'member'; input: MemberInput } | { kind: 'refused'; address: string; errors: FieldError[] };

/** Checks the shape of one member of a request body; the wordings are Mailchimp's schema messages (FACTS §8). */
export function parseMember(body: unknown): ParsedMember {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) {
    return { kind: 'refused', address: '', errors: [{ field: '', message: wrongType('object', body) }] };
  }
  const sent = body as Record<string, unknown>;
  const errors: FieldError[] = [];
  const read = <T>(
    name: string,
    expected: string,
    accept: (value: unknown) => T | undefined,
  ): T | undefined => {
    if (sent[name] === undefined) return undefined;
    const value = accept(sent[name]);
    if (value === undefined) errors.push({ field: name, message: wrongType(expected, sent[name]) });
    return value;
  };
  const input: MemberInput = {
    address: (read('email_address', 'string', text) ?? '').trim(),
    status: read('status', 'string', status),
    statusIfNew: read('status_if_new', 'string', status),
    emailType: read('email_type', 'string', emailType),
    mergeFields: read('merge_fields', 'object', map),
    interests: read('interests', 'object', switches),
    language: read('language', 'string', text),
    vip: read('vip', 'boolean', (value) => (typeof value === 'boolean' ? value : undefined)),
    location: read('location', 'object', location),
    ipSignup: read('ip_signup', 'string', text),
    signedUpAt: read('timestamp_signup', 'string', time),
    ipOpt: read('ip_opt', 'string', text),
    optedInAt: read('timestamp_opt', 'string', time),
    tags: read('tags', 'array', tagNames),
    permissions: read('marketing_permissions', 'array', permissions),
  };
  return errors.length === 0
    ? { kind: 'member', input }
    : { kind: 'refused', address: input.address, errors };
}

function wrongType(expected: string, value: unknown): string {
  const found = value === null ? 'NULL' : Array.isArray(value) ? 'array' : typeof value;
  return found === expected
    ? 'Data did not match any of the schemas described in anyOf.'
    : `Schema describes ${expected}, ${found} found instead`;
}

const text = (value: unknown) => (typeof value === 'string' ? value : undefined);
const status = (value: unknown) => (isMemberStatus(value) && value !== 'archived' ? value : undefined);
const emailType = (value: unknown) =>
  value === 'html' || value === 'text' ? value : value === '' ? 'html' : undefined;
const time = (value: unknown) => (value === '' ? 0 : parseTime(value));

function map(value: unknown): Record<string, unknown> | undefined {
  // PHP clients send an empty map as an empty list.
  if (Array.isArray(value)) return value.length === 0 ? {} : undefined;
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
}

function switches(value: unknown): Record<string, boolean> | undefined {
  const sent = map(value);
  const fits = sent !== undefined && Object.values(sent).every((on) => typeof on === 'boolean');
  return fits ? (sent as Record<string, boolean>) : undefined;
}

function location(value: unknown): Location | undefined {
  const sent = map(value);
  const latitude = Number(sent?.['latitude'] ?? 0);
  const longitude = Number(sent?.['longitude'] ?? 0);
  return sent === undefined || Number.isNaN(latitude + longitude) ? undefined : { latitude, longitude };
}

/** Plain names, or `{name, status}` as the tags call has them. */
function tagNames(value: unknown): string[] | undefined {
  if (!Array.isArray(value)) return undefined;
  const names = value.map((tag: unknown) => (typeof tag === 'string' ? tag : text(map(tag)?.['name'])));
  return names.every((name) => name !== undefined && name.trim() !== '') ? (names as string[]) : undefined;
}

function permissions(value: unknown): { id: string; enabled: boolean }[] | undefined {
  if (!Array.isArray(value)) return undefined;
  const parsed = value.map((entry: unknown) => {
    const sent = map(entry);
    return { id: text(sent?.['marketing_permission_id']), enabled: sent?.['enabled'] === true };
  });
  return parsed.every((entry) => entry.id !== undefined)
    ? (parsed as { id: string; enabled: boolean }[])
    : undefined;
}
