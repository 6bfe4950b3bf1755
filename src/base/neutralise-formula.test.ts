import { expect, it } from 'vitest';
import { neutraliseFormula } from './neutralise-formula.ts';

it.each([
  ['=1+1', "'=1+1"],
  ['@SUM(A1)', "'@SUM(A1)"],
  ['-2+3', "'-2+3"],
  ['+cmd|x', "'+cmd|x"],
  ['  =1', "'  =1"],
  ['\t=1', "'\t=1"],
  ['＝1', "'＝1"],
  ['-12.5', '-12.5'],
  ['+40 712 345 678', '+40 712 345 678'],
  ['Ana = Bob', 'Ana = Bob'],
  ['', ''],
])('%j → %j', (text, expected) => {
  expect(neutraliseFormula(text)).toBe(expected);
});
