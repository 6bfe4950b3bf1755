import pg from 'pg';
import Cursor from 'pg-cursor';
import type { FieldDef, QueryResult } from 'pg';
import { inputError } from '../base/errors.ts';
import type { Column, ColumnType, Engine } from '../engine/engine.ts';
import { createTable } from '../engine/table.ts';
import { databaseError } from './database-errors.ts';
import { headerNames } from './header-names.ts';
import type { PostgresConfig } from './source-config.ts';
import {
  cellName,
  placeColumns,
  type StagedColumn,
  type StagedSource,
  type StagingPlace,
} from './staged-source.ts';

const pageRows = 2000;

/** Every value as the server writes it: what it is, is decided once for all sources. */
const asText = { getTypeParser: () => (text: string) => text };

/** What a read of a table brought, and up to where it came. */
export interface DatabaseRead {
  staged: StagedSource;
  /** The greatest value of the incremental column; null where there is none. */
  seen: string | null;
}

/**
 * A table or query → its rows as text in the staging table, all of one snapshot; nothing is written there. `_line` is
 * the number of the row as it came.
 * @param url resolved
 * @param since what `seen` was at the last read: only what is newer is read, and some before it
 */
export async function readPostgres(
  engine: Engine,
  config: PostgresConfig,
  url: string,
  since: string | null,
  place: StagingPlace,
): Promise<DatabaseRead> {
  const where = shownTable(config);
  const client = makeClient(where, url);
  try {
    const ask = asker(where, { mostMs: (config.timeout + graceSeconds) * 1000, signal: place.signal });
    await ask(client.connect());
    await ask(client.query('BEGIN TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY'));
    await ask(client.query(`SET LOCAL statement_timeout = ${config.timeout * 1000}`));
    await ask(client.query(`SET LOCAL datestyle = 'ISO'; SET LOCAL timezone = 'UTC'`));
    const newest = await newestValue(client, ask, config, where);
    const query = rowsQuery(config, since, newest);
    const staged = await stageRows(engine, client, ask, query, place, where);
    return { staged, seen: newest?.value ?? null };
  } finally {
    await client.end().catch(() => undefined);
  }
}

/** Waits for the database, and says its errors as ours; those of our own engine stay what they are. */
type Ask = <Answer>(answer: Promise<Answer>) => Promise<Answer>;

/** The server keeps to `timeout` by itself; a host that vanished keeps to nothing, and the system waits for it for hours. */
const graceSeconds = 15;

function asker(where: string, { mostMs, signal }: { mostMs: number; signal: AbortSignal | undefined }): Ask {
  return async (answer) => {
    const { promise: cut, reject } = Promise.withResolvers<never>();
    const stop = () => reject(new Error('aborted'));
    const late = setTimeout(() => reject(new Error('no answer')), mostMs);
    signal?.addEventListener('abort', stop, { once: true });
    if (signal?.aborted === true) stop();
    try {
      return await Promise.race([answer, cut]);
    } catch (error) {
      signal?.throwIfAborted();
      throw databaseError(where, error);
    } finally {
      clearTimeout(late);
      signal?.removeEventListener('abort', stop);
    }
  };
}

function makeClient(where: string, url: string): pg.Client {
  try {
    const client = new pg.Client({
      connectionString: url,
      application_name: 'postrider',
      connectionTimeoutMillis: 15_000,
      keepAlive: true,
      types: asText,
    });
    // A connection that breaks while nobody waits for it tells so by an event, which would end the process.
    client.on('error', () => undefined);
    return client;
  } catch (error) {
    throw databaseError(where, error);
  }
}

/** The table as people know it. */
export function shownTable({ table }: PostgresConfig): string {
  return table ?? 'the query';
}

interface Newest {
  value: string | null;
  type: string;
}

async function newestValue(
  client: pg.Client,
  ask: Ask,
  config: PostgresConfig,
  where: string,
): Promise<Newest | undefined> {
  if (config.incremental === undefined) return undefined;
  const column = client.escapeIdentifier(config.incremental.column);
  // By a cursor, whose protocol takes one statement: a query of the operator's cannot end the read-only transaction.
  const cursor = client.query(
    new Cursor<string[]>(
      `SELECT max(${column})::text, pg_typeof(max(${column}))::text FROM ${rowsOf(config)}`,
      [],
      { rowMode: 'array', types: asText },
    ),
  );
  const [[value = null, type = ''] = []] = (await ask(readPage(cursor))).rows;
  const newest: Newest = { value, type: type ?? '' };
  if (grownBy(newest.type) === undefined) {
    throw inputError(
      'source_incremental_column',
      `The column "${config.incremental.column}" of ${where} is of type ${newest.type}, by which nothing can be told newer.`,
      'Take a column of times or whole numbers that grows with each change of a row.',
    );
  }
  return newest;
}

