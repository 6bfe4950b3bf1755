import { createSecretKey } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { ConnectionId } from '../base/ids.ts';
import { readConnectionSecret } from '../connections/connection-secrets.ts';
import { secretKeyOf } from '../connections/seal.ts';
import { AccountSlots } from '../delivery/mailchimp/account-slots.ts';
import { startSandbox, type Sandbox } from '../sandbox/sandbox.ts';
import { connectionActions } from './connection-actions.ts';
import { testKey, TestGround } from './test-support/test-ground.ts';

let ground: TestGround;
let sandbox: Sandbox;
let accounts: AccountSlots;

beforeAll(async () => {
  ground = await TestGround.open();
  sandbox = await startSandbox();
  accounts = new AccountSlots({ max: 8, clock: ground.clock, heldUntil: [] });
});
afterAll(async () => {
  await accounts.close();
  await sandbox.close();
  await ground.store.close();
});

it('seals with the present key, though it was changed while Mailchimp was asked', async () => {
  const next = secretKeyOf(createSecretKey(Buffer.alloc(32, 8)));
  let key = testKey;
  const { config } = ground;
  const actions = connectionActions({
    ...ground.as(await ground.user('owner')),
    config: { ...config, mailchimp: { ...config.mailchimp, baseUrl: sandbox.apiRoot } },
    accounts,
    env: {},
    get key() {
      return key;
    },
  });
  const { apiKey } = sandbox;
  const consent = { agree: true, text: 'v1' };
  const input = { name: 'Newsletter', type: 'mailchimp', sharedWith: [], consent, apiKey } as const;
  const saved = actions.saveConnection('account', input, { ifNew: true });
  key = next;
  expect(await saved).toMatchObject({ connectedBy: 'apiKey' });
  expect(await readConnectionSecret(ground.store.db, next, 'account' as ConnectionId)).toMatchObject({
    apiKey,
  });
});
