import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ExportId, RunId } from '../base/ids.ts';
import { openDuckdb } from '../engine/duckdb/duckdb-engine.ts';
import type { Engine } from '../engine/engine.ts';
import { name, sql } from '../engine/sql.ts';
import { ensureExportTables } from './export-tables.ts';
import type { ExportRun } from './plan.ts';
import { dropOrphanPlans, hasRunInFull, lastBegunRun, listRuns, writeRun } from './run-records.ts';
import { testRun } from './test-support/test-run.ts';

let engine: Engine;
beforeEach(async () => {
  engine = await openDuckdb({ path: ':memory:' });
  await ensureExportTables(engine);
});
afterEach(() => engine.close());

const news = 'news' as ExportId;
const minute = (at: number) => new Date(Date.UTC(2026, 10, 24, 6, at)).toISOString();

/** Puts these runs in, made one minute after the other. */
async function put(...runs: Omit<Partial<ExportRun>, 'run'>[]): Promise<void> {
  const records = runs.map((changes, index) =>
    testRun({
      run: `r${String(index).padStart(3, '0')}`,
      madeAt: minute(index),
      startedAt: minute(index),
      ...changes,
    }),
  );
  await engine.commit(records.flatMap(writeRun));
}

const neverRun = { status: 'planned', startedAt: null } as const;

describe('listRuns', () => {
  it('brings all of them, the newest first, or as many as are asked for', async () => {
    await put(...Array.from({ length: 60 }, () => neverRun));
    expect(await listRuns(engine, { export: news, status: 'planned' })).toHaveLength(60);
    expect((await listRuns(engine, { limit: 2 })).map(({ run }) => run)).toEqual(['r059', 'r058']);
  });
});

describe('dropOrphanPlans', () => {
  it('drops the people of plans without a record, also what an undo would leave as it is', async () => {
    await put({});
    for (const run of ['r000', 'orphan']) {
      await engine.commit([
        sql`INSERT INTO export.plan_person (run, address) VALUES (${run}, 'ana@acme.test')`,
        sql`INSERT INTO export.plan_count (run, action, people) VALUES (${run}, 'update', 1)`,
        sql`INSERT INTO export.not_undone (run, address) VALUES (${run}, 'ana@acme.test')`,
      ]);
    }
    await dropOrphanPlans(engine);
    for (const table of ['plan_person', 'plan_count', 'not_undone']) {
      expect(await engine.rows(sql`SELECT run FROM export.${name(table)}`), table).toEqual([{ run: 'r000' }]);
    }
  });
});

describe('the run that began last', () => {
  it('is found behind however many plans that nobody carried out, and by its start', async () => {
    await put(
      { startedAt: minute(90) },
      { status: 'failed', startedAt: minute(80) },
      { export: 'other' as ExportId, startedAt: minute(95) },
      ...Array.from({ length: 60 }, () => neverRun),
    );
    expect(await lastBegunRun(engine, news)).toMatchObject({ run: 'r000' });
  });

  it('is none where nothing began', async () => {
    await put(neverRun);
    expect(await lastBegunRun(engine, news)).toBeUndefined();
  });
});

describe('a run in full', () => {
  it.each<{ of: string; runs: Omit<Partial<ExportRun>, 'run'>[]; full: boolean }>([
    { of: 'nothing', runs: [], full: false },
    { of: 'a run of all people', runs: [{}], full: true },
    { of: 'a canary', runs: [{ limit: 10 }], full: false },
    {
      of: 'a canary and its undo',
      runs: [{ limit: 10 }, { kind: 'undo', undoes: 'r000' as RunId }],
      full: false,
    },
    { of: 'an undo from before kinds were kept', runs: [{ undoes: 'r000' as RunId }], full: false },
    { of: 'a withdrawal', runs: [{ kind: 'withdraw' }], full: false },
    { of: 'one that failed', runs: [{ status: 'failed' }], full: false },
    { of: 'one of another export', runs: [{ export: 'other' as ExportId }], full: false },
    {
      of: 'one behind many canaries',
      runs: [{ kind: 'export' }, ...Array.from({ length: 60 }, () => ({ limit: 10 }))],
      full: true,
    },
  ])('$of: $full', async ({ runs, full }) => {
    await put(...runs);
    expect(await hasRunInFull(engine, news)).toBe(full);
  });
});
