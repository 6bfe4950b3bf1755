import { createHash } from 'node:crypto';
import { createReadStream, mkdirSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { randomUUID } from 'node:crypto';
import { pack, type Pack } from 'tar-stream';
import { productVersion } from '../base/version.ts';
import { readStoreLines } from '../store/carry-store.ts';
import { readMigrations } from '../store/migrate.ts';
import { audited, type AppGround } from './app-ground.ts';
import type { BackupManifest, BackupSums } from './backup-file.ts';

export interface BackupActions {
  /**
   * Everything that would be missed, as a tar file, consistent while work goes on.
   * @param options.withKey the secret key too: whoever has the file then has the API keys
   */
  backup(options?: { withKey?: boolean }): AsyncIterable<Uint8Array>;
}

export function backupActions(ground: AppGround): BackupActions {
  const { config, engine, store, clock } = ground;
  return {
    backup: async function* ({ withKey = false } = {}) {
      const folder = join(config.dataFolder, 'scratch', `backup-${randomUUID()}`);
      mkdirSync(folder, { mode: 0o700 });
      try {
        const manifest: BackupManifest = {
          product: 'postrider',
          format: 1,
          version: productVersion(),
          migration: readMigrations().length,
          madeAt: clock.now().toISOString(),
          keyId: ground.key.id,
          withKey: withKey && config.secretKey === undefined,
        };
        // The settings first: people that no setting speaks of do no harm, and the other way round it might.
        const settings = join(folder, 'store.jsonl');
        const lines = await open(settings, 'wx', 0o600);
        try {
          await readStoreLines(store.db, (some) =>
            lines.appendFile(some.map((line) => `${JSON.stringify(line)}\n`).join('')),
          );
        } finally {
          await lines.close();
        }
        const people = join(folder, 'people.duckdb');
        await engine.copyTo(people);
        await audited(ground, 'backup.make', 'workspace', { withKey: manifest.withKey });

        const tar = pack();
        const files = [
          ['store.jsonl', settings],
          ['people.duckdb', people],
          ...uploadsIn(config.dataFolder),
        ] as const;
        const packed = packAll(tar, manifest, files, join(config.dataFolder, 'secret.key')).catch(
          (error: unknown) => tar.destroy(error as Error),
        );
        yield* tar as AsyncIterable<Uint8Array>;
        await packed;
      } finally {
        rmSync(folder, { recursive: true, force: true });
      }
    },
  };
}

async function packAll(
  tar: Pack,
  manifest: BackupManifest,
  files: readonly (readonly [name: string, path: string])[],
  keyFile: string,
): Promise<void> {
  const sums: BackupSums = {};
  const putText = (name: string, text: string) => void tar.entry({ name, mode: 0o600 }, text);
  putText('manifest.json', JSON.stringify(manifest));
  for (const [name, path] of files) {
    const { size } = statSync(path);
    const digest = createHash('sha256');
    const watched = new Transform({
      transform(chunk: Buffer, _, done) {
        digest.update(chunk);
        done(null, chunk);
      },
    });
    await pipeline(
      createReadStream(path, { end: Math.max(size - 1, 0) }),
      watched,
      tar.entry({ name, size, mode: 0o600 }),
    );
    sums[name] = digest.digest('hex');
  }
  if (manifest.withKey) putText('secret.key', readFileSync(keyFile, 'utf8'));
  // The last entry: a file without it was cut off.
  putText('sums.json', JSON.stringify(sums));
  tar.finalize();
}

function uploadsIn(dataFolder: string): [name: string, path: string][] {
  const folder = join(dataFolder, 'uploads');
  let entries;
  try {
    entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  } catch (error) {
    // Without uploads there is no folder; anything else would leave them out of the backup.
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
  return entries
    .filter((entry) => entry.isFile() && !entry.name.endsWith('.part'))
    .map((entry) => join(entry.parentPath, entry.name))
    .map((path) => [relative(dataFolder, path), path]);
}
