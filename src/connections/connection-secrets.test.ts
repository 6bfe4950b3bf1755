import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { PostriderError } from '../base/errors.ts';
import type { ConnectionId } from '../base/ids.ts';
import { openStore, type Store } from '../store/open-store.ts';
import type { SecretReference } from './connection-config.ts';
import {
  deleteConnectionSecret,
  listConnectionSecrets,
  readConnectionSecret,
  saveConnectionSecret,
  secretOfConnection,
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

  describe('that are read where the settings refer to', () => {
    const folder = mkdtempSync(join(tmpdir(), 'postrider-key-'));
    afterAll(() => rmSync(folder, { recursive: true }));
    const secretFrom = (apiKeyFrom: SecretReference) =>
      secretOfConnection(store.db, key, account, {
        settings: { apiKeyFrom },
        env: { KEY: ' abc-us6\n', BLANK: ' ', TWO_LINES: '# the key\nabc-us6' },
      });
    const fileWith = (text: string) => {
      const file = join(folder, 'key.txt');
      writeFileSync(file, text);
      return { file };
    };

    it('are the key and nothing else', async () => {
      const secret = { type: 'apiKey', apiKey: 'abc-us6' };
      expect(await secretFrom({ env: 'KEY' })).toEqual(secret);
      expect(await secretFrom(fileWith('abc-us6\n'))).toEqual(secret);
    });

    it.each<[string, () => SecretReference, string]>([
      ['a variable that is not set', () => ({ env: 'NONE' }), 'no variable NONE'],
      ['a blank one', () => ({ env: 'BLANK' }), 'no variable BLANK'],
      ['one with a comment', () => ({ env: 'TWO_LINES' }), 'variable TWO_LINES holds more than a key'],
      ['a file that is not there', () => ({ file: join(folder, 'none.txt') }), 'ENOENT'],
      ['an empty file', () => fileWith(''), 'is empty'],
      // It would go into a header, and be refused there as if Mailchimp could not be reached.
      ['a file with a comment', () => fileWith('# the key\nabc-us6\n'), 'holds more than a key'],
    ])('are refused: %s', async (_, reference, why) => {
      const error = await secretFrom(reference()).catch((thrown: unknown) => thrown as PostriderError);
      expect(error).toMatchObject({ kind: 'configuration', code: 'secret_unreachable' });
      expect((error as PostriderError).message).toContain(why);
      expect((error as PostriderError).message).not.toContain('abc-us6');
    });
  });

  it('forgets', async () => {
    expect(await deleteConnectionSecret(store.db, account)).toBe(true);
    expect(await deleteConnectionSecret(store.db, account)).toBe(false);
    expect(await readConnectionSecret(store.db, key, account)).toBeUndefined();
  });
});
