import type { BigIntStats } from 'node:fs';
import { glob, stat } from 'node:fs/promises';
import { isAbsolute, join, relative, resolve, sep } from 'node:path';
import { inputError, messageOf } from '../base/errors.ts';

/** A file of a source: where it is, and how people know it (relative to the workspace's folder, with `/`). */
export interface SourceFile {
  path: string;
  shown: string;
  /** When it was last written, ISO 8601. */
  writtenAt: string;
  /** Another one as soon as the file is written again, or another file takes its place. */
  stamp: string;
}

/**
 * The files that `path` names, sorted by name so that every load takes them in one order.
 * @param folder what relative paths begin at
 * @param endings of a folder, the files that end so, as in `csv`
 * @param apart the paths of files that are no part of it, though `path` may fit them
 * @throws `source_file_missing` where there is none
 */
export async function findFiles(
  folder: string,
  path: string,
  endings: readonly string[] = [],
  apart: ReadonlySet<string> = new Set(),
): Promise<SourceFile[]> {
  const found = (await filesOf(folder, path, endings)).filter((file) => !apart.has(file.path));
  if (found.length > 0) return found;
  throw inputError(
    'source_file_missing',
    /[*?[{]/.test(path) || (await look(resolve(folder, path), path)) !== undefined
      ? `No file fits ${path}.`
      : `There is no file ${path}.`,
    `Put one there or correct "path"; it begins at the folder of the workspace file (${folder}).`,
  );
}

/** As `findFiles`, but that there may be none yet. */
export async function filesOf(
  folder: string,
  path: string,
  endings: readonly string[],
): Promise<SourceFile[]> {
  const exact = resolve(folder, path);
  const kind = await look(exact, path);
  if (kind !== undefined && !kind.isDirectory()) return [sourceFile(folder, exact, kind)];
  const isFolder = kind !== undefined;
  const pattern = isFolder ? `*.{${endings.join(',')}}` : path;
  if (!/[*?[{]/.test(pattern)) return [];
  const cwd = isFolder ? exact : folder;
  const files: SourceFile[] = [];
  for await (const entry of glob(pattern, { cwd })) {
    const full = isAbsolute(entry) ? entry : join(cwd, entry);
    const stats = await look(full, path);
    if (stats?.isDirectory() === false) files.push(sourceFile(folder, full, stats));
  }
  return files.toSorted((one, other) => (one.path < other.path ? -1 : 1));
}

function sourceFile(folder: string, path: string, stats: BigIntStats): SourceFile {
  // The time of the last change of the inode too, as a file that is copied may keep the one of its content.
  const stamp = [stats.size, stats.mtimeNs, stats.ctimeNs, stats.ino].join(' ');
  return {
    path,
    shown: shownAs(folder, path),
    writtenAt: new Date(Number(stats.mtimeMs)).toISOString(),
    stamp,
  };
}

/** When the newest of them was written. */
export function newestOf(files: readonly SourceFile[]): string {
  return files.map((file) => file.writtenAt).reduce((one, other) => (one > other ? one : other));
}

async function look(path: string, shown: string): Promise<BigIntStats | undefined> {
  try {
    return await stat(path, { bigint: true });
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
