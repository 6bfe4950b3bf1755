import type { ApiRequest } from './api-request.ts';
import { largestPage, type MailchimpClient } from './mailchimp-client.ts';
import { MailchimpRefusal } from './mailchimp-error.ts';
import {
  parseAccount,
  parseAudience,
  parseAudiences,
  parseMergeFields,
  type Listing,
} from './parse-answers.ts';
import type { PatientRequests } from './patient-requests.ts';
import { under, type AskFor } from './requested-fields.ts';

type AudienceCalls = Pick<
  MailchimpClient,
  'account' | 'audience' | 'audiences' | 'mergeFields' | 'createMergeField'
>;

const allFields = '/lists/{list_id}/merge-fields';

/** What an account and an audience are, and the fields that an audience has. */
export function audienceCalls(requests: PatientRequests, askFor: AskFor): AudienceCalls {
  const mergeFields: AudienceCalls['mergeFields'] = (id, { signal } = {}) =>
    askForAll(
      askFor,
      { method: 'GET', template: allFields, parameters: { list_id: id } },
      [...under('merge_fields', ['tag', 'name', 'type', 'required', 'options']), 'total_items'],
      parseMergeFields,
      signal,
    );

  return {
    account: ({ signal } = {}) =>
      askFor(
        { method: 'GET', template: '/' },
        ['account_id', 'account_name', 'username', 'role'],
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
        [...listFields, ...under('stats', statsFields)],
        ({ answer }) => parseAudience(answer.body),
        signal,
      ),

    audiences: ({ signal } = {}) =>
      askForAll(
        askFor,
        { method: 'GET', template: '/lists', query: { include_total_contacts: true } },
        [...under('lists', [...listFields, ...under('stats', statsFields)]), 'total_items'],
        parseAudiences,
        signal,
      ),

    mergeFields,

    async createMergeField(id, { tag, name, type, choices }, options = {}) {
      const body = { tag, name, type, ...(choices === undefined ? {} : { options: { choices } }) };
      try {
        await requests.call(
          { method: 'POST', template: allFields, parameters: { list_id: id }, body },
          () => undefined,
          options.signal,
        );
        return 'made';
      } catch (error) {
        // What Mailchimp says of a tag that is taken is documented nowhere, so the fields themselves are asked.
        if (!(error instanceof MailchimpRefusal)) throw error;
        const taken = (await mergeFields(id, options)).some((field) => field.tag === tag);
        if (!taken) throw error;
        return 'taken';
      }
    },
  };
}

const listFields = ['id', 'name', 'double_optin', 'marketing_permissions'];
const statsFields = ['member_count', 'unsubscribe_count', 'cleaned_count', 'total_contacts'];

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
