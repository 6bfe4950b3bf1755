import { stripVTControlCharacters } from 'node:util';
import { expect, it } from 'vitest';
import type { CustomerId, SegmentId } from '../base/ids.ts';
import { presentAnswer } from './segments-why-command.ts';

const answer = {
  segment: 's' as SegmentId,
  name: 'Big spenders',
  customerId: 'c1' as CustomerId,
  holds: false,
  member: true,
  heldOut: false,
  rules: [
    { path: 'p', text: 'country is “RO”', holds: true, found: { kind: 'value', value: 'R\u202eO' } },
    {
      path: 'p',
      text: 'any of these',
      holds: false,
      rules: [
        {
          path: 'p',
          text: 'born is after married',
          holds: false,
          found: { kind: 'value', value: null, other: 5 },
        },
        { path: 'p', text: 'there are Orders', holds: false, found: { kind: 'rows', rows: 7, fitting: 2 } },
        {
          path: 'p',
          text: 'the sum of total over Orders',
          holds: false,
          found: { kind: 'made', value: 99.5 },
        },
        { path: 'p', text: 'segments', holds: false, found: { kind: 'segments', segments: [] } },
      ],
    },
  ],
} as const;

it('shows each rule on a line, those of a group below it, and what stands there', () => {
  const shown = presentAnswer({ ...answer, rules: structuredClone(answer.rules) as never });
  expect(stripVTControlCharacters(shown).split('\n')).toEqual([
    'c1 does not fit Big spenders (was in it when it was last computed)',
    '  ✓ country is “RO”  "R\\u202eO"',
    '  ✗ any of these',
    '    ✗ born is after married  no value and 5',
    '    ✗ there are Orders  2 of 7',
    '    ✗ the sum of total over Orders  99.5',
    '    ✗ segments  in none of these',
  ]);
});

it('says nothing of the last computation where it agrees', () => {
  const shown = presentAnswer({ ...answer, holds: true, rules: [] });
  expect(stripVTControlCharacters(shown)).toBe('c1 fits Big spenders');
});
