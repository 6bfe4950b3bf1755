import type { SourceId } from '../base/ids.ts';
import type { Engine } from '../engine/engine.ts';
import { sql } from '../engine/sql.ts';
import { createTable, tableRef } from '../engine/table.ts';
import { databaseNamed, resolveDatabaseUrl } from './database-url.ts';
import { basisOf, checkCount, countRows, finishLoad } from './finish-load.ts';
import type { IngestedSource, IngestPlace } from './ingest-place.ts';
import { sourceTable, type LoadState, type SourceLoad } from './loaded-source.ts';
import { planLoad, type LoadPlan } from './plan-load.ts';
import { readPostgres, shownTable } from './read-postgres.ts';
import { keyColumns, type PostgresConfig } from './source-config.ts';
import { withStaging, type Staging } from './staging.ts';
import { foldRows, replaceRows } from './write-load.ts';

/** Brings a source that is a table of a database up to date; see `ingestSource`. */
export async function ingestDatabase(
  engine: Engine,
  id: SourceId,
  config: PostgresConfig,
  place: IngestPlace,
  last: { load: SourceLoad; state: LoadState | undefined } | undefined,
): Promise<IngestedSource> {
  const url = resolveDatabaseUrl(config.url, place.env);
  // The settings have the name of a variable: where that names another database now, its rows are other ones.
  const basis = basisOf(config, place, [databaseNamed(url)]);
  const seen = last?.state?.basis === basis ? last.state.seen : null;
  return withStaging(engine, id, config, place, async (staging) => {
    if (last !== undefined && seen !== null && config.incremental !== undefined) {
      const folded = await foldIn(engine, id, config, url, place, basis, { load: last.load, seen }, staging);
      if (folded !== undefined) return folded;
      await engine.commit(staging.drop);
    }
    const read = await readPostgres(engine, config, url, null, staging);
    await checkCount(engine, read.staged);
    // Without columns that are known there is always a plan.
    const plan = (await planLoad(engine, read.staged, config, {
      where: shownTable(config),
      lineWord: 'row',
      once: sql`true`,
    })) as LoadPlan;
    const load: SourceLoad = {
      source: id,
      columns: plan.columns.map(({ column }) => column),
      key: keyColumns(config),
      rows: read.staged.records - plan.misfitting,
      rejected: plan.misfitting,
      suppressed: 0,
      loadedAt: place.now.toISOString(),
      dataAt: place.now.toISOString(),
      files: [shownTable(config)],
      warnings: [
        ...read.staged.warnings,
        ...plan.notes,
        ...(read.staged.records === 0 ? [`${shownTable(config)} has no rows.`] : []),
      ],
    };
    return finishLoad(
      engine,
      load,
      { basis, folded: [], seen: read.seen },
      replaceRows(engine, id, { staged: read.staged, plan }, []),
      { ...place, drop: staging.drop },
    );
  });
}

/** Reads only what is newer; undefined where that does not fit the columns as they are. */
async function foldIn(
  engine: Engine,
  id: SourceId,
  config: PostgresConfig,
  url: string,
  place: IngestPlace,
  basis: string,
  { load: before, seen }: { load: SourceLoad; seen: string },
  staging: Staging,
): Promise<IngestedSource | undefined> {
  const read = await readPostgres(engine, config, url, seen, staging);
  await checkCount(engine, read.staged);
  const names = read.staged.columns.map((column) => column.name).join('\n');
  if (names !== before.columns.map((column) => column.name).join('\n')) return undefined;
  const plan = await planLoad(engine, read.staged, config, {
    where: shownTable(config),
    lineWord: 'row',
    once: sql`true`,
    known: before.columns,
  });
  // A row that is rejected now was perhaps rejected at the last read too: only a whole read counts it once.
  if (plan === undefined || plan.misfitting > 0) return undefined;
  await engine.commit([
    createTable(engine.dialect, staging.events, [{ name: 'key', type: 'text' }]),
    sql`INSERT INTO ${tableRef(staging.events)} SELECT ${plan.key} FROM ${tableRef(read.staged.table)}`,
  ]);
  const gone = await countRows(
    engine,
    sourceTable(id),
    sql`_key IN (SELECT key FROM ${tableRef(staging.events)})`,
  );
  const load: SourceLoad = {
    ...before,
    rows: before.rows - gone + read.staged.records,
    // What stands within the overlap comes again and again, so that it cannot be added up.
    suppressed: 0,
    loadedAt: place.now.toISOString(),
    dataAt: place.now.toISOString(),
  };
  return finishLoad(
    engine,
    load,
    { basis, folded: [], seen: read.seen ?? seen },
    foldRows(engine, id, staging.events, { staged: read.staged, plan }, []),
    { ...place, drop: staging.drop },
  );
}
