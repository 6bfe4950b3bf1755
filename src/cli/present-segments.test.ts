import { stripVTControlCharacters } from 'node:util';
import { expect, it } from 'vitest';
import type { SegmentId } from '../base/ids.ts';
import type { SegmentOverview } from '../pipeline/segment-overview.ts';
import { presentSegment, presentSegments } from './present-segments.ts';

const vip: SegmentOverview = {
  segment: 'vip' as SegmentId,
  name: 'V\u202eIP',
  state: 'active',
  type: 'static',
  tags: ['autumn', 'shop'],
  members: 1234,
  refreshedAt: '2026-11-24T06:00:00.000Z',
  tests: { passed: 1, failed: [0, 2] },
  unlisted: 3,
  usedBy: { segments: ['best'], exports: [] },
};
const idea: SegmentOverview = {
  ...vip,
  segment: 'idea' as SegmentId,
  name: 'idea',
  state: 'draft',
  type: 'dynamic',
  tags: [],
  members: null,
  refreshedAt: null,
  tests: { passed: 0, failed: [] },
  unlisted: 0,
  usedBy: { segments: [], exports: ['news'] },
};
const lines = (text: string) => stripVTControlCharacters(text).split('\n');

it('shows segments a line each, with what somebody should look at', () => {
  expect(lines(presentSegments([vip, idea])).map((line) => line.trim().split(/ {2,}/))).toEqual([
    ['segment', 'name', 'people', 'refreshed', 'state'],
    [
      'vip',
      String.raw`V\u202eIP`,
      '1,234',
      '2026-11-24 06:00',
      'static',
      '2 tests failed, 3 lines name nobody',
    ],
    ['idea', 'idea', '-', 'never', 'draft'],
  ]);
});

it('shows one with its tags, tests and users', () => {
  expect(lines(presentSegment(vip))).toEqual([
    String.raw`V\u202eIP`,
    '  state        active, static',
    '  people       1,234, as of 2026-11-24 06:00',
    '  tags         autumn, shop',
    '  tests        2 failed (segments.vip.tests[0], segments.vip.tests[2]), 1 passed',
    '  list         3 lines name nobody',
    '  in segments  best',
    '  in exports   none',
  ]);
  expect(lines(presentSegment(idea))).toEqual([
    'idea',
    '  state        draft, dynamic',
    '  people       never computed: postrider refresh --until segments',
    '  in segments  none',
    '  in exports   news',
  ]);
});
