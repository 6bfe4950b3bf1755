import type { SourceId } from '../base/ids.ts';
import type { Change, Engine, Row } from '../engine/engine.ts';
import { join, sql, type Sql } from '../engine/sql.ts';
import { tableRef } from '../engine/table.ts';
import { tablesIn } from '../engine/tables-in.ts';
import { loadTable, rejectTable, sourceTable, type SourceLoad } from './loaded-source.ts';
import { addressColumnsOf, foldedCell, placeText, pointingText, type RowLinks } from './row-links.ts';

/** By what somebody is known. */
export interface PersonTraces {
  records: readonly { source: string; key: string }[];
  /** Folded. */
  addresses: readonly string[];
}

/** One person's rows in all sources, those included that only point to them. */
export interface PersonRows {
  /** Which rows of a source are theirs; sources without any are absent. */
  where: ReadonlyMap<SourceId, Sql>;
  counts: ReadonlyMap<SourceId, number>;
  /** Records of theirs by key: those given, and rows that were found by an address. */
  records: { source: string; key: string }[];
  /** Values by which other rows point to theirs, as in `crm.customer_no`. */
  references: { column: string; value: string }[];
}

/**
 * Finds the rows of a person: by key, by an address in any of the address columns, and from there along the
 * relationships, over as many hops as there are. A value that rows of other people have too leads nowhere:
 * it does not tell whose a row is.
 */
export async function findPersonRows(
  engine: Engine,
  loads: readonly SourceLoad[],
  traces: PersonTraces,
  links: RowLinks,
): Promise<PersonRows> {
  const { dialect } = engine;
  const present = await tablesIn(engine, 'source');
  const sources = loads.filter((load) => present.has(load.source));
  const references = new Map<string, Set<string>>();
  const pointers = links.pointers.flatMap(({ from, to }) => {
    const column = columnOf(sources, from.source, from.column);
    const target = columnOf(sources, to.source, to.column);
    return column === undefined || target === undefined ? [] : [{ from, to, column, target }];
  });

  const directly = ({ source, columns }: SourceLoad): Sql[] => {
    const keys = traces.records.filter((record) => record.source === source).map((record) => record.key);
    return [
      ...(keys.length === 0 ? [] : [sql`list_contains(${keys}, _key)`]),
      ...(traces.addresses.length === 0 ? [] : addressColumnsOf(links, source, columns)).map(
        (column) => sql`list_contains(${traces.addresses}, ${foldedCell(dialect, column)})`,
      ),
    ];
  };
  const byPointing = (source: SourceId): Sql[] =>
    pointers
      .filter(({ from }) => from.source === source)
      .flatMap(({ to, column }) => {
        const values = [...(references.get(placeText(to)) ?? [])];
        return values.length === 0 ? [] : [sql`list_contains(${values}, ${pointingText(dialect, column)})`];
      });
  const whereOf = (load: SourceLoad): Sql | undefined => {
    const tests = [...directly(load), ...byPointing(load.source)];
    return tests.length === 0 ? undefined : sql`coalesce(${join(tests, ' OR ')}, FALSE)`;
  };

  for (let grown = true; grown;) {
    grown = false;
    for (const { to, target } of pointers) {
      const where = whereOf(loadOf(sources, to.source));
      if (where === undefined) continue;
      const rows = tableRef(sourceTable(to.source));
      const value = pointingText(dialect, target);
      const found = await engine.rows<{ value: string | null }>(sql`
        SELECT ${value} AS value FROM ${rows} WHERE ${where}
        EXCEPT SELECT ${value} FROM ${rows} WHERE NOT ${where}`);
      const known = references.get(placeText(to)) ?? new Set();
      references.set(placeText(to), known);
      for (const { value: one } of found) {
        if (one === null || known.has(one)) continue;
        known.add(one);
        grown = true;
      }
    }
  }

  const where = new Map<SourceId, Sql>();
  const counts = new Map<SourceId, number>();
  const records = [...traces.records];
  for (const load of sources) {
    const theirs = whereOf(load);
    if (theirs === undefined) continue;
    const rows = tableRef(sourceTable(load.source));
    const [counted] = await engine.rows<{ n: number }>(
      sql`SELECT count(*) AS n FROM ${rows} WHERE ${theirs}`,
    );
    if ((counted?.n ?? 0) === 0) continue;
    where.set(load.source, theirs);
    counts.set(load.source, counted?.n ?? 0);
    const own = directly(load);
    if (own.length === 0) continue;
    const keys = await engine.rows<{ key: string }>(
      sql`SELECT DISTINCT _key AS key FROM ${rows} WHERE _key IS NOT NULL AND coalesce(${join(own, ' OR ')}, FALSE) ORDER BY key`,
    );
    const known = new Set(records.filter(({ source }) => source === load.source).map(({ key }) => key));
    records.push(
      ...keys.filter(({ key }) => !known.has(key)).map(({ key }) => ({ source: load.source, key })),
    );
  }
  return {
    where,
    counts,
    records,
    references: [...references].flatMap(([column, values]) =>
      [...values].map((value) => ({ column, value })),
    ),
  };
}

