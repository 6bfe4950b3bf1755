import { copyFileSync, existsSync, linkSync, renameSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Config } from '../base/config.ts';
import { PostriderError } from '../base/errors.ts';
import { openDuckdb } from '../engine/duckdb/duckdb-engine.ts';
import type { Engine } from '../engine/engine.ts';
import { memoryFile } from './people-memory.ts';
import { keepRestoredNotes, restoredNotes } from './restored-notes.ts';

/*
 * The people file is one file, and a disk may break a block of it. A server keeps a copy of it beside it, a day old at most,
 * and starts from that where the file cannot be read. It is no backup: it lies on the same disk.
 */

type Place = Pick<Config, 'dataFolder' | 'engineMemory' | 'checkpointHours'>;

const fileOf = ({ dataFolder }: Pick<Place, 'dataFolder'>) => join(dataFolder, 'people.duckdb');
const copyOf = ({ dataFolder }: Pick<Place, 'dataFolder'>) => join(dataFolder, 'people.checkpoint.duckdb');

/**
 * Opens the people file. One that is damaged moves aside, and the copy takes its place, or without one what is kept of it;
 * a note says what has to follow.
 * @throws `people_file_unreadable` where there is neither, or it is damaged too; what `openDuckdb` says of a file that
 * only cannot be opened now, and with which nothing is done
 */
export async function openPeople(place: Place, now: Date): Promise<Engine> {
  const path = fileOf(place);
  const open = () => openDuckdb({ path, memoryLimit: place.engineMemory });
  try {
    return await open();
  } catch (error) {
    const unreadable = error instanceof PostriderError && error.code === 'people_file_unreadable';
    const by = [copyOf(place), memoryFile(place)].find((each) => existsSync(each));
    if (!unreadable || by === undefined) throw error;
    const from = statSync(by).mtime.toISOString();
    const broken = `${path}.broken-${now.toISOString().replaceAll(/[:.]/g, '-')}`;
    const reason =
      by === copyOf(place)
        ? `the people file could not be read; its copy of ${from} is in its place`
        : `the people file could not be read, and there was no copy of it: customer ids, erasures and people of segments that ` +
          `stay are those of ${from}; everything else is read anew, contacts of audiences count as not ours, and what was ` +
          'sent before cannot be undone';
    putAside(path, { by, as: broken }, () => {
      const notes = restoredNotes(place.dataFolder);
      keepRestoredNotes(place.dataFolder, [...notes, { reason, before: broken }]);
    });
    return open();
  }
}

/**
 * There is a whole people file at any instant: without one the next start would begin an empty one.
 * @param before called when there is room for the copy, right before it takes the place
 */
function putAside(path: string, { by, as: broken }: { by: string; as: string }, before: () => void): void {
  const whole = `${path}.new`;
  try {
    copyFileSync(by, whole);
  } catch (error) {
    rmSync(whole, { force: true });
    throw error;
  }
  before();
  // First what belongs to the file alone: the copy must not be opened with the log of another one.
  if (existsSync(`${path}.wal`)) renameSync(`${path}.wal`, `${broken}.wal`);
  linkSync(path, broken);
  renameSync(whole, path);
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
