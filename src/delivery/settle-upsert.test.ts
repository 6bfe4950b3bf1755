import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { SegmentId } from '../base/ids.ts';
import type { PlannedPerson } from '../exports/chunks.ts';
import type { AudienceMember, Refusal, TakenPerson } from './destination.ts';
import { settleFromFacts, settleUpsert, type SettledPeople } from './settle-upsert.ts';

const buyers = 'buyers' as SegmentId;
const tagName = (segment: SegmentId) => `tag ${segment}`;
const address = 'ana@acme.test';

/** A known contact whose name changes and who gets a tag. */
const ana: PlannedPerson = {
  position: 7,
  action: 'update',
  address,
  email: 'Ana@acme.test',
  seenStatus: 'subscribed',
  status: 'subscribed',
  fields: { FNAME: 'Ana' },
  addSegments: [buyers],
};
const fresh: PlannedPerson = { ...ana, action: 'add', seenStatus: null };
const back: PlannedPerson = { ...fresh, seenStatus: 'archived' };
const tag = { segment: buyers, address };

interface Case {
  of: string;
  person?: PlannedPerson;
  taken?: Partial<TakenPerson>;
  refused?: Partial<Refusal>;
  outcome: Record<string, unknown>;
  tags?: SettledPeople['tagsToGive'];
}

const sentAt = new Date('2026-11-24T06:00:00.500Z');

describe('settleUpsert', () => {
  it.each<Case>([
    {
      of: 'taken, and the answer shows all of it',
      taken: { status: 'subscribed', fields: { FNAME: 'Ana' }, tags: ['Tag BUYERS', 'Other'] },
      outcome: {
        result: 'done',
        created: false,
        status: 'subscribed',
        fieldPatch: {},
        tags: ['tag buyers', 'other'],
      },
    },
    {
      of: 'taken, and the answer shows other values, fields of others, and not all of ours',
      person: { ...ana, fields: { FNAME: 'Ana', CITY: 'Cluj', ZIP: '1' } },
      taken: { status: 'subscribed', fields: { FNAME: 'An', PHONE: '', CITY: 'Cluj' }, tags: ['tag buyers'] },
      outcome: {
        result: 'done',
        created: false,
        status: 'subscribed',
        fieldPatch: { FNAME: 'An', PHONE: '', ZIP: null },
        tags: ['tag buyers'],
      },
    },
    {
      of: 'taken and new',
      person: fresh,
      taken: { created: true, status: 'subscribed' },
      outcome: { result: 'done', created: true, status: 'subscribed' },
      tags: [tag],
    },
    {
      of: 'taken, and the answer shows nothing',
      taken: {},
      outcome: { result: 'done', created: false, status: 'subscribed' },
      tags: [tag],
    },
    {
      of: 'taken, and the tag did not take',
      taken: { status: 'subscribed', tags: ['other'] },
      outcome: { result: 'done', created: false, status: 'subscribed', tags: ['other'] },
      tags: [tag],
    },
    ...['unsubscribed', 'cleaned', 'pending', 'archived'].map((status) => ({
      of: `said 200, and stays ${status}`,
      taken: { status, tags: [] },
      outcome: { result: 'keptOut', reason: status, status, tags: [] },
    })),
    {
      of: 'subscribed meanwhile',
      person: { ...ana, seenStatus: 'transactional', status: 'transactional' },
      taken: { status: 'subscribed', tags: ['tag buyers'] },
      outcome: { result: 'done', created: false, status: 'subscribed', tags: ['tag buyers'] },
    },
    {
      of: 'asked to confirm, as the export wants',
      person: { ...fresh, status: 'pending' },
      taken: { created: true, status: 'pending', tags: ['tag buyers'] },
      outcome: { result: 'done', created: true, status: 'pending', tags: ['tag buyers'] },
    },
    {
      of: 'refused',
      refused: { kind: 'rejected', reason: 'bad_field', detail: 'no date' },
      outcome: { result: 'rejected', reason: 'bad_field', detail: 'no date' },
    },
    {
      of: 'refused for good',
      refused: { kind: 'keptOut', reason: 'deleted', detail: '' },
      outcome: { result: 'keptOut', reason: 'deleted', detail: '' },
    },
    { of: 'not mentioned', outcome: { result: 'unmentioned' } },
  ])('$of', ({ person = ana, taken, refused, outcome, tags = [] }) => {
    const answer = {
      taken: taken === undefined ? [] : [{ address, created: false, ...taken }],
      refused:
        refused === undefined
          ? []
          : [{ address, kind: 'failed' as const, reason: '', detail: '', ...refused }],
    };
    expect(settleUpsert([person], answer, tagName)).toEqual({
      outcomes: [{ position: 7, address, ...outcome }],
      tagsToGive: tags,
    });
  });

  it('believes an answer that it was taken more than one that it was not', () => {
    const answer = {
      taken: [{ address, created: false }],
      refused: [{ address, kind: 'rejected' as const, reason: 'duplicate', detail: '' }],
    };
    expect(settleUpsert([ana], answer, tagName).outcomes).toMatchObject([{ result: 'done' }]);
  });

  const ion: PlannedPerson = { ...ana, position: 8, address: 'ion@acme.test', email: 'ion@acme.test' };
  const nameless = (reason: string): Refusal => ({ address: '', kind: 'rejected', reason, detail: 'no' });

  it.each([
    {
      of: 'as many as people are missing, and alike: theirs',
      refused: [nameless('unknown'), nameless('unknown')],
      ends: ['rejected', 'rejected'],
    },
    {
      of: 'fewer than that: nobody knows whose',
      refused: [nameless('unknown')],
      ends: ['unmentioned', 'unmentioned'],
    },
    {
      of: 'not alike: nobody knows whose',
      refused: [nameless('unknown'), nameless('bad_field')],
      ends: ['unmentioned', 'unmentioned'],
    },
  ])('reads refusals that name nobody: $of', ({ refused, ends }) => {
    const { outcomes } = settleUpsert([ana, ion], { taken: [], refused }, tagName);
    expect(outcomes.map(({ result }) => result)).toEqual(ends);
  });

  it('goes by addresses, not by places in the answer', () => {
    const answer = {
      taken: [],
      refused: [
        { address: ion.address, kind: 'rejected' as const, reason: 'fake_address', detail: '' },
        { address, kind: 'keptOut' as const, reason: 'compliance', detail: '' },
      ],
    };
    expect(settleUpsert([ana, ion], answer, tagName).outcomes).toMatchObject([
      { address, reason: 'compliance' },
      { address: ion.address, reason: 'fake_address' },
    ]);
  });

  it('takes two spellings that Mailchimp knows as one for two people: who is not named is looked for', () => {
    const alias: PlannedPerson = { ...ana, position: 8, address: 'an.a@acme.test', email: 'an.a@acme.test' };
    const taken = [
      { address, created: true },
      { address, created: false },
    ];
    const { outcomes } = settleUpsert([ana, alias], { taken, refused: [] }, tagName);
    expect(outcomes.map(({ result }) => result)).toEqual(['done', 'unmentioned']);
  });

  it('has no use for people whom nobody sent', () => {
    const stranger = { address: 'eva@acme.test', created: true };
    expect(settleUpsert([], { taken: [stranger], refused: [] }, tagName)).toEqual({
      outcomes: [],
      tagsToGive: [],
    });
  });
});

