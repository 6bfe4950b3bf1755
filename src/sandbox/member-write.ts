import type { Account } from './account.ts';
import { moveMember } from './audience.ts';
import type { Audience } from './audience.ts';
import { addressFault, isRoleAddress } from './email-address.ts';
import { changedRareFacts, checkValues, sameFacts } from './member-changes.ts';
import type { MemberInput } from './member-input.ts';
import type { MemberRefusal } from './member-refusal.ts';
import { decideStatus } from './member-status.ts';
import type { StatusDecision } from './member-status.ts';
import { noRareFacts, rareFact } from './member.ts';
import type { Member, MemberStatus, RareFacts } from './member.ts';
import type { MemberEcho } from './member-view.ts';
import type { FieldValue } from './merge-field-values.ts';
import { noteChange } from './signup-throttle.ts';
import { putTag, tagNamed, takeTag } from './tagging.ts';
import { memberEvents } from './webhook-event.ts';

export type WriteCall =
  | { kind: 'batch'; updateExisting: boolean; skipRequired: boolean; syncTags: boolean }
  | { kind: 'post'; skipRequired: boolean }
  /** The member that the path names, when there is one. */
  | { kind: 'put'; target: Member | undefined; skipRequired: boolean }
  | { kind: 'patch'; target: Member; skipRequired: boolean };

export type WriteOutcome =
  | { kind: 'created' | 'updated'; member: Member; echo: MemberEcho }
  | { kind: 'refused'; refusal: MemberRefusal }
  /** In no list of the answer (FACTS §9.4, silent). */
  | { kind: 'passedOver' };

const refused = (refusal: MemberRefusal): WriteOutcome => ({ kind: 'refused', refusal });

/** Writes one member as the call would, or says why not. Everything about one member happens here, or nothing. */
export function writeMember(
  account: Account,
  audience: Audience,
  input: MemberInput,
  call: WriteCall,
): WriteOutcome {
  const refusal = refusalBefore(account, audience, input, call);
  if (refusal !== undefined) return refused(refusal);
  const target = 'target' in call ? call.target : undefined;
  const known = target ?? audience.members.byAddress(input.address);
  if (known === undefined) return createMember(account, audience, input, call);
  if (call.kind === 'post' || (call.kind === 'batch' && !call.updateExisting))
    return refused({ kind: 'exists' });
  return updateMember(account, audience, known, input, call);
}

function refusalBefore(
  account: Account,
  audience: Audience,
  input: MemberInput,
  call: WriteCall,
): MemberRefusal | undefined {
  const fault = addressFault(input.address);
  if (fault !== undefined) return { kind: 'address', fault };
  if (call.kind === 'batch' && account.modes.roleAddresses === 'refused' && isRoleAddress(input.address)) {
    return { kind: 'role' };
  }
  if (audience.forgotten.has(input.address.toLowerCase())) return { kind: 'forgotten' };
  return noteChange(audience, input.address, account.modes.throttle, account.now())
    ? undefined
    : { kind: 'throttled' };
}

function createMember(
  account: Account,
  audience: Audience,
  input: MemberInput,
  call: WriteCall,
): WriteOutcome {
  const status = (call.kind === 'put' ? input.statusIfNew : undefined) ?? input.status;
  if (status === undefined) {
    const field = call.kind === 'put' ? 'status_if_new' : 'status';
    return refused({
      kind: 'schema',
      errors: [{ field, message: `Required fields were not provided: ${field}` }],
    });
  }
  const checked = checkValues(audience, [], input.mergeFields, valueRules(account, call));
  if (checked.kind !== 'values') return refused(checked);
  if (isOverLimit(account, status)) return refused({ kind: 'overLimit' });
  const now = account.now();
  const member = audience.members.add({
    address: input.address,
    status,
    leftBy: status === 'unsubscribed' ? 'api' : status === 'cleaned' ? 'bounce' : 'nobody',
    changedAt: now,
    signedUpAt: input.signedUpAt ?? 0,
    optedInAt: input.optedInAt ?? now,
    values: checked.values,
    tags: [],
    language: input.language ?? '',
    source: 'API - Generic',
    origin: 'api',
    rare: withMail(changedRareFacts(audience, noRareFacts, input), status === 'pending'),
  });
  const echo = writeTags(account, audience, member, input, call, true);
  account.webhooks.send(audience, 'api', memberEvents(audience, member, undefined, true));
  return { kind: 'created', member, echo };
}

