import { openDuckdb } from '../../engine/duckdb/duckdb-engine.ts';
import type { Cell, Change, Column, Engine } from '../../engine/engine.ts';
import { sql } from '../../engine/sql.ts';
import { createTable, tableRef } from '../../engine/table.ts';
import { audienceMember, ensureExportTables, exported } from '../export-tables.ts';

export const exportId = 'news';
export const audience = 'account:aud1';

/** A profile as the stages before exports leave it: attributes `email`, `first` and `visits`. */
export interface Profile {
  id: string;
  email: string | null;
  first?: string | null;
  visits?: number | null;
  firstSeen?: string;
  segments: readonly string[];
}

/** A contact of the audience. */
export interface Member {
  address: string;
  status: string;
  fields?: Readonly<Record<string, string>>;
  /** Folded names. */
  tags?: readonly string[];
  contactId?: string;
  reason?: string;
}

/** A row of the ledger. */
export interface Ledger {
  address: string;
  customer?: string | null;
  sent?: Readonly<Record<string, string>>;
  cameBack?: Readonly<Record<string, string>>;
  segments: readonly string[];
  created?: boolean;
  archived?: boolean;
  left?: boolean;
}

const columns = (...of: [string, Column['type']][]): Column[] => of.map(([name, type]) => ({ name, type }));

const profile = {
  schema: 'profile',
  table: 'profile',
  columns: columns(
    ['customer_id', 'text'],
    ['first_seen', 'time'],
    ['email', 'text'],
    ['first', 'text'],
    ['visits', 'number'],
  ),
};
const member = {
  schema: 'segment',
  table: 'member',
  columns: columns(['segment', 'text'], ['customer_id', 'text']),
};
const address = {
  schema: 'unify',
  table: 'address',
  columns: columns(['address', 'text'], ['customer_id', 'text']),
};

const at = '2026-11-24T06:00:00.000Z';

/** An engine with the tables that a plan reads, all of them empty. */
export async function openPeopleTables(): Promise<Engine> {
  const engine = await openDuckdb({ path: ':memory:', threads: 1 });
  await ensureExportTables(engine);
  await engine.commit([
    sql`CREATE SCHEMA profile`,
    sql`CREATE SCHEMA segment`,
    sql`CREATE SCHEMA unify`,
    ...[profile, member, address].map((table) => createTable(engine.dialect, table, table.columns)),
  ]);
  return engine;
}

/** Puts these people in place of those before, in this order. */
export async function putProfiles(engine: Engine, profiles: readonly Profile[]): Promise<void> {
  await engine.commit([
    ...replace(
      profile,
      profiles.map((each) => [
        each.id,
        each.firstSeen ?? at,
        each.email,
        each.first ?? null,
        each.visits ?? null,
      ]),
    ),
    ...replace(
      member,
      profiles.flatMap((each) => each.segments.map((segment) => [segment, each.id])),
    ),
  ]);
}

/** Addresses that persons have in any source, beside the one they would be sent under. */
export async function putAddresses(engine: Engine, of: Readonly<Record<string, string>>): Promise<void> {
  await engine.commit(replace(address, Object.entries(of)));
}

export async function putMembers(engine: Engine, members: readonly Member[]): Promise<void> {
  await engine.commit(
    replace(
      audienceMember,
      members.map((each) => [
        audience,
        each.address,
        each.status,
        JSON.stringify(each.fields ?? {}),
        each.tags ?? [],
        at,
        each.contactId ?? null,
        each.reason ?? null,
        at,
      ]),
    ),
  );
}

export async function putLedger(engine: Engine, rows: readonly Ledger[]): Promise<void> {
  await engine.commit(
    replace(
      exported,
      rows.map((each) => [
        exportId,
        audience,
        each.address,
        each.customer ?? null,
        JSON.stringify(each.sent ?? {}),
        JSON.stringify(each.cameBack ?? each.sent ?? {}),
        each.segments,
        each.created ?? false,
        each.archived ?? false,
        'r1',
        at,
        each.left ? at : null,
      ]),
    ),
  );
}

function replace(
  into: { schema: string; table: string; columns: readonly Column[] },
  rows: readonly (readonly Cell[])[],
): Change[] {
  const empty = sql`DELETE FROM ${tableRef(into)}`;
  return rows.length === 0 ? [empty] : [empty, { into, columns: into.columns, rows }];
}
