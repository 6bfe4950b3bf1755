import {
  memberStatuses,
  type AnsweredMember,
  type BatchAnswer,
  type BatchError,
  type Member,
  type MemberStatus,
} from './audience-model.ts';
import { mergeValueText } from './merge-value.ts';

/**
 * Answers that are full of people, read by hand: a schema's parser takes longer over a batch of 500 than everything
 * else that is done with it, and a million people come by here. As tolerant as `parse-answers.ts`: only what we cannot do
 * without is required.
 */
type Wire = Readonly<Record<string, unknown>>;

export function parseMember(body: string): Member {
  return memberOf(JSON.parse(body));
}

/** One page of a listing, with how many there are in all. */
export function parseMembers(body: string): { items: Member[]; total: number } {
  const page = objectOf(JSON.parse(body), 'the answer');
  const total = page.total_items;
  if (typeof total !== 'number' || !Number.isSafeInteger(total) || total < 0) throw lacking('total_items');
  return { items: listOf(page.members, 'members').map(memberOf), total };
}

/** Lists that were left out are empty; an answer without any is none. */
export function parseBatchAnswer(body: string): BatchAnswer {
  const { new_members: created, updated_members: updated, errors } = objectOf(JSON.parse(body), 'the answer');
  if (created === undefined && updated === undefined && errors === undefined) throw lacking('new_members');
  return {
    created: created === undefined ? [] : listOf(created, 'new_members').map(answeredMemberOf),
    updated: updated === undefined ? [] : listOf(updated, 'updated_members').map(answeredMemberOf),
    errors: errors === undefined ? [] : listOf(errors, 'errors').map(errorOf),
  };
}

function memberOf(value: unknown): Member {
  const wire = objectOf(value, 'a member');
  const { id, status, contact_id: contactId } = wire;
  if (typeof id !== 'string') throw lacking('id');
  // Nobody is taken for subscribed by mistake.
  if (!isStatus(status)) throw lacking('status');
  const unsubscribeReason = filledText(wire.unsubscribe_reason);
  const language = filledText(wire.language);
  return {
    id,
    ...(typeof contactId === 'string' ? { contactId } : {}),
    address: text(wire.email_address),
    status,
    mergeFields: mergeFieldsOf(wire.merge_fields) ?? {},
    tags: tagNamesOf(wire.tags),
    lastChanged: text(wire.last_changed),
    ...(unsubscribeReason === undefined ? {} : { unsubscribeReason }),
    ...(language === undefined ? {} : { language }),
  };
}

function answeredMemberOf(value: unknown): AnsweredMember {
  const wire = objectOf(value, 'a member');
  const { email_address: address, status } = wire;
  if (typeof address !== 'string') throw lacking('email_address');
  return {
    address,
    status: isStatus(status) ? status : undefined,
    mergeFields: mergeFieldsOf(wire.merge_fields),
    language: filledText(wire.language),
    // Tags that were not echoed are not the same as no tags.
    tags: wire.tags === undefined ? undefined : tagNamesOf(wire.tags),
    contactId: filledText(wire.contact_id),
  };
}

function errorOf(value: unknown): BatchError {
  const wire = objectOf(value, 'an error');
  const field = filledText(wire.field);
  const fieldMessage = filledText(wire.field_message);
  return {
    address: text(wire.email_address),
    code: text(wire.error_code),
    text: text(wire.error),
    ...(field === undefined ? {} : { field }),
    ...(fieldMessage === undefined ? {} : { fieldMessage }),
  };
}

const statuses: ReadonlySet<unknown> = new Set(memberStatuses);

const isStatus = (value: unknown): value is MemberStatus => statuses.has(value);

/** Every value as text; undefined where there is no such object. */
function mergeFieldsOf(value: unknown): Record<string, string> | undefined {
  if (!isObject(value)) return undefined;
  let fields: Record<string, string> | undefined;
  for (const tag in value) {
    // Nearly always all are texts already: then nothing is made anew.
    if (typeof value[tag] !== 'string') {
      fields ??= { ...(value as Record<string, string>) };
      fields[tag] = mergeValueText(value[tag]);
    }
  }
  return fields ?? (value as Record<string, string>);
}

/** Names, or objects that have one; a list with anything else in it is not understood, and so is none. */
function tagNamesOf(value: unknown): string[] {
  if (!Array.isArray(value)) return [];
  const names: string[] = [];
  for (const entry of value as unknown[]) {
    const name = isObject(entry) ? entry.name : entry;
    if (typeof name !== 'string') return [];
    names.push(name);
  }
  return names;
}

const text = (value: unknown): string => (typeof value === 'string' ? value : '');

const filledText = (value: unknown): string | undefined =>
  typeof value === 'string' && value !== '' ? value : undefined;

const isObject = (value: unknown): value is Wire =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function objectOf(value: unknown, what: string): Wire {
  if (isObject(value)) return value;
  throw new TypeError(`${what} is no object`);
}

function listOf(value: unknown, name: string): unknown[] {
  if (Array.isArray(value)) return value;
  throw new TypeError(`${name} is no list`);
}

const lacking = (name: string): TypeError => new TypeError(`no usable ${name}`);
