import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { SeedMember } from '../src/sandbox/audience-setup.ts';
import { startSandbox, type Sandbox } from '../src/sandbox/sandbox.ts';
import { expectedAudience, type Expected, type Wanted, type World } from './support/expected-audience.ts';
import {
  apiKey,
  audience,
  inSegments,
  mergeFields,
  segments,
  wantedOf,
  writeNewsletterWorkspace,
} from './support/newsletter-workspace.ts';
import { csvOf, dirtyRows, peopleOfRows, type Person, type PersonRow } from './support/people-rows.ts';
import { documentOf, Postrider } from './support/postrider-process.ts';
import { expectRunDocument, sum, type RunDocument } from './support/run-document.ts';
import { essence, fold, held, inOrder, wholeAudience, type Members } from './support/whole-audience.ts';
import { workFolder } from './support/work-folder.ts';

/**
 * What Postrider is for, as somebody at a terminal does it: fifty thousand rows of a real list's quality, an audience
 * that other tools use too, a first run, one over an unchanged world, and one after a day. What must come of it is
 * worked out here from the rows.
 */
describe('from a dirty list to the audience, and the day after', { timeout: 120_000 }, async () => {
  const folder = await workFolder();
  const day = dirtyRows(50_000);
  const people = peopleOfRows(day);
  const wanted = wantedOf(people);
  const seeded = seeds(people, wanted);
  let sandbox: Sandbox;
  let postrider: Postrider;
  let world: World;
  let expected: Expected;

  beforeAll(async () => {
    sandbox = await startSandbox({ apiKey, latency: { kind: 'fixed', ms: 20 } });
    sandbox.control.createAudience({
      id: audience,
      name: 'Shop',
      mergeFields: [{ tag: 'SCORE', name: 'Score', type: 'number' }],
    });
    sandbox.control.seedMembers({ audience, members: [...seeded.present, ...seeded.forgotten] });
    for (const { address } of seeded.forgotten)
      sandbox.control.act({ audience, address, act: { kind: 'deletePermanently' } });
    await writeFile(join(folder, 'people.csv'), csvOf(day));
    postrider = new Postrider(join(folder, 'data'), {
      MAILCHIMP_API_KEY: apiKey,
      MAILCHIMP_BASE_URL: sandbox.apiRoot,
    });
    await postrider.do('apply', await writeNewsletterWorkspace(folder));
    world = {
      before: wholeAudience(sandbox, audience),
      mergeFields,
      forgotten: new Set(seeded.forgotten.map(({ address }) => fold(address))),
      given: new Map(),
      newContacts: 'subscribed',
    };
    expected = expectedAudience(world, wanted);
  });
  afterAll(() => sandbox.close());

  it('counts people and segments as the rows say', async () => {
    const refreshed = await postrider.json<{
      sources: { rows: number; rejected: number }[];
      unify: { profiles: number };
      segments: { segment: string; members: number }[];
    }>('refresh');
    expect(refreshed.sources).toMatchObject([{ rows: day.length, rejected: 0 }]);
    expect(refreshed.unify.profiles).toBe(people.length);
    const sizes = Object.fromEntries(refreshed.segments.map(({ segment, members }) => [segment, members]));
    expect(sizes).toEqual({
      romania: people.filter(segments.romania).length,
      'big-spenders': people.filter(segments['big-spenders']).length,
    });
  });

  it('plans without sending anything', async () => {
    const plan = await postrider.json<RunDocument>('plan', 'newsletter');
    expectRunDocument(plan);
    const { people: counts } = expected;
    const { deleted = 0, ...keptOut } = counts.keptOut;
    expect(plan).toMatchObject({
      export: 'newsletter',
      status: 'planned',
      brake: null,
      people: {
        desired: inSegments(people).length,
        // Who was deleted for good, or is taken for a fake, looks new until Mailchimp says so.
        add: counts.add + deleted + sum(counts.rejected),
        update: counts.update,
        unchanged: 0,
        keptOut,
        rejected: addressTrouble(people),
        failed: {},
        leave: 0,
      },
    });
    expect(sandbox.control.counters().writes).toBe(0);
  });

  it('runs, and everybody is where the rows and the promises put them', async () => {
    sandbox.control.resetCounters();
    const run = await postrider.json<RunDocument>('run', 'newsletter');
    expectRunDocument(run);
    expect(run).toMatchObject({
      status: 'succeeded',
      brake: null,
      people: {
        desired: inSegments(people).length,
        ...expected.people,
        rejected: { ...addressTrouble(people), ...expected.people.rejected },
        failed: {},
      },
      changes: { ...expected.changes, archive: 0 },
      retries: 0,
    });
    expect(held(sandbox, audience)).toEqual(inOrder(expected.members));
    // One request before the run asks whose key it is, and so in which queue the run stands.
    expect(run.requests).toBe(sandbox.control.counters().requests - 1);
  });

  it('leaves every contact alone that is not to change, even the moment it last changed', () => {
    const after = wholeAudience(sandbox, audience);
    const untouched = [...world.before].filter(
      ([address, member]) =>
        JSON.stringify(expected.members.get(address)) === JSON.stringify(essence(member)),
    );
    expect(untouched.length).toBeGreaterThan(600);
    expect(Object.fromEntries(untouched.map(([address]) => [address, after.get(address)]))).toEqual(
      Object.fromEntries(untouched),
    );
  });

  it('writes people in batches of at most 500, never more than eight requests at once', () => {
    const writes = sandbox.control.requests({ limit: 5000 }).filter((request) => request.method !== 'GET');
    const batches = writes.filter((request) => request.path.split('?')[0] === `/lists/${audience}`);
    const tagCalls = writes.filter((request) =>
      new RegExp(`^/lists/${audience}/segments(/\\d+)?(\\?|$)`).test(request.path),
    );
    expect(batches.length + tagCalls.length).toBe(writes.length);
    expect(writes.every((request) => request.method === 'POST' && request.members <= 500)).toBe(true);
    const { add, update, keptOut, rejected } = expected.people;
    const sent = add + update + (keptOut.deleted ?? 0) + sum(rejected);
    expect(batches.length).toBeLessThanOrEqual(Math.ceil(sent / 500));
    const { maxInFlight } = sandbox.control.counters();
    expect(maxInFlight).toBeGreaterThan(4);
    expect(maxInFlight).toBeLessThanOrEqual(8);
  });

  it('makes no write call when nothing has changed', async () => {
    sandbox.control.resetCounters();
    const run = await postrider.json<RunDocument>('run', 'newsletter');
    expectRunDocument(run);
    const { add, update, unchanged, keptOut, rejected } = expected.people;
    expect(run).toMatchObject({
      status: 'succeeded',
      people: {
        desired: inSegments(people).length,
        add: 0,
        update: 0,
        unchanged: add + update + unchanged,
        keptOut,
        rejected: { ...addressTrouble(people), ...rejected },
        failed: {},
        leave: 0,
      },
      changes: { fields: 0, tag: 0, untag: 0, archive: 0 },
    });
    expect(sandbox.control.counters().writes).toBe(0);
    expect(Object.keys(sandbox.control.counters().byMethod)).toEqual(['GET']);
  });

  it('follows the list on the day after, and nobody who left comes back', async () => {
    const tomorrow = nextDay(day);
    const peopleTomorrow = peopleOfRows(tomorrow);
    const wantedTomorrow = wantedOf(peopleTomorrow);
    const leaving = actByThemselves(sandbox, world.before, wanted, wantedTomorrow);
    world = { ...world, before: wholeAudience(sandbox, audience), given: expected.given };
    expected = expectedAudience(world, wantedTomorrow);

    await writeFile(join(folder, 'people.csv'), csvOf(tomorrow));
    await postrider.do('refresh');
    const run = await postrider.json<RunDocument>('run', 'newsletter');

    expectRunDocument(run);
    expect.soft(run).toMatchObject({
      status: 'succeeded',
      people: {
        desired: inSegments(peopleTomorrow).length,
        ...expected.people,
        rejected: { ...addressTrouble(peopleTomorrow), ...expected.people.rejected },
        failed: {},
      },
      changes: { ...expected.changes, archive: 0 },
    });
    expect(expected.people.leave).toBeGreaterThan(300);
    expect(held(sandbox, audience)).toEqual(inOrder(expected.members));
    const after = wholeAudience(sandbox, audience);
    for (const address of leaving) expect(after.get(address)?.status, address).not.toBe('subscribed');
  });

  it('prints one document on standard output and no warning beside it', () => {
    for (const ended of postrider.ended.filter(({ args }) => args.includes('--json'))) {
      expect(() => documentOf(ended)).not.toThrow();
      expect(
        ended.stderr.replace('No schedule: exports run when a person says so (postrider run EXPORT).\n', ''),
      ).toBe('');
    }
  });
});

