import type { ApiRequest } from './api-request.ts';
import { largestPage, type MailchimpClient } from './mailchimp-client.ts';
import { parseAccount, parseAudience, parseMergeFields, type Listing } from './parse-answers.ts';
import { under, type AskFor } from './requested-fields.ts';

type AudienceCalls = Pick<MailchimpClient, 'account' | 'audience' | 'mergeFields'>;

/** Reading what an account and an audience are. */
export function audienceCalls(askFor: AskFor): AudienceCalls {
  return {
    account: ({ signal } = {}) =>
      askFor(
        { method: 'GET', template: '/' },
        ['account_id', 'account_name', 'login_id', 'username', 'role'],
        ({ answer }) => parseAccount(answer.body),
        signal,
      ),

    audience: (id, { signal } = {}) =>
      askFor(
        {
          method: 'GET',
          template: '/lists/{list_id}',
          parameters: { list_id: id },
          query: { include_total_contacts: true },
        },
        ['id', 'name', 'double_optin', 'marketing_permissions', ...under('stats', statsFields)],
        ({ answer }) => parseAudience(answer.body),
        signal,
      ),

    mergeFields: (id, { signal } = {}) =>
      askForAll(
        askFor,
        { method: 'GET', template: '/lists/{list_id}/merge-fields', parameters: { list_id: id } },
        [...under('merge_fields', ['tag', 'name', 'type', 'required', 'options']), 'total_items'],
        parseMergeFields,
        signal,
      ),
  };
}

const statsFields = [
  'member_count',
  'unsubscribe_count',
  'cleaned_count',
  'total_contacts',
  'merge_field_count',
];

/** All of a short listing, page by page; for members, whose rows move, there is `readMembers`. */
export async function askForAll<T>(
  askFor: AskFor,
  request: ApiRequest,
  fields: readonly string[],
  parse: (body: string) => Listing<T>,
  signal: AbortSignal | undefined,
): Promise<T[]> {
  const items: T[] = [];
  for (;;) {
    const query = { ...request.query, count: largestPage, offset: items.length };
    const page = await askFor({ ...request, query }, fields, ({ answer }) => parse(answer.body), signal);
    items.push(...page.items);
    if (page.items.length === 0 || items.length >= page.total) return items;
  }
}