function grownBy(type: string): 'time' | 'number' | undefined {
  if (['timestamp with time zone', 'timestamp without time zone', 'date'].includes(type)) return 'time';
  return ['smallint', 'integer', 'bigint'].includes(type) ? 'number' : undefined;
}

interface RowsQuery {
  text: string;
  values: (string | number)[];
}

function rowsQuery(config: PostgresConfig, since: string | null, newest: Newest | undefined): RowsQuery {
  const all = `SELECT * FROM ${rowsOf(config)}`;
  if (config.incremental === undefined || newest === undefined || since === null)
    return { text: all, values: [] };
  const { column, overlap } = config.incremental;
  const newer = `${all} WHERE ${pg.escapeIdentifier(column)} >= $1::text::${newest.type}`;
  // What was written by transactions that were open at the last read is older than what was seen, or has a lower number.
  const back =
    grownBy(newest.type) === 'number' ? '$2::text::bigint' : 'make_interval(mins => $2::text::int)';
  return { text: `${newer} - ${back}`, values: [since, String(overlap)] };
}

/** The query is the operator's own, run with the rights of the user whom they gave us, and cannot write. */
function rowsOf({ table, query }: PostgresConfig): string {
  if (table !== undefined)
    return table
      .split('.')
      .map((part) => pg.escapeIdentifier(part))
      .join('.');
  return `(${(query ?? '').replace(/;\s*$/, '')}\n) AS rows`;
}

async function stageRows(
  engine: Engine,
  client: pg.Client,
  ask: Ask,
  { text, values }: RowsQuery,
  place: StagingPlace,
  where: string,
): Promise<StagedSource> {
  const cursor = client.query(new Cursor<string[]>(text, values, { rowMode: 'array', types: asText }));
  let columns: StagedColumn[] = [];
  let warnings: string[] = [];
  let cells: Column[] = [];
  let records = 0;
  for (;;) {
    const { rows, fields } = await ask(readPage(cursor));
    if (cells.length === 0) {
      const header = headerNames(
        fields.map((field) => field.name),
        where,
      );
      warnings = header.warnings;
      columns = fields.map((field, index) =>
        stagedColumn(field, header.names[index] as string, index, place),
      );
      cells = [...placeColumns, ...columns.map(({ cell }): Column => ({ name: cell, type: 'text' }))];
      await engine.commit([createTable(engine.dialect, place.table, cells)]);
    }
    if (rows.length === 0) break;
    const booleans = fields.map((field) => field.dataTypeID === booleanType);
    await engine.commit([
      {
        into: place.table,
        columns: cells,
        rows: rows.map((row, index) => [
          where,
          records + index + 1,
          ...row.map((cell, at) => cellText(cell, booleans[at] === true)),
        ]),
      },
    ]);
    records += rows.length;
    if (rows.length < pageRows) break;
  }
  return { table: place.table, columns, records, rejected: 0, rejects: [], warnings };
}

// Only the form with a callback tells the columns, and it tells none after the last row.
function readPage(cursor: Cursor<string[]>): Promise<{ rows: (string | null)[][]; fields: FieldDef[] }> {
  return new Promise((resolve, reject) => {
    cursor.read(pageRows, (error: Error | undefined, rows: string[][], result: QueryResult | undefined) => {
      if (error) reject(error);
      else resolve({ rows, fields: result?.fields ?? [] });
    });
  });
}

function cellText(cell: string | null, isBoolean: boolean): string | null {
  if (cell === null || cell === '') return null;
  if (!isBoolean) return cell;
  return cell === 't' ? 'true' : 'false';
}

const booleanType = 16;
/** By the numbers of types in PostgreSQL's catalogue, which never change. */
const types: Readonly<Record<number, Exclude<ColumnType, 'texts'>>> = {
  [booleanType]: 'boolean',
  20: 'integer', // bigint
  21: 'integer', // smallint
  23: 'integer', // integer
  700: 'number', // real
  701: 'number', // double precision
  1700: 'number', // numeric
  1082: 'date',
  1114: 'time', // timestamp
  1184: 'time', // timestamp with time zone
};

function stagedColumn(field: FieldDef, name: string, index: number, place: StagingPlace): StagedColumn {
  const declared = place.declared(name) !== undefined;
  return {
    name,
    cell: cellName(index),
    holds: 'written',
    ...(declared ? {} : { wants: types[field.dataTypeID] ?? 'text' }),
  };
}
