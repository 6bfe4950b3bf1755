import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { planPeople, type PlanLine } from '../exports/plan-people.ts';
import type { ExportRun } from '../exports/plan.ts';
import { TestLine, type TestPerson } from './test-support/test-line.ts';

type Audience = Parameters<TestLine['sandbox']['control']['createAudience']>[0];

let line: TestLine;
beforeAll(async () => {
  line = await TestLine.open();
});
afterAll(() => line.close());

let audiences = 0;

/** An audience of its own for one test, and the export into it. */
function into(
  fields: Audience['mergeFields'],
  options: Record<string, unknown>,
  audience: Partial<Audience> = {},
): string {
  const id = `field${++audiences}`;
  line.sandbox.control.createAudience({ id, name: id, mergeFields: fields, ...audience });
  line.configure({ audience: id, segments: ['everyone'], ...options });
  return id;
}

const person = (name: string, more: Partial<TestPerson> = {}): TestPerson => ({
  id: name,
  email: `${name}@acme.test`,
  first: name,
  ...more,
});

/** What an audience holds, by the name in front of the @. */
function held(audience: string) {
  const { members } = line.sandbox.control.audienceState({ audience, count: 100 });
  return Object.fromEntries(members.map((member) => [member.address.split('@')[0] ?? '', member]));
}

/** A second run over the same world makes no write call (promise 3). */
async function expectQuiet(): Promise<void> {
  line.writes();
  const again = await line.run();
  expect({ writes: line.writes(), add: again.people.add, update: again.people.update }).toEqual({
    writes: 0,
    add: 0,
    update: 0,
  });
}

async function linesOf(run: ExportRun): Promise<PlanLine[]> {
  return (await Array.fromAsync(planPeople(line.engine, run))).flat();
}

interface Case {
  type: string;
  options?: Record<string, unknown>;
  value: string;
  arrives: unknown;
  bad?: string;
  kind?: string;
}

describe('a merge field of each type', () => {
  it.each<Case>([
    { type: 'text', value: ` ${'ș'.repeat(200)} `, arrives: 'ș'.repeat(127) },
    { type: 'number', value: '12.50', arrives: 12.5, bad: 'twelve', kind: 'not_a_number' },
    { type: 'date', value: '12/25/2026', arrives: '2026-12-25', bad: 'soon', kind: 'not_a_date' },
    { type: 'birthday', value: '1966-04-08', arrives: '04/08', bad: '31/12', kind: 'not_a_birthday' },
    { type: 'phone', value: '+40 721 000 000', arrives: '+40 721 000 000' },
    {
      type: 'phone',
      options: { phoneFormat: 'US' },
      value: '555-123-4567',
      arrives: '555-123-4567',
      bad: '+40 721 000 000',
      kind: 'not_a_phone',
    },
    { type: 'zip', value: '90210', arrives: '90210', bad: '400001', kind: 'not_a_zip' },
    {
      type: 'url',
      value: 'https://acme.test/a',
      arrives: 'https://acme.test/a',
      bad: 'acme',
      kind: 'not_a_url',
    },
    {
      type: 'imageurl',
      value: 'http://acme.test/a.png',
      arrives: 'http://acme.test/a.png',
      bad: 'x',
      kind: 'not_a_url',
    },
    {
      type: 'radio',
      options: { choices: ['Gold', 'Silver'] },
      value: 'silver',
      arrives: 'Silver',
      bad: 'Bronze',
      kind: 'not_a_choice',
    },
    {
      type: 'dropdown',
      options: { choices: ['Gold', 'Silver'] },
      value: 'GOLD',
      arrives: 'Gold',
      bad: 'Bronze',
      kind: 'not_a_choice',
    },
  ])(
    '$type $options: $value arrives, $bad does not',
    async ({ type, options, value, arrives, bad, kind }) => {
      const audience = into([{ tag: 'FIELD', name: 'Field', type: type as 'text', ...options }], {
        attributes: { FIELD: 'city' },
      });
      await line.people([
        person('ana', { city: value }),
        person('bob', { city: '' }),
        ...(bad === undefined ? [] : [person('carl', { city: bad })]),
      ]);
      const run = await line.run();
      expect(run.people).toMatchObject({
        add: 2,
        rejected: bad === undefined ? {} : { bad_field: 1 },
        failed: {},
      });
      expect(held(audience)).toMatchObject({
        ana: { mergeFields: { FIELD: arrives } },
        bob: { mergeFields: { FIELD: '' } },
      });
      if (kind !== undefined) {
        expect(run.fieldProblems).toEqual([
          expect.objectContaining({ field: 'FIELD', kind, people: 1, share: 1 / 3, rejects: true }),
        ]);
      }
      await expectQuiet();
    },
  );

  it('an address of several attributes', async () => {
    const audience = into([], {
      attributes: {
        ADDRESS: { from: { addr1: 'first_name', city: 'city', state: 'last_name', zip: 'buyer' } },
      },
    });
    const street = { first: 'Main 1', city: 'Cluj', last: 'CJ', buyer: '400001' };
    await line.people([person('ana', street), person('bob', { ...street, city: '' })]);
    const run = await line.run();
    expect(run.people).toMatchObject({ add: 1, rejected: { bad_field: 1 } });
    expect(held(audience).ana?.mergeFields.ADDRESS).toMatchObject({
      addr1: 'Main 1',
      city: 'Cluj',
      zip: '400001',
    });
    expect((await linesOf(run)).find(({ action }) => action === 'rejected')?.detail).toBe(
      'ADDRESS lacks street, city, state or postal code',
    );
    await expectQuiet();

    await line.people([person('ana', { ...street, city: 'Turda' })]);
    expect((await line.run()).changes.fields).toBe(1);
    expect(held(audience).ana?.mergeFields.ADDRESS).toMatchObject({ city: 'Turda' });
    await expectQuiet();
  });
});

