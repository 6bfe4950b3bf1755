import { describe, expect, it } from 'vitest';
import { safeLines, safeText, safeValue } from './safe-text.ts';

describe('safeText', () => {
  it.each(['', 'ana@acme.test', "Ștefan O'Hara", '"quoted" \\ back', '北京 😀', 'שלום'])(
    'leaves %j alone',
    (text) => {
      expect(safeText(text)).toBe(text);
    },
  );

  it.each([
    ['\u001b[2J', '\\u001b[2J'],
    ['a\r\nb', 'a\\u000d\\u000ab'],
    ['\u007f\u0080\u009f', '\\u007f\\u0080\\u009f'],
    ['\u202a\u202e\u2066\u2069', '\\u202a\\u202e\\u2066\\u2069'],
  ])('escapes %j', (text, shown) => {
    expect(safeText(text)).toBe(shown);
  });
});

it('safeLines leaves the ends of lines, and nothing else that steers', () => {
  expect(safeLines('Two things:\n  \u001b[2J is no name\r')).toBe(
    'Two things:\n  \\u001b[2J is no name\\u000d',
  );
});

describe('safeValue', () => {
  it.each([
    [' ', '" "'],
    ['a\n\u009b', '"a\\n\\u009b"'],
    [12, '12'],
    [true, 'true'],
  ])('quotes %j', (value, shown) => {
    expect(safeValue(value)).toBe(shown);
  });
});
