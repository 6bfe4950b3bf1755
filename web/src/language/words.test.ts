import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { en } from './en.ts';
import { ro } from './ro.ts';

/** As the documentation lists them; a test of its own holds that to what the server throws. */
const documented = readFileSync(new URL('../../../docs/errors.md', import.meta.url), 'utf8');
const row = documented.split('\n').find((line) => line.includes('| About the sign-in service |')) ?? '';
const codes = Array.from(row.matchAll(/`(\w+)`/g), ([, code = '']) => code);

test('whoever comes back from the sign-in service and may not in is told why', () => {
  expect(codes).toContain('not_invited');
  for (const { door } of [en, ro])
    expect(Object.keys(door.errors).toSorted()).toEqual([...codes, 'other'].toSorted());
});
