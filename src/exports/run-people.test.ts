import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { RunId } from '../base/ids.ts';
import { openDuckdb } from '../engine/duckdb/duckdb-engine.ts';
import type { Engine } from '../engine/engine.ts';
import { sql } from '../engine/sql.ts';
import { ensureExportTables } from './export-tables.ts';
import type { RunStatus } from './plan.ts';
import { runExceptions } from './run-exceptions.ts';
import { runPeople } from './run-people.ts';

let engine: Engine;
beforeEach(async () => {
  engine = await openDuckdb({ path: ':memory:' });
  await ensureExportTables(engine);
});
afterEach(() => engine.close());

interface Case {
  action: string;
  fields?: number;
  /** What Mailchimp's answer meant. */
  answer?: [result: string, reason?: string];
  /** Of a tag call. */
  tagDone?: boolean;
}

async function one({ action, fields = 0, answer, tagDone }: Case): Promise<void> {
  await engine.commit([
    sql`INSERT INTO export.plan_person
      (run, position, action, reason, address, email, fields, before, field_count, add_segments, remove_segments, archive)
      VALUES ('r1', 1, ${action}, ${action === 'keptOut' ? 'cleaned' : null}, 'a@acme.test', 'A@acme.test', '{}', '{}', ${fields},
        []::VARCHAR[], []::VARCHAR[], FALSE)`,
    ...(answer === undefined
      ? []
      : [
          sql`INSERT INTO export.outcome (run, position, address, result, reason, detail)
            VALUES ('r1', 1, 'a@acme.test', ${answer[0]}, ${answer[1] ?? null}, 'words')`,
        ]),
    ...(tagDone === undefined
      ? []
      : [
          sql`INSERT INTO export.tag_work (run, kind, address, done) VALUES ('r1', 'tag', 'a@acme.test', ${tagDone})`,
        ]),
  ]);
}

/** A run that has begun, or a plan. */
const of = (state: RunStatus | 'cancelled plan') => ({
  run: 'r1' as RunId,
  status: state === 'cancelled plan' ? ('cancelled' as const) : state,
  startedAt: state === 'planned' || state === 'cancelled plan' ? null : '2026-11-24T06:00:00.000Z',
  tags: [],
});

describe('how a person of a run ended', () => {
  it.each<[RunStatus | 'cancelled plan', Case, string, string | null]>([
    ['planned', { action: 'add', fields: 1 }, 'planned', null],
    ['planned', { action: 'keptOut' }, 'keptOut', 'cleaned'],
    ['running', { action: 'add', fields: 1, answer: ['done'] }, 'done', null],
    ['running', { action: 'leave', tagDone: false }, 'planned', null],
    ['succeeded', { action: 'add', answer: ['done'] }, 'done', null],
    [
      'succeeded',
      { action: 'update', fields: 1, answer: ['rejected', 'bad_field'] },
      'rejected',
      'bad_field',
    ],
    ['succeeded', { action: 'add', answer: ['unmentioned'] }, 'failed', 'not_mentioned'],
    ['succeeded', { action: 'leave', tagDone: true }, 'done', null],
    ['cancelled', { action: 'add' }, 'failed', 'not_sent'],
    ['cancelled', { action: 'update', fields: 1 }, 'failed', 'not_sent'],
    ['cancelled plan', { action: 'add', fields: 1 }, 'failed', 'not_sent'],
    ['cancelled plan', { action: 'update' }, 'failed', 'not_sent'],
    ['cancelled plan', { action: 'leave' }, 'failed', 'not_sent'],
    ['cancelled plan', { action: 'keptOut' }, 'keptOut', 'cleaned'],
    ['failed', { action: 'update', tagDone: false }, 'failed', 'not_sent'],
    ['failed', { action: 'add', answer: ['done'], tagDone: false }, 'failed', 'not_sent'],
  ])('%s, %j: %s', async (state, person, ended, reason) => {
    await one(person);
    const lines = (await Array.fromAsync(runPeople(engine, of(state)))).flat();
    expect(lines).toMatchObject([{ email: 'A@acme.test', action: person.action, ended, endReason: reason }]);
    const exceptions = await runExceptions(engine, of(state), { limit: 10, offset: 0 });
    const isException = ended !== 'done' && ended !== 'planned';
    expect(exceptions).toMatchObject(isException ? [{ email: 'A@acme.test', result: ended, reason }] : []);
  });
});
