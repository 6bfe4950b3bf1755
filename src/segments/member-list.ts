import { inputError } from '../base/errors.ts';
import type { SegmentId } from '../base/ids.ts';
import type { Change, Column, Engine } from '../engine/engine.ts';
import { sql, type Sql } from '../engine/sql.ts';
import { createTable, tableRef } from '../engine/table.ts';
import { tablesIn } from '../engine/tables-in.ts';
import { namedPeople } from '../profiles/named-people.ts';
import { readLines } from '../unify/list-file.ts';

/** A line of a member list; `text` is an address or a customer id. */
export interface ListedLine {
  line: number;
  text: string;
}

// While one refresh is written: the addresses in it must not stay.
const listed = { schema: 'segment', table: 'listed' };
const listedColumns: Column[] = [
  { name: 'segment', type: 'text' },
  { name: 'line', type: 'integer' },
  { name: 'text', type: 'text' },
];

const headings = new Set(['email', 'e-mail', 'address', 'mail', 'id', 'customer_id']);

/**
 * The first cells of a CSV file: UTF-8, between commas, semicolons or tabs. A first line that is only a heading is passed
 * over, and so are blank cells. Line numbers count from 1.
 * @param folder where a relative path starts
 * @param at the place in the workspace file, for the message
 * Error: `segment_list_unreadable`: a list that is not there must not pass for an empty one.
 */
export async function readMemberList(path: string, folder: string, at: string): Promise<ListedLine[]> {
  const lines = await readLines(path, folder, (hint, cause) =>
    inputError('segment_list_unreadable', `${at}: the list "${path}" cannot be read.`, hint, cause),
  );
  return lines
    .map((row, index) => ({ line: index + 1, text: firstCell(row) }))
    .filter(({ line, text: cell }) => cell !== '' && !(line === 1 && headings.has(cell.toLowerCase())));
}

function firstCell(row: string): string {
  const quoted = /^ *"((?:[^"]|"")*)"/.exec(row)?.[1];
  return (quoted?.replaceAll('""', '"') ?? /^[^,;\t]*/.exec(row)?.[0] ?? '').trim();
}

/**
 * What takes the people of lists into `segment.member`, and notes the lines that name nobody.
 * @param lists of each segment that is computed from one
 */
export function takeInLists(
  engine: Engine,
  lists: ReadonlyMap<SegmentId, readonly ListedLine[]>,
): { before: Change[]; after: Change[]; members: (segment: SegmentId) => Sql } {
  const members = (segment: SegmentId): Sql => sql`SELECT DISTINCT customer_id FROM
    (${namedPeople(engine.dialect, sql`SELECT text FROM ${tableRef(listed)} WHERE segment = ${segment}`)})`;
  if (lists.size === 0) return { before: [], after: [], members };
  const rows = [...lists].flatMap(([segment, lines]) => lines.map(({ line, text }) => [segment, line, text]));
  const before = [
    createTable(engine.dialect, listed, listedColumns),
    { into: listed, columns: listedColumns, rows },
  ];
  const after = [
    sql`INSERT INTO segment.unlisted SELECT segment, line FROM ${tableRef(listed)} WHERE text NOT IN
      (SELECT text FROM (${namedPeople(engine.dialect, sql`SELECT DISTINCT text FROM ${tableRef(listed)}`)}))`,
    sql`DROP TABLE ${tableRef(listed)}`,
  ];
  return { before, after, members };
}

/** How many lines of each segment's list named nobody when it was last computed; absent: none. */
export async function unlistedCounts(engine: Engine): Promise<Map<SegmentId, number>> {
  if (!(await tablesIn(engine, 'segment')).has('unlisted')) return new Map();
  const rows = await engine.rows<{ segment: SegmentId; n: number }>(
    sql`SELECT segment, count(*) AS n FROM segment.unlisted GROUP BY segment`,
  );
  return new Map(rows.map(({ segment, n }) => [segment, n]));
}

/** The first of those lines, by number. */
export async function unlistedLines(engine: Engine, segment: SegmentId, most: number): Promise<number[]> {
  if (!(await tablesIn(engine, 'segment')).has('unlisted')) return [];
  const rows = await engine.rows<{ line: number }>(
    sql`SELECT line FROM segment.unlisted WHERE segment = ${segment} ORDER BY line LIMIT ${most}`,
  );
  return rows.map(({ line }) => line);
}
