import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { engineSuite } from '../engine.suite.ts';
import { sql } from '../sql.ts';
import { openDuckdb } from './duckdb-engine.ts';

engineSuite('DuckDB in memory', () => openDuckdb({ path: ':memory:' }));

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
});
