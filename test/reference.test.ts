import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { reference, referenceFolder } from '../scripts/reference.ts';

it('docs/reference/ says what the code says: npm run reference', async () => {
  const pages = await reference();
  expect(readdirSync(referenceFolder).toSorted()).toEqual(Object.keys(pages).toSorted());
  for (const [name, text] of Object.entries(pages)) {
    expect(readFileSync(join(referenceFolder, name), 'utf8'), name).toBe(text);
    // A page that lost what it is about would be a mistake of the writer.
    expect(text.split('\n').length, name).toBeGreaterThan(20);
  }
});
