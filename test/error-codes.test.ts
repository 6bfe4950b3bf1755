import { readFileSync } from 'node:fs';
import { glob } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

const root = join(import.meta.dirname, '..');
// The two ways an error with a code is made; the sandbox's errors are told to its own user (docs/sandbox.md).
const made = [/\binputError\(\s*'([a-z_]+)'/g, /kind: '[a-z]+',\s*code: '([a-z_]+)'/g];

describe('docs/errors.md', () => {
  it('has every code that a user can meet', async () => {
    const documented = readFileSync(join(root, 'docs/errors.md'), 'utf8');
    const codes = new Set<string>();
    for await (const file of glob('src/**/*.ts', { cwd: root })) {
      if (/\.(test|suite|fixture)\.ts$|test-support|^src\/sandbox\//.test(file)) continue;
      const source = readFileSync(join(root, file), 'utf8');
      for (const pattern of made) for (const [, code = ''] of source.matchAll(pattern)) codes.add(code);
    }
    expect(codes.size, 'the patterns above find what there is').toBeGreaterThan(150);
    expect([...codes].filter((code) => !documented.includes(`\`${code}\``))).toEqual([]);
  });
});
