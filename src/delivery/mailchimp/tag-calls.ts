import { askForAll } from './audience-calls.ts';
import { checkBatch, type MailchimpClient } from './mailchimp-client.ts';
import { isRefusal } from './mailchimp-error.ts';
import { parseTag, parseTagAnswer, parseTags } from './parse-answers.ts';
import { parseTagMembers } from './parse-tag-members.ts';
import type { PatientRequests } from './patient-requests.ts';
import { under, type AskFor } from './requested-fields.ts';

type TagCalls = Pick<MailchimpClient, 'tags' | 'createTag' | 'renameTag' | 'changeTag' | 'tagMembers'>;

const oneTag = '/lists/{list_id}/segments/{segment_id}';
const allTags = '/lists/{list_id}/segments';

/** Tags are static segments (FACTS §6). */
export function tagCalls(requests: PatientRequests, askFor: AskFor): TagCalls {
  const tags: TagCalls['tags'] = (id, { signal } = {}) =>
    askForAll(
      askFor,
      { method: 'GET', template: allTags, parameters: { list_id: id }, query: { type: 'static' } },
      [...under('segments', ['id', 'name']), 'total_items'],
      parseTags,
      signal,
    );

  return {
    tags,

    async createTag(id, name, options = {}) {
      const body = { name, static_segment: [] };
      try {
        const created = await requests.call(
          { method: 'POST', template: allTags, parameters: { list_id: id }, body },
          ({ answer }) => parseTag(answer.body),
          options.signal,
        );
        return { ...created, existed: false };
      } catch (error) {
        if (!isRefusal(error, 'tag_exists')) throw error;
        const found = (await tags(id, options)).find((tag) => foldName(tag.name) === foldName(name));
        if (found === undefined) throw error;
        return { ...found, existed: true };
      }
    },

    // Never with `static_segment`: that would replace who has the tag.
    renameTag: (id, tagId, name, { signal } = {}) =>
      requests.call(
        { method: 'PATCH', template: oneTag, parameters: tagParameters(id, tagId), body: { name } },
        ({ answer }) => parseTag(answer.body),
        signal,
      ),

    tagMembers: (id, tagId, { offset, count }, { signal } = {}) =>
      askFor(
        {
          method: 'GET',
          template: `${oneTag}/members`,
          parameters: tagParameters(id, tagId),
          query: {
            include_cleaned: true,
            include_transactional: true,
            include_unsubscribed: true,
            offset,
            count,
          },
        },
        ['members.email_address', 'total_items'],
        ({ answer }) => parseTagMembers(answer.body),
        signal,
      ),

    async changeTag(id, tagId, { add = [], remove = [] }, { signal } = {}) {
      checkBatch(add.length);
      checkBatch(remove.length);
      const body = {
        ...(add.length === 0 ? {} : { members_to_add: add }),
        ...(remove.length === 0 ? {} : { members_to_remove: remove }),
      };
      return askFor(
        { method: 'POST', template: oneTag, parameters: tagParameters(id, tagId), body },
        ['members_added.email_address', 'members_removed.email_address', 'total_added', 'total_removed'],
        ({ answer }) => parseTagAnswer(answer.body),
        signal,
      );
    },
  };
}

function tagParameters(id: string, tagId: number): Record<string, string> {
  return { list_id: id, segment_id: String(tagId) };
}

// Mailchimp changes the case of names (FACTS §6).
function foldName(name: string): string {
  return name.trim().toLowerCase();
}
