import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { backupActions } from './backup-actions.ts';
import { TestGround } from './test-support/test-ground.ts';

describe('a backup that cannot be made whole', () => {
  let ground: TestGround;
  let folder: string;

  beforeAll(async () => {
    ground = await TestGround.open();
  });
  afterAll(() => ground.store.close());
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'postrider-backup-'));
    mkdirSync(join(folder, 'scratch'));
    return () => rmSync(folder, { recursive: true });
  });

  const made = async (clock: { now: () => Date } = ground.clock) => {
    const here = ground.as(await ground.user('owner'));
    const engine = { copyTo: async (path: string) => writeFileSync(path, 'people') };
    const config = { ...ground.config, dataFolder: folder };
    const actions = backupActions({ ...here, config, engine, clock } as unknown as typeof here);
    const bytes = await Array.fromAsync(actions.backup());
    return Buffer.concat(bytes).toString('latin1');
  };
  beforeEach(() => ground.clear());

  it('has the uploads, and without any it is whole', async () => {
    expect(await made()).toContain('people.duckdb');
    await ground.clear();
    mkdirSync(join(folder, 'uploads', 'shop'), { recursive: true });
    writeFileSync(join(folder, 'uploads', 'shop', 'customers.csv'), 'id');
    expect(await made()).toContain('uploads/shop/customers.csv');
  });

  it('says so where the uploads cannot be read', async () => {
    writeFileSync(join(folder, 'uploads'), 'no folder');
    await expect(made()).rejects.toMatchObject({ code: 'ENOTDIR' });
  });

  it('says so where the disk takes no more, and the process goes on', async () => {
    let others: Promise<unknown> = Promise.resolve();
    const now = () => {
      rmSync(join(folder, 'scratch'), { recursive: true });
      // The rows come only when the file has failed already.
      others = ground.store.db.transaction().execute(() => sleep(50));
      return new Date();
    };
    await expect(made({ now })).rejects.toMatchObject({ code: 'ENOENT' });
    await others;
  });
});
