import type { AudienceMember, Destination, Refusal, UpsertAnswer, UpsertPerson } from '../destination.ts';
import type { AnsweredMember, BatchError, Member, MemberStatus, WritableStatus } from './audience-model.ts';
import { classifyPerson } from './classify-person.ts';
import type { MailchimpClient } from './mailchimp-client.ts';
import { allStatuses, readMembers } from './read-audience.ts';

/** Mailchimp as a destination: its client's words in the pipeline's. */
export function mailchimpDestination(client: MailchimpClient): Destination {
  return {
    async describe(audience) {
      const [list, fields, tags] = await Promise.all([
        client.audience(audience),
        client.mergeFields(audience),
        client.tags(audience),
      ]);
      return { id: list.id, name: list.name, doubleOptIn: list.doubleOptin, fields, tags };
    },
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
      const counts = allStatuses.map(async (status) => {
        const { total } = await client.memberPage(audience, { status, offset: 0, count: 1 });
        return [status, total] as const;
      });
      return Object.fromEntries(await Promise.all(counts));
    },
    async find(audience, address) {
      const member = await client.member(audience, address);
      return member === undefined ? undefined : memberOf(member);
    },
    upsert: async (audience, people, options) =>
      answerOf(await client.upsert(audience, people.map(batchMember), options)),
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
    async archive(audience, address, signal) {
      const ended = await client.archive(audience, address, signal === undefined ? {} : { signal });
      return ended === 'refused' ? 'refused' : 'archived';
    },
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
    fields: member.mergeFields,
    tags: member.tags,
    lastChanged: member.lastChanged === '' ? null : member.lastChanged,
  };
}

function batchMember(person: UpsertPerson) {
  return {
    address: person.email,
    // The plan sends nobody who is archived by somebody else, and those we archived come back as new.
    status: person.status as WritableStatus,
    mergeFields: person.fields,
    ...(person.tags.length === 0 ? {} : { tags: person.tags }),
  };
}

function answerOf(answer: {
  created: AnsweredMember[];
  updated: AnsweredMember[];
  errors: BatchError[];
}): UpsertAnswer {
  const taken = (created: boolean) => (member: AnsweredMember) => ({
    address: fold(member.address),
    created,
    ...(member.status === undefined ? {} : { status: member.status }),
    ...(member.mergeFields === undefined ? {} : { fields: member.mergeFields }),
    ...(member.tags === undefined ? {} : { tags: member.tags }),
  });
  return {
    taken: [...answer.created.map(taken(true)), ...answer.updated.map(taken(false))],
    refused: answer.errors.map(refusalOf),
  };
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
