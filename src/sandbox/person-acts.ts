import { z } from 'zod';
import { inputError } from '../base/errors.ts';
import type { Account } from './account.ts';
import { forgetMember, moveMember } from './audience.ts';
import { audienceOf } from './audience-setup.ts';
import type { Audience } from './audience.ts';
import { fittingValues } from './member-changes.ts';
import { noRareFacts } from './member.ts';
import type { LeftBy, Member, MemberStatus } from './member.ts';
import { putTag, tagNamed, takeTag } from './tagging.ts';
import { memberEvents, unsubscribeEvent } from './webhook-event.ts';
import type { WebhookSource } from './webhook.ts';

/** What somebody does to a contact outside of the API: the person, the user interface, the mail servers. */
const personAct = z.discriminatedUnion('kind', [
  z
    .strictObject({ kind: z.literal('unsubscribeSelf'), reason: z.string().optional() })
    .describe('Compliance'),
  z.strictObject({ kind: z.literal('complain') }).describe('Marks a mail as spam; compliance'),
  z.strictObject({ kind: z.literal('unsubscribeByUi') }),
  z.strictObject({ kind: z.literal('unsubscribeByApi') }).describe('By another integration'),
  z.strictObject({ kind: z.literal('bounce') }).describe('Cleaned; compliance'),
  z.strictObject({ kind: z.literal('review') }).describe('Taken off by the compliance team'),
  z.strictObject({ kind: z.literal('confirm') }).describe('Clicks the link of the confirmation mail'),
  z
    .strictObject({ kind: z.literal('signUp') })
    .describe('Through the form: lifts compliance and "forgotten"'),
  z.strictObject({ kind: z.literal('changeAddress'), to: z.string() }),
  z.strictObject({ kind: z.literal('editFields'), mergeFields: z.record(z.string(), z.unknown()) }),
  z.strictObject({ kind: z.literal('tag'), names: z.array(z.string()) }),
  z.strictObject({ kind: z.literal('untag'), names: z.array(z.string()) }),
  z.strictObject({ kind: z.literal('archive') }),
  z.strictObject({ kind: z.literal('deletePermanently') }),
]);

export const actInput = z.strictObject({
  audience: z.string(),
  address: z.string(),
  act: personAct,
});

/** Does it. Throws an `input` error where the contact is missing or not in the state that the act needs. */
export function act(
  account: Account,
  input: z.output<typeof actInput>,
): { status: MemberStatus | 'deleted' } {
  const audience = audienceOf(account, input.audience);
  const member = audience.members.byAddress(input.address);
  if (member === undefined) {
    if (input.act.kind === 'signUp') return { status: signUpNew(account, audience, input.address).status };
    throw inputError('sandbox_no_member', `Audience "${audience.id}" has no member of this address.`);
  }
  const leave = (source: WebhookSource, status: MemberStatus, leftBy: LeftBy) =>
    change(account, audience, member, source, status, () => (member.leftBy = leftBy));
  switch (input.act.kind) {
    case 'unsubscribeSelf':
      member.rare = { ...member.rare, unsubscribeReason: input.act.reason ?? 'N/A' };
      return leave('user', 'unsubscribed', 'self');
    case 'complain':
      member.rare = { ...member.rare, unsubscribeReason: 'abuse' };
      return leave('user', 'unsubscribed', 'self');
    case 'unsubscribeByUi':
      return leave('admin', 'unsubscribed', 'ui');
    case 'unsubscribeByApi':
      return leave('api', 'unsubscribed', 'api');
    case 'review':
      return leave('admin', 'unsubscribed', 'review');
    case 'bounce':
      return leave('user', 'cleaned', 'bounce');
    case 'archive':
      return leave('admin', 'archived', member.leftBy);
    case 'confirm':
      if (member.status !== 'pending') {
        throw inputError(
          'sandbox_not_pending',
          `The member to confirm is "${member.status}", not "pending".`,
        );
      }
      return leave('user', 'subscribed', 'nobody');
    case 'signUp':
      return leave('user', audience.doubleOptIn ? 'pending' : 'subscribed', 'nobody');
    case 'changeAddress':
      return changeAddress(account, audience, member, input.act.to.trim());
    case 'editFields':
      return editFields(account, audience, member, input.act.mergeFields);
    case 'tag':
    case 'untag':
      return changeTags(account, audience, member, input.act);
    case 'deletePermanently': {
      const event = unsubscribeEvent(audience, member, 'delete');
      forgetMember(audience, member, account.now());
      account.webhooks.send(audience, 'admin', [event]);
      return { status: 'deleted' };
    }
  }
}

function change(
  account: Account,
  audience: Audience,
  member: Member,
  source: WebhookSource,
  status: MemberStatus,
  apply: () => void,
  profileChanged = false,
): { status: MemberStatus } {
  const before = { status: member.status, address: member.address };
  apply();
  moveMember(audience, member, status, account.now());
  account.webhooks.send(audience, source, memberEvents(audience, member, before, profileChanged));
  return { status: member.status };
}

function signUpNew(account: Account, audience: Audience, address: string): Member {
  audience.forgotten.delete(address.trim().toLowerCase());
  const now = account.now();
  const member = audience.members.add({
    address: address.trim(),
    status: audience.doubleOptIn ? 'pending' : 'subscribed',
    leftBy: 'nobody',
    changedAt: now,
    signedUpAt: now,
    optedInAt: now,
    values: [],
    tags: [],
    language: '',
    source: 'Hosted Signup Form',
    origin: 'form',
    rare: noRareFacts,
  });
  account.webhooks.send(audience, 'user', memberEvents(audience, member, undefined, true));
  return member;
}

function changeAddress(account: Account, audience: Audience, member: Member, to: string) {
  const holder = audience.members.byAddress(to);
  if (holder !== undefined && holder !== member) {
    throw inputError('sandbox_address_taken', 'Another member of the audience has the new address.');
  }
  return change(account, audience, member, 'user', member.status, () =>
    audience.members.readdress(member, to),
  );
}

function editFields(account: Account, audience: Audience, member: Member, sent: Record<string, unknown>) {
  const values = fittingValues(audience, member.values, sent);
  const apply = () => (member.values = values);
  return change(account, audience, member, 'user', member.status, apply, true);
}

function changeTags(
  account: Account,
  audience: Audience,
  member: Member,
  tagging: { kind: 'tag' | 'untag'; names: string[] },
) {
  for (const name of tagging.names) {
    if (tagging.kind === 'tag') {
      putTag(account, audience, tagNamed(audience, name, account.now()), member);
      continue;
    }
    const segment = audience.tags.byName(name);
    if (segment !== undefined) takeTag(account, audience, segment, member);
  }
  return { status: member.status };
}