function updateMember(
  account: Account,
  audience: Audience,
  member: Member,
  input: MemberInput,
  call: WriteCall,
): WriteOutcome {
  const movesTo = input.address.toLowerCase() === member.address.toLowerCase() ? undefined : input.address;
  if (movesTo !== undefined) {
    const holder = audience.members.byAddress(movesTo);
    if (holder !== undefined) return refused({ kind: 'addressTaken', status: holder.status });
    if (member.status !== 'subscribed') return refused({ kind: 'addressFixed', status: member.status });
  }
  if (call.kind === 'batch' && input.status === undefined && account.modes.missingStatus === 'refused') {
    const message = 'Required fields were not provided: status';
    return refused({ kind: 'schema', errors: [{ field: 'status', message }] });
  }
  const checked = checkValues(audience, member.values, input.mergeFields, valueRules(account, call));
  if (checked.kind !== 'values') return refused(checked);
  const decision = decideStatus(member, input.status, call.kind === 'batch');
  if (decision.kind === 'compliance') {
    if (call.kind !== 'batch' || account.modes.selfUnsubscribed === 'error')
      return refused({ kind: 'compliance' });
    if (account.modes.selfUnsubscribed === 'silentMissing') return { kind: 'passedOver' };
  }
  const before = { status: member.status, address: member.address };
  if (movesTo !== undefined) audience.members.readdress(member, movesTo);
  const changed = applyChanges(account, audience, member, input, decision, checked.values);
  const echo = writeTags(account, audience, member, input, call, false);
  account.webhooks.send(audience, 'api', memberEvents(audience, member, before, changed));
  return { kind: 'updated', member, echo };
}

/** Says whether anything but status and tags is different now. */
function applyChanges(
  account: Account,
  audience: Audience,
  member: Member,
  input: MemberInput,
  decision: StatusDecision,
  values: FieldValue[],
): boolean {
  const rare = changedRareFacts(audience, member.rare, input);
  const changed = !sameFacts(member, values, rare, input);
  const status = decision.kind === 'set' ? decision.status : member.status;
  const moved = status !== member.status;
  if (changed) {
    member.values = values;
    member.language = input.language ?? member.language;
    member.signedUpAt = input.signedUpAt ?? member.signedUpAt;
    member.optedInAt = input.optedInAt ?? member.optedInAt;
  }
  member.rare = withMail(rare, decision.kind === 'set' && decision.confirmationMail);
  if (decision.kind === 'set') member.leftBy = decision.leftBy;
  const touched = changed || moved || account.modes.lastChanged === 'on every write';
  moveMember(audience, member, status, touched ? account.now() : member.changedAt);
  return changed;
}

/** Tags of PUT and PATCH count only for new members; those of a batch are undocumented: see the mode (FACTS §4, §6). */
function writeTags(
  account: Account,
  audience: Audience,
  member: Member,
  input: MemberInput,
  call: WriteCall,
  isNew: boolean,
): MemberEcho {
  if (input.tags === undefined || (call.kind !== 'batch' && !isNew)) return {};
  if (call.kind === 'batch' && account.modes.tags === 'ignored') return {};
  const before = member.tags;
  const wanted = input.tags.map((name) => tagNamed(audience, name, account.now()));
  if (call.kind === 'batch' && call.syncTags) {
    for (const id of member.tags) {
      const segment = audience.tags.byId(id)!;
      if (!wanted.includes(segment)) takeTag(account, audience, segment, member);
    }
  }
  for (const segment of wanted) putTag(account, audience, segment, member);
  return call.kind === 'batch' && account.modes.tags === 'notEchoed' ? { tags: before } : {};
}

function valueRules(account: Account, call: WriteCall) {
  return {
    language: account.modes.fieldLanguage,
    skipRequired: call.skipRequired,
    unknown: account.modes.unknownMergeFields,
  };
}

function withMail(rare: RareFacts, mail: boolean): RareFacts {
  return mail ? { ...rare, confirmationMails: rareFact(rare, 'confirmationMails') + 1 } : rare;
}

function isOverLimit(account: Account, status: MemberStatus): boolean {
  const limit = account.modes.contactLimit;
  const counts = status === 'subscribed' || status === 'unsubscribed' || status === 'transactional';
  return counts && limit !== null && account.modes.overLimit === '403' && account.billable() >= limit;
}
