import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { openApp } from './app.ts';
import { readConfig } from './base/config.ts';
import { AccountSlots } from './delivery/mailchimp/account-slots.ts';
import { ownDatabase } from './store/database-owner.ts';
import {
  startTestPostgres,
  testPostgresAvailable,
  type LocalPostgres,
} from './store/test-support/local-postgres.ts';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'postrider-app-'));
  return () => rmSync(folder, { recursive: true, force: true });
});

const open = (env: Record<string, string> = {}) =>
  openApp({ config: readConfig({ POSTRIDER_DATA: folder, ...env }), env: {} });

describe.skipIf(!testPostgresAvailable)('a database that another process works with', () => {
  let server: LocalPostgres;

  beforeAll(async () => {
    server = await startTestPostgres();
  });
  afterAll(() => server.stop());

  it('stays as it is', async () => {
    const url = await server.createDatabase();
    const owner = await ownDatabase(url);
    await expect(open({ DATABASE_URL: url })).rejects.toMatchObject({ code: 'database_in_use' });
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    const { rows } = await client.query("select from pg_tables where schemaname = 'public'");
    expect(rows).toEqual([]);
    await client.end();
    await owner.release();
    await (await open({ DATABASE_URL: url })).close();
  });
});

it('closes the rest when one thing cannot be closed', async () => {
  const app = await open();
  vi.spyOn(AccountSlots.prototype, 'close').mockRejectedValueOnce(new Error('in no mood'));
  await expect(app.close()).rejects.toThrow('in no mood');
  await (await open()).close();
});

it('says that a database does not answer', async () => {
  await expect(open({ DATABASE_URL: 'postgres://ana@127.0.0.1:1/none' })).rejects.toMatchObject({
    code: 'database_unreachable',
  });
});
