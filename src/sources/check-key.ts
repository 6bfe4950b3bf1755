import { inputError } from '../base/errors.ts';
import type { Engine } from '../engine/engine.ts';
import { sql, type Sql } from '../engine/sql.ts';

/** A key's column: its name, and the text of its cells (blank where there is none). */
export interface KeyPart {
  name: string;
  text: Sql;
}

const shownPlaces = 3;

/**
 * That the key tells all rows apart. Errors name lines and columns, never a key: keys may be addresses.
 * @param from the rows to look at, with `_file` and `_line`, as a table expression
 * @param once those of them that must differ: of a file of changes several rows may speak of the same thing
 * @param lineWord what `_line` counts: lines, or rows where the format has no lines
 * @throws `source_key_blank`, `source_key_duplicate`
 */
export async function checkKey(
  engine: Engine,
  parts: readonly KeyPart[],
  key: Sql,
  { from, once, lineWord }: { from: Sql; once: Sql; lineWord: 'line' | 'row' },
): Promise<void> {
  for (const part of parts) {
    const blank = sql`coalesce(${part.text}, '') = ''`;
    const [{ n: count } = { n: 0 }] = await engine.rows<{ n: number }>(
      sql`SELECT count(*) AS n FROM ${from} AS r WHERE ${blank}`,
    );
    if (count === 0) continue;
    const rows = await engine.rows<{ file: string; line: number }>(
      sql`SELECT _file AS file, _line AS line FROM ${from} AS r WHERE ${blank} ORDER BY _file, _line LIMIT ${shownPlaces}`,
    );
    throw inputError(
      'source_key_blank',
      `The key column "${part.name}" is blank on ${places(rows, lineWord)}${more(count - rows.length)}.`,
      'Fill it in, take another key, or leave "key" out where the table is only related to others.',
    );
  }
  const keyed = sql`(SELECT _file, _line, ${key} AS key FROM ${once} AS r) AS k`;
  const [first] = await engine.rows<{ key: string; n: number; again: number }>(
    sql`SELECT key, count(*) OVER () AS n, count(*) AS again FROM ${keyed}
      GROUP BY key HAVING count(*) > 1 ORDER BY min(_file), min(_line) LIMIT 1`,
  );
  if (first === undefined) return;
  const same = await engine.rows<{ file: string; line: number }>(
    sql`SELECT _file AS file, _line AS line FROM ${keyed} WHERE key = ${first.key}
      ORDER BY _file, _line LIMIT ${shownPlaces}`,
  );
  const names = parts.map((part) => `"${part.name}"`).join(' and ');
  throw inputError(
    'source_key_duplicate',
    `${capital(places(same, lineWord))}${more(first.again - same.length)} have the same ${names}; ` +
      `${first.n} ${first.n === 1 ? 'key is' : 'keys are'} there more than once.`,
    'Take the repeats out, add a column to "key", or leave "key" out where the table is only related to others.',
  );
}

function places(rows: readonly { file: string; line: number }[], word: string): string {
  const oneFile = rows.every((row) => row.file === rows[0]?.file);
  if (oneFile) {
    return `${word}${rows.length > 1 ? 's' : ''} ${listed(rows.map((row) => String(row.line)))} of ${rows[0]?.file}`;
  }
  return listed(rows.map((row) => `${word} ${row.line} of ${row.file}`));
}

function listed(items: readonly string[]): string {
  return items.length < 2 ? items.join('') : `${items.slice(0, -1).join(', ')} and ${items.at(-1)}`;
}

function more(count: number): string {
  return count > 0 ? ` and ${count} more` : '';
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
