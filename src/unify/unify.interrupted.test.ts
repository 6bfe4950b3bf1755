import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openDuckdb } from '../engine/duckdb/duckdb-engine.ts';
import type { Engine } from '../engine/engine.ts';
import { sql } from '../engine/sql.ts';
import { interruptedWorld, refreshWorld } from './interrupted.fixture.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'postrider-unify-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** Everything unification wrote, to be compared as a whole. */
async function state(engine: Engine): Promise<unknown> {
  return {
    profiles: await engine.rows(sql`SELECT * FROM profile.profile ORDER BY customer_id`),
    records: await engine.rows(sql`SELECT * FROM unify.record ORDER BY source, key`),
    departed: await engine.rows(sql`SELECT * FROM unify.departed ORDER BY source, key`),
    links: await engine.rows(sql`SELECT * FROM unify.link ORDER BY ALL`),
    addresses: await engine.rows(sql`SELECT * FROM unify.address ORDER BY ALL`),
  };
}

async function leftOvers(engine: Engine): Promise<unknown[]> {
  return engine.rows(
    sql`SELECT table_name FROM information_schema.tables WHERE table_schema = 'unify_work' OR table_name LIKE '%\\_next' ESCAPE '\\'`,
  );
}

describe('a unification that does not come to its end', () => {
  it('leaves the people of the last time when any of its commits fails, and nothing lying about', async () => {
    const engine = await openDuckdb({ path: ':memory:', threads: 1 });
    await refreshWorld(engine, 0);
    const before = await state(engine);
    let commits = 0;
    for (let failing = 1; ; failing += 1) {
      const done = await refreshWorld(
        interruptedWorld(engine, failing, () => {
          throw new Error('disk full');
        }),
        1,
      ).then(
        () => true,
        (error: Error) => {
          expect(error.message).toBe('disk full');
          return false;
        },
      );
      if (done) break;
      commits = failing;
      expect(await state(engine)).toEqual(before);
      expect(await leftOvers(engine)).toEqual([]);
    }
    expect(commits).toBeGreaterThan(10);
    expect(await state(engine)).not.toEqual(before);
    await engine.close();
  });

  it.each([1, 5, 12, 20])(
    'is as if it had not begun when the process is killed at commit %i',
    async (commit) => {
      const path = join(folder, 'people.duckdb');
      const first = await openDuckdb({ path });
      await refreshWorld(first, 0);
      const before = await state(first);
      await first.close();

      const program = join(import.meta.dirname, 'interrupted.fixture.ts');
      const { signal, stderr } = spawnSync(process.execPath, [program, path, String(commit)], {
        encoding: 'utf8',
      });
      expect(signal, stderr).toBe('SIGKILL');

      const engine = await openDuckdb({ path });
      expect(await state(engine)).toEqual(before);
      await refreshWorld(engine, 1);
      expect(await leftOvers(engine)).toEqual([]);
      expect(await engine.rows(sql`SELECT count(*) AS n FROM profile.profile`)).toEqual([{ n: 2 }]);
      await engine.close();
    },
  );
});
