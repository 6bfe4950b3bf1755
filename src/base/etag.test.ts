import { expect, it } from 'vitest';
import { checkIfMatch, etagOf } from './etag.ts';

const updatedAt = new Date('2026-11-25T09:00:00Z');
const etag = etagOf('export', 'news', { name: 'News' });

it('names a state: the same for the same, another for another', () => {
  expect(etagOf('export', 'news', { name: 'News' })).toBe(etag);
  expect(etagOf('export', 'news', { name: 'Old news' })).not.toBe(etag);
  expect(etag).toMatch(/^"[\w-]{22}"$/);
});

it.each([
  ['the state that is there', etag, undefined],
  ['one of several', `"other", ${etag}`, undefined],
  ['weakened by a proxy', `W/${etag}`, undefined],
  ['whatever is there', '*', undefined],
  ['another state', '"other"', 'edited_meanwhile'],
  ['nothing', undefined, 'precondition_required'],
])('an edit of %s', (_, seen, code) => {
  const check = () => checkIfMatch(seen, { etag, updatedAt });
  if (code === undefined) expect(check).not.toThrow();
  else expect(check).toThrow(expect.objectContaining({ code }));
});
