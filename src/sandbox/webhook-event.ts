import type { Audience } from './audience.ts';
import { rareFact } from './member.ts';
import type { Member, MemberStatus } from './member.ts';
import { mergeFields, uniqueEmailId, unsubscribeReason, webId } from './member-view.ts';
import type { WebhookEventName } from './webhook.ts';

/** What happened to a member; `data` is nested as the form names are: `data[merges][FNAME]` (FACTS §7). */
export interface WebhookEvent {
  type: WebhookEventName;
  data: Record<string, unknown>;
}

/** The events that one write causes, as data at the time of the write. */
export function memberEvents(
  audience: Audience,
  member: Member,
  before: { status: MemberStatus; address: string } | undefined,
  profileChanged: boolean,
): WebhookEvent[] {
  if (audience.webhooks.size === 0) return [];
  const events: WebhookEvent[] = [];
  if (before !== undefined && before.address !== member.address)
    events.push(addressEvent(audience, member, before.address));
  if (before?.status !== member.status) events.push(...statusEvents(audience, member));
  else if (profileChanged) events.push({ type: 'profile', data: memberData(audience, member) });
  return events;
}

function statusEvents(audience: Audience, member: Member): WebhookEvent[] {
  switch (member.status) {
    case 'subscribed':
      return [{ type: 'subscribe', data: memberData(audience, member) }];
    case 'unsubscribed':
      return [unsubscribeEvent(audience, member, 'unsub')];
    case 'archived':
      return [unsubscribeEvent(audience, member, 'delete')];
    case 'cleaned':
      return [
        {
          type: 'cleaned',
          data: { list_id: audience.id, campaign_id: '', reason: 'hard', email: member.address },
        },
      ];
    case 'pending':
    case 'transactional':
      return [];
  }
}

/** @param action `delete` when the contact was archived or deleted with the unsubscribing */
export function unsubscribeEvent(
  audience: Audience,
  member: Member,
  action: 'unsub' | 'delete',
): WebhookEvent {
  const reason = unsubscribeReason(member) === 'abuse' ? 'abuse' : 'manual';
  return { type: 'unsubscribe', data: { action, reason, ...memberData(audience, member), campaign_id: '' } };
}

function addressEvent(audience: Audience, member: Member, from: string): WebhookEvent {
  return {
    type: 'upemail',
    data: {
      list_id: audience.id,
      new_id: uniqueEmailId(member),
      new_email: member.address,
      old_email: from,
    },
  };
}

function memberData(audience: Audience, member: Member): Record<string, unknown> {
  return {
    id: uniqueEmailId(member),
    list_id: audience.id,
    email: member.address,
    email_type: rareFact(member.rare, 'emailType'),
    ip_opt: rareFact(member.rare, 'ipOpt'),
    ip_signup: rareFact(member.rare, 'ipSignup'),
    web_id: webId(member),
    merges: { EMAIL: member.address, ...mergeFields(audience, member) },
  };
}
