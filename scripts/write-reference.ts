/** Writes docs/reference/ from the code. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { reference, referenceFolder } from './reference.ts';

mkdirSync(referenceFolder, { recursive: true });
for (const [name, text] of Object.entries(await reference()))
  writeFileSync(join(referenceFolder, name), text);
