import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ExportId, RunId, SegmentId } from '../base/ids.ts';
import type { Engine } from '../engine/engine.ts';
import { sql } from '../engine/sql.ts';
import { buildPlan } from './build-plan.ts';
import type { PlanInput } from './plan-input.ts';
import type { PlanTotals } from './plan-totals.ts';
import { accountedFor, type PlannedTag } from './plan.ts';
import {
  audience,
  exportId,
  openPeopleTables,
  putAddresses,
  putLedger,
  putMembers,
  putProfiles,
  type Ledger,
  type Member,
  type Profile,
} from './test-support/people-tables.ts';

/** A world small enough that its parts meet: few addresses, few people, every status. */
interface World {
  profiles: Profile[];
  members: Member[];
  ledger: Ledger[];
  otherAddresses: Record<string, string>;
  leavers: PlanInput['config']['leavers'];
}

const chosen = ['one', 'two'];
const excluded = 'out';
const tags: PlannedTag[] = [...chosen, 'old'].map((segment, index) => ({
  segment: segment as SegmentId,
  name: `Tag ${segment}`,
  heldAs: `Tag ${segment}`,
  tagId: index,
  origin: 'made',
}));
const tagOf = (segment: string) => `tag ${segment}`;

const address = fc.constantFrom('a@x.test', 'b@x.test', 'c@x.test', 'd@x.test', 'e@x.test');
const segments = fc.subarray([...chosen, 'old']);
const name = fc.constantFrom('Ana', 'Ion', 'Ștefan "Ș"');
const fields = fc.record(
  { FNAME: name, VISITS: fc.constantFrom('1', '2.5'), CITY: fc.constant('Iași') },
  { requiredKeys: [] },
);
const profile = fc.record({
  id: fc.constantFrom('c1', 'c2', 'c3', 'c4', 'c5', 'c6'),
  email: fc.oneof(
    { weight: 8, arbitrary: address },
    address.map((each) => ` ${each.toUpperCase()} `),
    fc.constantFrom(null, '', 'none', 'a@localhost'),
  ),
  first: fc.option(fc.oneof(name, fc.constant(' '))),
  visits: fc.option(fc.constantFrom(1, 2.5)),
  firstSeen: fc.constantFrom('2025-01-01T00:00:00.000Z', '2026-01-01T00:00:00.000Z'),
  segments: fc.subarray([...chosen, 'old', excluded]),
});
const statuses = ['subscribed', 'unsubscribed', 'cleaned', 'pending', 'archived', 'transactional'];
const member = fc.record({
  address,
  status: fc.oneof(fc.constant('subscribed'), fc.constantFrom(...statuses)),
  fields,
  tags: fc.subarray([...chosen.map(tagOf), tagOf('old'), 'theirs']),
});
const ledgerRow = fc.record({
  address,
  customer: fc.constantFrom('c1', 'c2', 'gone'),
  sent: fields,
  cameBack: fields,
  segments,
  created: fc.boolean(),
  archived: fc.boolean(),
  left: fc.boolean(),
});
const world: fc.Arbitrary<World> = fc.record({
  profiles: fc.uniqueArray(profile, { selector: ({ id }) => id, maxLength: 6 }),
  members: fc.uniqueArray(member, { selector: (each) => each.address, maxLength: 5 }),
  ledger: fc.uniqueArray(ledgerRow, { selector: (each) => each.address, maxLength: 5 }),
  otherAddresses: fc.dictionary(address, fc.constantFrom('c1', 'c2', 'c3'), { maxKeys: 2 }),
  leavers: fc.constantFrom('untag', 'archive', 'keep'),
});

interface PlanRow {
  position: number;
  action: 'add' | 'update' | 'leave' | 'keptOut' | 'rejected' | 'same';
  reason: string | null;
  address: string;
  customer_id: string | null;
  seen_status: string | null;
  status: string | null;
  fields: string;
  before: string;
  field_count: number;
  add_segments: string[];
  remove_segments: string[];
  archive: boolean;
}

let engine: Engine;
beforeAll(async () => {
  engine = await openPeopleTables();
});
afterAll(() => engine.close());

async function put(of: World): Promise<void> {
  await engine.commit([sql`DELETE FROM export.known_address`]);
  await putProfiles(engine, of.profiles);
  await putAddresses(engine, of.otherAddresses);
  await putMembers(engine, of.members);
  await putLedger(engine, of.ledger);
}

async function plan(of: Pick<World, 'leavers'>, limit?: number): Promise<PlanTotals & { rows: PlanRow[] }> {
  const result = await buildPlan(engine, {
    run: 'r1' as RunId,
    export: exportId as ExportId,
    audience,
    config: { segments: chosen, exclude: [excluded], leavers: of.leavers, newContacts: 'subscribed' },
    email: { name: 'email', type: 'text' },
    fields: [
      { tag: 'FNAME', type: 'text', attribute: { name: 'first', type: 'text' } },
      { tag: 'VISITS', type: 'number', attribute: { name: 'visits', type: 'number' } },
    ],
    tags,
    ...(limit === undefined ? {} : { limit }),
  });
  const rows = await engine.rows<PlanRow>(
    sql`SELECT * FROM export.plan_person WHERE run = 'r1' ORDER BY position`,
  );
  return { ...result, rows };
}