/** How many people of the segments have no address, or one that is none. */
function addressTrouble(people: readonly Person[]): Record<string, number> {
  const chosen = inSegments(people);
  const none = chosen.filter(({ email }) => email.trim() === '').length;
  return { no_address: none, invalid_address: chosen.length - none - wantedOf(people).length };
}

/** An audience that other tools filled: strangers, people of ours in every status, and some who were deleted for good. */
function seeds(
  people: readonly Person[],
  wanted: readonly Wanted[],
): { present: SeedMember[]; forgotten: SeedMember[] } {
  const ours = wanted.filter(({ email }) => fold(email).endsWith('@shop.test'));
  const chosen = new Set(wanted.map(({ email }) => fold(email)));
  const others = people
    .map(({ email }) => fold(email))
    .filter(
      (address) => address.endsWith('@shop.test') && /^person\d+@/.test(address) && !chosen.has(address),
    );
  let next = 0;
  const take = (count: number, seed: (person: Wanted) => Omit<SeedMember, 'address'>): SeedMember[] =>
    ours.slice(next, (next += count)).map((person) => ({ address: fold(person.email), ...seed(person) }));
  const theirs = { tags: ['Old tool', 'VIP'], mergeFields: { FNAME: 'Held', LNAME: 'By them', SCORE: 7 } };
  const statuses = ['subscribed', 'unsubscribed', 'cleaned', 'pending', 'transactional', 'archived'] as const;
  return {
    present: [
      ...Array.from({ length: 300 }, (_, index): SeedMember => ({
        address: `stranger${index}@elsewhere.test`,
        status: statuses[index % 6],
        ...theirs,
      })),
      ...others.slice(0, 200).map((address): SeedMember => ({ address, ...theirs })),
      ...take(300, () => theirs),
      // As wanted already, but for our tags.
      ...take(100, ({ fields }) => ({ mergeFields: fields, tags: ['Old tool'] })),
      ...take(50, () => ({ status: 'transactional', ...theirs })),
      ...take(100, () => ({ status: 'unsubscribed', ...theirs })),
      // Unsubscribed by another tool, whom Mailchimp itself would let us subscribe.
      ...take(50, () => ({ status: 'unsubscribed', leftBy: 'api', ...theirs })),
      ...take(50, () => ({ status: 'cleaned' })),
      ...take(30, () => ({ status: 'pending' })),
      ...take(30, () => ({ status: 'archived', ...theirs })),
    ],
    forgotten: take(5, () => ({})),
  };
}

