import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

const root = new URL('..', import.meta.url);
const read = (path: string) => readFileSync(new URL(path, root), 'utf8');

const promises = read('docs/promises.md')
  .split(/^## /m)
  .slice(1)
  .map((part) => {
    const tests = [...part.matchAll(/^- `([^`]+)` › (.+)$/gm)];
    return {
      title: part.split('\n')[0] ?? '',
      tests: tests.map(([, file = '', name = '']) => ({ file, name })),
    };
  });

describe('docs/promises.md', () => {
  it('has all twelve, in their order', () => {
    expect(promises.map(({ title }) => Number(title.split('.')[0]))).toEqual(
      Array.from({ length: 12 }, (_, index) => index + 1),
    );
  });

  it.each(promises)('names tests of "$title" that are there', ({ tests }) => {
    expect(tests.length).toBeGreaterThan(2);
    const absent = tests.filter(
      ({ file, name }) => !existsSync(new URL(file, root)) || !read(file).includes(name),
    );
    expect(absent).toEqual([]);
  });
});
