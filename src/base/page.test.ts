import { expect, it } from 'vitest';
import { pageOf, readNumberCursor, readTextCursor } from './page.ts';

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
