import { join as joinPath } from 'node:path';
import { mkdir } from 'node:fs/promises';
import type { Engine, TableName } from '../engine/engine.ts';
import { sql, type Sql } from '../engine/sql.ts';
import { createTable, tableRef } from '../engine/table.ts';
import type { LaterFile } from './changed-files.ts';
import type { SourceFile } from './find-files.ts';
import { keyOf, type LoadPlan } from './plan-load.ts';
import { readCsv } from './read-csv.ts';
import type { CsvConfig } from './source-config.ts';
import type { StagedSource, StagingPlace } from './staged-source.ts';

/** More than the lines of any file, so that turn and line make one number that grows. */
const turnSize = 1_000_000_000_000;

/** The deletions among `files`, staged in `place.lines`; undefined where there are none. */
export async function readDeletions(
  engine: Engine,
  config: CsvConfig,
  files: readonly LaterFile[],
  place: StagingPlace,
): Promise<{ files: SourceFile[]; said: { staged: StagedSource; key: Sql } } | undefined> {
  const deletions = files.filter(({ kind }) => kind === 'deletions').map(({ file }) => file);
  const [first] = deletions;
  if (first === undefined) return undefined;
  const folder = joinPath(place.folder, 'deletions');
  await mkdir(folder);
  const staged = await readCsv(engine, config, deletions, { ...place, table: place.lines, folder });
  return { files: deletions, said: { staged, key: keyOf(staged, config, first.shown).key } };
}

/**
 * Fills `events` with the keys that `files` speak of, and takes out of the staged records those that a later one
 * replaces or deletes. Records whose cells do not fit have no say.
 * @param files all of them, in the order of turns; staged records of other files come before them
 */
export async function settleEvents(
  engine: Engine,
  events: TableName,
  files: readonly LaterFile[],
  changes: { staged: StagedSource; plan: LoadPlan } | undefined,
  deletions: { staged: StagedSource; key: Sql } | undefined,
): Promise<void> {
  const shown = files.map(({ file }) => file.shown);
  const turns = sql`(SELECT unnest(${shown}) AS file, generate_subscripts(${shown}, 1) AS turn) AS t`;
  const at = sql`coalesce(t.turn, 0) * ${turnSize} + r._line`;
  const said = [
    ...(changes === undefined ? [] : [keyed(changes.staged, changes.plan.key, changes.plan.misfit)]),
    ...(deletions === undefined ? [] : [keyed(deletions.staged, deletions.key, sql`false`)]),
  ];
  await engine.commit([
    createTable(engine.dialect, events, [
      { name: 'key', type: 'text' },
      { name: 'at', type: 'integer' },
    ]),
    ...said.map(
      (rows) => sql`INSERT INTO ${tableRef(events)}
        SELECT r.key, max(${at}) FROM ${rows} AS r JOIN ${turns} ON t.file = r._file GROUP BY r.key`,
    ),
    ...(changes === undefined
      ? []
      : [
          sql`DELETE FROM ${tableRef(changes.staged.table)} WHERE (_file, _line) IN (
            SELECT r._file, r._line FROM ${said[0] as Sql} AS r LEFT JOIN ${turns} ON t.file = r._file
              JOIN ${tableRef(events)} AS e ON e.key = r.key WHERE e.at > ${at})`,
        ]),
  ]);
}

function keyed({ table }: StagedSource, key: Sql, misfit: Sql): Sql {
  return sql`(SELECT _file, _line, ${key} AS key FROM ${tableRef(table)} WHERE NOT ${misfit})`;
}
