import { expect, it } from 'vitest';
import { variablesOf } from './environment-marks.ts';

it.each([
  ['apiKey: ${KEY}', ['KEY']],
  ['${A}-${_b2} and ${A} again', ['A', '_b2']],
  ['$${PATH} is a plain ${ and names nothing', []],
  ['$${A}${B}', ['B']],
  ['${1A} ${} $A', []],
])('%j names %j', (text, names) => {
  expect(variablesOf(text)).toEqual(names);
});
