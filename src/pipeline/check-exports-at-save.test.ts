import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { ExportId } from '../base/ids.ts';
import { exportConfig } from '../exports/export-config.ts';
import { checkExportsAtSave, type SavedExports } from './check-exports-at-save.ts';
import { audienceId, TestLine } from './test-support/test-line.ts';

let line: TestLine;
beforeAll(async () => {
  line = await TestLine.open();
  line.sandbox.control.createAudience({
    id: 'strict',
    name: 'Strict',
    mergeFields: [{ tag: 'CITY', name: 'City', type: 'text', required: true }],
    tags: ['everyone'],
  });
  await line.people(['ana', 'bob', 'carl'].map((id) => ({ id, email: `${id}@acme.test`, buyer: 'yes' })));
});
afterAll(() => line.close());
beforeEach(() => line.writes());

const good = {
  connection: 'account',
  audience: audienceId,
  match: { email: 'email' },
  attributes: { FNAME: 'first_name' },
  segments: ['everyone'],
};

function check(changes: Record<string, unknown>, saved: Partial<SavedExports> = {}): Promise<string[]> {
  const parts = line.parts();
  return checkExportsAtSave(line.engine, {
    exports: new Map([['news' as ExportId, exportConfig.parse({ ...good, ...changes })]]),
    names: new Map([['everyone', 'Everyone']]),
    outdated: new Set(),
    open: (connection) => parts.openDestination(connection),
    patienceMs: 5_000,
    ...saved,
  });
}

describe('an export that is saved', () => {
  it('is asked about, and nothing is sent', async () => {
    expect(await check({})).toEqual([]);
    expect(line.sandbox.control.counters().requests).toBeGreaterThan(0);
    expect(line.writes()).toBe(0);
  });

  it.each<[string, Record<string, unknown>]>([
    ['audience_unknown', { audience: 'abc123' }],
    ['merge_field_unknown', { attributes: { NOPE: 'first_name' } }],
    ['merge_field_type', { attributes: { ADDRESS: 'first_name' } }],
    [
      'merge_field_type',
      { attributes: { FNAME: { from: { addr1: 'a', city: 'b', state: 'c', zip: 'd' } } } },
    ],
    ['merge_field_other_type', { attributes: { FNAME: { from: 'first_name', create: 'number' } } }],
    ['required_field_unmapped', { audience: 'strict' }],
    ['tag_exists', { audience: 'strict', requiredFields: 'skip' }],
    ['people_limit', { limits: { people: 2 } }],
  ])('is refused: %s, %j', async (code, changes) => {
    await expect(check(changes)).rejects.toMatchObject({
      code,
      message: expect.stringContaining('exports.news') as string,
    });
  });

  it.each<[string, Record<string, unknown>]>([
    ['a field that will be made', { attributes: { LTV: { from: 'visits', create: 'number' } } }],
    ['an attribute that the next refresh brings', { attributes: { VISITS: 'visits' } }],
    ['a tag of another name', { audience: 'strict', requiredFields: 'skip', tagPrefix: 'PR: ' }],
    ['a tag that is adopted', { audience: 'strict', requiredFields: 'skip', adoptTags: ['Everyone'] }],
    ['as many people as allowed', { limits: { people: 3 } }],
    ['fewer people, without the excluded', { limits: { people: 2 }, exclude: ['buyers'] }],
  ])('is taken: %s', async (_, changes) => {
    expect(await check(changes)).toEqual([]);
  });

  it('is not held against people of rules that are changed by the same file', async () => {
    expect(await check({ limits: { people: 2 } }, { outdated: new Set(['everyone']) })).toEqual([]);
  });

  it('is saved when nobody is to be asked, or nobody answers in time', async () => {
    const wrong = { audience: 'abc123' };
    expect(await check(wrong, { open: () => Promise.resolve(undefined) })).toEqual([]);
    const { openDestination } = line.parts();
    const silent = check(wrong, {
      patienceMs: 50,
      async open(connection) {
        const destination = await openDestination(connection);
        return {
          ...destination,
          describe: (_audience, signal) =>
            new Promise((_, reject) =>
              signal?.addEventListener('abort', () => reject(signal.reason as Error)),
            ),
        };
      },
    });
    expect(await silent).toEqual([
      'Mailchimp could not be asked about exports.news; the next plan looks at its audience.',
    ]);
  });
});
