import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createDatabaseFolder, prepareTemplate } from './embedded-template.ts';

describe('the embedded template', () => {
  let parent: string;
  beforeEach(() => {
    parent = mkdtempSync(join(tmpdir(), 'postrider-template-'));
  });
  afterEach(() => rmSync(parent, { recursive: true, force: true }));

  it('appears whole, alone, and is made once', async () => {
    const folder = join(parent, 'cache', 'pglite');
    expect(await prepareTemplate(folder)).toBe(folder);
    expect(existsSync(join(folder, 'PG_VERSION'))).toBe(true);
    expect(readdirSync(join(parent, 'cache'))).toEqual(['pglite']);
    const made = statSync(folder).ino;
    await prepareTemplate(folder);
    expect(statSync(folder).ino).toBe(made);
  });

  it('is done without where it cannot be written', async () => {
    writeFileSync(join(parent, 'file'), '');
    expect(await prepareTemplate(join(parent, 'file', 'pglite'))).toBeUndefined();
  });

  it('is done without where another user has made it, for nobody else may read it', async () => {
    const folder = join(parent, 'pglite');
    chmodSync(parent, 0o755);
    mkdirSync(folder);
    const asRoot = process.geteuid?.() === 0;
    // Root may read whatever it says.
    chmodSync(folder, asRoot ? 0o700 : 0o000);
    if (asRoot) process.seteuid?.('nobody');
    try {
      expect(await prepareTemplate(folder)).toBeUndefined();
    } finally {
      if (asRoot) process.seteuid?.(0);
    }
  });

  it('becomes a new database over what a killed start has left', async () => {
    const target = join(parent, 'database');
    writeFileSync(`${target}.unfinished`, 'half');
    await createDatabaseFolder(target);
    expect(readdirSync(parent)).toEqual(['database']);
  });
});
