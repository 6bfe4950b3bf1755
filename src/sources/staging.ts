import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join as joinPath } from 'node:path';
import type { SourceId } from '../base/ids.ts';
import type { Engine, TableName } from '../engine/engine.ts';
import { sql, type Sql } from '../engine/sql.ts';
import { tableRef } from '../engine/table.ts';
import type { IngestPlace } from './ingest-place.ts';
import type { SourceConfig } from './source-config.ts';
import type { StagingPlace } from './staged-source.ts';

/** Where records lie between their reader and the source's table. */
export interface Staging extends StagingPlace {
  /** Keys that files of changes speak of: see `settleEvents`. */
  events: TableName;
  /** The changes that take the tables away; to stand in the commit that ends the load. */
  drop: Sql[];
}

/** Makes a place for staging, hands it to `work`, and leaves nothing of it behind. */
export async function withStaging<Result>(
  engine: Engine,
  id: SourceId,
  config: SourceConfig,
  { scratch, signal }: Pick<IngestPlace, 'scratch' | 'signal'>,
  work: (staging: Staging) => Promise<Result>,
): Promise<Result> {
  const named = (what: string): TableName => ({ schema: 'source_load', table: `${what} ${id}` });
  const tables = { table: named('staged'), lines: named('staged lines'), events: named('staged events') };
  const drop = Object.values(tables).map((one) => sql`DROP TABLE IF EXISTS ${tableRef(one)}`);
  const folder = await mkdtemp(joinPath(scratch ?? tmpdir(), 'postrider-source-'));
  try {
    // Left by a process that was killed.
    await engine.commit(drop);
    return await work({
      source: id,
      ...tables,
      drop,
      folder,
      signal,
      declared: (column) => config.columns?.[column],
    });
  } catch (error) {
    await engine.commit(drop).catch(() => undefined);
    throw error;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
