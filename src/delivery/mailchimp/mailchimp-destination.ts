import type {
  AudienceMember,
  Destination,
  Refusal,
  TakenPerson,
  UpsertAnswer,
  UpsertPerson,
} from '../destination.ts';
import {
  memberStatuses,
  type Account,
  type AnsweredMember,
  type Audience,
  type BatchError,
  type BatchMember,
  type Member,
  type MemberStatus,
  type WritableStatus,
} from './audience-model.ts';
import { throwBatchRefusal, verdictOn } from './batch-refusal.ts';
import { classifyPerson } from './classify-person.ts';
import type { MailchimpClient } from './mailchimp-client.ts';
import { isRefusal } from './mailchimp-error.ts';
import { mergeValueFromText } from './merge-value.ts';
import { readMembers } from './read-audience.ts';
import { tagHolders } from './tag-holders.ts';

/**
 * Mailchimp as a destination: its client's words in the pipeline's.
 * @param whose whose account it is, where that is known without a request
 */
export function mailchimpDestination(
  client: MailchimpClient,
  whose: (signal?: AbortSignal) => Promise<Account> = (signal) =>
    client.account(signal === undefined ? {} : { signal }),
): Destination {
  return {
    async account(signal) {
      const { accountId, accountName } = await whose(signal);
      return { id: accountId, name: accountName };
    },
    async describe(audience, signal) {
      const options = signal === undefined ? {} : { signal };
      const [list, fields, tags] = await Promise.all([
        client.audience(audience, options),
        client.mergeFields(audience, options),
        client.tags(audience, options),
      ]);
      const { id, name, doubleOptin: doubleOptIn, marketingPermissions } = list;
      return { id, name, doubleOptIn, marketingPermissions, fields, tags };
    },
    contacts: async () =>
      Object.fromEntries((await client.audiences()).map((list) => [list.id, billableContacts(list)])),
    makeField: (audience, field) => client.createMergeField(audience, field),
    read(audience, since, statuses) {
      const reading = readMembers(client, audience, {
        ...(since === undefined ? {} : { since }),
        ...(statuses === undefined ? {} : { statuses: statuses as MemberStatus[] }),
      });
      return {
        pages: pagesOf(reading),
        nextFrom: () => reading.nextSince ?? new Date(0),
        short: () => reading.short,
      };
    },
    async sizes(audience) {
      const counts = memberStatuses.map(async (status) => {
        const { total } = await client.memberPage(audience, { status, offset: 0, count: 1 });
        return [status, total] as const;
      });
      return Object.fromEntries(await Promise.all(counts));
    },
    async find(audience, address, signal) {
      const member = await client.member(audience, address, signal === undefined ? {} : { signal });
      return member === undefined ? undefined : memberOf(member);
    },
    async upsert(audience, people, { fieldTypes = {}, skipRequired = false, ...options } = {}) {
      const members = people.map((person) => batchMember(person, fieldTypes));
      const answer = client.upsert(audience, members, { ...options, skipMergeValidation: skipRequired });
      return answerOf(await answer.catch(throwBatchRefusal));
    },
    makeTag: (audience, name) => client.createTag(audience, name),
    async renameTag(audience, tagId, name) {
      await client.renameTag(audience, tagId, name);
    },
    async changeTag(audience, tagId, change, addresses, signal) {
      const answer = await client.changeTag(
        audience,
        tagId,
        { [change]: addresses },
        signal === undefined ? {} : { signal },
      );
      const [count, named] =
        change === 'add' ? [answer.added, answer.addedAddresses] : [answer.removed, answer.removedAddresses];
      if (count >= addresses.length) return { unmentioned: [] };
      const mentioned = new Set(named.map(fold));
      return { unmentioned: addresses.filter((address) => !mentioned.has(address)) };
    },
    whoHasTag: (audience, tag, among, signal) =>
      tagHolders(client, audience, tag, among, signal === undefined ? {} : { signal }),
    async setStatus(audience, address, status) {
      await client.setStatus(audience, address, status as WritableStatus);
    },
    changeAddress: (audience, from, to, options = {}) =>
      client.changeAddress(audience, from, to, options).then(() => 'changed' as const, verdictOn),
    async archive(audience, address, signal) {
      const ended = await client.archive(audience, address, signal === undefined ? {} : { signal });
      return ended === 'gone' ? 'absent' : ended;
    },
    async deletePermanently(audience, address) {
      return (await client.deletePermanently(audience, address)) === 'deleted' ? 'deleted' : 'absent';
    },
    webhooks: (audience) => client.webhooks(audience),
    makeWebhook: (audience, url) => client.createWebhook(audience, url),
    async removeWebhook(audience, id) {
      return (await client.deleteWebhook(audience, id)) === 'deleted' ? 'removed' : 'absent';
    },
    isGone: (error) => isRefusal(error, 'resource_not_found'),
    traffic() {
      const { requests, retries } = client.stats();
      return { requests, retries };
    },
    close: () => client.close(),
  };
}

