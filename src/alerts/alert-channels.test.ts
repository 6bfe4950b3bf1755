import { createSecretKey } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { secretKeyOf } from '../connections/seal.ts';
import { openStore, type Store } from '../store/open-store.ts';
import {
  addAlertChannel,
  alertChannels,
  alertTargetOf,
  alertTargets,
  noteAlertSent,
  removeAlertChannel,
  resealAlertChannels,
} from './alert-channels.ts';

let store: Store;
beforeAll(async () => {
  store = await openStore({ memory: true });
});
afterAll(() => store.close());

const key = secretKeyOf(createSecretKey(Buffer.alloc(32, 1)));
const otherKey = secretKeyOf(createSecretKey(Buffer.alloc(32, 2)));
const now = new Date('2026-11-25T09:00:00Z');
const target = { kind: 'slack', url: 'https://hooks.slack.test/services/T0/B0/secretpart' } as const;

describe('alert channels', () => {
  it('keep the secret part of an address sealed, and show its host alone', async () => {
    const added = await addAlertChannel(store.db, key, { name: 'Operations', target }, now);
    expect(added).toMatchObject({ name: 'Operations', kind: 'slack', shown: 'hooks.slack.test' });
    const rows = await store.db.selectFrom('alert_channel').selectAll().execute();
    expect(JSON.stringify(rows)).not.toContain('secretpart');
    expect(await alertTargetOf(store.db, key, added.id)).toEqual(target);
  });

  it('remember why the last alert did not get there, until one does', async () => {
    const [{ id } = { id: '' }] = await alertChannels(store.db, key);
    await noteAlertSent(store.db, id, { at: now, problem: 'It does not answer.' });
    expect(await alertChannels(store.db, key)).toMatchObject([
      { lastProblem: 'It does not answer.', lastSentAt: undefined },
    ]);
    await noteAlertSent(store.db, id, { at: now, problem: undefined });
    expect(await alertChannels(store.db, key)).toMatchObject([{ lastProblem: undefined, lastSentAt: now }]);
  });

  it('follow a change of the key', async () => {
    await resealAlertChannels(store.db, key, otherKey);
    expect(await alertTargets(store.db, otherKey)).toMatchObject([{ target }]);
    expect(await alertChannels(store.db, key)).toMatchObject([{ shown: 'sealed with another key' }]);
  });

  it('are told of also where one of them is sealed with another key', async () => {
    const other = await addAlertChannel(store.db, key, { name: 'Second', target }, now);
    expect(await alertTargets(store.db, key)).toMatchObject([
      { problem: expect.not.stringContaining('secretpart') as string },
      { id: other.id, target },
    ]);
    await removeAlertChannel(store.db, other.id);
  });

  it('are removed, once', async () => {
    const [{ id } = { id: '' }] = await alertChannels(store.db, otherKey);
    await removeAlertChannel(store.db, id);
    await expect(removeAlertChannel(store.db, id)).rejects.toMatchObject({ code: 'alert_channel_unknown' });
    await expect(alertTargetOf(store.db, otherKey, id)).rejects.toMatchObject({
      code: 'alert_channel_unknown',
    });
  });
});
