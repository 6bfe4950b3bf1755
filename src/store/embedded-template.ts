import {
  constants,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { PGlite } from '@electric-sql/pglite';

/*
 * An empty database folder to copy from. Making one (initdb) costs seconds, copying one a fifth of a second:
 * docs/decisions/0003-pglite-or-postgresql.md has the figures.
 */

/** Where the template of the installed PGlite lies: in its `node_modules`, so that it goes when PGlite goes. */
export function templateFolder(): string {
  const main = createRequire(import.meta.url).resolve('@electric-sql/pglite');
  const packageFolder = dirname(dirname(main));
  const { version } = JSON.parse(readFileSync(join(packageFolder, 'package.json'), 'utf8')) as {
    version: string;
  };
  return join(packageFolder, '../../.cache/postrider', `pglite-${version}`);
}

/**
 * Makes the template where it is missing. Processes that do so at once make one each, and the first to finish
 * wins: the template appears under its name whole or not at all.
 * @returns the folder, or undefined where it cannot be written or read (an installation of another user)
 */
export async function prepareTemplate(folder: string = templateFolder()): Promise<string | undefined> {
  if (existsSync(folder)) return isReadable(folder) ? folder : undefined;
  let own: string;
  try {
    mkdirSync(dirname(folder), { recursive: true });
    own = mkdtempSync(`${folder}-`);
  } catch {
    return undefined;
  }
  try {
    await initialise(own);
    renameSync(own, folder);
  } catch (error) {
    rmSync(own, { recursive: true, force: true });
    if (!existsSync(folder)) throw error;
  }
  return folder;
}

/**
 * Makes `target` an empty database folder, from the template where there can be one. A process that is killed
 * on the way leaves nothing under the name of `target`.
 */
export async function createDatabaseFolder(target: string): Promise<void> {
  const unfinished = `${target}.unfinished`;
  rmSync(unfinished, { recursive: true, force: true });
  const template = await prepareTemplate();
  if (template === undefined) await initialise(unfinished);
  else cpSync(template, unfinished, { recursive: true, mode: constants.COPYFILE_FICLONE });
  renameSync(unfinished, target);
}

/** Asked before, since `cpSync` ends the whole process at a folder that it may not read. */
function isReadable(folder: string): boolean {
  try {
    readdirSync(folder);
    return true;
  } catch {
    return false;
  }
}

async function initialise(folder: string): Promise<void> {
  const database = await PGlite.create(folder);
  await database.close();
}
