import { createHash } from 'node:crypto';
import {
  createReadStream,
  createWriteStream,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, normalize, sep } from 'node:path';
import { createInterface } from 'node:readline';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { text } from 'node:stream/consumers';
import { extract } from 'tar-stream';
import type { Clock } from '../base/clock.ts';
import type { Config } from '../base/config.ts';
import { inputError, PostriderError } from '../base/errors.ts';
import { parseSecretKey } from '../connections/secret-key.ts';
import { openDuckdb } from '../engine/duckdb/duckdb-engine.ts';
import { putStoreLines, refuseFilledStore, settleRestored, type StoreLine } from '../store/carry-store.ts';
import { lockDataFolder } from '../store/data-folder.ts';
import { readMigrations } from '../store/migrate.ts';
import { openStore } from '../store/open-store.ts';
import { readCarriedList, type CarriedList } from '../suppression/carry-list.ts';
import { keepRestoredNotes, restoredNotes } from './restored-notes.ts';
import { backupManifest, backupSums, type BackupManifest, type BackupSums } from './backup-file.ts';

export interface Restored {
  madeAt: string;
  version: string;
  /** Where what was there before lies now; null: nothing was. */
  before: string | null;
}

const parts = [
  'people.duckdb',
  'people.duckdb.wal',
  'people.checkpoint.duckdb',
  'people.memory.duckdb',
  'database',
  'uploads',
];

/**
 * Puts a backup in place of what is in the data folder. Everything is read and checked beside it first; then what is there
 * moves aside, and stays. A note tells the next opening to pause all exports, and who was erased since, so that a restored
 * state brings nobody back.
 * @throws `backup_unreadable`, `backup_incomplete`, `backup_newer`, `backup_other_key`, `database_not_empty`,
 *   `data_in_use`
 */
export async function restoreBackup(config: Config, file: string, clock: Clock): Promise<Restored> {
  const { dataFolder } = config;
  const lock = await lockDataFolder(dataFolder);
  const beside = join(dataFolder, 'restore');
  try {
    rmSync(beside, { recursive: true, force: true });
    mkdirSync(beside, { mode: 0o700 });
    const manifest = await unpack(file, beside);
    refuseOtherKey(config, beside, manifest);
    // One that was not followed yet, as after a restore that was cut off, stays.
    const notes = restoredNotes(dataFolder);
    const reason = `restored from a backup of ${manifest.madeAt}`;
    keepRestoredNotes(dataFolder, [...notes, { reason, carried: await carriedList(config) }]);
    try {
      await fillStore(config, beside, clock.now());
    } catch (error) {
      keepRestoredNotes(dataFolder, notes);
      throw error;
    }
    return { ...move(dataFolder, beside, clock.now()), ...manifest };
  } finally {
    rmSync(beside, { recursive: true, force: true });
    lock.release();
  }
}

async function unpack(file: string, to: string): Promise<BackupManifest> {
  let manifest: BackupManifest | undefined;
  let sums: BackupSums | undefined;
  const found: BackupSums = {};
  const entries = extract();
  const read = pipeline(createReadStream(file), entries);
  // It may fail while an entry is written; what is thrown comes up below.
  read.catch(() => undefined);
  try {
    for await (const entry of entries) {
      const { name } = entry.header;
      if (name === 'manifest.json') {
        manifest = backupManifest.parse(JSON.parse(await text(entry)));
        refuseNewer(manifest);
      } else if (name === 'sums.json') sums = backupSums.parse(JSON.parse(await text(entry)));
      else found[name] = await put(entry, join(to, placeOf(name)));
    }
    await read;
  } catch (error) {
    entries.destroy();
    if (error instanceof PostriderError) throw error;
    throw inputError(
      'backup_unreadable',
      `${file} cannot be read as a backup.`,
      'Make one with: postrider backup FILE',
      error,
    );
  }
  if (manifest === undefined) throw inputError('backup_unreadable', `${file} is no backup of Postrider.`);
  const { 'secret.key': _, ...checked } = found;
  const whole = sums !== undefined && Object.entries(sums).every(([name, sum]) => checked[name] === sum);
  if (!whole || checked['people.duckdb'] === undefined || checked['store.jsonl'] === undefined) {
    throw inputError(
      'backup_incomplete',
      `${file} was cut off or damaged; nothing was changed.`,
      'Take another copy of it.',
    );
  }
  return manifest;
}

