import { renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Config } from '../base/config.ts';
import type { CopiedTable, Engine, TableName } from '../engine/engine.ts';
import { sql, type Sql } from '../engine/sql.ts';
import { tableRef } from '../engine/table.ts';
import { tablesIn } from '../engine/tables-in.ts';
import type { Settings } from '../pipeline/settings.ts';
import { stateOf } from '../segments/segment-config.ts';
import { isOneOf } from '../segments/segment-sizes.ts';
import { suppressionSchema } from '../suppression/suppression-tables.ts';

/*
 * What nobody could make again if the people file broke: which customer id belongs to which record, who was erased, and
 * who is in segments that no refresh finds anew. It is kept beside the people file as one that has these alone, so that
 * it can take its place where there is no copy of the whole.
 */

type Place = Pick<Config, 'dataFolder'>;

export const memoryFile = ({ dataFolder }: Place): string => join(dataFolder, 'people.memory.duckdb');

/** Writes it anew, as everything is at this moment. */
export async function keepMemory(
  engine: Engine,
  place: Place,
  { segments }: Pick<Settings, 'segments'>,
  now: Date,
): Promise<void> {
  const staying = [...segments]
    .filter(
      ([, config]) =>
        config.type === 'static' || config.heldOutOf !== undefined || stateOf(config) === 'inactive',
    )
    .map(([id]) => id);
  const kept: Record<string, Sql> = {
    'profile.attribute': sql`SELECT * FROM profile.attribute`,
    'unify.customer': sql`SELECT * FROM unify.customer`,
    'unify.previous_id': sql`SELECT * FROM unify.previous_id`,
    // Until the sources are read again no record is there, and each keeps its id as one that was gone for a while.
    'unify.departed': sql`SELECT * FROM unify.departed UNION ALL
      SELECT source, key, customer_id, first_id, ${now.toISOString()}::TIMESTAMP FROM unify.record`,
    'segment.member': sql`SELECT * FROM segment.member WHERE ${isOneOf(staying)}`,
    'segment.size': sql`SELECT * FROM segment.size WHERE ${isOneOf(staying)}`,
  };
  const copied: CopiedTable[] = [];
  for (const schema of ['unify', 'profile', 'segment', suppressionSchema]) {
    for (const [name] of await tablesIn(engine, schema)) {
      const table: TableName = { schema, table: name };
      // Of every other one there is its form, so that whoever looks finds nothing and no error.
      const rows = schema === suppressionSchema ? sql`true` : sql`false`;
      copied.push({
        table,
        rows: kept[`${schema}.${name}`] ?? sql`SELECT * FROM ${tableRef(table)} WHERE ${rows}`,
      });
    }
  }
  const unfinished = `${memoryFile(place)}.new`;
  for (const end of ['', '.wal']) rmSync(unfinished + end, { force: true });
  await engine.copyTo(unfinished, copied);
  renameSync(unfinished, memoryFile(place));
}

/** Nobody who is erased is to be left in it. It is written anew once they are out. */
export function dropMemory(place: Place): void {
  for (const end of ['', '.new', '.new.wal']) rmSync(memoryFile(place) + end, { force: true });
}
