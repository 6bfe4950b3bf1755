import type { Account } from './account.ts';
import type { ApiCall } from './api-call.ts';
import { requireAudience } from './api-call.ts';
import type { Audience } from './audience.ts';
import { parseMember } from './member-input.ts';
import { refusalRow } from './member-refusal.ts';
import { memberFieldNames, memberView } from './member-view.ts';
import { writeMember } from './member-write.ts';
import type { WriteCall } from './member-write.ts';
import { invalidResource } from './problem.ts';

/** The most members one call may carry (FACTS §4). */
export const batchLimit = 500;

export const batchAnswerNames = [
  'new_members',
  'updated_members',
  'errors',
  'total_created',
  'total_updated',
  'error_count',
] as const satisfies (keyof BatchAnswer)[];

interface BatchAnswer {
  new_members: unknown[];
  updated_members: unknown[];
  errors: Record<string, string>[];
  total_created: number;
  total_updated: number;
  error_count: number;
  _links: [];
}

/** `POST /lists/{list_id}`: adds or changes up to 500 members, each on its own (FACTS §4, §9.3–9.7). */
export function upsertBatch(account: Account, call: ApiCall): BatchAnswer {
  const audience = requireAudience(account, call);
  const { body } = call;
  const members = body['members'];
  if (!Array.isArray(members)) {
    const message =
      members === undefined ? 'Required fields were not provided: members' : 'Schema describes array';
    throw invalidResource([{ field: 'members', message }]);
  }
  if (members.length > batchLimit) {
    // Mailchimp's wording for this is not known.
    throw invalidResource([{ field: 'members', message: `Must contain at most ${batchLimit} items` }]);
  }
  const rules: WriteCall = {
    kind: 'batch',
    updateExisting: body['update_existing'] === true,
    skipRequired: call.query.get('skip_merge_validation') === 'true',
    syncTags: body['sync_tags'] === true,
  };
  const skipDuplicates = call.query.get('skip_duplicate_check') === 'true';
  const answer = upsertAll(account, audience, call, members, rules, skipDuplicates);
  return {
    ...answer,
    total_created: answer.new_members.length,
    total_updated: answer.updated_members.length,
    error_count: answer.errors.length,
    _links: [],
  };
}

function upsertAll(
  account: Account,
  audience: Audience,
  call: ApiCall,
  members: readonly unknown[],
  rules: WriteCall,
  skipDuplicates: boolean,
): Pick<BatchAnswer, 'new_members' | 'updated_members' | 'errors'> {
  const answer = {
    new_members: [] as unknown[],
    updated_members: [] as unknown[],
    errors: [] as Record<string, string>[],
  };
  const newFilter = call.filter.under('new_members');
  const updatedFilter = call.filter.under('updated_members');
  newFilter.expect(memberFieldNames);
  updatedFilter.expect(memberFieldNames);
  const seen = new Set<string>();
  for (const sent of members) {
    const parsed = parseMember(sent);
    if (parsed.kind === 'refused') {
      answer.errors.push(refusalRow({ kind: 'schema', errors: parsed.errors }, parsed.address));
      continue;
    }
    const { address } = parsed.input;
    const key = address.toLowerCase();
    if (key !== '' && seen.has(key)) {
      if (!skipDuplicates) answer.errors.push(refusalRow({ kind: 'duplicate' }, address));
      continue;
    }
    seen.add(key);
    const outcome = writeMember(account, audience, parsed.input, rules);
    switch (outcome.kind) {
      case 'created':
        answer.new_members.push(memberView(audience, outcome.member, newFilter, outcome.echo));
        break;
      case 'updated':
        answer.updated_members.push(memberView(audience, outcome.member, updatedFilter, outcome.echo));
        break;
      case 'refused':
        answer.errors.push(refusalRow(outcome.refusal, address));
        break;
      case 'passedOver':
        break;
    }
  }
  // The order of the input must not be relied on (FACTS §9.3).
  answer.errors.reverse();
  return answer;
}
