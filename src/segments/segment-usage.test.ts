import { expect, it } from 'vitest';
import type { SegmentId } from '../base/ids.ts';
import { segmentConfig } from './segment-config.ts';
import { usageOf, usageText } from './segment-usage.ts';

const speaksOf = (value: unknown) => ({ field: 'segment', operator: 'in', value });
const segments = Object.entries({
  vip: { rules: { rules: [speaksOf(['vip'])] } },
  one: { rules: { rules: [speaksOf('vip')] } },
  deep: {
    rules: { combinator: 'or', rules: [{ rules: [speaksOf(['other']), 'except', speaksOf(['vip'])] }] },
  },
  named: { rules: { combinator: 'and', rules: [{ field: 'name', operator: '=', value: 'vip' }] } },
  list: { members: 'vip' },
}).map(([id, config]) => [id, segmentConfig.parse(config)] as const);
const exports = Object.entries({
  sends: { segments: ['vip'], exclude: [] },
  omits: { segments: ['one'], exclude: ['vip'] },
  neither: { segments: ['one'], exclude: [] },
});

it('finds whoever speaks of a segment', () => {
  const usage = usageOf('vip' as SegmentId, { segments, exports });
  expect(usage).toEqual({ segments: ['one', 'deep'], exports: ['sends', 'omits'] });
  expect(usageText(usage)).toBe('segment one, segment deep, export sends, export omits');
});

it('finds nobody where nobody does', () => {
  expect(usageText(usageOf('named' as SegmentId, { segments, exports }))).toBe('');
});
