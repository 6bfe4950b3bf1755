import { createHash } from 'node:crypto';
import { PostriderError } from '../base/errors.ts';
import type { Change, Engine, TableName } from '../engine/engine.ts';
import { sql, type Sql } from '../engine/sql.ts';
import { tableRef } from '../engine/table.ts';
import type { IngestedSource, IngestPlace } from './ingest-place.ts';
import { lastLoad, recordLoad, type LoadState, type SourceLoad } from './loaded-source.ts';
import type { SourceConfig } from './source-config.ts';
import type { StagedSource } from './staged-source.ts';
import { removeSuppressed } from './suppressed-rows.ts';

/** A new number whenever sources are read differently than before, so that they are all read again. */
const readerVersion = 2;

/**
 * What the rows of a source depend on beside later files: another text means that everything is to be read again. Two
 * words, settings and files, so that one can be told from the other.
 */
export function basisOf(config: SourceConfig, { keptOut }: IngestPlace, stamps: readonly string[]): string {
  const { name: _, ...settings } = config;
  const links = keptOut === undefined ? null : [[...keptOut.links.addressColumns], keptOut.links.pointers];
  return `${digestOf([readerVersion, settings, links])} ${digestOf(stamps)}`;
}

/** Whether two bases speak of the same files. */
export function sameFiles(one: string, other: string): boolean {
  return one.split(' ')[1] === other.split(' ')[1];
}

function digestOf(value: unknown): string {
  return createHash('sha256').update(JSON.stringify(value)).digest('hex');
}

/** One commit: the rows, what is known of them, nobody who was erased (promise 12), and the staging gone. */
export async function finishLoad(
  engine: Engine,
  load: SourceLoad,
  state: LoadState,
  rows: readonly Change[],
  { keptOut, drop }: Pick<IngestPlace, 'keptOut'> & { drop: readonly Sql[] },
): Promise<IngestedSource> {
  const erased = keptOut === undefined ? [] : removeSuppressed(engine, load, keptOut);
  await engine.commit([...rows, ...recordLoad(load, state), ...erased, ...drop]);
  return { ...((await lastLoad(engine, load.source))?.load ?? load), unchanged: false };
}

/** That the engine took what the reader handed over: nothing may get lost between the two. */
export async function checkCount(engine: Engine, staged: StagedSource): Promise<void> {
  const held = await countRows(engine, staged.table);
  if (held === staged.records) return;
  throw new PostriderError({
    kind: 'internal',
    code: 'source_count',
    message: `The reader found ${staged.records} records, the engine holds ${held}.`,
    hint: 'Report this with the first lines of the file, changed so that they hold nobody’s data.',
  });
}

/** How many rows of a table there are, or how many for which `where` holds. */
export async function countRows(engine: Engine, table: TableName, where: Sql = sql`true`): Promise<number> {
  const [row] = await engine.rows<{ n: number }>(
    sql`SELECT count(*) AS n FROM ${tableRef(table)} WHERE ${where}`,
  );
  return row?.n ?? 0;
}
