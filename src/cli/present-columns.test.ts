import { stripVTControlCharacters } from 'node:util';
import { expect, it } from 'vitest';
import { presentColumns } from './present-columns.ts';

it('shows a line a column, long values cut and control characters made harmless', () => {
  const text = presentColumns(300, [
    {
      name: 'born',
      type: 'date',
      format: 'D.M.YYYY',
      semantic: 'birth_date',
      missing: 1,
      distinct: 250,
      min: '1930-01-01',
      max: '2008-01-01',
      mostRepeated: [{ value: '1970-01-01', rows: 1200 }],
      samples: ['1970-01-01', '1966-04-08'],
    },
    {
      name: 'note',
      type: 'text',
      missing: 100,
      distinct: 200,
      min: `a\u001b[31m${'x'.repeat(40)}`,
      max: null,
      mostRepeated: [],
      samples: [],
    },
  ]);
  const lines = stripVTControlCharacters(text).split('\n');
  expect(lines).toHaveLength(3);
  expect(lines[1]).toMatch(
    /born +date D\.M\.YYYY +birth_date +<1 % +250 +1930-01-01 +2008-01-01 +1970-01-01 +1,200 +1970-01-01, 1966-04-08/,
  );
  expect(lines[2]).toMatch(/note +text +33 % +200 +a.*x…/);
  expect(text).not.toContain('\u001b[31mx');
});
