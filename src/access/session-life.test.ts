import { expect, it } from 'vitest';
import { endedAt, sessionEnd } from './session-life.ts';

it.each([
  ['never used since', '2026-11-01T08:00:00Z', '2026-11-01T20:00:00Z'],
  ['used a day later', '2026-11-02T08:00:00Z', '2026-11-02T20:00:00Z'],
  ['used shortly before the 14 days are over', '2026-11-15T07:59:00Z', '2026-11-15T08:00:00Z'],
])('%s', (_, usedAt, end) => {
  const startedAt = new Date('2026-11-01T08:00:00Z');
  expect(sessionEnd(startedAt, new Date(usedAt))).toEqual(new Date(end));
  // The other way round, as rows are looked for.
  const isOver = (at: Date) => startedAt <= endedAt(at).startedAt || new Date(usedAt) <= endedAt(at).usedAt;
  expect([isOver(new Date(Date.parse(end) - 1)), isOver(new Date(end))]).toEqual([false, true]);
});