/** The names in a file are somebody's word: they lead to our own parts and nowhere else. */
function placeOf(name: string): string {
  const known = ['people.duckdb', 'store.jsonl', 'secret.key'].includes(name);
  const upload = name.startsWith('uploads/') && normalize(name) === name && !name.split('/').includes('..');
  if (known || upload) return name;
  throw inputError('backup_unreadable', 'This file holds what no backup of Postrider holds.');
}

async function put(content: AsyncIterable<unknown>, path: string): Promise<string> {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const digest = createHash('sha256');
  const watched = new Transform({
    transform(chunk: Buffer, _, done) {
      digest.update(chunk);
      done(null, chunk);
    },
  });
  await pipeline(content, watched, createWriteStream(path, { mode: 0o600, flush: true }));
  return digest.digest('hex');
}

function refuseNewer({ migration, version }: BackupManifest): void {
  if (migration <= readMigrations().length) return;
  throw new PostriderError({
    kind: 'configuration',
    code: 'backup_newer',
    message: `This backup was made by a newer Postrider (${version}).`,
    hint: 'Install that version, and restore it there.',
  });
}

/** Secrets and the list of erased people are sealed: without their key they would be lost in silence. */
function refuseOtherKey(config: Config, beside: string, { keyId, withKey }: BackupManifest): void {
  const own = join(config.dataFolder, 'secret.key');
  const given = config.secretKey ?? (existsSync(own) ? readFileSync(own, 'utf8') : undefined);
  const present = given === undefined ? undefined : parseSecretKey(given);
  if (present?.id === keyId) return;
  if (present === undefined && withKey) {
    renameSync(join(beside, 'secret.key'), own);
    return;
  }
  throw new PostriderError({
    kind: 'configuration',
    code: 'backup_other_key',
    message: `This backup is sealed with key ${keyId}${present === undefined ? ', and no key is here' : `; the present one is ${present.id}`}.`,
    hint: 'Put the secret.key of that installation into the data folder, or its text into POSTRIDER_SECRET_KEY.',
  });
}

async function fillStore(config: Config, beside: string, now: Date): Promise<void> {
  const { databaseUrl } = config;
  const store = await openStore(databaseUrl === undefined ? { dataFolder: beside } : { databaseUrl });
  try {
    await refuseFilledStore(store.db);
    await store.db.transaction().execute(async (transaction) => {
      let some: StoreLine[] = [];
      for await (const line of createInterface({ input: createReadStream(join(beside, 'store.jsonl')) })) {
        some.push(JSON.parse(line) as StoreLine);
        if (some.length < 500) continue;
        await putStoreLines(transaction, some);
        some = [];
      }
      await putStoreLines(transaction, some);
      await settleRestored(transaction, now);
    });
  } finally {
    await store.close();
  }
}

/** Who was erased in the state that goes. */
async function carriedList({ dataFolder, engineMemory }: Config): Promise<CarriedList | undefined> {
  const path = join(dataFolder, 'people.duckdb');
  if (!existsSync(path)) return undefined;
  const engine = await openDuckdb({ path, memoryLimit: engineMemory });
  try {
    return await readCarriedList(engine);
  } finally {
    await engine.close();
  }
}

function move(dataFolder: string, beside: string, now: Date): Pick<Restored, 'before'> {
  const before = join(dataFolder, `before-restore-${now.toISOString().replaceAll(/[:.]/g, '')}`);
  const there = parts.filter((part) => existsSync(join(dataFolder, part)));
  if (there.length > 0) {
    mkdirSync(before, { mode: 0o700 });
    writeFileSync(join(before, 'README'), 'What was in the data folder before a backup was restored.\n');
  }
  for (const part of there) renameSync(join(dataFolder, part), join(before, part));
  for (const part of parts) {
    const restored = join(beside, part);
    if (existsSync(restored)) renameSync(restored, join(dataFolder, part));
  }
  return { before: there.length > 0 ? `${before}${sep}` : null };
}