describe('settleFromFacts', () => {
  const there: AudienceMember = {
    address,
    status: 'subscribed',
    fields: { FNAME: 'Ana' },
    tags: [],
    lastChanged: null,
  };

  it.each<{
    of: string;
    person?: PlannedPerson;
    member: Partial<AudienceMember> | null;
    outcome: Record<string, unknown> | 'needed';
    tags?: SettledPeople['tagsToGive'];
  }>([
    {
      of: 'not there any more: not to be made anew',
      member: null,
      outcome: { result: 'keptOut', reason: 'moved' },
    },
    {
      of: 'to come back, and not in the archive any more either',
      person: back,
      member: null,
      outcome: { result: 'keptOut', reason: 'moved' },
    },
    {
      of: 'in a status that another hand gave',
      member: { status: 'transactional', fields: { FNAME: 'Anna' } },
      outcome: { result: 'keptOut', reason: 'moved', status: 'transactional' },
    },
    {
      of: 'new, and there in a status that another hand gave',
      person: fresh,
      member: { status: 'transactional', fields: { FNAME: 'Anna' } },
      outcome: { result: 'keptOut', reason: 'moved', status: 'transactional' },
    },
    { of: 'new, and not there', person: fresh, member: null, outcome: 'needed' },
    {
      of: 'there as wanted',
      member: { tags: ['tag buyers'] },
      outcome: { result: 'done', created: false, status: 'subscribed' },
    },
    {
      of: 'there as wanted but for the tag',
      member: {},
      outcome: { result: 'done', created: false, status: 'subscribed' },
      tags: [tag],
    },
    { of: 'there as before', member: { fields: { FNAME: 'Anna' } }, outcome: 'needed' },
    { of: 'there, and the field is blank', member: { fields: {} }, outcome: 'needed' },
    {
      of: 'new, and there, if in a form of its own',
      person: fresh,
      member: { fields: { FNAME: 'ANA' }, tags: ['tag buyers'], lastChanged: '2026-11-24T06:00:00Z' },
      outcome: { result: 'done', created: true, status: 'subscribed' },
    },
    {
      of: 'new, and there as wanted since the request',
      person: fresh,
      member: { tags: ['tag buyers'], lastChanged: '2026-11-24T06:00:00Z' },
      outcome: { result: 'done', created: true, status: 'subscribed' },
    },
    {
      of: 'new, and there as wanted since before the request: somebody else made the contact',
      person: fresh,
      member: { tags: ['tag buyers'], lastChanged: '2026-11-24T05:59:59Z' },
      outcome: { result: 'done', created: false, status: 'subscribed' },
    },
    {
      of: 'new, and there since the request as wanted but for the tag: somebody else may have made the contact',
      person: fresh,
      member: { lastChanged: '2026-11-24T06:00:01Z' },
      outcome: { result: 'done', created: false, status: 'subscribed' },
      tags: [tag],
    },
    {
      of: 'new, and there since the request with another value and without the tag: somebody else made the contact',
      person: fresh,
      member: { fields: { FNAME: 'ANA' }, lastChanged: '2026-11-24T06:00:01Z' },
      outcome: 'needed',
    },
    {
      of: 'new without fields, and there since nobody knows when',
      person: { ...fresh, fields: {} },
      member: { tags: ['tag buyers'] },
      outcome: { result: 'done', created: false, status: 'subscribed' },
    },
    {
      of: 'to come back, and still archived',
      person: back,
      member: { status: 'archived' },
      outcome: 'needed',
    },
    {
      of: 'to come back, and back',
      person: back,
      member: { tags: ['tag buyers'], lastChanged: '2026-11-24T06:00:01Z' },
      outcome: { result: 'done', created: false, status: 'subscribed' },
    },
    ...['unsubscribed', 'cleaned', 'pending', 'archived'].flatMap((status) => [
      {
        of: `gone meanwhile: ${status}`,
        member: { status, fields: { FNAME: 'Anna' } },
        outcome: { result: 'keptOut', reason: status, status },
      },
      {
        of: `new, and ${status} by now`,
        person: fresh,
        member: { status },
        outcome: { result: 'keptOut', reason: status, status },
      },
    ]),
    {
      of: 'new, and asked to confirm as the export wants',
      person: { ...fresh, status: 'pending' },
      member: { status: 'pending', tags: ['tag buyers'], lastChanged: '2026-11-24T06:00:01Z' },
      outcome: { result: 'done', created: true, status: 'pending' },
    },
  ])('$of', ({ person = ana, member, outcome, tags = [] }) => {
    const facts = new Map(member === null ? [] : [[address, { ...there, ...member }]]);
    const settled = settleFromFacts([person], facts, sentAt, tagName);
    expect(settled.needed).toEqual(outcome === 'needed' ? [person] : []);
    expect(settled.outcomes).toMatchObject(
      outcome === 'needed' ? [] : [{ position: 7, address, ...outcome }],
    );
    expect(settled.outcomes).toHaveLength(outcome === 'needed' ? 0 : 1);
    expect(settled.tagsToGive).toEqual(tags);
  });
});