/** The list a day later: some gone, some moved or renamed, some new. */
function nextDay(rows: readonly PersonRow[]): PersonRow[] {
  const kept = rows
    .filter((_, index) => index % 50 !== 29)
    .map((row): PersonRow => {
      const index = Number(row.id.slice(1));
      if (index % 1000 === 10) return { ...row, country: 'DE' };
      if (index % 500 === 1) return { ...row, first_name: 'Renamed' };
      return row;
    });
  const joined = Array.from({ length: 60 }, (_, index): PersonRow => ({
    id: `d${index}`,
    email: `person${900_000 + index}@shop.test`,
    first_name: 'New',
    last_name: '',
    country: 'RO',
    spent: '',
  }));
  return [...kept, ...joined];
}

/** People leave, edit their name and are tagged by others, in Mailchimp; the addresses of those who left. */
function actByThemselves(
  sandbox: Sandbox,
  strangers: Members,
  before: readonly Wanted[],
  after: readonly Wanted[],
): string[] {
  const still = new Map(after.map((person) => [fold(person.email), person]));
  const present = wholeAudience(sandbox, audience);
  const exported = before
    .map(({ email }) => fold(email))
    .filter((address) => present.has(address) && !strangers.has(address));
  const staying = exported.filter((address) => still.has(address));
  const gone = exported.filter((address) => !still.has(address));
  const leavers = [staying[0], staying[1], staying[2], gone[0], gone[1]].filter(
    (address) => address !== undefined,
  );
  const ways = ['unsubscribeSelf', 'unsubscribeByUi', 'bounce', 'unsubscribeSelf', 'archive'] as const;
  leavers.forEach((address, index) =>
    sandbox.control.act({ audience, address, act: { kind: ways[index] ?? 'complain' } }),
  );
  for (const address of [staying[3], gone[2]]) {
    if (address === undefined) continue;
    sandbox.control.act({
      audience,
      address,
      act: { kind: 'editFields', mergeFields: { FNAME: 'By hand', SCORE: 3 } },
    });
    sandbox.control.act({ audience, address, act: { kind: 'tag', names: ['Old tool'] } });
  }
  return leavers;
}
