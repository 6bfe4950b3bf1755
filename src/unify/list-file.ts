import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { inputError } from '../base/errors.ts';

const cell = / *(?:"((?:[^"]|"")*)" *|([^,;\t]*))(?:[,;\t]|$)/y;

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
  const text = await readFile(resolve(folder, path), 'utf8').catch((error: unknown) => {
    throw inputError(
      'unify_list_unreadable',
      `The list "${path}" cannot be read (${at}).`,
      'Paths are relative to the folder of the workspace file.',
      error,
    );
  });
  return text
    .replace(/^\uFEFF/, '')
    .split(/\r\n|\n|\r/)
    .map((line, index) => ({ line: index + 1, cells: cellsOf(line) }))
    .filter(({ cells }) => cells.length > 0);
}

function cellsOf(line: string): string[] {
  const cells: string[] = [];
  cell.lastIndex = 0;
  while (cell.lastIndex < line.length) {
    const found = cell.exec(line);
    // A quote that does not close: the rest of the line as it stands.
    if (found === null) break;
    const text = (found[1]?.replaceAll('""', '"') ?? found[2] ?? '').trim();
    if (text !== '') cells.push(text);
  }
  return cells;
}
