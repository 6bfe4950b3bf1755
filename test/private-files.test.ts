import { chmodSync, mkdirSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Postrider } from './support/postrider-process.ts';
import { workFolder } from './support/work-folder.ts';

/** A volume or a folder that was there before is as wide as whoever made it left it. */
describe('a data folder that everybody may enter', { timeout: 60_000 }, () => {
  it('gets no file in it that others may read', async () => {
    const data = join(await workFolder(), 'data');
    mkdirSync(data);
    chmodSync(data, 0o755);
    await new Postrider(data).do('runs');
    const wide = readdirSync(data).filter((name) => (statSync(join(data, name)).mode & 0o077) !== 0);
    expect(readdirSync(data)).toContain('people.duckdb');
    expect(wide).toEqual([]);
  });
});
