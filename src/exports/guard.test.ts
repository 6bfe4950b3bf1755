import { describe, expect, it } from 'vitest';
import { guardPlan, type GuardFacts, type Limits } from './guard.ts';

const quiet: GuardFacts = {
  people: {
    desired: 100,
    add: 0,
    update: 0,
    unchanged: 100,
    keptOut: {},
    rejected: {},
    failed: {},
    leave: 0,
  },
  exportedBefore: 100,
  emptied: [],
  billable: 100,
  elsewhere: 0,
  sourceAges: [],
  firstRun: false,
};
const limits: Limits = { leavers: '10%', people: 1_000_000 };
const withPeople = (people: Partial<GuardFacts['people']>): Partial<GuardFacts> => ({
  people: { ...quiet.people, ...people },
});

const aged = (hours: number): Partial<GuardFacts> => ({
  sourceAges: [
    { source: 'crm', hours },
    { source: 'shop', hours: 1 },
  ],
});

interface Case {
  of: string;
  facts?: Partial<GuardFacts>;
  limits?: Partial<Limits>;
  code: string | null;
}

describe('guardPlan', () => {
  it.each<Case>([
    { of: 'nothing unusual', code: null },
    { of: 'as many people as allowed', facts: withPeople({ desired: 5 }), limits: { people: 5 }, code: null },
    {
      of: 'one more',
      facts: withPeople({ desired: 6 }),
      limits: { people: 5 },
      code: 'too_many_people',
    },
    { of: 'an emptied segment', facts: { emptied: ['Buyers'] }, code: 'segment_emptied' },
    { of: 'a failed test', facts: { failedTests: ['Buyers'] }, code: 'segment_test_failed' },
    { of: 'leavers at the share', facts: withPeople({ leave: 10 }), code: null },
    { of: 'leavers above the share', facts: withPeople({ leave: 11 }), code: 'too_many_leavers' },
    { of: 'all leaving at 100%', facts: withPeople({ leave: 100 }), limits: { leavers: '100%' }, code: null },
    {
      of: 'one leaver at 0%',
      facts: withPeople({ leave: 1 }),
      limits: { leavers: '0%' },
      code: 'too_many_leavers',
    },
    { of: 'nobody leaving at 0%', limits: { leavers: '0%' }, code: null },
    {
      of: 'a share with a fraction, kept',
      facts: { ...withPeople({ leave: 3 }), exportedBefore: 3000 },
      limits: { leavers: '0.1%' },
      code: null,
    },
    {
      of: 'a share with a fraction, passed',
      facts: { ...withPeople({ leave: 4 }), exportedBefore: 3000 },
      limits: { leavers: '0.1%' },
      code: 'too_many_leavers',
    },
    {
      of: 'leavers at a number',
      facts: withPeople({ leave: 20 }),
      limits: { leavers: 20 },
      code: null,
    },
    {
      of: 'leavers above a number',
      facts: withPeople({ leave: 21 }),
      limits: { leavers: 20 },
      code: 'too_many_leavers',
    },
    { of: 'many new contacts without a limit', facts: withPeople({ add: 900 }), code: null },
    {
      of: 'new contacts at the share',
      facts: withPeople({ add: 50 }),
      limits: { newContacts: '50%' },
      code: null,
    },
    {
      of: 'new contacts above it',
      facts: withPeople({ add: 51 }),
      limits: { newContacts: '50%' },
      code: 'too_many_new_contacts',
    },
    {
      of: 'the same in a first run',
      facts: { ...withPeople({ add: 51 }), firstRun: true },
      limits: { newContacts: '50%' },
      code: null,
    },
    {
      of: 'anybody new to an empty audience',
      facts: { ...withPeople({ add: 1 }), billable: 0 },
      limits: { newContacts: '50%' },
      code: 'too_many_new_contacts',
    },
    {
      of: 'a contract that is filled',
      facts: withPeople({ add: 10 }),
      limits: { contract: 110 },
      code: null,
    },
    {
      of: 'a contract that is passed, in a first run too',
      facts: { ...withPeople({ add: 11 }), firstRun: true },
      limits: { contract: 110 },
      code: 'contract_exceeded',
    },
    {
      of: 'a contract that is passed with the account’s other audiences',
      facts: { ...withPeople({ add: 1 }), elsewhere: 900 },
      limits: { contract: 1000 },
      code: 'contract_exceeded',
    },
    {
      of: 'a contract that was passed before, and nobody new',
      facts: { elsewhere: 900 },
      limits: { contract: 500 },
      code: null,
    },
    { of: 'data as old as allowed', facts: aged(36), limits: { sourceAge: { hours: 36 } }, code: null },
    { of: 'older data', facts: aged(36.1), limits: { sourceAge: { hours: 36 } }, code: 'source_too_old' },
    { of: 'data of two days', facts: aged(48), limits: { sourceAge: { days: 2 } }, code: null },
    {
      of: 'data older than two days',
      facts: aged(49),
      limits: { sourceAge: { days: 2 } },
      code: 'source_too_old',
    },
    { of: 'old data that nobody minds', facts: aged(10_000), code: null },
  ])('$of → $code', (each) => {
    const brake = guardPlan({ ...quiet, ...each.facts }, { ...limits, ...each.limits });
    expect(brake?.code ?? null).toBe(each.code);
  });

  it('names the first of several, in the order of the documentation', () => {
    const facts: GuardFacts = {
      ...quiet,
      ...withPeople({ leave: 50, add: 90 }),
      ...aged(20),
      failedTests: ['A'],
      emptied: ['A', 'B'],
    };
    const all: Limits = { leavers: 1, newContacts: 1, people: 10, contract: 1, sourceAge: { hours: 2 } };
    const steps: [Partial<Limits>, Partial<GuardFacts>][] = [
      [{}, {}],
      [{ people: 100 }, {}],
      [{ sourceAge: undefined }, {}],
      [{}, { failedTests: [] }],
      [{}, { emptied: [] }],
      [{ leavers: 100 }, {}],
      [{ newContacts: 100 }, {}],
      [{ contract: 1000 }, {}],
    ];
    let now = { all, facts };
    const codes = steps.map(([ease, change]) => {
      now = { all: { ...now.all, ...ease }, facts: { ...now.facts, ...change } };
      return guardPlan(now.facts, now.all)?.code;
    });
    expect(codes).toEqual([
      'too_many_people',
      'source_too_old',
      'segment_test_failed',
      'segment_emptied',
      'too_many_leavers',
      'too_many_new_contacts',
      'contract_exceeded',
      undefined,
    ]);
  });

  it('says the numbers, in English grouping whatever the locale', () => {
    const leaving = {
      ...quiet,
      ...withPeople({ desired: 12_000, leave: 1234 }),
      exportedBefore: 10_000,
    };
    expect(guardPlan(leaving, limits)?.message).toBe(
      '1,234 of 10,000 exported people would leave (12.3 %), the limit is 10%.',
    );
    expect(guardPlan({ ...quiet, failedTests: ['A', 'B'] }, limits)?.message).toBe(
      '"A", "B" do not pass their tests.',
    );
    expect(guardPlan({ ...quiet, emptied: ['A', 'B'] }, limits)?.message).toBe(
      '"A", "B" have become empty since the last run.',
    );
    expect(guardPlan({ ...quiet, ...aged(1500.9) }, { ...limits, sourceAge: { hours: 36 } })).toEqual({
      code: 'source_too_old',
      message: 'The data of "crm" are older than allowed: 1,500 hours, the limit is 36.',
      figures: { sources: 1, hours: 1500, limit: 36 },
    });
  });
});
