import { readFile, stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { inputError } from '../base/errors.ts';

/** More than any list that somebody keeps; a text that fills the memory is none. */
const mostMegabytes = 256;

// An open quote is a letter as any other.
const cell = / *(?:"((?:[^"]|"")*)" *|([^,;\t]*))(?:[,;\t]|$)/gy;

/**
 * The cells of a small CSV file, line by line: UTF-8, between commas, semicolons or tabs, quoted where one of
 * those is meant as itself. Blank lines and cells are left out. Line numbers count from 1.
 * @param folder what a relative path starts from
 * Error: `unify_list_unreadable`.
 */
export async function readListFile(
  path: string,
  folder: string,
  at: string,
): Promise<{ line: number; cells: string[] }[]> {
  const lines = await readLines(path, folder, (hint, cause) =>
    inputError('unify_list_unreadable', `The list "${path}" cannot be read (${at}).`, hint, cause),
  );
  return lines
    .map((text, index) => ({ line: index + 1, cells: cellsOf(text) }))
    .filter(({ cells }) => cells.length > 0);
}

/**
 * The lines of a file of text, without the mark that some programs put first.
 * @param folder what a relative path starts from
 * @param unreadable makes the error where there is no such file, or none that could be a list: a device gives its text
 *   without end, and a pipe may never give any
 */
export async function readLines(
  path: string,
  folder: string,
  unreadable: (hint: string, cause?: unknown) => Error,
): Promise<string[]> {
  const file = resolve(folder, path);
  const noFile = (cause: unknown) => {
    throw unreadable('Paths are relative to the folder of the workspace file.', cause);
  };
  const found = await stat(file).catch(noFile);
  if (!found.isFile() || found.size > mostMegabytes * 1024 ** 2)
    throw unreadable(`A list is a file of ${mostMegabytes} MB at most.`);
  const text = await readFile(file, 'utf8').catch(noFile);
  return text.replace(/^\uFEFF/, '').split(/\r\n|\n|\r/);
}

function cellsOf(line: string): string[] {
  return [...line.matchAll(cell)]
    .map(([, quoted, plain = '']) => (quoted?.replaceAll('""', '"') ?? plain).trim())
    .filter((text) => text !== '');
}
