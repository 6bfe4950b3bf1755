import { expect, it } from 'vitest';
import { pageOf, readNumberCursor, readTextCursor, readTimeCursor, timeKey } from './page.ts';

const letters = ['a', 'b', 'c'];

it('a page of all there is has no next', () => {
  expect(pageOf(letters, 3, (each) => each)).toEqual({ items: letters });
});

it('a next page begins behind the last item', () => {
  const { items, next } = pageOf(letters, 2, (each) => each);
  expect(items).toEqual(['a', 'b']);
  expect(readTextCursor(next)).toBe('b');
});

it.each([
  ['garbage', 'x'],
  ['nothing', ''],
  ['an object', Buffer.from('{}').toString('base64url')],
  ['a number', Buffer.from('7').toString('base64url')],
])('a text cursor is not %s', (_, cursor) => {
  expect(() => readTextCursor(cursor)).toThrow(expect.objectContaining({ code: 'bad_cursor' }));
});

it('a number cursor is no text', () => {
  const { next } = pageOf(letters, 1, (each) => each);
  expect(() => readNumberCursor(next)).toThrow(expect.objectContaining({ code: 'bad_cursor' }));
  expect(readNumberCursor(pageOf([5, 4], 1, (each) => each).next)).toBe(5);
});

it.each([1.5, 1e300])('a number cursor is not %d, which no list counts to', (key) => {
  const { next } = pageOf([key, 0], 1, (each) => each);
  expect(() => readNumberCursor(next)).toThrow(expect.objectContaining({ code: 'bad_cursor' }));
});

it('a time cursor is a time and an id, and nothing else', () => {
  const item = { at: new Date('2026-11-30T06:00:00.000Z'), id: 'a' };
  expect(readTimeCursor(pageOf([item, item], 1, timeKey).next)).toEqual(item);
  expect(readTimeCursor(undefined)).toBeUndefined();
  for (const key of ['x', 'x a', '2026-11-30T06:00:00.000Z']) {
    const { next } = pageOf([key, key], 1, (each) => each);
    expect(() => readTimeCursor(next)).toThrow(expect.objectContaining({ code: 'bad_cursor' }));
  }
});