async function* pagesOf(reading: AsyncIterable<Member[]>): AsyncIterable<AudienceMember[]> {
  for await (const page of reading) yield page.map(memberOf);
}

function memberOf(member: Member): AudienceMember {
  return {
    address: fold(member.address),
    status: member.status,
    fields: withLanguage(member.mergeFields, member.language),
    tags: member.tags,
    lastChanged: member.lastChanged === '' ? null : member.lastChanged,
    ...(member.contactId === undefined || member.contactId === '' ? {} : { contactId: member.contactId }),
    ...(member.unsubscribeReason === undefined ? {} : { reason: member.unsubscribeReason }),
  };
}

/** The language travels among the merge fields: their tags are capitals, so its key is free. */
function withLanguage(
  fields: Readonly<Record<string, string>>,
  language: string | undefined,
): Readonly<Record<string, string>> {
  return language === undefined ? fields : { ...fields, language };
}

/** Subscribed, unsubscribed and non-subscribed ones (FACTS §7); the last are what is left of the approximate total. */
function billableContacts({ memberCount, unsubscribed, cleaned, totalContacts }: Audience): number {
  return Math.max(memberCount + unsubscribed, (totalContacts ?? 0) - cleaned);
}

// Here and in what follows objects are made by hand, at once and whole: it is done for every person of an audience, and what is
// spread or put in later takes several times the memory.
function batchMember(person: UpsertPerson, types: Readonly<Record<string, string>>): BatchMember {
  const mergeFields: BatchMember['mergeFields'] = {};
  // The plan sends nobody who is archived by somebody else, and those we archived come back as new.
  const member: BatchMember = {
    address: person.email,
    status: person.status as WritableStatus,
    mergeFields,
  };
  for (const tag in person.fields) {
    const value = person.fields[tag] ?? '';
    if (tag === 'language') member.language = value;
    else if (tag === 'ip_opt') member.ipOpt = value;
    else if (tag === 'timestamp_opt') member.timestampOpt = value;
    else mergeFields[tag] = mergeValueFromText(value, types[tag] ?? 'text');
  }
  if (person.tags.length > 0) member.tags = person.tags;
  return member;
}

function answerOf(answer: {
  created: AnsweredMember[];
  updated: AnsweredMember[];
  errors: BatchError[];
}): UpsertAnswer {
  const taken = answer.created.map((member) => takenPerson(member, true));
  for (const member of answer.updated) taken.push(takenPerson(member, false));
  return {
    taken,
    refused: answer.errors.map(refusalOf),
  };
}

function takenPerson(member: AnsweredMember, created: boolean): TakenPerson {
  const { address, status, mergeFields, language, tags, contactId } = member;
  const fields = mergeFields === undefined ? undefined : withLanguage(mergeFields, language);
  return { address: fold(address), created, status, fields, tags, contactId };
}

function refusalOf(error: BatchError): Refusal {
  const verdict = classifyPerson(error);
  return {
    address: fold(error.address),
    // A refusal nobody knows is taken to last: sending it in every run would help nobody (FACTS §8).
    kind: verdict.reason === 'unknown' ? 'rejected' : verdict.kind,
    reason: verdict.reason,
    detail: verdict.field === undefined ? verdict.text : `${verdict.field}: ${verdict.text}`,
  };
}

const fold = (address: string): string => address.trim().toLowerCase();
