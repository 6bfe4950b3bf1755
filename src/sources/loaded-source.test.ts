import { afterEach, beforeEach, expect, it } from 'vitest';
import { sql } from '../engine/sql.ts';
import { SourceBench } from './ingest.fixture.ts';
import { loadedSources, rejectedRows } from './loaded-source.ts';

let bench: SourceBench;
beforeEach(async () => {
  bench = await SourceBench.open();
});
afterEach(() => bench.close());

it('nothing is loaded at first', async () => {
  expect(await loadedSources(bench.engine)).toEqual([]);
});

it('whoever only looks at them writes nothing', async () => {
  await bench.csv('id,name\n1\n2,Ion\n');
  const version = bench.engine.tablesVersion;
  expect(await rejectedRows(bench.engine, bench.id, { limit: 9, offset: 0 })).toHaveLength(1);
  expect(bench.engine.tablesVersion).toBe(version);
});

it('loads of an older version are known, and read again at the next refresh', async () => {
  const { unchanged: _unchanged, ...load } = await bench.csv('id,name\n1,Ana\n');
  await bench.engine.commit([
    sql`ALTER TABLE source_load.source DROP COLUMN data_at`,
    sql`ALTER TABLE source_load.source DROP COLUMN state_json`,
    sql`ALTER TABLE source_load.source DROP COLUMN suppressed`,
  ]);
  expect(await loadedSources(bench.engine)).toEqual([{ ...load, dataAt: load.loadedAt }]);
  expect(await bench.ingest({ type: 'csv', path: 'crm.csv' })).toEqual({ ...load, unchanged: false });
  expect(await loadedSources(bench.engine)).toEqual([load]);
});
