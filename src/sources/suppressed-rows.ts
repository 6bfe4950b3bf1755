import type { Change, Engine } from '../engine/engine.ts';
import { join, sql, type Sql } from '../engine/sql.ts';
import { tableRef } from '../engine/table.ts';
import type { Suppression } from '../suppression/suppression-list.ts';
import { loadTable, rejectTable, sourceTable, type SourceLoad } from './loaded-source.ts';
import { addressColumnsOf, foldedCell, placeText, pointingText, type RowLinks } from './row-links.ts';

/** Who is kept out of sources, and by which columns they are known. */
export interface KeptOut {
  list: Suppression;
  links: RowLinks;
}

/**
 * The changes that take erased people out of a source that has just been loaded (promise 12): rows with their key,
 * with an address of theirs, and rows that point to them. To stand last in the commit that replaces the rows,
 * so that nobody ever sees them. They are counted in `suppressed`.
 */
export function removeSuppressed(engine: Engine, load: SourceLoad, { list, links }: KeptOut): Change[] {
  const { dialect } = engine;
  const { source, columns } = load;
  const pointing = links.pointers.flatMap(({ from, to }): Sql[] => {
    const column = from.source === source && columns.find((candidate) => candidate.name === from.column);
    return column ? [list.holdsReference(placeText(to), pointingText(dialect, column))] : [];
  });
  const erased = join(
    [
      list.holdsRecord(source, sql`_key`),
      ...addressColumnsOf(links, source, columns).map((column) =>
        list.holdsAddress(foldedCell(dialect, column)),
      ),
      ...pointing,
    ],
    ' OR ',
  );
  const rows = tableRef(sourceTable(source));
  const left = sql`(SELECT count(*) FROM ${rows})`;
  return [
    // Before the rows go, `suppressed` is told how many there were; after it, what is left is taken off.
    sql`UPDATE ${tableRef(loadTable)} SET suppressed = coalesce(suppressed, 0) + ${left} WHERE source = ${source}`,
    sql`DELETE FROM ${rows} WHERE ${erased}`,
    sql`UPDATE ${tableRef(loadTable)} SET rows = ${left}, suppressed = suppressed - ${left} WHERE source = ${source}`,
    sql`UPDATE ${tableRef(rejectTable)} SET raw = '' WHERE source = ${source} AND ${list.holdsAddressIn(sql`raw`)}`,
  ];
}
