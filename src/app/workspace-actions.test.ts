import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Identity } from '../access/identity.ts';
import type { ExportId, SourceId } from '../base/ids.ts';
import type { ExportConfig } from '../exports/export-config.ts';
import { TestLine } from '../pipeline/test-support/test-line.ts';
import { loadedSources } from '../sources/loaded-source.ts';
import type { SourceConfig } from '../sources/source-config.ts';
import { listRunHeaders } from '../store/run-headers.ts';
import { listItems, putItem } from '../store/workspace-items.ts';
import { itemActions } from './item-actions.ts';
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
    config: { ...ground.config, dataFolder: line.folder },
    engine: line.engine,
    parts: async () => line.parts(),
    inTurn: (work) => work(),
  });

describe('a source that was removed', () => {
  const old = 'old' as SourceId;
  const loaded = async () => (await loadedSources(line.engine)).map(({ source }) => source);
  const until = { until: 'sources', signal: new AbortController().signal } as const;
  let before: typeof line.settings;

  beforeEach(async () => {
    before = line.settings;
    const [[, config]] = [...before.sources] as [[SourceId, SourceConfig]];
    line.settings = { ...before, sources: new Map([...before.sources, [old, config]]) };
    const item = { kind: 'source', id: old, name: old, body: config, position: 0 } as const;
    await putItem(ground.store.db, item, ground.clock.now());
    await line.people([{ id: '1', email: 'ana@shop.test' }]);
    return () => {
      line.settings = before;
    };
  });

  it('is gone after a refresh that was loading it', async () => {
    const during = Promise.withResolvers<void>();
    const { removeSource } = itemActions({
      ...ground.as(owner),
      engine: line.engine,
      inTurn: async (work) => during.promise.then(work),
    });
    const removed = removeSource(old, { ifMatch: '*' });
    await expect.poll(async () => listItems(ground.store.db, 'source')).toEqual([]);
    await actions().refresh(until);
    during.resolve();
    await removed;
    expect(await loaded()).toEqual(['people']);
  });

  it('does not stay where a crash left it', async () => {
    expect(await loaded()).toEqual([old, 'people']);
    line.settings = before;
    await actions().refresh(until);
    expect(await loaded()).toEqual(['people']);
  });
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
