import type { SourceId } from '../base/ids.ts';
import type { Engine } from '../engine/engine.ts';
import { sql, type Sql } from '../engine/sql.ts';
import { findSourceFiles, foldedAfter, nextStep, type FilesOfSource } from './changed-files.ts';
import { newestOf, type SourceFile } from './find-files.ts';
import { basisOf, checkCount, countRows, finishLoad, sameFiles } from './finish-load.ts';
import { foldFiles } from './fold-files.ts';
import type { IngestedSource, IngestPlace } from './ingest-place.ts';
import { readDeletions, settleEvents } from './later-records.ts';
import type { LoadState, SourceLoad } from './loaded-source.ts';
import { planLoad, type LoadPlan } from './plan-load.ts';
import { readCsv } from './read-csv.ts';
import { readJson } from './read-json.ts';
import { readParquet } from './read-parquet.ts';
import { keyColumns, type CsvConfig, type FileConfig } from './source-config.ts';
import type { StagedSource, StagingPlace } from './staged-source.ts';
import { withStaging } from './staging.ts';
import { replaceRows } from './write-load.ts';

/** Brings a source that is read from files up to date; see `ingestSource`. */
export async function ingestFiles(
  engine: Engine,
  id: SourceId,
  config: FileConfig,
  place: IngestPlace,
  last: { load: SourceLoad; state: LoadState | undefined } | undefined,
): Promise<IngestedSource> {
  const { base, later } = await findSourceFiles(place.folder, config);
  const basis = basisOf(
    config,
    place,
    base.map(({ shown, stamp }) => `${shown} ${stamp}`),
  );
  const step = nextStep(last?.state, basis, later);
  switch (step.read) {
    case 'nothing':
      // A step needs a state, which needs a load.
      return { ...(last?.load as SourceLoad), unchanged: true };
    case 'some': {
      const before = last as { load: SourceLoad; state: LoadState };
      const folded = await foldFiles(engine, id, config as CsvConfig, place, before, step.files);
      return folded ?? readAll(engine, id, config, place, { basis, base, later, before: last?.state });
    }
    case 'all':
      return readAll(engine, id, config, place, { basis, base, later, before: last?.state });
    default:
      throw new Error(`no such step: ${String(step satisfies never)}`);
  }
}

/** Everything there is to read, and what was known of it before. */
interface WholeRead extends FilesOfSource {
  basis: string;
  before: LoadState | undefined;
}

function readAll(
  engine: Engine,
  id: SourceId,
  config: FileConfig,
  place: IngestPlace,
  { basis, base, later, before }: WholeRead,
): Promise<IngestedSource> {
  const changes = later.filter(({ kind }) => kind === 'changes').map(({ file }) => file);
  const files = [...base, ...changes];
  const where = files.length === 1 ? (files[0] as SourceFile).shown : config.path;
  return withStaging(engine, id, config, place, async (staging) => {
    const staged = await readFiles(engine, config, files, staging);
    await checkCount(engine, staged);
    const deletions = config.type === 'csv' ? await readDeletions(engine, config, later, staging) : undefined;
    // Without columns that are known there is always a plan.
    const plan = (await planLoad(engine, staged, config, {
      where,
      lineWord: lineWordOf(config),
      once: notIn(changes),
    })) as LoadPlan;
    let rows = staged.records - plan.misfitting;
    if (later.length > 0) {
      await settleEvents(engine, staging.events, later, { staged, plan }, deletions?.said);
      rows = await countRows(engine, staged.table, sql`NOT ${plan.misfit}`);
    }
    const all = [...files, ...(deletions?.files ?? [])];
    const load: SourceLoad = {
      source: id,
      columns: plan.columns.map(({ column }) => column),
      key: keyColumns(config),
      rows,
      rejected: staged.rejected + plan.misfitting + (deletions?.said.staged.rejected ?? 0),
      suppressed: 0,
      loadedAt: place.now.toISOString(),
      dataAt: newestOf(all),
      files: all.map((file) => file.shown),
      warnings: [
        ...staged.warnings,
        ...plan.notes,
        ...noRows(staged, files),
        ...vanished({ basis, later, before }),
      ],
    };
    const state: LoadState = { basis, folded: foldedAfter([], later), seen: null };
    const rejects = [...staged.rejects, ...(deletions?.said.staged.rejects ?? [])];
    return finishLoad(engine, load, state, replaceRows(engine, id, { staged, plan }, rejects), {
      ...place,
      drop: staging.drop,
    });
  });
}

function readFiles(
  engine: Engine,
  config: FileConfig,
  files: readonly SourceFile[],
  place: StagingPlace,
): Promise<StagedSource> {
  switch (config.type) {
    case 'csv':
      return readCsv(engine, config, files, place);
    case 'json':
    case 'jsonl':
      return readJson(engine, config.type, files, place);
    case 'parquet':
      return readParquet(engine, files, place);
    default:
      throw new Error(`no reader for ${String(config satisfies never)}`);
  }
}

/** What `_line` counts. */
function lineWordOf({ type }: FileConfig): 'line' | 'row' {
  return type === 'csv' || type === 'jsonl' ? 'line' : 'row';
}

function notIn(files: readonly SourceFile[]): Sql {
  if (files.length === 0) return sql`true`;
  return sql`NOT list_contains(${files.map(({ shown }) => shown)}, _file)`;
}

/** The same file of all rows is read again, without what came after it and is not there any more. */
function vanished({ basis, later, before }: Omit<WholeRead, 'base'>): string[] {
  if (before === undefined || !sameFiles(before.basis, basis)) return [];
  const gone = before.folded.filter(({ turn }) => !later.some((one) => one.turn === turn)).length;
  if (gone === 0) return [];
  return [
    `Everything was read again, and ${gone} ${gone === 1 ? 'file' : 'files'} of changes that had been read before ` +
      'are not there any more: what they said is not in the rows now. Put them back, or a newer file of all rows.',
  ];
}

function noRows(staged: StagedSource, files: readonly SourceFile[]): string[] {
  if (staged.records > 0 || staged.rejected > 0) return [];
  return [`${files.map((file) => file.shown).join(', ')} has columns and no rows.`];
}