const isWrite = ({ action }: PlanRow) => action === 'add' || action === 'update' || action === 'leave';

/** Mailchimp keeps a value in a form of its own: here its first two characters. */
const kept = (value: string) => value.slice(0, 2);

/** What the audience and the ledger hold once a plan was carried out without any trouble. */
function carriedOut(of: World, rows: readonly PlanRow[]): World {
  const members = new Map(of.members.map((each) => [each.address, each]));
  const ledger = new Map(of.ledger.map((each) => [each.address, each]));
  for (const row of rows) {
    if (!isWrite(row) && row.action !== 'same') continue;
    const sent = JSON.parse(row.fields) as Record<string, string>;
    const cameBack = Object.fromEntries(Object.entries(sent).map(([tag, value]) => [tag, kept(value)]));
    const there = members.get(row.address);
    const taken = new Set(row.remove_segments.map(tagOf));
    if (there !== undefined || row.action === 'add') {
      members.set(row.address, {
        address: row.address,
        status: row.archive ? 'archived' : (row.status ?? 'subscribed'),
        fields: { ...there?.fields, ...cameBack },
        tags: [...new Set([...(there?.tags ?? []), ...row.add_segments.map(tagOf)])].filter(
          (tag) => !taken.has(tag),
        ),
      });
    }
    const known = ledger.get(row.address);
    ledger.set(row.address, {
      address: row.address,
      customer: row.customer_id,
      sent: { ...known?.sent, ...sent },
      cameBack: { ...known?.cameBack, ...cameBack },
      segments: [...new Set([...(known?.segments ?? []), ...row.add_segments])].filter(
        (segment) => !row.remove_segments.includes(segment),
      ),
      created: known?.created === true || (row.action === 'add' && row.seen_status === null),
      archived: row.archive,
      left: row.action === 'leave',
    });
  }
  return { ...of, members: [...members.values()], ledger: [...ledger.values()] };
}

/** Said plainly: whom the export wants, and of those with one address the one it sends. */
function wantedOf(of: World): { people: Profile[]; sent: Map<string, Profile> } {
  const people = of.profiles.filter(
    (each) => chosen.some((segment) => each.segments.includes(segment)) && !each.segments.includes(excluded),
  );
  const oldestFirst = people.toSorted((a, b) =>
    `${a.firstSeen} ${a.id}` < `${b.firstSeen} ${b.id}` ? -1 : 1,
  );
  const sent = new Map<string, Profile>();
  for (const each of oldestFirst) {
    const folded = each.email?.trim().toLowerCase() ?? '';
    if (folded.endsWith('@x.test') && !sent.has(folded)) sent.set(folded, each);
  }
  return { people, sent };
}

type Planned = Awaited<ReturnType<typeof plan>>;

function everybodyIsCountedOnce(of: World, { people, changes, rows }: Planned): void {
  expect(people.desired).toBe(wantedOf(of).people.length);
  expect(accountedFor(people)).toBe(people.desired);

  const count = (action: PlanRow['action']) => rows.filter((row) => row.action === action).length;
  const sum = (counts: Record<string, number>) => Object.values(counts).reduce((total, n) => total + n, 0);
  expect(people).toMatchObject({ add: count('add'), update: count('update'), leave: count('leave') });
  expect([sum(people.keptOut), sum(people.rejected)]).toEqual([count('keptOut'), count('rejected')]);
  const written = rows.filter(isWrite);
  const total = (of: (row: PlanRow) => number) => written.reduce((all, row) => all + of(row), 0);
  expect(changes).toEqual({
    fields: total((row) => Object.keys(JSON.parse(row.fields) as object).length),
    tag: total((row) => row.add_segments.length),
    untag: total((row) => row.remove_segments.length),
    archive: total((row) => Number(isArchiving(row))),
  });
  expect(rows.map((row) => row.position)).toEqual(rows.map((_, index) => index + 1));
  const upserts = rows.map((row) =>
    Number(row.action === 'add' || (row.action === 'update' && row.field_count > 0)),
  );
  expect(upserts, 'upserts come first').toEqual(upserts.toSorted((a, b) => b - a));
}

