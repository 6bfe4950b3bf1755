import { afterAll, beforeAll, expect, it } from 'vitest';
import type { SegmentId } from '../base/ids.ts';
import { segmentConfig } from '../segments/segment-config.ts';
import { TestLine } from './test-support/test-line.ts';
import { whyInSegment } from './why-in-segment.ts';

let line: TestLine;
beforeAll(async () => {
  line = await TestLine.open();
  await line.people([
    { id: '1', email: 'ana@acme.test', first: 'Ana', buyer: 'yes', city: 'Cluj' },
    { id: '2', email: 'ion@acme.test', first: 'Ion', buyer: 'no' },
  ]);
  const rules = { rules: [{ field: 'city', operator: '=', value: 'Cluj' }, 'except', inBuyers] };
  const added = [['cluj' as SegmentId, segmentConfig.parse({ name: 'Cluj', rules })]] as const;
  line.settings = { ...line.settings, segments: new Map([...line.settings.segments, ...added]) };
});
afterAll(() => line.close());
const inBuyers = { field: 'segment', operator: 'in', value: ['buyers'] };

it('says rule by rule what holds and what stands there', async () => {
  expect(await whyInSegment(line.parts(), 'cluj', 'ANA@acme.test', 'en')).toMatchObject([
    {
      segment: 'cluj',
      name: 'Cluj',
      holds: false,
      // It has not been computed yet.
      member: false,
      rules: [
        { path: 'rules.rules[0]', text: 'city is “Cluj”', holds: true, found: { value: 'Cluj' } },
        { path: 'rules.rules[2]', holds: true, found: { segments: ['buyers'] } },
      ],
    },
  ]);
});

it('tells of somebody who is in, in Romanian', async () => {
  const [ana] = await whyInSegment(line.parts(), 'buyers', 'ana@acme.test', 'ro');
  expect(ana).toMatchObject({ holds: true, member: true });
  expect(ana?.rules[0]?.text).toMatch(/ este | are valoarea /);
});

it('knows nobody of that address, and no such segment', async () => {
  expect(await whyInSegment(line.parts(), 'cluj', 'eva@acme.test', 'en')).toEqual([]);
  await expect(whyInSegment(line.parts(), 'cluuj', 'ana@acme.test', 'en')).rejects.toMatchObject({
    code: 'segment_unknown',
  });
});
