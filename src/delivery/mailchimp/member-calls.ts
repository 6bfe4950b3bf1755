import type { BatchMember, Member } from './audience-model.ts';
import { checkBatch, type MailchimpClient } from './mailchimp-client.ts';
import { refusalAs } from './mailchimp-error.ts';
import { memberHash } from './member-hash.ts';
import { parseBatchAnswer, parseMember, parseMembers } from './parse-members.ts';
import type { PatientRequests, Reply } from './patient-requests.ts';
import { under, type AskFor } from './requested-fields.ts';

type MemberCalls = Pick<
  MailchimpClient,
  'memberPage' | 'member' | 'upsert' | 'changeAddress' | 'setStatus' | 'archive' | 'deletePermanently'
>;

const memberFields = [
  'id',
  'contact_id',
  'email_address',
  'status',
  'unsubscribe_reason',
  'merge_fields',
  'language',
  'tags',
  'last_changed',
];
const answeredFields = ['email_address', 'status', 'merge_fields', 'language', 'tags'];
const oneMember = '/lists/{list_id}/members/{subscriber_hash}';

/** Reading and writing people (FACTS §4, §5). */
export function memberCalls(requests: PatientRequests, askFor: AskFor): MemberCalls {
  return {
    memberPage: (id, query, { signal } = {}) =>
      askFor(
        {
          method: 'GET',
          template: '/lists/{list_id}/members',
          parameters: { list_id: id },
          query: {
            status: query.status,
            since_last_changed: query.changedSince,
            sort_field: 'last_changed',
            sort_dir: 'ASC',
            offset: query.offset,
            count: query.count,
          },
        },
        [...under('members', memberFields), 'total_items'],
        (reply) => {
          const { items, total } = parseMembers(reply.answer.body);
          return { members: items, total, asOf: timeOf(reply) };
        },
        signal,
      ),

    member: (id, address, { signal } = {}) =>
      askFor(
        { method: 'GET', template: oneMember, parameters: memberParameters(id, address) },
        memberFields,
        ({ answer }): Member | undefined => parseMember(answer.body),
        signal,
      ).catch(refusalAs({ not_found: undefined })),

    async upsert(id, members, { signal, skipMergeValidation, ...hooks } = {}) {
      checkBatch(members.length);
      return askFor(
        {
          method: 'POST',
          template: '/lists/{list_id}',
          parameters: { list_id: id },
          query: { skip_duplicate_check: false, skip_merge_validation: skipMergeValidation },
          // Never `sync_tags`: it would take away other people's tags.
          body: { members: members.map(wireMember), update_existing: true },
        },
        [
          ...under('new_members', [...answeredFields, 'contact_id']),
          ...under('updated_members', answeredFields),
          'errors',
          'total_created',
          'total_updated',
          'error_count',
        ],
        ({ answer }) => parseBatchAnswer(answer.body),
        signal,
        hooks,
      );
    },

    // The description has no `fields` here, and few people move: the whole member comes back.
    changeAddress: (id, from, to, { signal, ...hooks } = {}) =>
      requests.call(
        {
          method: 'PATCH',
          template: oneMember,
          parameters: memberParameters(id, from),
          // Fields that the audience requires are no matter of the address.
          query: { skip_merge_validation: true },
          body: { email_address: to },
        },
        ({ answer }) => parseMember(answer.body),
        signal,
        hooks,
      ),

    setStatus: (id, address, status, { signal } = {}) =>
      askFor(
        {
          method: 'PATCH',
          template: oneMember,
          parameters: memberParameters(id, address),
          // Fields that the audience requires are no matter of the status.
          query: { skip_merge_validation: true },
          body: { status },
        },
        memberFields,
        ({ answer }) => parseMember(answer.body).status,
        signal,
      ),

    archive: (id, address, { signal } = {}) =>
      requests
        .call(
          { method: 'DELETE', template: oneMember, parameters: memberParameters(id, address) },
          () => 'archived' as const,
          signal,
        )
        .catch(refusalAs({ not_found: 'gone' as const, cannot_remove: 'refused' as const })),

    deletePermanently: (id, address, { signal } = {}) =>
      requests
        .call(
          {
            method: 'POST',
            template: `${oneMember}/actions/delete-permanent`,
            parameters: memberParameters(id, address),
          },
          () => 'deleted' as const,
          signal,
        )
        .catch(refusalAs({ not_found: 'gone' as const })),
  };
}

function memberParameters(id: string, address: string): Record<string, string> {
  return { list_id: id, subscriber_hash: memberHash(address) };
}

/** A member as the batch's body wants it; `undefined` members are not sent. */
function wireMember(member: BatchMember): Record<string, unknown> {
  return {
    email_address: member.address,
    status: member.status,
    merge_fields: member.mergeFields,
    tags: member.tags,
    language: member.language,
    ip_opt: member.ipOpt,
    timestamp_opt: member.timestampOpt,
  };
}

function timeOf({ answer, sentAt, receivedAt }: Reply): Date {
  const told = new Date(answer.headers.date ?? '');
  if (Number.isNaN(told.getTime())) return sentAt;
  // The header is written when the answer is ready: a slow query saw an older state.
  return new Date(told.getTime() - (receivedAt.getTime() - sentAt.getTime()));
}
