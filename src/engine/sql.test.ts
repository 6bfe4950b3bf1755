import { expect, it } from 'vitest';
import { renderSql, wholeNumber } from './sql.ts';

it.each([0, -1, 2 ** 50])('%d may be text of a query', (number) => {
  expect(renderSql(wholeNumber(number), String)).toEqual({ text: String(number), values: [] });
});

it.each([1.5, Number.NaN, Infinity, 2 ** 60, '1; DROP TABLE x' as unknown as number])(
  '%s may not',
  (number) => {
    expect(() => wholeNumber(number)).toThrow(RangeError);
  },
);
