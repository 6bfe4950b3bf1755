import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ConnectionId } from '../base/ids.ts';
import { openStore, type Store } from '../store/open-store.ts';
import {
  deleteConnectionSecret,
  listConnectionSecrets,
  readConnectionSecret,
  saveConnectionSecret,
} from './connection-secrets.ts';
import { parseSecretKey } from './secret-key.ts';

const key = parseSecretKey('01'.repeat(32))!;
const account = 'account' as ConnectionId;
const other = 'other' as ConnectionId;
const now = new Date('2026-11-24T06:00:00Z');

describe('connection secrets', () => {
  let store: Store;
  beforeAll(async () => {
    store = await openStore({ memory: true });
  });
  afterAll(() => store.close());

  it('keeps the newest secret, sealed', async () => {
    await saveConnectionSecret(store.db, key, account, { type: 'apiKey', apiKey: 'first-us6' }, now);
    const token = { type: 'oauth', accessToken: 'second', dataCentre: 'us6' } as const;
    await saveConnectionSecret(store.db, key, account, token, now);
    expect(await readConnectionSecret(store.db, key, account)).toEqual(token);
    expect(await listConnectionSecrets(store.db)).toEqual(new Map([[account, { updatedAt: now }]]));
    const stored = JSON.stringify(await store.db.selectFrom('connection_secret').selectAll().execute());
    expect(stored).not.toContain('second');
  });

  it('does not open for another connection, whoever moved it there', async () => {
    const row = await store.db.selectFrom('connection_secret').selectAll().executeTakeFirstOrThrow();
    await store.db
      .insertInto('connection_secret')
      .values({ ...row, connection: other })
      .execute();
    await expect(readConnectionSecret(store.db, key, other)).rejects.toMatchObject({
      code: 'secret_damaged',
      message: expect.stringContaining('connection other') as string,
    });
  });

  it('forgets', async () => {
    expect(await deleteConnectionSecret(store.db, account)).toBe(true);
    expect(await deleteConnectionSecret(store.db, account)).toBe(false);
    expect(await readConnectionSecret(store.db, key, account)).toBeUndefined();
  });
});
