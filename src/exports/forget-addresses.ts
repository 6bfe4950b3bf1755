import type { RunId } from '../base/ids.ts';
import type { Dialect } from '../engine/dialect.ts';
import type { Change, Engine } from '../engine/engine.ts';
import { join, name, sql, type Sql } from '../engine/sql.ts';
import { tablesIn } from '../engine/tables-in.ts';
import { chunk, journal, notUndone, outcome, planPerson, ref, run, tagWork } from './export-tables.ts';

/** Somebody as exports know them. */
export interface ExportedPerson {
  /** Folded. */
  addresses: readonly string[];
  customers: readonly string[];
}

/** The rows of a person in one table of the exports. */
export interface ExportTraces {
  table: string;
  rows: number;
  became: 'removed' | 'blanked';
}

/**
 * What exports hold of a person, and the changes that take it out (promise 12, the one exception to plans and
 * journals that never change). Rows of runs are blanked, so that counts still add up; everything else goes.
 * In a run that has not ended the person gets the outcome `erased`, and nothing of them is sent.
 */
export async function exportTraces(
  engine: Engine,
  person: ExportedPerson,
  now: Date,
): Promise<{ found: ExportTraces[]; changes: Change[] }> {
  const found: ExportTraces[] = [];
  const changes: Change[] = [];
  const kept = new Set(blanked.map(({ table }) => table.table));
  const { dialect } = engine;
  for (const [table, columns] of await tablesIn(engine, 'export')) {
    const theirs = rowsOf(dialect, columns, person);
    if (theirs === undefined) continue;
    const [counted] = await engine.rows<{ n: number }>(
      sql`SELECT count(*) AS n FROM ${name('export', table)} WHERE ${theirs}`,
    );
    const rows = counted?.n ?? 0;
    if (rows === 0) continue;
    found.push({ table, rows, became: kept.has(table) ? 'blanked' : 'removed' });
    if (!kept.has(table)) changes.push(sql`DELETE FROM ${name('export', table)} WHERE ${theirs}`);
  }
  return { found, changes: [...leaveOutOfRuns(dialect, person, now), ...changes, ...blank(dialect, person)] };
}

const addressColumn = /^(?:address|email|.+_address)$/;

function rowsOf(
  dialect: Dialect,
  columns: readonly string[],
  { addresses, customers }: ExportedPerson,
): Sql | undefined {
  const tests = columns.flatMap((column): Sql[] => {
    if (addressColumn.test(column)) {
      return [sql`list_contains(${addresses}, ${dialect.foldAddress(name(column))})`];
    }
    return column === 'customer_id' ? [sql`list_contains(${customers}, customer_id)`] : [];
  });
  return tests.length === 0 ? undefined : sql`coalesce(${join(tests, ' OR ')}, FALSE)`;
}

/** Rows of runs: what is put in the place of what would tell whose they are. */
const blanked = [
  {
    table: planPerson,
    to: sql`address = '', email = NULL, customer_id = NULL, seen_status = NULL, fields = '{}', before = '{}',
      detail = NULL, from_address = NULL`,
  },
  { table: outcome, to: sql`address = '', detail = NULL, fields = NULL, tags = NULL, contact_id = NULL` },
  { table: journal, to: sql`address = '', before = NULL, after = NULL` },
  { table: notUndone, to: sql`address = ''` },
];

function blank(dialect: Dialect, person: ExportedPerson): Change[] {
  return blanked.map(({ table, to }) => {
    const theirs = rowsOf(
      dialect,
      table.columns.map((column) => column.name),
      person,
    );
    return sql`UPDATE ${ref(table)} SET ${to} WHERE ${theirs ?? sql`FALSE`}`;
  });
}

/**
 * A plan that may still be carried out would send a blanked row as it is, so the person gets an outcome first: whoever has
 * one is not sent. An outcome they have already gives way, since the end of the run would otherwise write
 * them into the ledger.
 */
function leaveOutOfRuns(dialect: Dialect, person: ExportedPerson, now: Date): Change[] {
  const unended = sql`run IN (SELECT run FROM ${ref(run)} WHERE status IN ('planned', 'stopped', 'running'))`;
  const planned = sql`FROM ${ref(planPerson)} WHERE ${unended} AND action IN ('add', 'update', 'leave', 'same')
    AND ${
      rowsOf(
        dialect,
        planPerson.columns.map((column) => column.name),
        person,
      ) ?? sql`FALSE`
    }`;
  return [
    sql`DELETE FROM ${ref(outcome)} WHERE (run, position) IN (SELECT (run, position) ${planned})`,
    sql`INSERT INTO ${ref(outcome)} (run, position, address, result, reason, created, "at")
      SELECT run, position, '', 'keptOut', 'erased', FALSE, ${now.toISOString()}::TIMESTAMP ${planned}`,
    // A request without anybody in it would be refused.
    sql`UPDATE ${ref(chunk)} SET state = 'done'
      WHERE kind <> 'upsert' AND state = 'ready' AND NOT EXISTS (
        SELECT 1 FROM ${ref(tagWork)} AS work
        WHERE work.run = chunk.run AND work.position BETWEEN chunk.first AND chunk.last AND NOT work.done
          AND NOT list_contains(${person.addresses}, work.address))`,
    // Left behind where a process died at the end of a run; the end makes it anew.
    sql`DROP TABLE IF EXISTS export.settled`,
  ];
}

