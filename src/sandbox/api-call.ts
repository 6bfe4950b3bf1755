import type { Account } from './account.ts';
import type { Audience } from './audience.ts';
import type { FieldFilter } from './field-filter.ts';
import type { Member } from './member.ts';
import { rowOfContactId } from './member-view.ts';
import { invalidResource, notFound } from './problem.ts';
import type { User } from './access.ts';

/** An object of JSON, of which nothing is known yet. */
export type JsonObject = Readonly<Record<string, unknown>>;

/** One request to the API, parsed. */
export interface ApiCall {
  readonly user: User;
  /** What the route's pattern names, decoded. */
  readonly params: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  /** The JSON body; `{}` when there is none. */
  readonly body: JsonObject;
  readonly filter: FieldFilter;
  readonly origin: string;
}

/** An answer with just these names at the top: what is stated for `fields` and what is built cannot part. */
export type Answer<Names extends readonly string[]> = Record<Names[number], unknown> & { _links: [] };

/** What a handler gives back: a document (200), or nothing (204). Refusals are thrown as `Problem`. */
export type Handler = (account: Account, call: ApiCall) => unknown;

export function requireAudience(account: Account, call: ApiCall): Audience {
  const audience = account.audiences.get(call.params['list'] ?? '');
  if (audience === undefined) throw notFound();
  return audience;
}

/** The member that the path means: MD5 of the address, the address itself, or the contact_id (FACTS §5). */
export function findMember(audience: Audience, hash: string): Member | undefined {
  if (hash.includes('@')) return audience.members.byAddress(hash);
  if (!/^[0-9a-f]{32}$/i.test(hash)) return undefined;
  const row = rowOfContactId(audience, hash.toLowerCase());
  return row === undefined ? audience.members.byHash(hash) : audience.members.byRow(row);
}

export function requireMember(audience: Audience, call: ApiCall): Member {
  const member = findMember(audience, call.params['hash'] ?? '');
  if (member === undefined) throw notFound();
  return member;
}

/** `count` (10, at most 1000) and `offset` of a listing (FACTS §2, §9.13). */
export function pageOf(query: URLSearchParams): { count: number; offset: number } {
  return {
    count: whole(query, 'count', 10, 1000),
    offset: whole(query, 'offset', 0, Number.MAX_SAFE_INTEGER),
  };
}

function whole(query: URLSearchParams, name: string, absent: number, most: number): number {
  const text = query.get(name);
  if (text === null || text === '') return absent;
  if (!/^\d+$/.test(text)) {
    throw invalidResource([{ field: name, message: 'Schema describes integer, string found instead' }]);
  }
  return Math.min(most, Number(text));
}

/** One page of a list that is at hand whole. */
export function pageItems<T>(items: readonly T[], query: URLSearchParams): T[] {
  const { count, offset } = pageOf(query);
  return items.slice(offset, offset + count);
}

/** The value of a body's field as text; throws Invalid Resource when it is required and absent. */
export function requireText(body: JsonObject, name: string): string {
  const value = body[name];
  if (typeof value === 'string' && value.trim() !== '') return value;
  const message =
    value === undefined ? `Required fields were not provided: ${name}` : 'This value should not be blank.';
  throw invalidResource([{ field: name, message }]);
}