describe('choices of a field', () => {
  it('a cut is shown in the plan and its people, and counted', async () => {
    into([], { attributes: { FNAME: 'first_name' } });
    await line.people([person('ana', { first: 'a'.repeat(300) }), person('bob')]);
    const plan = await line.plan();
    expect(plan.warnings).toContain('FNAME is longer than 255 bytes, and cut: 1 person (50.0 %).');
    const [ana, bob] = await linesOf(plan);
    expect(ana).toMatchObject({
      fields: { FNAME: { after: 'a'.repeat(255) } },
      detail: 'FNAME is longer than 255 bytes, and cut',
    });
    expect(bob).not.toHaveProperty('detail');
  });

  it('invalid: skip leaves out the value, and neither the person nor what is there', async () => {
    const audience = into([{ tag: 'VISITS', name: 'Visits', type: 'number' }], {
      attributes: { VISITS: { from: 'city', invalid: 'skip', blank: 'erase' }, FNAME: 'first_name' },
    });
    await line.people([person('ana', { city: '5' }), person('bob', { city: 'x' })]);
    const run = await line.run();
    expect(run.people).toMatchObject({ add: 2, rejected: {} });
    expect(run.fieldProblems).toMatchObject([{ kind: 'not_a_number', people: 1, rejects: false }]);
    await line.people([person('ana', { city: 'x' }), person('bob', { city: 'x' })]);
    await expectQuiet();
    expect(held(audience)).toMatchObject({
      ana: { mergeFields: { VISITS: 5 } },
      bob: { mergeFields: { VISITS: '', FNAME: 'bob' } },
    });
  });

  it('blank: erase takes back what we wrote, and nothing else', async () => {
    const audience = into([{ tag: 'CITY', name: 'City', type: 'text' }], {
      attributes: { CITY: { from: 'city', blank: 'erase' }, FNAME: 'first_name' },
    });
    line.sandbox.control.seedMembers({
      audience,
      members: [{ address: 'carl@acme.test', mergeFields: { CITY: 'Brno' } }],
    });
    const cities = (ana: string, bob: string) => [
      person('ana', { city: ana }),
      person('bob', { city: bob }),
      person('carl', { city: '' }),
    ];
    await line.people(cities('Cluj', 'Iasi'));
    await line.run();
    line.sandbox.control.act({
      audience,
      address: 'bob@acme.test',
      act: { kind: 'editFields', mergeFields: { CITY: 'Bacau' } },
    });
    await line.people(cities('', ''));
    const run = await line.run();
    expect(run.changes.fields).toBe(1);
    expect(held(audience)).toMatchObject({
      ana: { mergeFields: { CITY: '' } },
      bob: { mergeFields: { CITY: 'Bacau' } },
      carl: { mergeFields: { CITY: 'Brno' } },
    });
    await expectQuiet();
  });

  it('write: ifEmpty writes where nothing is, once', async () => {
    const audience = into([{ tag: 'CITY', name: 'City', type: 'text' }], {
      attributes: { CITY: { from: 'city', write: 'ifEmpty' } },
    });
    line.sandbox.control.seedMembers({
      audience,
      members: [{ address: 'bob@acme.test', mergeFields: { CITY: 'Brno' }, tags: [] }],
    });
    await line.people([person('ana', { city: 'Cluj' }), person('bob', { city: 'Iasi' })]);
    await line.run();
    await line.people([person('ana', { city: 'Turda' }), person('bob', { city: 'Iasi' })]);
    await expectQuiet();
    expect(held(audience)).toMatchObject({
      ana: { mergeFields: { CITY: 'Cluj' } },
      bob: { mergeFields: { CITY: 'Brno' } },
    });
  });

  it('create makes the field before the first person, once', async () => {
    const audience = into([], {
      attributes: {
        LTV: { from: 'city', create: 'number' },
        LEVEL: { from: 'last_name', create: { type: 'dropdown', name: 'Level', choices: ['Gold'] } },
        EMPTY: { from: 'buyer', create: 'text' },
      },
    });
    await line.people([person('ana', { city: '12', last: 'gold' })]);
    const plan = await line.plan();
    expect(plan.newFields).toEqual([
      { tag: 'LTV', name: 'LTV', type: 'number' },
      { tag: 'LEVEL', name: 'Level', type: 'dropdown', choices: ['Gold'] },
      { tag: 'EMPTY', name: 'EMPTY', type: 'text' },
    ]);
    expect(plan.warnings.join(' ')).toContain(
      'makes the merge fields LTV (number), LEVEL (dropdown), EMPTY (text)',
    );
    const run = await line.run({ plan: plan.run });
    expect(run.status).toBe('succeeded');
    expect(held(audience).ana?.mergeFields).toMatchObject({ LTV: 12, LEVEL: 'Gold' });
    expect(held(audience).ana?.mergeFields).not.toHaveProperty('EMPTY');
    await expectQuiet();
  });

  it('a field that was made meanwhile changes no ground, one of another type does', async () => {
    const attributes = { LTV: { from: 'city', create: 'number' } };
    const same = into([], { attributes });
    await line.people([person('ana', { city: '12' })]);
    const plan = await line.plan();
    await addField(same, 'LTV', 'number');
    expect((await line.run({ plan: plan.run })).status).toBe('succeeded');
    expect(held(same).ana?.mergeFields.LTV).toBe(12);

    const other = into([], { attributes });
    const outdated = await line.plan();
    await addField(other, 'LTV', 'text');
    await expect(line.run({ plan: outdated.run })).rejects.toMatchObject({ code: 'merge_field_other_type' });
    expect(held(other)).toEqual({});
  });
});

