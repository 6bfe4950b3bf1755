import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { ConnectionId } from '../base/ids.ts';
import { openStore, type Store } from '../store/open-store.ts';
import { readConnectionSecret, saveConnectionSecret } from './connection-secrets.ts';
import { engineKeyOf, rotateSecretKey, settleRotation } from './kept-keys.ts';
import { readSecretKey } from './secret-key.ts';

let store: Store;
let dataFolder: string;
const account = 'account' as ConnectionId;
const secret = { type: 'apiKey' as const, apiKey: 'key-us1' };

beforeAll(async () => {
  store = await openStore({ memory: true });
});
afterAll(() => store.close());
beforeEach(async () => {
  dataFolder = mkdtempSync(join(tmpdir(), 'postrider-key-'));
  await store.db.deleteFrom('kept_key').execute();
  await store.db.deleteFrom('connection_secret').execute();
  await saveConnectionSecret(store.db, readSecretKey({ dataFolder }), account, secret, new Date());
});
afterEach(() => rmSync(dataFolder, { recursive: true }));

const rotate = (given?: string) =>
  rotateSecretKey(store.db, readSecretKey({ dataFolder }), {
    dataFolder,
    fromEnvironment: given !== undefined,
    given,
  });

describe('another secret key', () => {
  it('opens what the one before sealed, and that one opens nothing any more', async () => {
    const before = readSecretKey({ dataFolder });
    const { key, secrets } = await rotate();
    expect(secrets).toBe(1);
    expect(readSecretKey({ dataFolder }).id).toBe(key.id);
    expect(await readConnectionSecret(store.db, key, account)).toEqual(secret);
    await expect(readConnectionSecret(store.db, before, account)).rejects.toMatchObject({
      code: 'wrong_secret_key',
    });
  });

  it('leaves the key of the suppression list what it was, however often', async () => {
    const first = readSecretKey({ dataFolder });
    expect((await engineKeyOf(store.db, first)).id).toBe(first.id);
    await rotate();
    const { key } = await rotate();
    expect(key.id).not.toBe(first.id);
    expect((await engineKeyOf(store.db, key)).id).toBe(first.id);
  });

  it('changes nothing when a secret was sealed with a third one', async () => {
    const other = mkdtempSync(join(tmpdir(), 'postrider-key-'));
    const third = readSecretKey({ dataFolder: other });
    rmSync(other, { recursive: true });
    await saveConnectionSecret(store.db, third, 'zweites' as ConnectionId, secret, new Date());
    const key = readSecretKey({ dataFolder });
    await expect(rotate()).rejects.toMatchObject({ code: 'wrong_secret_key' });
    expect((await settleRotation(store.db, dataFolder, readSecretKey({ dataFolder }))).id).toBe(key.id);
    expect(existsSync(join(dataFolder, 'secret.key.new'))).toBe(false);
    expect(await readConnectionSecret(store.db, key, account)).toEqual(secret);
  });

  it('that was cut off before its file was in place counts at the next start', async () => {
    const before = readFileSync(join(dataFolder, 'secret.key'), 'utf8');
    const { key } = await rotate();
    const after = readFileSync(join(dataFolder, 'secret.key'), 'utf8');
    writeFileSync(join(dataFolder, 'secret.key.new'), after);
    writeFileSync(join(dataFolder, 'secret.key'), before);
    const settled = await settleRotation(store.db, dataFolder, readSecretKey({ dataFolder }));
    expect(settled.id).toBe(key.id);
    expect(readSecretKey({ dataFolder }).id).toBe(key.id);
  });

  it('comes from the environment where the present one does', async () => {
    const from = readSecretKey({ dataFolder });
    const place = { dataFolder, fromEnvironment: true };
    await expect(rotateSecretKey(store.db, from, { ...place, given: undefined })).rejects.toMatchObject({
      code: 'new_key_missing',
    });
    await expect(rotateSecretKey(store.db, from, { ...place, given: 'short' })).rejects.toMatchObject({
      code: 'bad_secret_key',
    });
    const given = Buffer.alloc(32, 5).toString('hex');
    const { key } = await rotateSecretKey(store.db, from, { ...place, given });
    expect(readSecretKey({ dataFolder, given }).id).toBe(key.id);
    expect(readSecretKey({ dataFolder }).id).toBe(from.id);
  });
});
