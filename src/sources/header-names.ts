import { inputError } from '../base/errors.ts';

/** The names of the columns, and what had to be put right, as sentences. */
export interface HeaderNames {
  names: string[];
  warnings: string[];
}

/** More are data that stand in the place of names, as of JSON keyed by an id: each would be a column, and read by itself. */
const mostColumns = 2_000;

/** The first columns of every source's table are ours; the last name cannot be that of a member in JavaScript. */
const reserved = ['_line', '_key', '_file', '__proto__'];

/**
 * Header cells → names of columns. Blanks around a name go; an empty one becomes `column_3` by its place; one that was
 * there before (case does not count, as in the engine) gets a number: `name`, `name_2`.
 * @throws `input` / `source_too_many_columns`
 */
export function headerNames(cells: readonly string[], file: string): HeaderNames {
  if (cells.length > mostColumns) {
    throw inputError(
      'source_too_many_columns',
      `${file} has ${cells.length} columns; ${mostColumns} at most are read.`,
      'Where each record has names of its own, as in {"1001": {…}}, write the name as a value: {"id": 1001, …}.',
    );
  }
  const warnings: string[] = [];
  const wanted = cells.map((cell, index) => cell.trim() || `column_${index + 1}`);
  // A number that is added must not make a name that stands further right.
  const later = new Set(wanted.map(fold));
  const taken = new Set(reserved);
  const names = wanted.map((want, index) => {
    const place = `Column ${index + 1} of ${file}`;
    let name = want;
    for (let count = 2; taken.has(fold(name)); count += 1) {
      const next = `${want}_${count}`;
      if (!later.has(fold(next))) name = next;
    }
    taken.add(fold(name));
    if (name !== want) warnings.push(`${place} has a name that is taken and is called "${name}".`);
    else if (cells[index]?.trim() === '') warnings.push(`${place} has no name and is called "${name}".`);
    return name;
  });
  return { names, warnings };
}

function fold(name: string): string {
  return name.toLowerCase();
}
