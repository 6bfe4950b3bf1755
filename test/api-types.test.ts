import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { apiTypes, apiTypesFile } from '../scripts/api-types.ts';

it('the page’s types of the API are those of the document at /docs: npm run api-types', async () => {
  expect(readFileSync(apiTypesFile, 'utf8')).toBe(await apiTypes());
});
