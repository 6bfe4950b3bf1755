import { createColors } from 'picocolors';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import type { RunId } from '../base/ids.ts';
import type { ExportRun, RunStatus } from '../exports/plan.ts';
import type * as Module from './present-run.ts';
import { someRun } from './test-support/some-run.ts';

// Whether there is colour is decided where the painting package is loaded, by the terminal and the environment.
async function load(colour: boolean): Promise<typeof Module> {
  vi.resetModules();
  vi.doMock('picocolors', () => ({ default: createColors(colour) }));
  return import('./present-run.ts');
}

let plain: typeof Module;
beforeAll(async () => {
  plain = await load(false);
});

const statuses: RunStatus[] = ['planned', 'stopped', 'running', 'succeeded', 'failed', 'cancelled'];
const brake = {
  code: 'too_many_leavers',
  message: '20 of 100 exported people would leave (20.0 %), the limit is 10%.',
};
const failure = { code: 'key_revoked', message: 'The API key is no longer valid.', hint: 'Make a new one.' };

describe('the document of plan, run and release', () => {
  const keys = ['run', 'export', 'status', 'people', 'changes', 'requests', 'retries', 'seconds', 'brake'];

  it('has exactly the keys of DESIGN §6, in their order', () => {
    const document = plain.runDocument(someRun());
    expect(Object.keys(document)).toEqual(keys);
    expect(Object.keys(document.people)).toEqual([
      'desired',
      'add',
      'update',
      'unchanged',
      'keptOut',
      'rejected',
      'failed',
      'leave',
    ]);
    expect(Object.keys(document.changes)).toEqual(['fields', 'tag', 'untag', 'archive']);
  });

  it('tells more only where there is more to tell', () => {
    const document = plain.runDocument(someRun({ status: 'failed', failure, warnings: ['Mind this.'] }));
    expect(Object.keys(document)).toEqual([...keys, 'failure', 'warnings']);
    expect(document).toMatchObject({ failure, warnings: ['Mind this.'] });
  });

  it('has a brake or null, and milliseconds', () => {
    expect(plain.runDocument(someRun())).toMatchObject({ brake: null, seconds: 3.142 });
    expect(plain.runDocument(someRun({ status: 'stopped', brake }))).toMatchObject({
      status: 'stopped',
      brake,
    });
    const counted = { ...brake, figures: { leavers: 20, exported: 100, limitPercent: 10 } };
    expect(plain.runDocument(someRun({ status: 'stopped', brake: counted })).brake).toEqual(brake);
    expect(plain.runFigures(someRun({ status: 'stopped', brake: counted }))).toEqual({
      brakeFigures: counted.figures,
    });
  });

  it.each(statuses)('has a status of the five: %s', (status) => {
    const expected = status === 'running' ? 'failed' : status;
    expect(plain.runDocument(someRun({ status })).status).toBe(expected);
  });
});

