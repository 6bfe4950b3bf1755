import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ExportId } from '../base/ids.ts';
import { openDuckdb } from '../engine/duckdb/duckdb-engine.ts';
import type { Engine } from '../engine/engine.ts';
import { sql } from '../engine/sql.ts';
import { ensureExportTables } from './export-tables.ts';
import type { RunStatus } from './plan.ts';
import { trimRuns } from './retention.ts';
import { readRun, writeRun } from './run-records.ts';
import { testRun } from './test-support/test-run.ts';

let engine: Engine;
beforeEach(async () => {
  engine = await openDuckdb({ path: ':memory:' });
  await ensureExportTables(engine);
});
afterEach(() => engine.close());

const now = new Date('2026-11-24T06:00:00Z');

/** A run with one person everywhere. */
async function made(
  run: string,
  days: number,
  status: RunStatus = 'succeeded',
  exportId = 'news',
): Promise<void> {
  const madeAt = new Date(now.getTime() - days * 86_400_000).toISOString();
  const record = testRun({
    run,
    export: exportId as ExportId,
    status,
    madeAt,
    startedAt: madeAt,
    finishedAt: madeAt,
    people: { desired: 3, add: 2, update: 0, unchanged: 1, keptOut: {}, rejected: {}, failed: {}, leave: 0 },
    changes: { fields: 2, tag: 2, untag: 0, archive: 0 },
  });
  await engine.commit([
    ...writeRun(record),
    sql`INSERT INTO export.plan_person (run, position, address) VALUES (${run}, 1, 'ana@acme.test')`,
    sql`INSERT INTO export.plan_count (run, action, people) VALUES (${run}, 'add', 2)`,
    sql`INSERT INTO export.outcome (run, position, address) VALUES (${run}, 1, 'ana@acme.test')`,
    sql`INSERT INTO export.tag_work (run, address) VALUES (${run}, 'ana@acme.test')`,
    sql`INSERT INTO export.chunk (run, chunk) VALUES (${run}, 0)`,
    sql`INSERT INTO export.journal (run, address) VALUES (${run}, 'ana@acme.test')`,
    sql`INSERT INTO export.not_undone (run, address) VALUES (${run}, 'ana@acme.test')`,
  ]);
}

async function runsIn(table: string): Promise<string[]> {
  const rows = await engine.rows<{ run: string }>(
    sql`SELECT DISTINCT run FROM export.${{ nodes: [{ text: table }] }} ORDER BY run`,
  );
  return rows.map(({ run }) => run);
}

describe('trimRuns', () => {
  it('removes the people of old runs from every table, and keeps the counts', async () => {
    await made('old', 91);
    for (const [index, days] of [89, 10, 9, 8, 7].entries()) await made(`new${index}`, days);
    expect(await trimRuns(engine, { keepDays: 90, now })).toEqual(['old']);
    for (const table of ['plan_person', 'outcome', 'tag_work', 'chunk', 'journal', 'not_undone'])
      expect(await runsIn(table), table).toEqual(['new0', 'new1', 'new2', 'new3', 'new4']);
    expect(await runsIn('plan_count')).toContain('old');
    expect(await readRun(engine, 'old')).toMatchObject({
      status: 'succeeded',
      trimmedAt: now.toISOString(),
      people: { add: 2 },
    });
    expect(await trimRuns(engine, { keepDays: 90, now })).toEqual([]);
  });

  it('keeps the newest five of each export, and what was cut off, however old', async () => {
    for (let index = 0; index < 7; index++) await made(`n${index}`, 500 - index);
    await made('other', 900, 'succeeded', 'other');
    await made('cut', 901, 'running');
    expect(await trimRuns(engine, { keepDays: 90, now })).toEqual(['n0', 'n1']);
    expect(await runsIn('journal')).toEqual(['cut', 'n2', 'n3', 'n4', 'n5', 'n6', 'other']);
  });

  it.each(['planned', 'stopped'] as const)(
    'makes a %s plan without its people one that is cancelled',
    async (status) => {
      await made('plan', 500, status);
      for (let index = 0; index < 5; index++) await made(`n${index}`, 1);
      await trimRuns(engine, { keepDays: 90, now });
      expect(await readRun(engine, 'plan')).toMatchObject({
        status: 'cancelled',
        people: { add: 0, failed: { not_sent: 2 } },
      });
    },
  );
});
