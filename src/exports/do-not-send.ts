import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { inputError, PostriderError } from '../base/errors.ts';
import type { Dialect } from '../engine/dialect.ts';
import type { Engine } from '../engine/engine.ts';
import { sql, type Sql } from '../engine/sql.ts';
import { doNotSend, ref } from './export-tables.ts';

/** Lines are handed to the engine so many at a time. */
const pageSize = 10_000;

/**
 * Takes in the workspace's do-not-send list, in place of the one before: a text file with one entry a line, each an
 * address or the MD5 or SHA-256 of a folded address in hexadecimal (MD5 is how Mailchimp names its
 * members). Blank lines and lines that begin with `#` are skipped. Only digests are kept: the list names
 * people who want to be left alone.
 * @param file absolute; undefined: there is no list
 * @returns how many entries it has
 * @throws `input` `do_not_send_missing`, `do_not_send_entry` with the line
 */
export async function takeInDoNotSend(engine: Engine, file: string | undefined): Promise<number> {
  const digests: string[] = file === undefined ? [] : await readEntries(file);
  const columns = doNotSend.columns;
  const pages = Array.from({ length: Math.ceil(digests.length / pageSize) }, (_, index) => ({
    into: doNotSend,
    columns,
    rows: digests.slice(index * pageSize, (index + 1) * pageSize).map((digest) => [digest]),
  }));
  await engine.commit([sql`DELETE FROM ${ref(doNotSend)}`, ...pages]);
  return digests.length;
}

/** Whether an address is not on the list; NULL is nobody's. */
export function notListed(dialect: Dialect, address: Sql): Sql {
  // With an empty list nothing needs to be digested, and CASE does not.
  const asked = sql`CASE WHEN EXISTS (SELECT 1 FROM ${ref(doNotSend)}) THEN ${address} END`;
  const isNot = (algorithm: 'md5' | 'sha256') =>
    sql`${dialect.digest(asked, algorithm)} NOT IN (SELECT digest FROM ${ref(doNotSend)})`;
  return sql`coalesce(${isNot('sha256')} AND ${isNot('md5')}, TRUE)`;
}

async function readEntries(file: string): Promise<string[]> {
  const digests = new Set<string>();
  let line = 0;
  try {
    for await (const text of createInterface({
      input: createReadStream(file, 'utf8'),
      crlfDelay: Infinity,
    })) {
      line += 1;
      const entry = text
        .replace(/^\uFEFF/, '')
        .trim()
        .toLowerCase();
      if (entry !== '' && !entry.startsWith('#')) digests.add(digestOf(entry, file, line));
    }
  } catch (error) {
    if (error instanceof PostriderError || (error as NodeJS.ErrnoException).code === undefined) throw error;
    // A list that cannot be read must not pass for an empty one.
    throw inputError(
      'do_not_send_missing',
      `The do-not-send list ${file} cannot be read.`,
      'Correct doNotSend in the workspace file.',
      error,
    );
  }
  return [...digests];
}

function digestOf(entry: string, file: string, line: number): string {
  if (/^(?:[0-9a-f]{32}|[0-9a-f]{64})$/.test(entry)) return entry;
  if (/^[^@\s]+@[^@\s]+$/.test(entry)) return createHash('sha256').update(entry).digest('hex');
  throw inputError(
    'do_not_send_entry',
    `Line ${line} of ${file} is neither an address nor the MD5 or SHA-256 of one.`,
    'One entry a line; begin a comment with #.',
  );
}