describe('a run as people read it', () => {
  it('of a plan, with the contacts that Mailchimp bills and the people who get a tag', () => {
    const contacts = { audience: { now: 400, after: 528 }, account: { now: 2412, after: 2540 }, limit: 2500 };
    const lines = (changes: Partial<ExportRun>) =>
      plain.presentRun(someRun({ contacts, tagged: 1234, ...changes }));
    expect(lines({})).toContain(
      '  contacts with the account’s other audiences: 2,412 now, 2,540 after, limit 2,500\n',
    );
    expect(lines({})).toContain(
      '  ! 1,234 people get a tag: automations that start with it start for them.\n',
    );
    expect(lines({ contacts: { ...contacts, account: contacts.audience, limit: null } })).toContain(
      '  contacts: 400 now, 528 after\n',
    );
    expect(lines({ status: 'succeeded' })).not.toMatch(/contacts|automations/);
  });

  it('of a plan', () => {
    expect(plain.presentRun(someRun()).split('\n')).toEqual([
      'Plan of news, run r5gx: nothing has been sent.',
      '',
      '       12,345  people are wanted in the audience',
      '       12,000  would be added',
      '           30  would be changed',
      '          300  are there as they should be',
      '           10  kept out: unsubscribed  only they can come back, by a form',
      '            2  kept out: their address bounced  find a new address',
      '            3  rejected: no e-mail address  complete the source',
      '',
      '  12,030 fields, 1 tag given',
      '  26 requests, 1 repeated, 3.1 s',
      '',
      '  To carry out exactly this: postrider run news --plan r5gx',
    ]);
  });

  it('of a plan that changes nothing', () => {
    const nothing = { fields: 0, tag: 0, untag: 0, archive: 0 };
    expect(plain.presentRun(someRun({ changes: nothing }))).toContain('  Nothing to change.');
  });

  it('of a stopped run: which brake, and how it is let go', () => {
    const text = plain.presentRun(someRun({ status: 'stopped', brake }));
    expect(text).toContain('Stopped before the first write: news, run r5gx.');
    expect(text).toContain(`  Brake: ${brake.message} (too_many_leavers)`);
    expect(text).toContain('  If that is right: postrider release r5gx "why"');
    expect(text).not.toContain('--plan');
  });

  it('of a released run: no brake any more', () => {
    const release = { by: 'ana', why: 'yes', at: '2026-11-24T07:00:00.000Z' };
    const text = plain.presentRun(someRun({ status: 'succeeded', brake, release }));
    expect(text).toContain('Done: news, run r5gx.');
    expect(text).not.toContain('Brake');
  });

  it('of the record of a released run: which brake, who let it go, when and why', () => {
    const release = { by: 'ana', why: 'the shop has closed', at: '2026-11-24T07:00:00.000Z' };
    const text = plain.presentRecord(someRun({ status: 'succeeded', brake, release }));
    expect(text).toContain(`Held by a brake: ${brake.message} (too_many_leavers)`);
    expect(text).toContain('Let go by ana on 2026-11-24 07:00: the shop has closed');
  });

  it('of an undo: what it takes back, and how it is carried out', () => {
    const text = plain.presentRun(someRun({ kind: 'undo', undoes: 'r4bd' as RunId }));
    expect(text.split('\n')[0]).toBe(
      'Plan of news, run r5gx, which takes back run r4bd: nothing has been sent.',
    );
    expect(text).toContain('postrider undo r4bd --plan r5gx');
    expect(text).not.toContain('wanted in the audience');
  });

  it('of a failed run: why, and what to do', () => {
    const people = { ...someRun().people, failed: { not_sent: 5 } };
    const text = plain.presentRun(someRun({ status: 'failed', people, failure, warnings: ['Mind this.'] }));
    expect(text.split('\n')[0]).toBe('Failed: news, run r5gx.');
    expect(text).toContain('            5  failed: not reached before the end  run again');
    expect(text).toContain('  ! Mind this.');
    expect(text).toContain('  The API key is no longer valid. (key_revoked)\n  Make a new one.');
    expect(text).not.toContain('would be');
  });

  it('of a run that was cut off: how it goes on', () => {
    const text = plain.presentRun(someRun({ status: 'running', failure }));
    expect(text).toContain('Cut off: news, run r5gx.');
    expect(text).toContain('Start it again to finish it: postrider run news');
  });

  it('lets no name of others steer the terminal', () => {
    const named = 'The segment "\u001b[2J" became empty.';
    const shown = [
      plain.presentRun(someRun({ status: 'stopped', brake: { ...brake, message: named } })),
      plain.presentRun(someRun({ status: 'failed', failure: { ...failure, message: named, hint: named } })),
      plain.presentRecord(
        someRun({
          brake: { ...brake, message: named },
          release: { by: 'ana', why: 'x', at: '2026-11-24T07' },
        }),
      ),
    ];
    for (const text of shown) expect(text).not.toContain('\u001b');
  });

  it('says of leavers what happened to them, in the tense of the run', () => {
    const people = { ...someRun().people, leave: 7 };
    const fate = (untag: number, archive: number, status: RunStatus, leavers: ExportRun['leavers']) => {
      const changes = { ...someRun().changes, untag, archive };
      const shown = plain.presentRun(someRun({ people, changes, status, leavers })).split('\n');
      return shown.find((line) => line.includes('no longer wanted'))?.trim();
    };
    expect(fate(7, 0, 'planned', 'untag')).toBe('7  no longer wanted: would lose our tags');
    expect(fate(7, 0, 'succeeded', 'untag')).toBe('7  no longer wanted: lost our tags');
    expect(fate(0, 7, 'planned', 'archive')).toBe('7  no longer wanted: 7 would be archived');
    expect(fate(9, 3, 'succeeded', 'archive')).toBe('7  no longer wanted: lost our tags, 3 archived');
    expect(fate(0, 0, 'succeeded', 'untag')).toBe('7  no longer wanted');
    expect(fate(2, 0, 'planned', 'keep'), 'two others change segment').toBe('7  no longer wanted');
  });

  it.each(statuses)('has no colour where colour is off, and some where it is on: %s', async (status) => {
    const run = someRun({ status, brake, failure, warnings: ['Mind this.'] });
    const escape = '\u001b';
    expect(plain.presentRun(run)).not.toContain(escape);
    const painted = await load(true);
    expect(painted.presentRun(run)).toContain(escape);
  });
});
