import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Identity } from '../access/identity.ts';
import type { ExportId } from '../base/ids.ts';
import type { ExportConfig } from '../exports/export-config.ts';
import { TestLine } from '../pipeline/test-support/test-line.ts';
import { listRunHeaders } from '../store/run-headers.ts';
import { TestGround } from './test-support/test-ground.ts';
import { workspaceActions } from './workspace-actions.ts';

let ground: TestGround;
let line: TestLine;
let owner: Identity;

beforeAll(async () => {
  ground = await TestGround.open();
  owner = await ground.user('owner');
  line = await TestLine.open();
});
afterAll(async () => {
  await ground.store.close();
  await line.close();
});

const actions = () =>
  workspaceActions({
    ...ground.as(owner),
    engine: line.engine,
    parts: async () => line.parts(),
    inTurn: (work) => work(),
  });

describe('a refresh', () => {
  it('lists the runs that went well although an export failed', async () => {
    await line.people([{ id: '1', email: 'ana@shop.test' }]);
    const [[id, config]] = [...line.settings.exports] as [[ExportId, ExportConfig]];
    const before = ['before' as ExportId, { ...config, audience: 'gone' }] as const;
    line.settings = { ...line.settings, exports: new Map([before, [id, config]]) };
    const { signal } = new AbortController();
    await expect(actions().refresh({ until: 'exports', signal })).rejects.toThrow();
    const headers = await listRunHeaders(ground.store.db, { limit: 10 });
    expect(headers).toMatchObject([{ export: 'news', status: 'succeeded' }]);
  });
});
