import { glob, stat } from 'node:fs/promises';
import { isAbsolute, join, relative, resolve, sep } from 'node:path';
import { inputError, messageOf } from '../base/errors.ts';

/** A file of a source: where it is, and how people know it (relative to the workspace's folder, with `/`). */
export interface SourceFile {
  path: string;
  shown: string;
}

/**
 * The files that `path` names, sorted by name so that every load takes them in one order.
 * @param folder what relative paths begin at
 * @throws `source_file_missing` where there is none
 */
export async function findFiles(folder: string, path: string): Promise<SourceFile[]> {
  const exact = resolve(folder, path);
  const kind = await kindOf(exact, path);
  if (kind === 'file') return [{ path: exact, shown: shownAs(folder, exact) }];
  if (kind === 'folder') {
    throw inputError(
      'source_file_missing',
      `${path} is a folder, not a file.`,
      `Name its files, as in "${path}/*.csv".`,
    );
  }
  if (!/[*?[{]/.test(path)) {
    throw inputError(
      'source_file_missing',
      `There is no file ${path}.`,
      `Put it there or correct "path"; it begins at the folder of the workspace file (${folder}).`,
    );
  }
  const found: string[] = [];
  for await (const entry of glob(path, { cwd: folder })) {
    const full = isAbsolute(entry) ? entry : join(folder, entry);
    if ((await kindOf(full, path)) === 'file') found.push(full);
  }
  if (found.length === 0) {
    throw inputError(
      'source_file_missing',
      `No file fits ${path}.`,
      `Put one there or correct "path"; it begins at the folder of the workspace file (${folder}).`,
    );
  }
  return found.toSorted().map((full) => ({ path: full, shown: shownAs(folder, full) }));
}

async function kindOf(path: string, shown: string): Promise<'file' | 'folder' | undefined> {
  try {
    return (await stat(path)).isDirectory() ? 'folder' : 'file';
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw unreadable(shown, error);
  }
}

/** The error for a file that is there and cannot be read. */
export function unreadable(shown: string, cause: unknown): Error {
  return inputError(
    'source_file_unreadable',
    `${shown} cannot be read (${(cause as NodeJS.ErrnoException).code ?? messageOf(cause)}).`,
    'Give the account that runs postrider the right to read it.',
    cause,
  );
}

/** The error for a file in which there is nothing at all. */
export function emptyFile(file: SourceFile): Error {
  return inputError(
    'source_file_empty',
    `${file.shown} is empty.`,
    'The export that writes it may have failed: run it again. What was loaded before stays.',
  );
}

function shownAs(folder: string, path: string): string {
  const inside = relative(folder, path);
  return (inside.startsWith('..') ? path : inside).split(sep).join('/');
}
