import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ExportId, RunId, SegmentId } from '../base/ids.ts';
import type { Cell, Engine } from '../engine/engine.ts';
import { sql } from '../engine/sql.ts';
import { buildPlan } from './build-plan.ts';
import { exported, hasLeft, knownAddress, refusal } from './export-tables.ts';
import {
  audience,
  exportId,
  openPeopleTables,
  putAddresses,
  putLedger,
  putMembers,
  putProfiles,
} from './test-support/people-tables.ts';

let engine: Engine;
beforeEach(async () => {
  engine = await openPeopleTables();
});
afterEach(() => engine.close());

const at = '2026-11-24T06:00:00.000Z';
const [oldOne, newOne] = ['old@acme.test', 'new@acme.test'];
const contact = { address: oldOne, status: 'subscribed', tags: ['all'], contactId: 'k1' };
const ours = { address: oldOne, customer: 'c1', segments: ['all'], created: true };

/** What happens to whom, as `action address`, with ` from` where a contact moves. */
async function plan(limit?: number): Promise<string[]> {
  await buildPlan(engine, {
    run: 'r2' as RunId,
    export: exportId as ExportId,
    audience,
    email: { name: 'email', type: 'text' },
    fields: [],
    tags: [{ segment: 'all' as SegmentId, name: 'all', heldAs: 'all', tagId: 1, origin: 'made' }],
    config: { segments: ['all'], exclude: [], leavers: 'untag', newContacts: 'subscribed' },
    now: '2026-11-25T06:00:00.000Z',
    ...(limit === undefined ? {} : { limit }),
  });
  const rows = await engine.rows<{ what: string }>(sql`
    SELECT concat_ws(' ', action, reason, address, from_address) AS what
    FROM export.plan_person WHERE run = 'r2' ORDER BY position`);
  return rows.map(({ what }) => what);
}

const otherExport = (customer: string, left: string | null = null) =>
  engine.commit([
    {
      into: exported,
      columns: exported.columns,
      rows: [
        ['other', audience, oldOne, customer, '{}', '{}', ['x'], false, false, 'r1', at, left] as Cell[],
      ],
    },
  ]);
const refused = (fields: string | null, retryAt: string | null) =>
  engine.commit([
    {
      into: refusal,
      columns: refusal.columns,
      rows: [[audience, newOne, 'keptOut', 'signup_throttled', fields, at, retryAt]],
    },
  ]);

const moves = [`update ${newOne} ${oldOne}`];
const stays = [`add ${newOne}`, `leave ${oldOne}`];

describe('changedAddresses', () => {
  it.each<{ of: string; given?: () => unknown; expected: string[] }>([
    { of: 'a contact of ours', expected: moves },
    {
      of: 'a contact whose id is not known',
      given: () => putMembers(engine, [{ address: oldOne, status: 'subscribed', tags: ['all'] }]),
      expected: stays,
    },
    {
      of: 'a contact that we found there',
      given: () => putLedger(engine, [{ ...ours, created: false }]),
      expected: stays,
    },
    {
      of: 'a contact that this export had let go',
      given: () => putLedger(engine, [{ ...ours, left: true }]),
      expected: stays,
    },
    {
      of: 'a transactional contact',
      given: () => putMembers(engine, [{ ...contact, status: 'transactional' }]),
      expected: stays,
    },
    {
      of: 'one of another person',
      given: () => putLedger(engine, [{ ...ours, customer: 'c9' }]),
      expected: stays,
    },
    { of: 'one whose person another export has there, too', given: () => otherExport('c1'), expected: moves },
    {
      of: 'the same, and a source still has the address',
      given: async () => {
        await otherExport('c1');
        await putAddresses(engine, { [oldOne]: 'c1' });
      },
      expected: stays,
    },
    { of: 'one that another export has for somebody else', given: () => otherExport('c2'), expected: stays },
    { of: 'the same, who has left', given: () => otherExport('c2', at), expected: moves },
    {
      of: 'an address that a source has for the same person',
      given: () => putAddresses(engine, { [oldOne]: 'c1' }),
      expected: moves,
    },
    {
      of: 'an address that a source has for somebody else',
      given: () => putAddresses(engine, { [oldOne]: 'c2' }),
      expected: stays,
    },
    {
      of: 'a new address that was refused for what it is',
      given: () => refused(null, null),
      expected: [`leave ${oldOne}`, `keptOut signup_throttled ${newOne}`],
    },
    {
      of: 'a new address that waits: nobody leaves meanwhile',
      given: () => refused(null, '2026-11-26T06:00:00.000Z'),
      expected: [`keptOut signup_throttled ${newOne}`],
    },
    { of: 'a new address that has waited', given: () => refused(null, at), expected: moves },
    {
      of: 'a new address under which somebody left',
      given: () => engine.commit([{ into: hasLeft, columns: hasLeft.columns, rows: [[audience, newOne]] }]),
      expected: [`leave ${oldOne}`, `keptOut unsubscribed ${newOne}`],
    },
    {
      of: 'a person who left under a third address',
      given: () =>
        engine.commit([
          { into: hasLeft, columns: hasLeft.columns, rows: [[audience, 'third@acme.test']] },
          { into: knownAddress, columns: knownAddress.columns, rows: [['third@acme.test', 'c1']] },
        ]),
      expected: [`leave ${oldOne}`, `keptOut left_under_other_address ${newOne}`],
    },
    {
      of: 'one of two contacts of the person, the other leaves',
      given: async () => {
        await putMembers(engine, [contact, { ...contact, address: 'also@acme.test', contactId: 'k2' }]);
        await putLedger(engine, [ours, { ...ours, address: 'also@acme.test' }]);
      },
      expected: [`update ${newOne} also@acme.test`, `leave ${oldOne}`],
    },
  ])('$of', async ({ given, expected }) => {
    await putProfiles(engine, [{ id: 'c1', email: newOne, segments: ['all'] }]);
    await putMembers(engine, [contact]);
    await putLedger(engine, [ours]);
    await given?.();
    expect(await plan()).toEqual(expected);
  });

  it('is no reason to go beyond a limit', async () => {
    await putProfiles(engine, [
      { id: 'c0', email: 'a@acme.test', segments: ['all'] },
      { id: 'c1', email: newOne, segments: ['all'] },
    ]);
    await putMembers(engine, [contact]);
    await putLedger(engine, [ours]);
    expect(await plan(1)).toEqual(['add a@acme.test', `keptOut beyond_limit ${newOne}`]);
  });
});