describe('whatever was sent and whatever came back', () => {
  const statuses = ['subscribed', 'unsubscribed', 'cleaned', 'pending', 'archived', 'transactional'] as const;
  const status = fc.constantFrom(...statuses);
  const mail = fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f').map((name) => `${name}@acme.test`);
  const fields = fc.record({ FNAME: fc.constantFrom('Ana', 'Ion') }, { requiredKeys: [] });
  const tags = fc.subarray(['tag one', 'Tag TWO', 'theirs']);
  const person = fc
    .record({
      address: mail,
      fields,
      status: fc.constantFrom('subscribed', 'transactional', 'pending'),
      seenStatus: fc.option(fc.constantFrom('subscribed', 'transactional', 'archived')),
      addSegments: fc.subarray(['one' as SegmentId, 'two' as SegmentId]),
    })
    .map((each): PlannedPerson => ({
      ...each,
      position: 1 + each.address.charCodeAt(0) - 'a'.charCodeAt(0),
      email: each.address.toUpperCase(),
      action: each.seenStatus === null || each.seenStatus === 'archived' ? 'add' : 'update',
    }));
  const people = fc.uniqueArray(person, { selector: (each) => each.address, maxLength: 6 });
  const takenPerson: fc.Arbitrary<TakenPerson> = fc.record(
    { address: mail, created: fc.boolean(), status, fields, tags },
    { requiredKeys: ['address', 'created'] },
  );
  const refusal: fc.Arbitrary<Refusal> = fc.record({
    address: mail,
    kind: fc.constantFrom('keptOut', 'rejected', 'failed'),
    reason: fc.constant('unknown'),
    detail: fc.constant(''),
  });
  const member: fc.Arbitrary<AudienceMember> = fc.record({
    address: mail,
    status,
    fields,
    tags,
    lastChanged: fc.option(
      fc.constantFrom('2026-11-24T05:59:59Z', '2026-11-24T06:00:00Z', '2026-11-24T06:00:01Z'),
    ),
  });

  /** Nobody is left out, and nobody is there twice. */
  function eachOnce(
    sent: readonly PlannedPerson[],
    settled: SettledPeople,
    needed: readonly PlannedPerson[],
  ): void {
    const places = [...settled.outcomes, ...needed].map((each) => each.position);
    expect(new Set(places)).toEqual(new Set(sent.map((each) => each.position)));
    const done = new Set(
      settled.outcomes.filter(({ result }) => result === 'done').map((each) => each.address),
    );
    const wanted = new Map(sent.map((each) => [each.address, each.addSegments]));
    for (const give of settled.tagsToGive) {
      expect(done, 'tags are given to whom it went well with alone').toContain(give.address);
      expect(wanted.get(give.address), 'and only those the plan gives').toContain(give.segment);
    }
    for (const outcome of settled.outcomes.filter(({ result }) => result === 'done')) {
      const given = settled.tagsToGive
        .filter((give) => give.address === outcome.address)
        .map((give) => tagName(give.segment));
      const all = (wanted.get(outcome.address) ?? []).map(tagName);
      expect(new Set([...given, ...(outcome.tags ?? [])])).toEqual(
        new Set([...all, ...(outcome.tags ?? [])]),
      );
    }
  }

  /** Nobody in a status that keeps them out counts as done, unless it is the one that the plan asked for. */
  function nobodyIsForced(sent: readonly PlannedPerson[], settled: SettledPeople): void {
    const asked = new Map(sent.map((each) => [each.address, each.status]));
    for (const outcome of settled.outcomes.filter(({ result }) => result === 'done')) {
      const kept = ['unsubscribed', 'cleaned', 'pending', 'archived'].includes(outcome.status ?? '');
      if (kept) expect(outcome.status).toBe(asked.get(outcome.address));
    }
  }

  it('everybody who was sent ends in exactly one outcome of the answer', () => {
    fc.assert(
      fc.property(people, fc.array(takenPerson), fc.array(refusal), (sent, taken, refused) => {
        const settled = settleUpsert(sent, { taken, refused }, tagName);
        expect(settled.outcomes).toHaveLength(sent.length);
        eachOnce(sent, settled, []);
        nobodyIsForced(sent, settled);
      }),
    );
  });

  it('everybody who was sent ends in exactly one outcome of a read-back, or is needed', () => {
    fc.assert(
      fc.property(people, fc.array(member), (sent, members) => {
        const facts = new Map(members.map((each) => [each.address, each]));
        const settled = settleFromFacts(sent, facts, sentAt, tagName);
        expect(settled.outcomes.length + settled.needed.length).toBe(sent.length);
        eachOnce(sent, settled, settled.needed);
        nobodyIsForced(sent, settled);
        // Whoever was there, or has not changed since the request left, was made by somebody else (promise 2).
        for (const { address: made } of settled.outcomes.filter(({ created }) => created === true)) {
          expect(sent.find((each) => each.address === made)?.seenStatus).toBeNull();
          expect(facts.get(made)?.lastChanged).toMatch(/^2026-11-24T06:00:0[01]Z$/);
        }
      }),
    );
  });
});
