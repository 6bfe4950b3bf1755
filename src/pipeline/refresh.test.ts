import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { SourceId } from '../base/ids.ts';
import { sourceConfig } from '../sources/source-config.ts';
import { refresh } from './refresh.ts';
import { TestLine } from './test-support/test-line.ts';

let line: TestLine;
beforeEach(async () => {
  line = await TestLine.open();
});
afterEach(() => line.close());

describe('a refresh', () => {
  it('takes the addresses of databases from the environment that it was given', async () => {
    const shop = sourceConfig.parse({ type: 'postgres', url: '${SHOP_DB}', table: 'customers', key: 'id' });
    line.settings = { ...line.settings, sources: new Map([['shop' as SourceId, shop]]) };
    const signal = new AbortController().signal;
    const from = (env: Record<string, string>) =>
      refresh({ ...line.parts(), env }, { until: 'sources', by: 'ana', signal });
    await expect(from({})).rejects.toMatchObject({ code: 'source_database_unset' });
    await expect(from({ SHOP_DB: 'postgres://shop@127.0.0.1:1/shop' })).rejects.toMatchObject({
      code: 'source_database_unreachable',
    });
  });

  it('that is cancelled reads no further source, and says that it was', async () => {
    await line.people([{ id: 'k-ana', email: 'ana@acme.test', first: 'Ana', last: 'Pop', buyer: 'yes' }]);
    const cancelled = refresh(line.parts(), { until: 'sources', by: 'ana', signal: AbortSignal.abort() });
    await expect(cancelled).rejects.toMatchObject({ code: 'cancelled' });
  });
});
