import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ExportId, RunId, SegmentId } from '../base/ids.ts';
import type { Change, Engine } from '../engine/engine.ts';
import { sql } from '../engine/sql.ts';
import { writeRun } from './run-records.ts';
import {
  audience,
  exportId,
  openPeopleTables,
  putAddresses,
  putLedger,
  putMembers,
  type Ledger,
  type Member,
} from './test-support/people-tables.ts';
import { testRun } from './test-support/test-run.ts';
import { buildUndoPlan } from './undo-plan.ts';

const buyers = 'buyers' as SegmentId;
const ana = 'ana@acme.test';

let engine: Engine;
beforeEach(async () => {
  engine = await openPeopleTables();
});
afterEach(() => engine.close());

interface Entry {
  kind: 'create' | 'field' | 'tag' | 'untag' | 'archive' | 'address';
  name?: string;
  before?: string;
  after?: string;
}

interface Case {
  of: string;
  /** What the run changed on Ana's contact. */
  did: Entry[];
  /** The audience as it is now; her contact is the first. */
  members: Member[];
  ledger?: Partial<Ledger>;
  also?: () => Change[];
  /** What is planned for her; undefined: nothing. */
  planned?: Record<string, unknown>;
}

/** Ana's other address, which her source had once, and which its contact has left behind since. */
const renamedContact = () => [
  sql`INSERT INTO export.renamed (audience, from_address, to_address, by_us)
    VALUES (${audience}, 'old@acme.test', 'new@acme.test', FALSE)`,
];
const subscribed = (changes: Partial<Member> = {}): Member => ({
  address: ana,
  status: 'subscribed',
  ...changes,
});
const name: Entry = { kind: 'field', name: 'FNAME', before: 'Old', after: 'Ana' };
const archived: Entry = { kind: 'archive', before: 'subscribed', after: 'archived' };

describe('the plan of an undo', () => {
  it.each<Case>([
    {
      of: 'a field that is still as we wrote it',
      did: [name],
      members: [subscribed({ fields: { FNAME: 'Ana' } })],
      planned: { action: 'update', fields: '{"FNAME":"Old"}' },
    },
    {
      of: 'a field that somebody changed since',
      did: [name],
      members: [subscribed({ fields: { FNAME: 'Anna' } })],
      planned: { action: 'keptOut', reason: 'changed_since' },
    },
    {
      of: 'a field that is back by itself',
      did: [name],
      members: [subscribed({ fields: { FNAME: 'Old' } })],
    },
    {
      of: 'a field of somebody who unsubscribed',
      did: [name],
      members: [subscribed({ status: 'unsubscribed', fields: { FNAME: 'Ana' } })],
      planned: { action: 'keptOut', reason: 'unsubscribed' },
    },
    {
      of: 'a tag that we gave',
      did: [{ kind: 'tag', name: buyers }],
      members: [subscribed({ tags: ['buyers'] })],
      ledger: { segments: [buyers] },
      planned: { action: 'update', remove_segments: [buyers] },
    },
    {
      of: 'a tag that is not ours any more',
      did: [{ kind: 'tag', name: buyers }],
      members: [subscribed({ tags: ['buyers'] })],
      planned: { action: 'keptOut', reason: 'changed_since' },
    },
    {
      of: 'a contact that we made',
      did: [{ kind: 'create', after: 'subscribed' }],
      members: [subscribed()],
      ledger: { created: true },
      planned: { action: 'leave', archive: true },
    },
    {
      of: 'a contact that we made and somebody tagged since',
      did: [{ kind: 'create', after: 'subscribed' }],
      members: [subscribed({ tags: ['vip'] })],
      ledger: { created: true },
      planned: { action: 'keptOut', reason: 'changed_since' },
    },
    {
      of: 'a contact that we archived',
      did: [archived],
      members: [subscribed({ status: 'archived' })],
      ledger: { archived: true },
      planned: { action: 'add', status: 'subscribed' },
    },
    {
      of: 'a contact that we archived, of a person who left under another address',
      did: [archived],
      members: [subscribed({ status: 'archived' }), { address: 'old@acme.test', status: 'unsubscribed' }],
      ledger: { archived: true },
      planned: { action: 'keptOut', reason: 'left_under_other_address' },
    },
    {
      of: 'the same after that contact was renamed in Mailchimp',
      did: [archived],
      members: [subscribed({ status: 'archived' }), { address: 'new@acme.test', status: 'unsubscribed' }],
      ledger: { archived: true },
      also: renamedContact,
      planned: { action: 'keptOut', reason: 'left_under_other_address' },
    },
    {
      of: 'a contact that we archived, of a person who was deleted for good under another address',
      did: [archived],
      members: [subscribed({ status: 'archived' })],
      ledger: { archived: true },
      also: () => [
        sql`INSERT INTO export.refusal (audience, address, kind, reason)
          VALUES (${audience}, 'old@acme.test', 'keptOut', 'deleted')`,
      ],
      planned: { action: 'keptOut', reason: 'left_under_other_address' },
    },
  ])('of $of', async ({ did, members, ledger = {}, also = () => [], planned }) => {
    await putAddresses(engine, { [ana]: 'c1', 'old@acme.test': 'c1' });
    await putMembers(engine, members);
    await putLedger(engine, [{ address: ana, customer: 'c1', segments: [], ...ledger }]);
    await engine.commit([
      ...writeRun(testRun({ run: 'r1' })),
      ...did.map(
        (entry) => sql`INSERT INTO export.journal (run, address, kind, name, before, after)
          VALUES ('r1', ${ana}, ${entry.kind}, ${entry.name ?? null}, ${entry.before ?? null}, ${entry.after ?? null})`,
      ),
      ...also(),
    ]);
    await buildUndoPlan(engine, {
      run: 'r2' as RunId,
      undoes: 'r1' as RunId,
      export: exportId as ExportId,
      audience,
      tags: [{ segment: buyers, name: 'Buyers', heldAs: 'Buyers', tagId: 7, origin: 'made' }],
    });
    const people = await engine.rows(sql`SELECT * FROM export.plan_person WHERE run = 'r2'`);
    expect(people).toMatchObject(planned === undefined ? [] : [{ address: ana, ...planned }]);
    expect(people).toHaveLength(planned === undefined ? 0 : 1);
  });
});
