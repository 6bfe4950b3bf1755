import { parse } from 'csv-parse/sync';
import { describe, expect, it } from 'vitest';
import { planCsv } from './plan-csv.ts';
import type { PlanLine } from './plan-people.ts';
import { runCsv } from './run-csv.ts';
import type { RunLine } from './run-people.ts';

const explain = (reason: string) => ({ what: `${reason} in words`, cure: 'a cure' });

const line = (changes: Partial<PlanLine>): PlanLine => ({
  action: 'update',
  reason: null,
  email: 'ana@acme.test',
  status: 'subscribed',
  fields: {},
  gains: [],
  loses: [],
  ...changes,
});

async function rowsOf(text: AsyncIterable<string>): Promise<Record<string, string>[]> {
  return parse((await Array.fromAsync(text)).join(''), { columns: true });
}

async function* pages<T>(...of: T[][]): AsyncIterable<T[]> {
  yield* of;
}

describe('planCsv', () => {
  it('has a line for everybody: what, why, the cure, every field before and after, tags', async () => {
    const changed = line({
      fields: { FNAME: { before: 'Ana', after: 'Anna' } },
      gains: ['VIP', 'New'],
      loses: ['Old'],
    });
    const out = line({ action: 'keptOut', reason: 'cleaned', email: 'ion@acme.test' });
    const taken = line({ action: 'leave', archive: true, stays: ['CITY', 'tag VIP'] });
    const rows = await rowsOf(planCsv(['FNAME', 'LNAME'], pages([changed], [out, taken]), explain));
    expect(rows).toEqual([
      expect.objectContaining({
        email: 'ana@acme.test',
        action: 'update',
        reason: '',
        'FNAME before': 'Ana',
        'FNAME after': 'Anna',
        'LNAME before': '',
        'LNAME after': '',
        'tags gained': 'VIP, New',
        'tags lost': 'Old',
      }),
      expect.objectContaining({
        action: 'keptOut',
        reason: 'cleaned',
        meaning: 'cleaned in words',
        cure: 'a cure',
      }),
      expect.objectContaining({ action: 'leave', archived: 'yes', stays: 'CITY, tag VIP' }),
    ]);
  });

  it('has its header when nobody is in it', async () => {
    expect((await Array.fromAsync(planCsv([], pages(), explain))).join('')).toMatch(/^email,action,reason/);
  });

  it.each(['=1+1', '+cmd', '@SUM(A1)', '-2+3', '\t=1'])(
    'makes %j harmless wherever people write',
    async (text) => {
      const nasty = line({
        email: text,
        fields: { FNAME: { before: text, after: text } },
        gains: [text],
        detail: text,
      });
      const [row = {}] = await rowsOf(planCsv(['FNAME'], pages([nasty]), explain));
      for (const column of ['email', 'FNAME before', 'FNAME after', 'tags gained', 'detail'])
        expect(row[column], column).toBe(`'${text}`);
    },
  );
});

describe('runCsv', () => {
  it('says how everybody ended, and what Mailchimp said', async () => {
    const ended: RunLine = { ...line({}), ended: 'rejected', endReason: 'bad_field', words: 'ZIP: no' };
    expect(await rowsOf(runCsv([], pages([ended]), explain))).toEqual([
      expect.objectContaining({
        action: 'update',
        ended: 'rejected',
        reason: 'bad_field',
        cure: 'a cure',
        'Mailchimp said': 'ZIP: no',
      }),
    ]);
  });
});