/** Who must be left alone is not written to, and the others keep the status they have. */
function nobodyIsDisturbed(of: World, { rows }: Planned): void {
  const status = new Map(of.members.map((each) => [each.address, each.status]));
  const byUs = new Set(of.ledger.filter(({ archived }) => archived).map((each) => each.address));
  const leftUnder = Object.entries(of.otherAddresses).filter(([each]) => status.get(each) === 'unsubscribed');
  const left = new Set(leftUnder.map(([, customer]) => customer));
  for (const row of rows.filter(({ action }) => action === 'add' || action === 'update')) {
    const seen = status.get(row.address);
    expect(row.seen_status).toBe(seen ?? null);
    expect(['unsubscribed', 'cleaned', 'pending']).not.toContain(seen);
    if (seen === 'archived') expect(byUs).toContain(row.address);
    expect(left).not.toContain(row.customer_id);
    if (row.action === 'add') expect([undefined, 'archived']).toContain(seen);
    expect(row.status).toBe(row.action === 'add' ? 'subscribed' : seen);
  }
}

/** Mapped fields and our own tags change alone, never to a blank; what we did not make is not archived. */
function onlyOursChanges(of: World, { rows }: Planned): void {
  const ledger = new Map(of.ledger.map((each) => [each.address, each]));
  for (const row of rows.filter(isWrite)) {
    const values = JSON.parse(row.fields) as Record<string, string>;
    expect(['FNAME', 'VISITS']).toEqual(expect.arrayContaining(Object.keys(values)));
    expect(Object.values(values).map((value) => value.trim())).not.toContain('');
    expect(Object.keys(JSON.parse(row.before) as object).toSorted()).toEqual(Object.keys(values).toSorted());
    expect(ledger.get(row.address)?.segments ?? []).toEqual(expect.arrayContaining(row.remove_segments));
    expect(chosen).toEqual(expect.arrayContaining(row.add_segments));
    if (isArchiving(row)) expect(ledger.get(row.address)?.created).toBe(true);
  }
}

const isArchiving = (row: PlanRow) => row.archive;

describe('a plan of any world', () => {
  it('counts everybody once, disturbs nobody, changes what is ours alone, and is empty once it was carried out', async () => {
    await fc.assert(
      fc.asyncProperty(world, async (of) => {
        await put(of);
        const first = await plan(of);
        everybodyIsCountedOnce(of, first);
        nobodyIsDisturbed(of, first);
        onlyOursChanges(of, first);

        const after = carriedOut(of, first.rows);
        await putMembers(engine, after.members);
        await putLedger(engine, after.ledger);
        const second = await plan(after);
        expect(second.rows.filter((row) => isWrite(row) || row.action === 'same')).toEqual([]);
        expect(second.changes).toEqual({ fields: 0, tag: 0, untag: 0, archive: 0 });
        expect(second.people.keptOut).toEqual(first.people.keptOut);
        expect(second.people.rejected).toEqual(first.people.rejected);
      }),
      { numRuns: 25 },
    );
  });

  it('of a canary touches no more than its limit, and lets nobody leave', async () => {
    await fc.assert(
      fc.asyncProperty(world, fc.nat(3), async (of, limit) => {
        await put(of);
        const canary = await plan(of, limit);
        everybodyIsCountedOnce(of, canary);
        expect(canary.people.add + canary.people.update).toBeLessThanOrEqual(limit);
        expect(canary.people.leave).toBe(0);
      }),
      { numRuns: 10 },
    );
  });

  it('is empty from the start where the audience holds what is wanted, whoever filled it', async () => {
    await fc.assert(
      fc.asyncProperty(world, fc.boolean(), async (of, byUs) => {
        const { sent } = wantedOf(of);
        const members = [...sent].map(([each, { first, visits, segments: of }]): Member => ({
          address: each,
          status: 'subscribed',
          fields: {
            ...((first ?? '').trim() === '' ? { FNAME: 'Theirs' } : { FNAME: (first ?? '').trim() }),
            ...(visits === null || visits === undefined ? {} : { VISITS: String(visits) }),
            CITY: 'Iași',
          },
          tags: [...of.filter((segment) => chosen.includes(segment)).map(tagOf), 'theirs'],
        }));
        const ledger = members.map((each): Ledger => ({
          address: each.address,
          segments: (sent.get(each.address)?.segments ?? []).filter((segment) => chosen.includes(segment)),
        }));
        await put({ ...of, members, ledger: byUs ? ledger : [] });
        const { people, rows } = await plan(of);
        expect(rows.filter(isWrite)).toEqual([]);
        expect(people.unchanged).toBe(sent.size);
      }),
      { numRuns: 12 },
    );
  });

  it('is the same whatever order the rows came in', async () => {
    const shuffled = fc.tuple(world, fc.infiniteStream(fc.nat())).map(([of, dice]): [World, World] => {
      const mix = <T>(rows: readonly T[]) =>
        rows
          .map((row) => ({ row, at: dice.next().value as number }))
          .toSorted((a, b) => a.at - b.at)
          .map(({ row }) => row);
      return [of, { ...of, profiles: mix(of.profiles), members: mix(of.members), ledger: mix(of.ledger) }];
    });
    await fc.assert(
      fc.asyncProperty(shuffled, async ([one, other]) => {
        await put(one);
        const first = await plan(one);
        await put(other);
        expect(await plan(other)).toEqual(first);
      }),
      { numRuns: 12 },
    );
  });
});
