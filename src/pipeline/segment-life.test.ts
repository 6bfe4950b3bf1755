import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { SegmentId } from '../base/ids.ts';
import { segmentConfig, type SegmentConfig } from '../segments/segment-config.ts';
import { lookAhead } from './draft-segment.ts';
import { findPerson } from './find-person.ts';
import { refreshSegment } from './refresh-one-segment.ts';
import { segmentOverviews } from './segment-overview.ts';
import { TestLine } from './test-support/test-line.ts';
import { segmentWarnings } from './usable-segments.ts';
import { whyInSegment } from './why-in-segment.ts';

let line: TestLine;
let settings: TestLine['settings'];
const buyers = 'buyers' as SegmentId;

beforeAll(async () => {
  line = await TestLine.open();
  ({ settings } = line);
  await line.people([
    { id: '1', email: 'ana@acme.test', first: 'Ana', buyer: 'yes' },
    { id: '2', email: 'ion@acme.test', first: 'Ion', buyer: 'no' },
  ]);
});
afterAll(() => line.close());
beforeEach(() => {
  line.settings = settings;
});

function withBuyers(change: Partial<SegmentConfig>): void {
  const config = { ...(settings.segments.get(buyers) as SegmentConfig), ...change };
  line.settings = { ...settings, segments: new Map([...settings.segments, [buyers, config]]) };
}
const plan = () => line.plan();

describe('an export', () => {
  it('of a draft is refused, and so is one of a segment that is gone', async () => {
    withBuyers({ state: 'draft' });
    await expect(plan()).rejects.toMatchObject({ code: 'segment_draft' });
    line.settings = { ...settings, segments: new Map([...settings.segments].slice(0, 1)) };
    await expect(plan()).rejects.toMatchObject({ code: 'segment_unknown' });
  });

  it('of an inactive segment says of when its people are', async () => {
    withBuyers({ state: 'inactive' });
    expect((await plan()).warnings).toContainEqual(
      expect.stringMatching(/^The segment buyers is inactive: its people are those of \d{4}-\d\d-\d\d\.$/),
    );
  });

  it('stops when a test of its segments failed in the last refresh, until it passes again', async () => {
    withBuyers({ tests: [{ is: 'out', address: 'ana@acme.test' }] });
    await refreshSegment(line.parts(), buyers);
    expect((await plan()).brake).toMatchObject({
      code: 'segment_test_failed',
      message: '"Buyers" does not pass its tests.',
    });
    expect((await segmentOverviews(line.parts())).map(({ tests }) => tests)).toEqual([
      { passed: 0, failed: [] },
      { passed: 0, failed: [0] },
    ]);
    withBuyers({ tests: [{ is: 'in', address: 'ana@acme.test' }] });
    await refreshSegment(line.parts(), buyers);
    expect((await plan()).brake).toBeNull();
  });
});

it('lists every segment, drafts too, with who uses it', async () => {
  const draft = segmentConfig.parse({
    state: 'draft',
    tags: ['autumn'],
    rules: { combinator: 'and', rules: [{ field: 'segment', operator: 'in', value: ['buyers'] }] },
  });
  line.settings = { ...settings, segments: new Map([...settings.segments, ['idea' as SegmentId, draft]]) };
  expect(await segmentOverviews(line.parts())).toMatchObject([
    { segment: 'everyone', members: 2, usedBy: { segments: [], exports: ['news'] } },
    { segment: 'buyers', state: 'active', usedBy: { segments: ['idea'], exports: ['news'] } },
    { segment: 'idea', state: 'draft', members: null, refreshedAt: null, tags: ['autumn'] },
  ]);
});

it('refreshes one with a list, tells its unknown lines, and why somebody is in it', async () => {
  const id = 'list' as SegmentId;
  const config = segmentConfig.parse({ type: 'static', members: 'list.csv' });
  line.settings = { ...settings, segments: new Map([...settings.segments, [id, config]]) };
  writeFileSync(join(settings.folder, 'list.csv'), 'ion@acme.test\nwho@acme.test\n');
  expect(await refreshSegment(line.parts(), id)).toMatchObject({
    segments: [{ segment: 'list', members: 1, unlisted: 1 }],
    unlistedLines: [2],
  });
  const why = async (address: string) => whyInSegment(line.parts(), id, address, 'en');
  expect(await why('ion@acme.test')).toMatchObject([{ holds: true, member: true, rules: [] }]);
  expect(await why('ana@acme.test')).toMatchObject([{ holds: false, member: false }]);
});

it('says at save which segments of an export are not computed', () => {
  const rules = { combinator: 'and', rules: [] };
  const configs = new Map(
    ['draft', 'inactive', 'active'].map((state) => [
      state as SegmentId,
      segmentConfig.parse({ rules, state }),
    ]),
  );
  expect(segmentWarnings(configs, [], { segments: ['active', 'draft'], exclude: ['inactive'] })).toEqual([
    'The segment draft is a draft: no plan can be made with it.',
    'The segment inactive is inactive: it was never computed.',
  ]);
});

describe('rules that are being written', () => {
  it('are counted, put into words, and shown with people and why', async () => {
    const rules = { combinator: 'and', rules: [{ field: 'buyer', operator: '=', value: 'yes' }] } as const;
    expect(await lookAhead(line.parts(), { rules: { ...rules, rules: [...rules.rules] } })).toMatchObject({
      everybody: 2,
      people: 1,
      rules: [{ path: 'rules.rules[0]', people: 1, running: 1 }],
      sentence: 'People for whom buyer is “yes”.',
      first: [{ holds: true, rules: [{ holds: true, found: { kind: 'value', value: 'yes' } }] }],
    });
  });

  it('are refused with the place of what is wrong', async () => {
    const rules = { combinator: 'and', rules: [{ field: 'nothing', operator: '=', value: 'yes' }] } as const;
    const looked = lookAhead(line.parts(), { rules: { ...rules, rules: [...rules.rules] } });
    await expect(looked).rejects.toThrow('rules.rules[0]');
  });
});

describe('a person', () => {
  it('has since when and why in each segment', async () => {
    await refreshSegment(line.parts(), buyers);
    const [ana] = await findPerson(line.parts(), 'ana@acme.test');
    expect(ana?.segments).toMatchObject([
      { segment: 'buyers', because: ['buyer is “yes”'], since: expect.any(String) as string },
      { segment: 'everyone', because: [] },
    ]);
  });

  it('who is held out is told so', async () => {
    withBuyers({ holdOut: { share: '99.99%' } });
    const held = 'held' as SegmentId;
    line.settings = {
      ...line.settings,
      segments: new Map([...line.settings.segments, [held, segmentConfig.parse({ heldOutOf: 'buyers' })]]),
    };
    await refreshSegment(line.parts(), buyers);
    await refreshSegment(line.parts(), held);
    const why = (segment: string) => whyInSegment(line.parts(), segment, 'ana@acme.test', 'en');
    expect(await why('buyers')).toMatchObject([{ holds: true, member: false, heldOut: true }]);
    expect(await why('held')).toMatchObject([{ holds: true, member: true, heldOut: true }]);
  });
});