/** At most `limit` of the rows of each source, as loaded: for somebody who asks what is held of them. */
export async function readPersonRows(
  engine: Engine,
  { where }: PersonRows,
  limit: number,
): Promise<{ source: SourceId; row: Row }[]> {
  const found: { source: SourceId; row: Row }[] = [];
  for (const [source, theirs] of where) {
    const rows = await engine.rows(sql`
      SELECT * FROM ${tableRef(sourceTable(source))} WHERE ${theirs} ORDER BY _file, _line LIMIT ${limit}`);
    found.push(...rows.map((row) => ({ source, row })));
  }
  return found;
}

/** The changes that take the rows out of their sources; they count as suppressed from now on. */
export function forgetPersonRows({ where, counts }: PersonRows): Change[] {
  return [...where].flatMap(([source, theirs]) => [
    sql`DELETE FROM ${tableRef(sourceTable(source))} WHERE ${theirs}`,
    sql`UPDATE ${tableRef(loadTable)} SET rows = (SELECT count(*) FROM ${tableRef(sourceTable(source))}),
      suppressed = coalesce(suppressed, 0) + ${counts.get(source) ?? 0} WHERE source = ${source}`,
  ]);
}

/** The changes that take away what a killed load left: a copy of a whole source, made anew by the next load. */
export async function dropStaged(engine: Engine): Promise<Change[]> {
  const tables = [...(await tablesIn(engine, rejectTable.schema)).keys()];
  return tables
    .filter((table) => table.startsWith('staged '))
    .map((table) => sql`DROP TABLE ${tableRef({ schema: rejectTable.schema, table })}`);
}

/** Rejected rows in whose text one of the addresses stands. */
function holdsOneOf(engine: Engine, addresses: readonly string[]): Sql {
  return sql`list_has_any(${engine.dialect.addressesIn(sql`raw`)}, ${addresses})`;
}

/** How many rejected rows hold one of the addresses. */
export async function countRejected(engine: Engine, addresses: readonly string[]): Promise<number> {
  if (addresses.length === 0 || !(await tablesIn(engine, rejectTable.schema)).has(rejectTable.table))
    return 0;
  const [row] = await engine.rows<{ n: number }>(
    sql`SELECT count(*) AS n FROM ${tableRef(rejectTable)} WHERE ${holdsOneOf(engine, addresses)}`,
  );
  return row?.n ?? 0;
}

/** The change that blanks them: that a row was rejected, where and why, stays. */
export function blankRejected(engine: Engine, addresses: readonly string[]): Change {
  return sql`UPDATE ${tableRef(rejectTable)} SET raw = '' WHERE ${holdsOneOf(engine, addresses)}`;
}

function loadOf(loads: readonly SourceLoad[], source: SourceId): SourceLoad {
  return loads.find((load) => load.source === source) as SourceLoad;
}

function columnOf(loads: readonly SourceLoad[], source: SourceId, column: string) {
  return loads.find((load) => load.source === source)?.columns.find((candidate) => candidate.name === column);
}
