import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RunId } from '../base/ids.ts';
import { openDuckdb } from '../engine/duckdb/duckdb-engine.ts';
import type { Engine } from '../engine/engine.ts';
import { writeOutcomes, type Outcome } from './chunks.ts';
import { ensureExportTables } from './export-tables.ts';
import { alertsOf, unknownAnswers } from './unknown-answers.ts';

describe('alerts', () => {
  it.each([
    { of: 'one in a hundred is not more than 1 %', people: 10, sent: 1_000, alerts: 0 },
    { of: 'more than that', people: 11, sent: 1_000, alerts: 1 },
    { of: 'half of very few proves nothing', people: 4, sent: 8, alerts: 0 },
    { of: 'five of them do', people: 5, sent: 8, alerts: 1 },
  ])('$of', ({ people, sent, alerts }) => {
    const text = 'The moon is full.';
    expect(alertsOf({ answers: [{ text, people }], sent })).toEqual(
      Array.from({ length: alerts }, () => ({ code: 'unknown_answer', text, people, share: people / sent })),
    );
  });
});

describe('unknown answers of a run', () => {
  let engine: Engine;
  const run = 'r1' as RunId;
  beforeAll(async () => {
    engine = await openDuckdb({ path: ':memory:' });
    await ensureExportTables(engine);
    const said = (position: number, result: Outcome['result'], reason: string, detail: string): Outcome => ({
      position,
      address: `p${position}@acme.test`,
      result,
      reason,
      detail,
    });
    const outcomes = [
      said(1, 'rejected', 'unknown', 'Phone number 0722123456 cannot be used, wait 10 minutes.'),
      said(2, 'rejected', 'unknown', 'Phone number 0733987654 cannot be used, wait 25 minutes.'),
      said(3, 'failed', 'unknown', 'The moon is full.'),
      said(4, 'rejected', 'bad_field', 'Please enter a number'),
    ];
    await engine.commit([
      ...writeOutcomes(run, outcomes, new Date()),
      ...writeOutcomes('r2' as RunId, outcomes.slice(2, 3), new Date()),
    ]);
  });
  afterAll(() => engine.close());

  it('are counted by their words, and nobody’s numbers are shown', async () => {
    expect(await unknownAnswers(engine, run)).toEqual({
      sent: 4,
      answers: [
        { text: 'Phone number 0 cannot be used, wait 0 minutes.', people: 2 },
        { text: 'The moon is full.', people: 1 },
      ],
    });
  });
});
