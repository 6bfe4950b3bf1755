import { copyFileSync, existsSync, renameSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Config } from '../base/config.ts';
import { PostriderError } from '../base/errors.ts';
import { openDuckdb } from '../engine/duckdb/duckdb-engine.ts';
import type { Engine } from '../engine/engine.ts';

/*
 * The people file is one file, and a disk may break a block of it. A server keeps a copy of it beside it, a day old at most,
 * and starts from that where the file cannot be read. It is no backup: it lies on the same disk.
 */

type Place = Pick<Config, 'dataFolder' | 'engineMemory' | 'checkpointHours'>;

const fileOf = ({ dataFolder }: Pick<Place, 'dataFolder'>) => join(dataFolder, 'people.duckdb');
const copyOf = ({ dataFolder }: Pick<Place, 'dataFolder'>) => join(dataFolder, 'people.checkpoint.duckdb');

/** The engine on a data folder's people, and since when these are where they had to be taken from the copy. */
export interface OpenedPeople {
  engine: Engine;
  restored: { from: Date; broken: string } | undefined;
}

/**
 * Opens the people file. One that cannot be read moves aside, and the copy takes its place.
 * @throws `people_file_unreadable` where there is no copy, or it cannot be read either
 */
export async function openPeople(place: Place, now: Date): Promise<OpenedPeople> {
  const path = fileOf(place);
  const open = () => openDuckdb({ path, memoryLimit: place.engineMemory });
  try {
    return { engine: await open(), restored: undefined };
  } catch (error) {
    const unreadable = error instanceof PostriderError && error.code === 'people_file_unreadable';
    if (!unreadable || !existsSync(copyOf(place))) throw error;
    const from = statSync(copyOf(place)).mtime;
    const broken = `${path}.broken-${now.toISOString().replaceAll(/[:.]/g, '-')}`;
    for (const end of ['', '.wal']) if (existsSync(path + end)) renameSync(path + end, broken + end);
    copyFileSync(copyOf(place), path);
    return { engine: await open(), restored: { from, broken } };
  }
}

/** Keeps a copy where the one that is there is too old. @returns whether it was made */
export async function keepCheckpoint(engine: Engine, place: Place, now: Date): Promise<boolean> {
  const copy = copyOf(place);
  if (place.checkpointHours === 0) {
    dropCheckpoint(place);
    return false;
  }
  const made = statSync(copy, { throwIfNoEntry: false })?.mtimeMs ?? 0;
  if (now.getTime() - made < place.checkpointHours * 60 * 60_000) return false;
  const unfinished = `${copy}.new`;
  rmSync(unfinished, { force: true });
  await engine.copyTo(unfinished);
  renameSync(unfinished, copy);
  return true;
}

/** Nobody who is erased is to be left in a copy. The next one is made without them. */
export function dropCheckpoint(place: Pick<Place, 'dataFolder'>): void {
  for (const end of ['', '.new', '.new.wal']) rmSync(copyOf(place) + end, { force: true });
}
