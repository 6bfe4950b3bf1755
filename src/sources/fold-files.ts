import type { SourceId } from '../base/ids.ts';
import type { Engine } from '../engine/engine.ts';
import { sql } from '../engine/sql.ts';
import { tableRef } from '../engine/table.ts';
import { foldedAfter, type LaterFile } from './changed-files.ts';
import { newestOf, type SourceFile } from './find-files.ts';
import { checkCount, countRows, finishLoad } from './finish-load.ts';
import type { IngestedSource, IngestPlace } from './ingest-place.ts';
import { readDeletions, settleEvents } from './later-records.ts';
import { sourceTable, type LoadState, type SourceLoad } from './loaded-source.ts';
import { planLoad, type LoadPlan } from './plan-load.ts';
import { readCsv } from './read-csv.ts';
import type { CsvConfig } from './source-config.ts';
import type { StagedSource } from './staged-source.ts';
import { withStaging } from './staging.ts';
import { foldRows } from './write-load.ts';

/**
 * Reads only the files of changes and deletions that came since the last load, and folds them into its rows.
 * @returns undefined, with nothing changed, where what they hold does not fit the columns as they are
 */
export function foldFiles(
  engine: Engine,
  id: SourceId,
  config: CsvConfig,
  place: IngestPlace,
  { load: before, state }: { load: SourceLoad; state: LoadState },
  files: readonly LaterFile[],
): Promise<IngestedSource | undefined> {
  const changes = files.filter(({ kind }) => kind === 'changes').map(({ file }) => file);
  return withStaging(engine, id, config, place, async (staging) => {
    let planned: { staged: StagedSource; plan: LoadPlan } | undefined;
    if (changes.length > 0) {
      const staged = await readCsv(engine, config, changes, staging);
      await checkCount(engine, staged);
      const plan = sameNames(staged, before)
        ? await planLoad(engine, staged, config, {
            where: (changes[0] as SourceFile).shown,
            lineWord: 'line',
            once: sql`false`,
            known: before.columns,
          })
        : undefined;
      if (plan === undefined) {
        await engine.commit(staging.drop);
        return undefined;
      }
      planned = { staged, plan };
    }
    const deletions = await readDeletions(engine, config, files, staging);
    await settleEvents(engine, staging.events, files, planned, deletions?.said);
    const spokenOf = sql`_key IN (SELECT key FROM ${tableRef(staging.events)})`;
    const gone = await countRows(engine, sourceTable(id), spokenOf);
    const come =
      planned === undefined
        ? 0
        : await countRows(engine, planned.staged.table, sql`NOT ${planned.plan.misfit}`);
    const rejected =
      (planned === undefined ? 0 : planned.staged.rejected + planned.plan.misfitting) +
      (deletions?.said.staged.rejected ?? 0);
    const shown = files.map(({ file }) => file.shown);
    const load: SourceLoad = {
      ...before,
      rows: before.rows - gone + come,
      rejected: before.rejected + rejected,
      loadedAt: place.now.toISOString(),
      dataAt: [before.dataAt, newestOf(files.map(({ file }) => file))].toSorted()[1] as string,
      files: [...before.files.filter((file) => !shown.includes(file)), ...shown],
      warnings: [...new Set([...before.warnings, ...(planned?.staged.warnings ?? [])])],
    };
    const rejects = [...(planned?.staged.rejects ?? []), ...(deletions?.said.staged.rejects ?? [])];
    return finishLoad(
      engine,
      load,
      { ...state, folded: foldedAfter(state.folded, files) },
      foldRows(engine, id, staging.events, planned, rejects),
      { ...place, drop: staging.drop },
    );
  });
}

function sameNames(staged: StagedSource, { columns }: SourceLoad): boolean {
  const names = new Set(columns.map((column) => column.name));
  return staged.columns.length === names.size && staged.columns.every((column) => names.has(column.name));
}
