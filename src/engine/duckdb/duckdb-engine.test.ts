import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { engineSuite } from '../engine.suite.ts';
import { sql } from '../sql.ts';
import { openDuckdb } from './duckdb-engine.ts';

// Tests run on machines in UTC mostly, where a time that goes by the machine's zone looks right.
process.env.TZ = 'America/New_York';
engineSuite('DuckDB in memory', (path = ':memory:') => openDuckdb({ path }));

describe('a DuckDB file', () => {
  it('is opened once per process and can be opened again after it was closed', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'postrider-engine-'));
    const path = join(folder, 'people.duckdb');
    const engine = await openDuckdb({ path });
    await engine.commit([sql`CREATE TABLE t AS SELECT 1 AS n`]);
    await expect(openDuckdb({ path })).rejects.toThrow('open in this process');
    await engine.close();
    const again = await openDuckdb({ path });
    expect(await again.rows(sql`SELECT n FROM t`)).toEqual([{ n: 1 }]);
    await again.close();
    rmSync(folder, { recursive: true });
  });

  it.each([
    ['is damaged', 'no such file of ours', '400MB', 'people_file_unreadable'],
    ['cannot be opened as it is asked for', '', 'no size', 'people_file_unopened'],
  ])('that %s is told apart', async (_, content, memoryLimit, code) => {
    const folder = mkdtempSync(join(tmpdir(), 'postrider-engine-'));
    const path = join(folder, 'people.duckdb');
    if (content !== '') writeFileSync(path, content);
    await expect(openDuckdb({ path, memoryLimit })).rejects.toMatchObject({ code });
    rmSync(folder, { recursive: true });
  });

  it('says the same of rows by the page', async () => {
    const engine = await openDuckdb({ path: ':memory:', memoryLimit: '30MB' });
    const large = sql`SELECT length(string_agg(md5(CAST(range AS VARCHAR)), '')) AS n FROM range(3000000)`;
    const read = async () => {
      for await (const page of engine.pages(large)) expect(page).toEqual([]);
    };
    await expect(read()).rejects.toMatchObject({ code: 'engine_memory' });
    await engine.close();
  });

  it('says what to do when its memory does not suffice, and keeps what was there', async () => {
    const engine = await openDuckdb({ path: ':memory:', memoryLimit: '30MB' });
    await engine.commit([sql`CREATE TABLE t AS SELECT 1 AS n`]);
    const large = sql`CREATE OR REPLACE TABLE t AS
      SELECT length(string_agg(md5(CAST(range AS VARCHAR)), '')) AS n FROM range(3000000)`;
    await expect(engine.commit([large])).rejects.toMatchObject({
      code: 'engine_memory',
      hint: expect.stringContaining('POSTRIDER_ENGINE_MEMORY') as string,
    });
    expect(await engine.rows(sql`SELECT n FROM t`)).toEqual([{ n: 1 }]);
    await engine.close();
  });
});
