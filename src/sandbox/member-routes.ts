import type { Account } from './account.ts';
import { findMember, pageItems, requireAudience, requireMember } from './api-call.ts';
import type { ApiCall, JsonObject } from './api-call.ts';
import { forgetMember, moveMember } from './audience.ts';
import type { Audience } from './audience.ts';
import { parseMember } from './member-input.ts';
import type { MemberInput } from './member-input.ts';
import { refusalProblem } from './member-refusal.ts';
import { memberView } from './member-view.ts';
import { writeMember } from './member-write.ts';
import type { WriteCall } from './member-write.ts';
import { cannotBeRemoved, invalidResource } from './problem.ts';
import { isoTime } from './seconds.ts';
import { putTag, tagNamed, takeTag } from './tagging.ts';
import { memberEvents, unsubscribeEvent } from './webhook-event.ts';

/** `GET /lists/{list_id}/members/{subscriber_hash}`: a permanently deleted person looks like a new one (FACTS §9.10). */
export function getMember(account: Account, call: ApiCall): unknown {
  const audience = requireAudience(account, call);
  return memberView(audience, requireMember(audience, call), call.filter);
}

/** `POST /lists/{list_id}/members` */
export function addMember(account: Account, call: ApiCall): unknown {
  const audience = requireAudience(account, call);
  const input = parseOne(call.body);
  return writeOne(account, audience, call, input, { kind: 'post', skipRequired: skipsRequired(call) });
}

/** `PUT …/members/{subscriber_hash}`: creates, or updates and keeps the status. */
export function putMember(account: Account, call: ApiCall): unknown {
  const audience = requireAudience(account, call);
  const input = parseOne(call.body);
  const target = findMember(audience, call.params['hash'] ?? '');
  return writeOne(account, audience, call, input, { kind: 'put', target, skipRequired: skipsRequired(call) });
}

/** `PATCH …/members/{subscriber_hash}` */
export function patchMember(account: Account, call: ApiCall): unknown {
  const audience = requireAudience(account, call);
  const target = requireMember(audience, call);
  const input = parseOne({ email_address: target.address, ...call.body });
  if (input.status === 'transactional') {
    throw invalidResource([
      { field: 'status', message: 'Data did not match any of the schemas described in anyOf.' },
    ]);
  }
  return writeOne(account, audience, call, input, {
    kind: 'patch',
    target,
    skipRequired: skipsRequired(call),
  });
}

/** `DELETE …/members/{subscriber_hash}` archives: 204, 404, or 405 (FACTS §5, §9.14). */
export function archiveMember(account: Account, call: ApiCall): undefined {
  const audience = requireAudience(account, call);
  const member = requireMember(audience, call);
  if (member.status === 'cleaned' || member.status === 'pending' || member.status === 'archived') {
    throw cannotBeRemoved();
  }
  const before = { status: member.status, address: member.address };
  moveMember(audience, member, 'archived', account.now());
  account.webhooks.send(audience, 'api', memberEvents(audience, member, before, false));
}

/** `POST …/actions/delete-permanent` blocks every later import of the address. */
export function deletePermanently(account: Account, call: ApiCall): undefined {
  const audience = requireAudience(account, call);
  const member = requireMember(audience, call);
  const events = audience.webhooks.size === 0 ? [] : [unsubscribeEvent(audience, member, 'delete')];
  forgetMember(audience, member, account.now());
  account.webhooks.send(audience, 'api', events);
}

/** `GET …/members/{subscriber_hash}/tags` */
export function listMemberTags(account: Account, call: ApiCall): unknown {
  const audience = requireAudience(account, call);
  const member = requireMember(audience, call);
  const tags = member.tags.map((id) => audience.tags.byId(id)!);
  return {
    // The sandbox does not keep when each tag was put on.
    tags: pageItems(tags, call.query).map(({ id, name }) => ({
      id,
      name,
      date_added: isoTime(member.changedAt),
    })),
    total_items: tags.length,
    _links: [],
  };
}

/** `POST …/members/{subscriber_hash}/tags`: makes missing tags; only the named ones change (FACTS §6). */
export function changeMemberTags(account: Account, call: ApiCall): undefined {
  const audience = requireAudience(account, call);
  const member = requireMember(audience, call);
  for (const { name, active } of parseTagChanges(call.body)) {
    if (active) {
      putTag(account, audience, tagNamed(audience, name, account.now()), member);
      continue;
    }
    const segment = audience.tags.byName(name);
    if (segment !== undefined) takeTag(account, audience, segment, member);
  }
}

function parseTagChanges({ tags }: JsonObject): { name: string; active: boolean }[] {
  if (!Array.isArray(tags)) {
    throw invalidResource([{ field: 'tags', message: 'Required fields were not provided: tags' }]);
  }
  return tags.map((tag: unknown) => {
    const { name, status } = (tag ?? {}) as Record<string, unknown>;
    if (typeof name !== 'string' || name.trim() === '' || (status !== 'active' && status !== 'inactive')) {
      throw invalidResource([
        { field: 'tags', message: 'Data did not match any of the schemas described in anyOf.' },
      ]);
    }
    return { name, active: status === 'active' };
  });
}

function parseOne(body: JsonObject): MemberInput {
  const parsed = parseMember(body);
  if (parsed.kind === 'refused') throw invalidResource(parsed.errors);
  if (parsed.input.address === '' && body['email_address'] === undefined) {
    throw invalidResource([{ field: '', message: 'Required fields were not provided: email_address' }]);
  }
  return parsed.input;
}

function writeOne(
  account: Account,
  audience: Audience,
  call: ApiCall,
  input: MemberInput,
  write: WriteCall,
): unknown {
  const outcome = writeMember(account, audience, input, write);
  switch (outcome.kind) {
    case 'created':
    case 'updated':
      return memberView(audience, outcome.member, call.filter, outcome.echo);
    case 'refused':
      throw refusalProblem(outcome.refusal, input.address);
    case 'passedOver':
      throw new Error('only a batch passes a member over');
  }
}

function skipsRequired(call: ApiCall): boolean {
  return call.query.get('skip_merge_validation') === 'true';
}
