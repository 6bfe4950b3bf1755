import { randomUUID } from 'node:crypto';
import {
  linkSync,
  mkdirSync,
  readFileSync,
  renameSync,
  statSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { messageOf, PostriderError } from '../base/errors.ts';
import { processPlace, processStart } from './process-identity.ts';

/**
 * The right to use a data folder, for one process at a time. The embedded database needs it: two processes
 * that open one PGlite folder lose rows and report nothing. DuckDB's own lock on the people file, which the
 * kernel keeps, stands behind this one as a second line.
 */
export interface DataFolderLock {
  readonly folder: string;
  /** Lets the next process in. Happens by itself when the process ends in its own way; safe to call twice. */
  release(): void;
}

const lockRecord = z.object({
  pid: z.int(),
  /** The process's start: see `processStart`. */
  started: z.string(),
  place: z.string(),
  since: z.string(),
  token: z.string(),
});
type LockRecord = z.infer<typeof lockRecord>;

/**
 * The holder touches its file this often, and one that sits elsewhere (another container or machine on a shared
 * disk, whose processes cannot be looked up) counts as dead when it has not for three times as long.
 */
const heartbeatMs = 10_000;

/**
 * Takes the lock of a data folder, which is made (for its owner only) where it is missing. The lock of a
 * process that was killed is taken over.
 * @throws `conflict` / `data_in_use`, naming the process that has it and since when; `configuration` /
 *   `data_folder_unusable` where we may not write or the file system has no hard links
 */
export async function lockDataFolder(folder: string): Promise<DataFolderLock> {
  const file = join(folder, 'lock');
  const own = ownRecord();
  let holder: LockRecord | undefined;
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    holder = acquire(file, own);
  } catch (error) {
    throw unusable(folder, error);
  }
  if (holder !== undefined) throw inUse(folder, holder);

  const heartbeat = setInterval(() => touch(file), heartbeatMs).unref();
  let held = true;
  const release = () => {
    if (!held) return;
    held = false;
    clearInterval(heartbeat);
    process.off('exit', release);
    if (readRecord(file)?.token === own.token) unlinkSync(file);
  };
  process.on('exit', release);
  return { folder, release };
}

/**
 * Puts `own` at `file`, or returns the living holder's record.
 *
 * A dead holder's file may be replaced only by whoever holds the lock `<file>.<token of the dead>`. Without
 * that, two who find the same dead holder would race: the slower one would remove the file that the faster
 * one has just put there. That second lock is taken in the same way, should its holder die as well.
 */
function acquire(file: string, own: LockRecord): LockRecord | undefined {
  for (;;) {
    if (createWhole(file, own)) return undefined;
    const holder = readRecord(file);
    if (holder === undefined) continue; // Released in between.
    if (isAlive(file, holder)) return holder;

    const takeover = `${file}.${holder.token}`;
    const other = acquire(takeover, own);
    if (other !== undefined) return other;
    try {
      if (readRecord(file)?.token !== holder.token) continue;
      const ready = `${file}.${own.token}.new`;
      writeFileSync(ready, JSON.stringify(own), { mode: 0o600 });
      renameSync(ready, file);
      return undefined;
    } finally {
      unlinkSync(takeover);
    }
  }
}

/** Creates the file with its content in one step, so that nobody reads half of it; false when it is there. */
function createWhole(file: string, record: LockRecord): boolean {
  const ready = `${file}.${record.token}.new`;
  writeFileSync(ready, JSON.stringify(record), { mode: 0o600 });
  try {
    linkSync(ready, file);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  } finally {
    unlinkSync(ready);
  }
}

function ownRecord(): LockRecord {
  return {
    pid: process.pid,
    started: processStart(process.pid) ?? 'unknown',
    place: processPlace(),
    since: new Date().toISOString(),
    token: randomUUID(),
  };
}

function readRecord(file: string): LockRecord | undefined {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  try {
    return lockRecord.parse(JSON.parse(text));
  } catch {
    // Not written by us, or cut by a full disk. Nobody can be shown to hold it.
    return { pid: 0, started: '', place: processPlace(), since: '', token: 'unreadable' };
  }
}

function isAlive(file: string, record: LockRecord): boolean {
  if (record.place === processPlace()) return processStart(record.pid) === record.started;
  const touched = statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0;
  return Date.now() - touched < 3 * heartbeatMs;
}

function touch(file: string): void {
  const now = new Date();
  try {
    utimesSync(file, now, now);
  } catch {
    // The folder was deleted under us. Others say so better: the database, the people file.
  }
}

function inUse(folder: string, holder: LockRecord): PostriderError {
  return new PostriderError({
    kind: 'conflict',
    code: 'data_in_use',
    message: `The data folder ${folder} is in use by process ${holder.pid} since ${holder.since}.`,
    hint: 'Stop that process, or give this one another folder with --data.',
    retry: 'later',
  });
}

function unusable(folder: string, error: unknown): PostriderError {
  return new PostriderError({
    kind: 'configuration',
    code: 'data_folder_unusable',
    message: `The data folder ${folder} cannot be used: ${messageOf(error)}`,
    hint: 'Give a folder on a local disk that this user may write to, with --data or POSTRIDER_DATA.',
    cause: error,
  });
}
