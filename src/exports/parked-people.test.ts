import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openDuckdb } from '../engine/duckdb/duckdb-engine.ts';
import type { Engine } from '../engine/engine.ts';
import { sql } from '../engine/sql.ts';
import { ensureExportTables } from './export-tables.ts';
import { parkRefused } from './parked-people.ts';
import { testRun } from './test-support/test-run.ts';

const ana = 'ana@acme.test';
const record = testRun({ run: 'r1', finishedAt: '2026-11-24T06:00:00.000Z' });
const { audience } = record;
const fields = '{"FNAME":"Ana"}';

let engine: Engine;
beforeEach(async () => {
  engine = await openDuckdb({ path: ':memory:', threads: 1 });
  await ensureExportTables(engine);
});
afterEach(() => engine.close());

interface Case {
  of: string;
  final: 'done' | 'keptOut' | 'rejected' | 'failed';
  reason?: string;
  /** As the answer showed her. */
  status?: string;
  /** How many days she waited before. */
  waited?: number;
  /** What is remembered of her; undefined: nothing. */
  parked?: { kind: string; fields: string | null; days: number | null };
}

describe('whom a run saw refused', () => {
  const retried = (days: number) => ({ kind: 'keptOut', fields: null, days });
  it.each<Case>([
    { of: 'nobody who was taken', final: 'done', waited: 1 },
    {
      of: 'a bad value with what was sent, until it changes',
      final: 'rejected',
      reason: 'bad_field',
      parked: { kind: 'rejected', fields, days: null },
    },
    {
      of: 'an address that cannot be, for good',
      final: 'rejected',
      reason: 'fake_address',
      parked: { kind: 'rejected', fields: null, days: null },
    },
    {
      of: 'who was deleted, for good',
      final: 'keptOut',
      reason: 'deleted',
      parked: { kind: 'keptOut', fields: null, days: null },
    },
    {
      of: 'nobody who left: the audience itself tells',
      final: 'keptOut',
      reason: 'unsubscribed',
      status: 'unsubscribed',
    },
    { of: 'nobody who was not come to', final: 'failed', reason: 'not_sent' },
    {
      of: 'who signs up too often, for a day',
      final: 'failed',
      reason: 'signup_throttled',
      parked: retried(1),
    },
    {
      of: 'the same again, for twice as long',
      final: 'failed',
      reason: 'signup_throttled',
      waited: 2,
      parked: retried(4),
    },
    {
      of: 'the same often, for a week at most',
      final: 'failed',
      reason: 'signup_throttled',
      waited: 5,
      parked: retried(7),
    },
  ])('is remembered: $of', async ({ final, reason = null, status = null, waited, parked }) => {
    if (waited !== undefined) {
      await engine.commit([
        sql`INSERT INTO export.refusal (audience, address, kind, reason, "at", retry_at)
          SELECT ${audience}, ${ana}, 'keptOut', 'signup_throttled', TIMESTAMP '2026-11-01', TIMESTAMP '2026-11-01' + to_days(${waited}::INTEGER)`,
      ]);
    }
    await engine.commit([
      sql`CREATE TABLE export.settled AS SELECT ${ana} AS address, ${final} AS final, ${reason}::VARCHAR AS final_reason,
        ${status}::VARCHAR AS now_status, ${fields} AS fields`,
      ...parkRefused(record),
    ]);
    const rows = await engine.rows(sql`SELECT kind, reason, fields, date_diff('day', "at", retry_at) AS days
      FROM export.refusal WHERE audience = ${audience} AND address = ${ana}`);
    expect(rows).toEqual(parked === undefined ? [] : [{ reason, ...parked }]);
  });
});
