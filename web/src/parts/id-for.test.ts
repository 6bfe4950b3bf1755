import { expect, test } from 'vitest';
import { idFor, isId } from './id-for.ts';

test.each([
  ['Newsletter', 'newsletter'],
  ['Buletin de știri', 'buletin-de-stiri'],
  ['  2026: VIP!  ', 'vip'],
  ['Ångström & Co.', 'angstrom-co'],
  ['李', ''],
  // There the page has its own forms, and the server its own answers.
  ['New', 'new-1'],
  ['Matching', 'matching-1'],
])('the id for "%s" is "%s"', (name, id) => {
  expect(idFor(name)).toBe(id);
});

test.each([
  ['newsletter', true],
  ['New_2', true],
  ['', false],
  ['2026', false],
  ['two words', false],
  ['new', false],
  ['pickable', false],
])('"%s" may be an id: %s', (text, may) => {
  expect(isId(text)).toBe(may);
});