const erasedIn = (runId: RunId): Sql =>
  sql`(SELECT position FROM ${ref(outcome)} WHERE run = ${runId} AND reason = 'erased')`;

/** Those of some positions of a run whose people were erased while it was not over. */
export async function erasedAmong(
  engine: Engine,
  runId: RunId,
  positions: readonly number[],
): Promise<number[]> {
  const rows = await engine.rows<{ position: number }>(sql`
    SELECT position FROM ${erasedIn(runId)}
    WHERE position BETWEEN ${Math.min(...positions)} AND ${Math.max(...positions)}`);
  const asked = new Set(positions);
  return rows.flatMap(({ position }) => (asked.has(position) ? [position] : []));
}

/**
 * The changes that take out what was noted of erased people after they were: the answer to a request that was on its
 * way by then names them once more, and would count them twice.
 */
export function dropNotedOfErased(runId: RunId): Change[] {
  const noted = sql`FROM ${ref(outcome)} WHERE run = ${runId} AND reason IS DISTINCT FROM 'erased'
    AND position IN ${erasedIn(runId)}`;
  return [
    sql`DELETE FROM ${ref(tagWork)} WHERE run = ${runId} AND address IN (SELECT address ${noted} AND address <> '')`,
    sql`DELETE ${noted}`,
  ];
}

/** Addresses and ids that exports connect with these: under which the same people were or are known elsewhere. */
export async function exportedLinks(
  engine: Engine,
  person: ExportedPerson,
): Promise<{ addresses: string[]; customers: string[] }> {
  const addresses = new Set<string>();
  const customers = new Set<string>();
  const { dialect } = engine;
  for (const [table, columns] of await tablesIn(engine, 'export')) {
    const theirs = rowsOf(dialect, columns, person);
    const places = columns.filter((column) => addressColumn.test(column));
    const both = columns.includes('customer_id') || places.length > 1;
    // Plans repeat what the ledger and the known addresses say, row by row and run by run.
    if (theirs === undefined || !both || blanked.some((each) => each.table.table === table)) continue;
    for (const place of places) {
      const rows = await engine.rows<{ value: string | null }>(
        sql`SELECT DISTINCT ${dialect.foldAddress(name(place))} AS value FROM ${name('export', table)} WHERE ${theirs}`,
      );
      for (const { value } of rows) if (value !== null && value !== '') addresses.add(value);
    }
    if (!columns.includes('customer_id')) continue;
    const ids = await engine.rows<{ id: string | null }>(
      sql`SELECT DISTINCT customer_id AS id FROM ${name('export', table)} WHERE ${theirs}`,
    );
    for (const { id } of ids) if (id !== null) customers.add(id);
  }
  return { addresses: [...addresses], customers: [...customers] };
}

/** The addresses in any table of the exports for which a condition holds. */
export async function addressesAmongExports(
  engine: Engine,
  condition: (address: Sql) => Sql,
): Promise<string[]> {
  const found = new Set<string>();
  for (const [table, columns] of await tablesIn(engine, 'export')) {
    for (const column of columns.filter((each) => addressColumn.test(each))) {
      const folded = engine.dialect.foldAddress(name(column));
      const rows = await engine.rows<{ address: string }>(sql`
        SELECT DISTINCT ${folded} AS address FROM ${name('export', table)} WHERE ${name(column)} <> '' AND ${condition(folded)}`);
      for (const { address } of rows) found.add(address);
    }
  }
  return [...found];
}

/** The audiences that some export has ever had to do with: `connection:audience`. */
export async function knownAudiences(engine: Engine): Promise<string[]> {
  const keys = new Set<string>();
  for (const [table, columns] of await tablesIn(engine, 'export')) {
    if (!columns.includes('audience')) continue;
    const rows = await engine.rows<{ audience: string | null }>(
      sql`SELECT DISTINCT audience FROM ${name('export', table)}`,
    );
    for (const { audience } of rows) if (audience !== null) keys.add(audience);
  }
  return [...keys].toSorted();
}

/** The change after which every audience is read whole again: what was read of lifted people was thrown away. */
export const readAudiencesAnew: Change = sql`DELETE FROM export.audience_read`;
