import { readFileSync } from 'node:fs';
import { glob } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { failures } from '../src/delivery/mailchimp/failure-catalogue.ts';

const root = join(import.meta.dirname, '..');

// The ways an error with a code is made: by its shorthand, by a function that makes errors of one file, and as a literal.
const made = [
  /\binputError\(\s*'([a-z_]+)'/g,
  /\b(?:refused|say)\(\s*(?:'(?:input|configuration|remote)',\s*)?'([a-z]+_[a-z_]+)'/g,
  /\bcode: '([a-z_]+)'/g,
];
/** Codes that are no errors: of zod's issues, and of alerts about a run that went on. */
const others = new Set(['custom', 'race_open', 'unknown_answer']);

describe('docs/errors.md', () => {
  const documented = readFileSync(join(root, 'docs/errors.md'), 'utf8');
  const missing = (codes: Iterable<string>) =>
    [...codes].filter((code) => !documented.includes(`\`${code}\``));

  it('has every code that a user can meet', async () => {
    const codes = new Set<string>();
    for await (const file of glob('src/**/*.ts', { cwd: root })) {
      // The sandbox's errors are told to its own user (docs/sandbox.md); the catalogue's have their own test.
      if (/\.(test|suite|fixture)\.ts$|test-support|^src\/sandbox\/|failure-catalogue/.test(file)) continue;
      const source = readFileSync(join(root, file), 'utf8');
      for (const pattern of made) for (const [, code = ''] of source.matchAll(pattern)) codes.add(code);
    }
    expect(codes.size, 'the patterns above find what there is').toBeGreaterThan(230);
    expect(missing(codes.difference(others))).toEqual([]);
  });

  it('has every failure of a call to Mailchimp; those about one person are reasons', () => {
    const reasons = readFileSync(join(root, 'docs/reasons.md'), 'utf8');
    const all = [
      ...Object.values(failures).filter((each) => typeof each === 'object'),
      failures.refused(400),
      failures.schemaMismatch(undefined),
    ].filter((each) => each.class !== 'person' || !reasons.includes(`\`${each.code}\``));
    expect(missing(all.map(({ code }) => `mailchimp_${code}`))).toEqual([]);
  });
});