async function addField(audience: string, tag: string, type: string): Promise<void> {
  const { apiRoot, apiKey } = line.sandbox;
  const answer = await fetch(`${apiRoot}/lists/${audience}/merge-fields`, {
    method: 'POST',
    headers: { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' },
    body: JSON.stringify({ tag, name: tag, type }),
  });
  expect(answer.status).toBe(200);
}

describe('fields that an audience requires', () => {
  const required: Audience['mergeFields'] = [{ tag: 'CITY', name: 'City', type: 'text', required: true }];

  it('are refused unless they are mapped', async () => {
    into(required, { attributes: { FNAME: 'first_name' } });
    await line.people([person('ana')]);
    await expect(line.plan()).rejects.toMatchObject({
      code: 'required_field_unmapped',
      message: expect.stringContaining('requires CITY') as string,
    });
  });

  it('keep people out who have nothing for them', async () => {
    const audience = into(required, { attributes: { CITY: 'city' } });
    await line.people([person('ana', { city: 'Cluj' }), person('bob')]);
    const run = await line.run();
    expect(run.people).toMatchObject({ add: 1, rejected: { bad_field: 1 } });
    expect(run.fieldProblems).toMatchObject([
      { field: 'CITY', kind: 'required_blank', people: 1, rejects: true },
    ]);
    expect(Object.keys(held(audience))).toEqual(['ana']);
    await expectQuiet();
  });

  it('can be left blank on request', async () => {
    const audience = into(required, { attributes: { CITY: 'city' }, requiredFields: 'skip' });
    await line.people([person('ana', { city: 'Cluj' }), person('bob')]);
    expect((await line.run()).people).toMatchObject({ add: 2, rejected: {} });
    expect(Object.keys(held(audience)).toSorted()).toEqual(['ana', 'bob']);
    await expectQuiet();
  });
});

describe('language and consent', () => {
  it('the language is a field like others', async () => {
    const audience = into([], { attributes: { FNAME: 'first_name' }, language: 'city' });
    await line.people([person('ana', { city: 'RO' }), person('bob', { city: 'Romanian' })]);
    const run = await line.run();
    expect(run.people).toMatchObject({ add: 1, rejected: { bad_field: 1 } });
    expect(await language(audience, 'ana')).toBe('ro');
    await expectQuiet();
    await line.people([person('ana', { city: 'en' })]);
    const [changed] = await linesOf(await line.plan());
    expect(changed?.fields).toEqual({ language: { before: 'ro', after: 'en' } });
    await line.run();
    expect(await language(audience, 'ana')).toBe('en');
    await expectQuiet();
  });

  it('who is new is sent with a consent only, and with its proof', async () => {
    const audience = into([], {
      attributes: { FNAME: 'first_name' },
      consent: { field: 'buyer', time: 'city', address: 'last_name' },
    });
    line.sandbox.control.seedMembers({ audience, members: [{ address: 'dora@acme.test' }] });
    const proof = { city: '2026-05-03 10:02', last: '192.0.2.7' };
    await line.people([
      person('ana', { buyer: 'Yes', ...proof }),
      person('bob', { buyer: 'no', ...proof }),
      person('carl', proof),
      person('dora', { buyer: 'no', ...proof }),
    ]);
    const run = await line.run();
    expect(run.people).toMatchObject({ add: 1, update: 1, keptOut: { no_consent: 2 } });
    const ana = await member(audience, 'ana');
    expect(ana).toMatchObject({ timestamp_opt: '2026-05-03T10:02:00+00:00', ip_opt: '192.0.2.7' });
    expect(await member(audience, 'dora')).toMatchObject({ ip_opt: '', merge_fields: { FNAME: 'dora' } });
    await expectQuiet();

    await line.people([person('ana', { buyer: 'no' }), person('bob', { buyer: 'DA' })]);
    expect((await line.run()).people).toMatchObject({ add: 1, update: 0, unchanged: 1 });
  });
});

async function member(audience: string, name: string): Promise<Record<string, unknown>> {
  const { apiRoot, apiKey } = line.sandbox;
  const answer = await fetch(`${apiRoot}/lists/${audience}/members/${name}@acme.test`, {
    headers: { authorization: `Bearer ${apiKey}` },
  });
  return (await answer.json()) as Record<string, unknown>;
}

async function language(audience: string, name: string): Promise<unknown> {
  return (await member(audience, name)).language;
}

describe('what a plan says beforehand', () => {
  it('contacts of the whole account, role addresses, tags, permissions', async () => {
    const audience = into(
      [],
      { attributes: {}, tagPrefix: 'PR: ', limits: { contract: 5000 } },
      {
        doubleOptIn: true,
        permissions: ['By mail'],
      },
    );
    await line.people([person('support'), person('ana')]);
    const plan = await line.plan();
    expect(plan.contacts?.audience).toEqual({ now: 0, after: 2 });
    expect(plan.contacts?.account.now).toBeGreaterThan(2);
    expect(plan.contacts?.account.after).toBe((plan.contacts?.account.now ?? 0) + 2);
    expect(plan.contacts?.limit).toBe(5000);
    const said = plan.warnings.join('\n');
    for (const part of [
      'double opt-in',
      'marketing permissions',
      'no merge field',
      '1 new address of a role',
    ]) {
      expect(said).toContain(part);
    }
    expect(plan.tagged).toBe(2);
    await line.run();
    expect(held(audience).ana?.tags).toEqual(['PR: Everyone']);
    line.rename('everyone', 'All');
    await line.run();
    expect(held(audience).ana?.tags).toEqual(['PR: All']);
    await expectQuiet();
  });

  it('a contract that the account’s other audiences fill stops the run', async () => {
    into([], { attributes: {}, limits: { contract: 1 } });
    await line.people([person('ana')]);
    expect((await line.run()).brake).toMatchObject({
      code: 'contract_exceeded',
      figures: { limit: 1, after: expect.any(Number) as number },
    });
  });

  it('data that are too old stop the run', async () => {
    into([], { attributes: {}, limits: { sourceAge: { hours: 1 } } });
    await line.people([person('ana')]);
    line.clock = { ...line.clock, now: () => new Date(Date.now() + 3 * 3_600_000) };
    expect((await line.plan()).brake).toMatchObject({
      code: 'source_too_old',
      figures: { sources: 1, limit: 1 },
    });
  });
});
