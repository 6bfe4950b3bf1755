import type { SourceId } from '../base/ids.ts';
import type { Engine } from '../engine/engine.ts';
import { ingestDatabase } from './ingest-database.ts';
import { ingestFiles } from './ingest-files.ts';
import type { IngestedSource, IngestPlace } from './ingest-place.ts';
import { lastLoad, prepareSourceTables } from './loaded-source.ts';
import type { SourceConfig } from './source-config.ts';

/**
 * Brings a source up to date: what is new into a staging table, types from declarations and values, the key checked, and
 * then rows, rejected rows and the record of the load replaced in one commit. What did not change is not read again.
 * After any error the last good load stands.
 * @throws what its signal was aborted with; `input` errors with codes `source_…`; of databases also `configuration` and `remote` ones
 */
export async function ingestSource(
  engine: Engine,
  id: SourceId,
  config: SourceConfig,
  place: IngestPlace,
): Promise<IngestedSource> {
  place.signal?.throwIfAborted();
  await prepareSourceTables(engine);
  const last = await lastLoad(engine, id);
  return config.type === 'postgres'
    ? ingestDatabase(engine, id, config, place, last)
    : ingestFiles(engine, id, config, place, last);
}
