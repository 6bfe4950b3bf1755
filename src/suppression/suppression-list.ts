import { createHmac } from 'node:crypto';
import { PostriderError } from '../base/errors.ts';
import type { Dialect } from '../engine/dialect.ts';
import type { Change, Engine } from '../engine/engine.ts';
import { sql, type Sql } from '../engine/sql.ts';
import { tableRef } from '../engine/table.ts';
import { tablesIn } from '../engine/tables-in.ts';
import type { SuppressionKey } from './suppression-key.ts';
import { entryTable, suppressionSchema } from './suppression-tables.ts';

/** What an erased person is kept out by. Only a keyed digest of it is stored (promise 12). */
export type SuppressedThing =
  /** Folded. */
  | { kind: 'address'; address: string }
  /** A record of a source by its key: a row without an address is known again too. */
  | { kind: 'record'; source: string; key: string }
  /** A value that rows of other sources point with, as in `crm.customer_no`: orders come back without their customer. */
  | { kind: 'reference'; column: string; value: string };

/** Who was erased and must not come back, as conditions for SQL; none of them is ever NULL. */
export interface Suppression {
  /** @param folded an address as `Dialect.foldAddress` gives it */
  holdsAddress(folded: Sql): Sql;
  holdsRecord(source: string, key: Sql): Sql;
  /** @param column as in `crm.customer_no` */
  holdsReference(column: string, value: Sql): Sql;
  /** Whether an address of such a person stands somewhere in a text. */
  holdsAddressIn(text: Sql): Sql;
  /** What can stand for the address where something must. */
  digestOfAddress(folded: Sql): Sql;
}

// Between the parts of what is digested; keys of several columns are joined by it too, and ids cannot hold it.
const between = '\u001f';

/**
 * The list as it is now, or undefined when it is empty: then nothing needs to be digested.
 * @throws `configuration` / `suppression_key_changed`, since with another key the list would keep nobody out
 */
export async function openSuppression(engine: Engine, key: SuppressionKey): Promise<Suppression | undefined> {
  if (!(await tablesIn(engine, suppressionSchema)).has(entryTable.table)) return undefined;
  const keys = await engine.rows<{ key_id: string }>(
    sql`SELECT DISTINCT key_id FROM ${tableRef(entryTable)} WHERE active`,
  );
  if (keys.length === 0) return undefined;
  refuseOtherKey(
    key,
    keys.map((row) => row.key_id),
  );
  return suppressionWith(engine.dialect, key);
}

function refuseOtherKey(key: SuppressionKey, found: readonly string[]): void {
  const other = found.find((id) => id !== key.id);
  if (other === undefined) return;
  throw new PostriderError({
    kind: 'configuration',
    code: 'suppression_key_changed',
    message: `The list of erased people was made with key ${other}; the present one is ${key.id}. With it, erased people would not be known again.`,
    hint: 'Give the secret key of that time, in POSTRIDER_SECRET_KEY or <data>/secret.key.',
  });
}

function suppressionWith(dialect: Dialect, key: SuppressionKey): Suppression {
  const bytes = key.digest.export();
  const listed = sql`SELECT digest FROM ${tableRef(entryTable)} WHERE active`;
  const digest = (head: string, value: Sql) =>
    dialect.keyedDigest(sql`(${head + between} || ${value})`, bytes);
  const held = (head: string, value: Sql) => sql`coalesce(${digest(head, value)} IN (${listed}), FALSE)`;
  return {
    holdsAddress: (folded) => held('address', folded),
    digestOfAddress: (folded) => digest('address', folded),
    holdsRecord: (source, recordKey) => held(`record${between}${source}`, recordKey),
    holdsReference: (column, value) => held(`reference${between}${column}`, value),
    holdsAddressIn: (text) => sql`coalesce(list_has_any(
      list_transform(${dialect.addressesIn(text)}, lambda found: ${digest('address', sql`found`)}),
      (SELECT list(digest) FROM (${listed}))), FALSE)`,
  };
}

/** The digest under which something is on the list; the SQL above makes the same one. */
export function digestOf(key: SuppressionKey, thing: SuppressedThing): string {
  const parts = ((): string[] => {
    switch (thing.kind) {
      case 'address':
        return [thing.address];
      case 'record':
        return [thing.source, thing.key];
      case 'reference':
        return [thing.column, thing.value];
      default:
        throw new Error(`no such thing: ${JSON.stringify(thing satisfies never)}`);
    }
  })();
  return createHmac('sha256', key.digest)
    .update([thing.kind, ...parts].join(between))
    .digest('hex');
}

/** The changes that put all of these on the list, for an erasure; what it has put there already stays. */
export function suppress(
  key: SuppressionKey,
  erasure: string,
  things: readonly SuppressedThing[],
  now: Date,
): Change[] {
  const digests = [...new Map(things.map((thing) => [digestOf(key, thing), thing.kind]))];
  if (digests.length === 0) return [];
  return [
    sql`DELETE FROM ${tableRef(entryTable)} WHERE erasure = ${erasure}
      AND list_contains(${digests.map(([digest]) => digest)}, digest)`,
    {
      into: entryTable,
      columns: entryTable.columns,
      rows: digests.map(([digest, kind]) => [digest, kind, erasure, key.id, true, now.toISOString()]),
    },
  ];
}

/** The change that lets the people of these erasures in again. The digests stay, so that receipts are found. */
export function unsuppress(erasures: readonly string[]): Change {
  return sql`UPDATE ${tableRef(entryTable)} SET active = FALSE WHERE list_contains(${erasures}, erasure)`;
}

/** Another text after each erasure, cheap to ask for. */
export async function suppressionState(engine: Engine): Promise<string> {
  if (!(await tablesIn(engine, suppressionSchema)).has(entryTable.table)) return '';
  const [state] = await engine.rows<{ entries: number; latest: string | null }>(
    sql`SELECT count(*) AS entries, max("at") AS latest FROM ${tableRef(entryTable)}`,
  );
  return `${state?.entries ?? 0} ${state?.latest ?? ''}`;
}

/** The erasures that one address was part of. */
export async function erasuresOf(engine: Engine, key: SuppressionKey, address: string): Promise<string[]> {
  if (!(await tablesIn(engine, suppressionSchema)).has(entryTable.table)) return [];
  const rows = await engine.rows<{ erasure: string }>(sql`
    SELECT DISTINCT erasure FROM ${tableRef(entryTable)}
    WHERE digest = ${digestOf(key, { kind: 'address', address })} ORDER BY erasure`);
  return rows.map((row) => row.erasure);
}

/** How many things of each kind an erasure keeps out. */
export async function suppressedBy(engine: Engine, erasure: string): Promise<Record<string, number>> {
  const rows = await engine.rows<{ kind: string; n: number }>(sql`
    SELECT kind, count(*) AS n FROM ${tableRef(entryTable)} WHERE erasure = ${erasure} GROUP BY kind ORDER BY kind`);
  return Object.fromEntries(rows.map(({ kind, n }) => [kind, n]));
}
